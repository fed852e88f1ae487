"""Packages are the same wherever they are built, install without a net, enable nothing, run isolated, and leave nothing."""

import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.packages import build, wheels
from hotspot.portal.journal.schema import MIGRATIONS
from tests.deploy.packages.built import PARTS, TREE, VERSION, Built, Store, target
from tests.deploy.packages.in_root import carried_out
from tests.deploy.release import ARCHITECTURE, debian

pytestmark = [pytest.mark.timeout(300), pytest.mark.alone]
"""Alone: the packages are built once for all these tests, not by each worker."""

IMPORT_ALL = """
import importlib, pkgutil, sys
for name in sys.argv[2:]:
    for module in pkgutil.walk_packages(importlib.import_module(name).__path__, name + "."):
        if not module.name.endswith("__main__") and not module.name.startswith(tuple(sys.argv[1].split(","))):
            importlib.import_module(module.name)
            print(module.name)
assert not [path for path in sys.path if "dist-packages" in path], sys.path
"""
NOT_THERE = {
    "gateway": "hotspot.hub,hotspot.lab,hotspot.printing,hotspot.visitor,hotspot.data_list",
    "hub": "hotspot.lab,hotspot.visitor",
}
"""What the package has no libraries for; scapy is not installed beside these tests."""


def field(package: Path, name: str) -> str:
    """A field of the package."""
    return subprocess.run(["dpkg-deb", "--field", package, name], capture_output=True, text=True, check=True).stdout.strip()


def test_the_same_bytes_elsewhere(packages: Built, tree: Path, store: Store, tmp_path: Path) -> None:
    """Built again, in another folder, from another copy, with another umask and another time zone: not one byte differs."""
    before, zone = os.umask(0o077), os.environ.get("TZ")
    os.environ["TZ"] = "Pacific/Kiritimati"
    try:
        shutil.copytree(tree, tmp_path / "else")
        again = build.build(target("gateway"), tmp_path / "output", store[0], tmp_path / "else", reversed(store[1]["gateway"]))
    finally:
        os.umask(before)
        os.environ.pop("TZ") if zone is None else os.environ.__setitem__("TZ", zone)
    for end in (".deb", ".cdx.json"):
        first, second = (path.with_name(path.name.removesuffix(".deb") + end) for path in (packages["gateway"], again))
        assert first.name == second.name
        assert first.read_bytes() == second.read_bytes()


def test_the_list_of_parts(packages: Built, store: Store) -> None:
    """Each part of the lock is in the list, with its hash and a licence, and nothing else; the reference to each is there once."""
    for part in PARTS:
        told = json.loads(packages[part].with_name(packages[part].name.replace(".deb", ".cdx.json")).read_text())
        assert (told["bomFormat"], told["specVersion"], told["metadata"]["component"]["version"]) == ("CycloneDX", "1.5", VERSION)
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", told["serialNumber"])
        listed = {(one["name"], one["version"], one["hashes"][0]["content"]) for one in told["components"]}
        assert listed == {(pin.name, pin.version, *pin.hashes) for pin in store[1][part]}
        assert [one["purl"] for one in told["components"] if one["licenses"][0]["license"]["name"] == "unknown"] == []
        (needs,) = told["dependencies"]
        assert needs["dependsOn"] == sorted(one["bom-ref"] for one in told["components"])


def test_what_dpkg_is_told(packages: Built) -> None:
    """Name, version, one Python, and no library of Debian's Python."""
    for part in PARTS:
        package = packages[part]
        assert field(package, "Package") == f"hotspot-{part}"
        assert field(package, "Version") == f"{VERSION}~deb{debian()}"
        needs = field(package, "Depends").split(", ")
        assert [need for need in needs if need.startswith("python")] == [f"python{build.PYTHON_OF[debian()]}"]


def test_what_a_package_can_read_is_written_in_it(packages: Built, tmp_path: Path) -> None:
    """The number of steps that its stored data have gone, in a file and in the script that compares it with the one that is there; nothing
    is left to be filled in. The kernel's settings lie where they are read at each start."""
    for part in PARTS:
        package = packages[part]
        subprocess.run(["dpkg-deb", "--control", package, tmp_path / part], check=True)
        scripts = {path.name: path.read_text() for path in (tmp_path / part).iterdir() if path.name not in ("control", "md5sums")}
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpacked:
            names, told = [], ""
            with tarfile.open(fileobj=unpacked.stdout, mode="r|") as files:
                for file in files:
                    names.append(file.name)
                    if file.name == f"./usr/lib/hotspot-{part}/format" and (content := files.extractfile(file)):
                        told = content.read().decode().strip()
        tables = [name for name in names if re.search(r"/hotspot/hub/store/migrations/[^/]+\.sql$", name)]
        assert int(told) == (len(tables) if part == "hub" else len(MIGRATIONS))
        assert f"\nknows={told}\n" in scripts["preinst"]
        assert sorted(scripts) == ["postinst", "postrm", "preinst", "prerm"]
        assert [name for name, text in scripts.items() if re.search(r"@[A-Z]+@", text)] == []
        for name in scripts:
            subprocess.run(["sh", "-n", tmp_path / part / name], check=True)
        assert ("./usr/lib/sysctl.d/60-hotspot.conf" in names) == (part == "gateway")
        assert ("./usr/sbin/hotspot-change" in names) == (part == "gateway")


