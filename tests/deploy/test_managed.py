"""Machines that the playbooks reach: what they start from where packages were fetched, and what ansible-playbook is given to work with."""

import gzip
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotspot.lab.namespaces import LabFailed
from tests.deploy.collection import ROLES, read
from tests.deploy.machines import packages, root
from tests.deploy.machines.packages import Package
from tests.deploy.plays import control, disk

# Where each package comes from ----------------------------------------------------------------------------------------------------------


def package(name: str, *depends: str, version: str = "1", needed: bool = False) -> Package:
    """One that needs others, each text with alternatives."""
    return Package(name, version, needed, (), tuple(tuple(each.split("|")) for each in depends))


def known(*those: Package) -> dict[str, Package]:
    """By their names."""
    return {each.name: each for each in those}


HERE = known(package("libc6", needed=True), package("openssh-server", "libc6"), package("adduser", "libc6"), package("perl", "adduser"))


def test_what_a_fetched_package_needs_comes_with_it() -> None:
    """Other packages that were fetched, and those of this machine that nothing else wanted: apt fetches only what is not installed here."""
    fetched = known(package("chrony", "adduser|passwd", "libedit2"), package("libedit2", "libc6"), package("stranger", "libc6"))
    plan = disk.planned(["openssh-server", "chrony"], HERE, fetched, {"chrony"})
    assert plan == disk.Plan(("adduser", "libc6", "openssh-server"), ("chrony", "libedit2"), (), ())


def test_what_was_fetched_in_part_is_not_there() -> None:
    """An installation that would break off: taken from what is unpacked, or left away."""
    fetched = known(package("chrony", "libedit2"), package("unattended-upgrades", "python3-apt"), package("python3-apt", "libapt-pkg6.0"))
    plan = disk.planned(["chrony", "unattended-upgrades"], HERE, fetched, {"chrony"})
    assert (plan.fetched, plan.rebuilt, plan.empty) == ((), ("chrony",), ("unattended-upgrades",))


def test_this_machine_goes_before_what_was_fetched_long_ago() -> None:
    """Unless that is newer: then something else that was fetched wanted it."""
    here = {**HERE, **known(package("ethtool", version="6.1"), package("libgnutls30", version="3.7.9-2+deb12u2"))}
    fetched = known(package("ethtool", version="6.0"), package("chrony", "libgnutls30"), package("libgnutls30", version="3.7.9-2+deb12u10"))
    plan = disk.planned(["ethtool", "chrony"], here, fetched, set())
    assert (plan.here, plan.fetched) == (("ethtool", "libc6", "libgnutls30"), ("chrony", "libgnutls30"))


def test_what_is_not_there_is_named() -> None:
    """Also when it is far away; a circle is no endless way."""
    there = known(package("a", "b", "c|d"), package("b", "a"), package("d", "e|f"))
    assert packages.unmet(there, "a") == ["e"]
    assert packages.unmet({**there, **known(package("f"))}, "a") == []
    assert packages.unmet(there, "x") == ["x"]


def test_what_the_roles_install_is_on_the_disks_and_is_prepared() -> None:
    """Machines reach no mirror: a package that a role wants is one of a disk's, and such a one is installed here by the lists of
    scripts/prepare, or fetched."""
    gateway = read(ROLES["gateway"] / "vars" / "main.yml")["_gateway_packages"]
    hub = re.findall(r'"([a-z0-9.-]+)"', read(ROLES["hub"] / "vars" / "main.yml")["_hub_packages"])
    for kind, wanted in (("gateway", gateway), ("hub", [*hub, "nginx", "prometheus"])):
        assert set(wanted) <= {*root.WANTED[kind], *disk.HELPERS[kind], "openssl", "nginx"}
    lists = "".join((root.TREE / "scripts" / f"{name}-packages.txt").read_text(encoding="utf-8") for name in ("debian", "machine"))
    prepared = {line.removeprefix("fetch:").removeprefix("install:") for line in lists.splitlines()}
    helpers = {name for names in disk.HELPERS.values() for name in names}
    assert {*disk.SSH, *helpers} - prepared == set()


# Installed for real ---------------------------------------------------------------------------------------------------------------------

SCRIPT = """#!/bin/sh
set -e
. /usr/share/debconf/confmodule
db_version 2.0
read -r anybody </proc/1/comm
: </dev/urandom >/dev/null
test -c /dev/null
test ! -d /run/systemd/system
test -e /usr/share/{needs}
status=0
/usr/sbin/policy-rc.d {name} start || status=$?
test $status = 101
echo done >/srv/{name}
"""
"""What scripts of packages do: they ask debconf, look at processes and devices, and whether they may start a service."""


def deb(folder: Path, name: str, needs: str, version: str = "1") -> Path:
    """A package that needs another one before its script runs."""
    opened = folder / name
    (opened / "usr/share" / name).mkdir(parents=True)
    (opened / "usr/share" / name / "file").touch()
    (opened / "DEBIAN").mkdir()
    (opened / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: tests\nDepends: {needs}\nDescription: for tests\n"
    )
    script = opened / "DEBIAN/postinst"
    script.write_text(SCRIPT.format(name=name, needs=needs.partition(",")[0]))
    script.chmod(0o755)
    out = folder / f"{name}_{version}_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", opened, out], check=True, capture_output=True)
    return out


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Path]:
    """This machine's own disk, over which everything goes to a folder."""
    for name in ("upper", "work", "whole"):
        (tmp_path / name).mkdir()
    options = f"lowerdir=/,upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    subprocess.run(["mount", "-t", "overlay", "-o", options, "overlay", tmp_path / "whole"], check=True)
    try:
        yield tmp_path / "whole"
    finally:
        subprocess.run(["umount", tmp_path / "whole"], check=True)
        shutil.rmtree(tmp_path / "work")