@pytest.fixture
def roots(tmp_path: Path) -> Iterator[Path]:
    """Folders for an overlay."""
    for name in ("upper", "work", "root"):
        (tmp_path / name).mkdir()
    yield tmp_path
    shutil.rmtree(tmp_path / "work", ignore_errors=True)


@pytest.mark.kernel
@pytest.mark.parametrize("part", PARTS)
def test_installed_used_and_removed(part: str, packages: Built, roots: Path) -> None:
    """Without a network: installed by dpkg, every module imported, updated, units accepted and none enabled, the user made; removed again,
    it leaves nothing but the user."""
    (roots / "import.py").write_text(IMPORT_ALL)
    shutil.copy(packages[part], roots / "package.deb")
    package, user = f"hotspot-{part}", {"gateway": "hotspot-portal", "hub": "hotspot-hub"}[part]
    done = carried_out(
        roots,
        roots,
        f"""
        dpkg --install /mnt/package.deb >&2
        dpkg --verify {package} >&2
        echo version $(setpriv --reuid={user} --clear-groups hotspot --version)
        /usr/lib/{package}/bin/python -P /mnt/import.py {NOT_THERE[part]} firewall hotspot portal_pages >/tmp/modules
        echo modules $(wc -l </tmp/modules)
        dpkg --install /mnt/package.deb >&2  # over itself, as an update
        echo version $(hotspot --version)
        echo change $(! command -v hotspot-change >/dev/null || hotspot-change state)
        echo enabled $(find /etc/systemd -lname '*hotspot*' | wc -l)
        cd /usr/lib/systemd/system && systemd-analyze verify hotspot-*.service 2>&1 | grep hotspot >&2 || true
        dpkg --remove {package} >&2
        dpkg --purge {package} >&2
        cd /usr
        echo left $(ls -d lib/hotspot-* bin/hotspot sbin/hotspot-* lib/systemd/system/hotspot-* /etc/alternatives/hotspot 2>/dev/null)
        """,
    )
    assert done.returncode == 0, done.stderr
    told = dict(line.partition(" ")[::2] for line in done.stdout.splitlines())
    assert told.pop("modules").isdigit()
    change = "No change is pending, and there was none yet." if part == "gateway" else ""
    assert told == {"version": VERSION, "change": change, "enabled": "0", "left": ""}
    assert "hotspot-" not in "".join(line for line in done.stderr.splitlines() if ".service:" in line), done.stderr


def test_a_wheel_that_is_not_the_locked_one(tmp_path: Path, store: Store) -> None:
    """Its hash decides, even when name and version are right."""
    pin = next(pin for pin in store[1]["hub"] if pin.name == "click")
    wrong = wheels.Pin(pin.name, pin.version, "", frozenset({"0" * 64}))
    place = wheels.Place(build.PYTHON_OF[debian()], 36, build.MACHINES[ARCHITECTURE])
    with pytest.raises(wheels.BadWheel, match=r"click-.*: sha256 [0-9a-f]{64}: expected one of those in the lock"):
        wheels.fetched([wrong], place, store[0])


def test_locks_are_read() -> None:
    """Each lock has what the Python of each release needs, and only that."""
    names = {
        python: {pin.name for pin in wheels.wanted(wheels.pins(TREE / "requirements" / "hub.txt"), python)} for python in ("3.11", "3.13")
    }
    assert names["3.11"] - names["3.13"] == {"typing-extensions"}
    assert {"aiohttp", "asyncpg", "weasyprint", "brotli"} <= names["3.13"]
    assert "brotlicffi" not in names["3.13"]


def test_nothing_leaves_its_folder(tmp_path: Path) -> None:
    """A wheel whose files would go elsewhere is refused."""
    for entry in ("../evil.py", "/evil.py"):
        with pytest.raises(wheels.BadWheel, match="expected a path inside the wheel"):
            wheels._inside(entry, "a-1.dist-info")


def test_what_pip_says_is_one_line() -> None:
    """Not sixty of a traceback: the end of it, or its errors."""
    long = "ERROR: Exception:\nTraceback (most recent call last):\n  File x\nOSError: no bundle of authorities: /etc/ssl/certs\n"
    assert wheels.last_words(long) == "OSError: no bundle of authorities: /etc/ssl/certs"
    assert (
        wheels.last_words("WARNING: retry\nERROR: no such version\nERROR: nothing for click\n")
        == "ERROR: no such version ERROR: nothing for click"
    )
    assert wheels.last_words(" other words \n") == "other words"