@pytest.mark.kernel
def test_packages_that_need_each_other_are_installed_together(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever order they lie there, with their own scripts, which find what they look for and start nothing. Of two versions the newer
    one; what goes wrong is said."""
    store = tmp_path / "archives"
    store.mkdir()
    names = ("a-hotspot-trial", "z-hotspot-trial")
    deb(store, names[0], f"{names[1]}, debconf")
    deb(store, names[1], "debconf, debconf")
    deb(tmp_path, names[1], "debconf, debconf", "0.9").rename(store / f"{names[1]}_0.9_all.deb")
    monkeypatch.setattr(disk, "ARCHIVES", store)
    found = {name: each for name, (each, _) in disk._fetched().items()}
    assert {name: each.version for name, each in found.items()} == dict.fromkeys(names, "1")
    plan = disk.planned(names[:1], packages.installed_here(), found, ())
    assert plan.fetched == names
    (whole / "usr/share/openssh").mkdir(parents=True, exist_ok=True)
    for path in ("usr/share/openssh/sshd_config", "etc/default/chrony"):
        (whole / path).touch()
    shutil.rmtree(whole / "usr/share/nginx", ignore_errors=True)
    disk._manage(whole, disk.Plan((), plan.fetched, (), ("nothing-hotspot-trial",)))
    assert [(whole / "srv" / name).read_text() for name in names] == ["done\n"] * 2
    assert not (whole / "usr/sbin/policy-rc.d").exists()
    status = (whole / "var/lib/dpkg/status").read_text()
    assert "Package: nothing-hotspot-trial\nStatus: install ok installed\n" in status
    assert "nobody:x:" in (whole / "etc/passwd").read_text()
    with pytest.raises(LabFailed, match="no-such-file"):
        disk.inside(whole, "dpkg", "--install", "/no-such-file.deb")


def test_whoever_logged_in_to_run_the_tests_gets_into_the_machines(tmp_path: Path) -> None:
    """Else sshd ends each session of theirs, and of nobody who did not log in, such as continuous integration."""
    text = "session    required     pam_loginuid.so\nsession    required     pam_limits.so\n"
    places = [tmp_path / folder / "pam.d" / "sshd" for folder in ("etc", "usr/lib")]
    for place in places:
        place.parent.mkdir(parents=True)
        place.write_text(f"# the same\n{text}", encoding="utf-8")
    disk.anybody_may_log_in(tmp_path)
    loose = text.replace("required     pam_loginuid", "optional     pam_loginuid")
    assert [place.read_text(encoding="utf-8") for place in places] == [f"# the same\n{loose}"] * 2


def test_the_version_of_what_is_unpacked(tmp_path: Path) -> None:
    """Read without dpkg-dev, which a fresh Debian has not."""
    paper = tmp_path / "changelog.Debian.gz"
    with gzip.open(paper, "wt", encoding="utf-8") as out:
        out.write("chrony (4.3-2+deb12u1) bookworm; urgency=medium\n\n  * A word.\n")
    assert disk.version_in(paper) == "4.3-2+deb12u1"
    assert disk.version_in(tmp_path / "none.gz") == ""


# What ansible-playbook has to work with -------------------------------------------------------------------------------------------------

SOCKET = 108 - 1 - len("/0123456789") - len(".0123456789abcdef")
"""Longest name of a folder for sockets of ssh: Ansible's name of a connection, and what ssh adds until it is made."""


def test_the_folder_is_known_to_a_program_that_no_shell_starts(tmp_path: Path) -> None:
    """As Debian's ansible-playbook is none: the plays look for PWD. Nothing of whoever runs the tests is in it but the programs."""
    words = (sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))")
    given = control.environment(tmp_path, Path("/run/plays-x"))
    done = subprocess.run(words, env=given, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f'"PWD": "{tmp_path}"' in done.stdout
    assert {name for name in given if not name.startswith("ANSIBLE_")} == {"PATH", "HOME", "PWD", "LANG"}
    assert given["LANG"] == "C.UTF-8"
    assert "/usr/sbin" in given["PATH"].split(":")


def test_ssh_makes_its_sockets_wherever_pytest_has_its_folders(tmp_path: Path) -> None:
    """In a folder of a short name, and asks nobody's own settings."""
    folder = tmp_path / "very" / ("long" * 30)
    given = control.environment(folder, Path("/run/plays-12345678"))
    assert len(given["ANSIBLE_SSH_CONTROL_PATH_DIR"]) <= SOCKET
    assert given["ANSIBLE_SSH_ARGS"].startswith("-F none ")


def test_a_program_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it was named as it lies here."""
    (tmp_path / "some-playbook").touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(control.VARIABLE, "./some-playbook")
    assert control.executable() == str(tmp_path / "some-playbook")


def test_there_is_time_for_a_real_ansible() -> None:
    """A second for each of a thousand tasks, and three runs in one test."""
    assert control.SECONDS >= 2000
    assert control.PATIENCE >= 2.5 * control.SECONDS
    files = list(Path(control.__file__).parent.glob("test_*.py"))
    assert files
    assert [path.name for path in files if "pytest.mark.timeout(PATIENCE)" not in path.read_text(encoding="utf-8")] == []
