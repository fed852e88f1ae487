"""The box's own way back on a booted hall: from packages that do not start, settings that shut everybody out, power cuts in the middle."""

import contextlib
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines import root, town
from tests.deploy.machines.busy import busy
from tests.deploy.machines.debs import changed, of_format, put, version
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone, phone
from tests.deploy.packages.built import Built

NAME, NUMBER = "hotspot-gateway", 4
BASE, GOOD, DEAD, HALF, DEAF, LATER, WORSE = (f"0.1.0+2027{month:02}01000000" for month in range(1, 8))
VISITS = {
    "/etc/hotspot/visit.conf": "VISIT=--no-rates --patience 0.5\n",
    "/etc/hotspot/visitor.key": "ab" * 32 + "\n",
}
MANAGEMENT = "/etc/systemd/network/20-hotspot-management.network"
OUT = f"10.20.{NUMBER}.2"
pytestmark = pytest.mark.timeout(600)


def with_visitor(opened: Path) -> None:
    """The package as it is built from the lock: scapy is among its modules."""
    (site,) = opened.glob("usr/lib/hotspot-gateway/lib/python*/site-packages")
    for file in metadata.distribution("scapy").files or ():
        if ".." not in file.parts and file.suffix != ".pyc":
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            (site / file).write_bytes(Path(str(metadata.distribution("scapy").locate_file(file))).read_bytes())


def dead(opened: Path) -> None:
    """Its program does not even start, and its way back is worth nothing either."""
    for name in ("usr/lib/hotspot-gateway/bin/hotspot", "usr/sbin/hotspot-change"):
        (opened / name).write_text("#!/bin/sh\nexit 127\n")


def half(opened: Path) -> None:
    """Its postinst fails at once, and it can be neither removed nor replaced without complaint."""
    for name in ("postinst", "prerm"):
        (opened / "DEBIAN" / name).write_text("#!/bin/sh\nexit 1\n")


def in_module(name: str, before: str, after: str) -> Callable[[Path], None]:
    """Another text in a module."""

    def change(opened: Path) -> None:
        (module,) = opened.glob(f"usr/lib/hotspot-gateway/lib/python*/site-packages/{name}")
        text = module.read_text(encoding="utf-8")
        assert text.count(before) == 1
        module.write_text(text.replace(before, after), encoding="utf-8")

    return change


NOBODY = in_module(
    "hotspot/portal/accept.py",
    "async def open_session(office: Office, client: Client, entry: Entry) -> Session | Refusal:\n",
    "async def open_session(office: Office, client: Client, entry: Entry) -> Session | Refusal:\n    raise RuntimeError\n",
)
"""It starts, says that it is well, and lets nobody online."""


@pytest.fixture(scope="module")
def versions(packages: Built) -> dict[str, Path]:
    """Packages by version."""
    old = packages["gateway"]
    base = changed(old, BASE, with_visitor)
    return {
        BASE: base,
        GOOD: changed(old, GOOD, with_visitor),
        DEAD: changed(old, DEAD, with_visitor, dead),
        HALF: changed(old, HALF, with_visitor, half),
        DEAF: changed(old, DEAF, with_visitor, NOBODY),
        LATER: changed(old, LATER, with_visitor, of_format(99)),
        WORSE: changed(old, WORSE, with_visitor, of_format(99), NOBODY),
    }


@pytest.fixture(scope="module")
def hall(net: str, versions: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A hall with test visits, installed and restarted; the package is kept where the role puts it."""
    with town.hall("deploy-change", NUMBER, net, str(root.bare("gateway")), Path(tmp_path_factory.mktemp("hall"))) as machine:
        machine.start()
        put(machine, versions[BASE])
        machine.run("sh", "-c", "mkdir -p /var/cache/hotspot && cp /srv/package.deb /var/cache/hotspot/hotspot-gateway_base.deb")
        of = town.settings(NUMBER)
        town.install(machine, of | {"gateway_portal_settings": f'{of["gateway_portal_settings"]}\n[visitor]\nkey = "visitor.key"\n'})
        for path, text in VISITS.items():
            machine.put(path, text, 0o640, "hotspot-portal")
        machine.run("systemctl", "--quiet", "enable", "hotspot-visit.timer")
        machine.reboot()
        yield machine


@pytest.fixture
def anna(hall: Machine) -> Iterator[Phone]:
    """A phone that is online."""
    with phone(f"{hall.name}-anna") as one:
        one.join()
        assert one.online() or one.accept().status == 303
        yield one


@pytest.fixture
def bert(hall: Machine) -> Iterator[Phone]:
    """A phone that is not."""
    with phone(f"{hall.name}-bert") as one:
        one.join()
        yield one


def change(hall: Machine, *words: str, seconds: float = 300) -> tuple[int, str]:
    """The program on the box: its exit status, and all that it says."""
    done = subprocess.run(hall.words("hotspot-change", *words), capture_output=True, text=True, check=False, timeout=seconds)
    return done.returncode, done.stdout + done.stderr


def state(hall: Machine) -> dict[str, Any]:
    """As the role reads it."""
    return dict(json.loads(hall.run("sh", "-c", "sh /var/lib/hotspot-change/saved/program state --json || hotspot-change state --json")))


def snapshot(hall: Machine) -> str:
    """All settings of ours with owner, mode and content."""
    return hall.run(
        "sh", "-c", "find /etc ! -name 'ld.so.cache' -printf '%p %m %u %g %l\\n' | sort; find /etc -type f -exec sha256sum {} + | sort"
    )


def gone_back(hall: Machine, because: str, seconds: float = 120) -> dict[str, Any]:
    """Waited for."""
    until = time.monotonic() + seconds
    while (told := state(hall))["state"] != "back":
        assert time.monotonic() < until, (told, hall.journal("-t", "hotspot-change"))
        time.sleep(1)  # nothing in the machine says when a unit has ended
    assert told["because"] == because
    return told


def at_rest(hall: Machine) -> None:
    """Nothing is left of a change, no unit failed."""
    assert hall.run("sh", "-c", "ls -A /var/lib/hotspot-change; ls /etc/systemd/system | grep hotspot-change; true").split() == ["last"]
    assert hall.run("systemctl", "--failed", "--no-legend") == ""
    assert hall.run("dpkg", "--audit") == ""


def ended(hall: Machine, status: int = 0, **wanted: object) -> None:
    """Everything is as it was, and that is said."""
    got, said = change(hall, "back")
    assert got == status, said
    told = state(hall)
    known = {"state": "back", "because": "asked", "well": True, "package_stays": False, "journal_aside": False}
    assert {key: told[key] for key in known} == known | wanted
    at_rest(hall)


def seen(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a file of the machine is there, which ``process`` makes."""
    while not path.exists():
        assert process.poll() is None, f"ended without {path}"


def slow_restart(hall: Machine) -> None:
    """After a start of the box it goes back sooner than people need to say keep."""
    hall.run("sed", "-i", "s/OnActiveSec=5min/OnActiveSec=5s/", "/etc/systemd/system/hotspot-change-boot.timer")


def test_begin_check_keep(hall: Machine, anna: Phone) -> None:
    """Twice is refused and says until when; a visit is part of the look; kept, all is over, and neither can be done again."""
    assert anna.online()
    assert state(hall) == {"state": "none"}
    assert change(hall, "keep") == (1, "hotspot-change: cannot keep: no change is pending\n")
    assert change(hall, "back") == (1, "hotspot-change: cannot go back: no change is pending\n")
    status, said = change(hall, "begin", "--minutes", "0")
    assert (status, "from 1 to 1440" in said) == (2, True)
    status, said = change(hall, "begin", "--minutes", "30")
    assert (status, said) == (0, "Saved. Without 'hotspot-change keep' the box goes back by itself in 30 minutes.\n")
    told = state(hall)
    assert (told["state"], told["until"] - told["since"] in range(1795, 1806)) == ("pending", True)
    status, said = change(hall, "begin")
    assert (status, "cannot begin: a change is pending since" in said) == (3, True)
    units = [f"/etc/systemd/system/hotspot-change-{name}" for name in ("back.service", "back.timer", "boot.timer")]
    assert hall.run("systemd-analyze", "verify", *units) == ""
    status, said = change(hall, "check")
    assert (status, said) == (0, "Well. Visitors online: 1; of those from before 1 have time left.\n")
    status, said = change(hall, "keep")
    assert (status, state(hall)["state"]) == (0, "kept")
    at_rest(hall)


def test_a_package_that_does_not_start_and_a_network_that_is_cut(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """Nobody can reach the box or run anything of the new package: it comes back by itself when the time is over."""
    before = snapshot(hall)
    assert change(hall, "begin", "--minutes", "1")[0] == 0
    with pytest.raises(LabFailed, match="does not run with this version"):
        put(hall, versions[DEAD])
    hall.run("sed", "-i", "s/^Address=.*/Address=192.0.2.1\\/24/", MANAGEMENT)
    hall.run("networkctl", "reload")
    until = time.monotonic() + 20
    while OUT in (shown := hall.run("ip", "-4", "address", "show", "dev", "mgmt0")):
        assert time.monotonic() < until, shown
    told = gone_back(hall, "timer")
    assert (told["well"], told["package_stays"], version(hall, NAME)) == (True, False, BASE)
    assert [words for words in told["wrong"] if "hotspot-portal.service is activating" in words] != []
    assert (OUT in hall.run("ip", "-4", "address", "show", "dev", "mgmt0"), snapshot(hall) == before, anna.online()) == (True, True, True)
    assert "because=timer" in hall.journal("-t", "hotspot-change")
    at_rest(hall)
    status, said = change(hall, "keep")
    assert (status, "the box went back at" in said, "(timer)" in said) == (1, True, True)
    status, said = change(hall, "back")  # a playbook that comes too late is told that all is well
    assert (status, "The box went back at" in said) == (0, True)


@pytest.mark.parametrize(
    ("which", "why"), [(HALF, "is not installed to its end"), (DEAF, "the test visit of zone public did not get online")]
)
def test_packages_that_fail_otherwise(hall: Machine, versions: dict[str, Path], anna: Phone, which: str, why: str) -> None:
    """dpkg leaves it half-configured; or all services run, and nobody gets online."""
    assert change(hall, "begin")[0] == 0
    with contextlib.suppress(LabFailed):
        put(hall, versions[which])
    assert version(hall, NAME) == which
    status, said = change(hall, "check")
    assert (status, why in said) == (1, True), said
    ended(hall)
    assert (version(hall, NAME), anna.online()) == (BASE, True)
    assert [words for words in state(hall)["wrong"] if why in words] != []


def test_settings_that_cannot_be_read(hall: Machine, anna: Phone) -> None:
    """Both services stand still; there is a zone more, a link that enables something, another owner: all is as it was afterwards."""
    before = snapshot(hall)
    assert change(hall, "begin")[0] == 0
    hall.run("sed", "-i", "1i nonsense = 1", "/etc/hotspot/firewall.toml")
    hall.run("sed", "-i", "1i nonsense = 1", "/etc/hotspot/portal.toml")
    hall.run("chown", "nobody", "/etc/hotspot/visitor.key")
    hall.run("rm", "-r", "/etc/radvd.conf", "/etc/dnsmasq-hotspot/public.garden", "/etc/resolv.conf")
    hall.run("ln", "-s", "/run/else", "/etc/resolv.conf")
    hall.put("/etc/hotspot/theme/a b.toml", "x = 1\n")
    hall.put("/etc/systemd/network/20-hotspot-council.netdev", "[NetDev]\nName=council\nKind=bridge\n")
    hall.run("networkctl", "reload")
    hall.run("ip", "link", "show", "council")
    hall.run("systemctl", "--quiet", "disable", "--now", "hotspot-names.path")
    hall.run("systemctl", "--quiet", "enable", "--now", "hotspot-doctor.timer")
    hall.run("systemctl", "restart", "hotspot-firewall.service", "hotspot-portal.service", check=False)
    status, said = change(hall, "check")
    assert (status, "firewall.toml cannot be used" in said, "portal.toml cannot be used" in said) == (1, True, True), said
    assert "hotspot-firewall.service has failed" in said
    ended(hall)
    assert (snapshot(hall) == before, anna.online()) == (True, True)
    assert hall.run("systemctl", "is-active", *town.SERVICES).split() == ["active"] * len(town.SERVICES)
    assert hall.run("systemctl", "is-active", "hotspot-doctor.timer", check=False).strip() == "inactive"
    assert "council" not in hall.run("ip", "-o", "link")


def test_nobody_is_cut_by_a_failed_update_and_the_way_back(hall: Machine, versions: dict[str, Path], anna: Phone, bert: Phone) -> None:
    """From before the change until after the way back no load fails and the download goes on."""
    with busy(anna, bert) as watched:
        assert change(hall, "begin")[0] == 0
        put(hall, versions[DEAF])
        assert change(hall, "check")[0] == 1
        ended(hall)
    assert watched.faults() == {}
    assert (version(hall, NAME), anna.online()) == (BASE, True)


def test_visitors_who_were_cut_off_are_missed(hall: Machine, anna: Phone, bert: Phone) -> None:
    """Their grants are gone before their time is over."""
    assert bert.online() or bert.accept().status == 303
    assert change(hall, "begin")[0] == 0
    hall.run("systemctl", "stop", "hotspot-portal.service", "hotspot-firewall.service")
    for name in ("up", "down", "ids"):
        hall.run("nft", "flush", "map", "inet", "hotspot_public", name)
    status, said = change(hall, "check")
    assert (status, "visitors were cut off: of 2 that should be online, 0 are" in said) == (1, True), said
    ended(hall)
    assert (anna.online(), bert.online()) == (True, True)
    hall.run("hotspot", "status")
    bert.get("http://portal.hall.example/leave", body=b"")


def test_a_restart_as_a_part_of_the_change(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """The box waits some minutes for whoever says keep. The package from before is kept beside the new one, a third one is not."""
    assert change(hall, "begin")[0] == 0
    put(hall, versions[GOOD])
    hall.run("sh", "-c", f"cp /srv/package.deb /var/cache/hotspot/hotspot-gateway_{GOOD}_amd64.deb")
    hall.run(
        "sh",
        "-c",
        "cp /srv/package.deb /srv/other && cd /srv && dpkg-deb -R other o && sed -i s/2027/2020/ o/DEBIAN/control"
        " && dpkg-deb -Zgzip -z1 -b o /var/cache/hotspot/hotspot-gateway_old.deb && rm -r o other",
        seconds=100,
    )
    hall.reboot()
    told = state(hall)
    assert (told["state"], 200 < told["until"] - time.time() <= 300) == ("pending", True)
    assert change(hall, "check")[0] == 0
    assert change(hall, "keep")[0] == 0
    at_rest(hall)
    assert (version(hall, NAME), anna.online()) == (GOOD, True)
    assert hall.run("ls", "/var/cache/hotspot").split() == [f"hotspot-gateway_{GOOD}_amd64.deb", "hotspot-gateway_base.deb"]
    assert hall.run("systemctl", "list-timers", "--all", "--no-legend", "hotspot-change*") == ""


def test_without_a_kept_package_it_is_made_anew(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """Of the files that dpkg knows; with it the box goes back as with any other."""
    hall.run("sh", "-c", "rm -f /var/cache/hotspot/*")
    assert change(hall, "begin")[0] == 0
    put(hall, versions[BASE])
    ended(hall)
    assert (version(hall, NAME), anna.online()) == (GOOD, True)
    assert hall.run("dpkg", "--verify", NAME) == ""
    assert change(hall, "begin")[0] == 0
    put(hall, versions[BASE])
    assert change(hall, "keep")[0] == 0
    arch = hall.run("dpkg", "--print-architecture").strip()
    assert [name for name in hall.run("ls", "/var/cache/hotspot").split() if name.endswith(f"_{arch}.deb")] != []


def test_a_power_cut_in_the_middle_of_a_change(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """After the start the box goes back by itself, before anybody has come."""
    before = snapshot(hall)
    assert change(hall, "begin")[0] == 0
    slow_restart(hall)
    hall.run("sed", "-i", "1i nonsense = 1", "/etc/hotspot/portal.toml")
    with contextlib.suppress(LabFailed):
        put(hall, versions[DEAD])
    hall.cut()
    hall.start()
    assert gone_back(hall, "boot")["well"]
    assert (version(hall, NAME), snapshot(hall) == before, anna.online()) == (BASE, True, True)
    at_rest(hall)


@pytest.mark.parametrize("when", ["var/lib/hotspot-change/saved/changed", "var/lib/dpkg/tmp.ci"])
def test_a_power_cut_in_the_middle_of_the_way_back(hall: Machine, versions: dict[str, Path], anna: Phone, when: str) -> None:
    """Between settings and package, or in the middle of the package: it goes on after the start."""
    before = snapshot(hall)
    assert change(hall, "begin")[0] == 0
    slow_restart(hall)
    hall.run("sed", "-i", "1i nonsense = 1", "/etc/hotspot/portal.toml")
    put(hall, versions[GOOD])
    with subprocess.Popen(hall.words("hotspot-change", "back"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True) as going:
        seen(hall.folder / "changes" / when, going)
        hall.cut()
    hall.start()
    assert gone_back(hall, "boot")["well"]
    assert (version(hall, NAME), snapshot(hall) == before, anna.online()) == (BASE, True, True)
    at_rest(hall)


def test_a_power_cut_while_saving(hall: Machine) -> None:
    """What was not saved to its end is not used: nothing goes back, and the next change begins as ever."""
    with subprocess.Popen(hall.words("hotspot-change", "begin"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True) as going:
        seen(hall.folder / "changes/var/lib/hotspot-change/saving/package.deb", going)
        hall.cut()
    hall.start()
    assert state(hall)["state"] == "back"  # as the last one ended
    assert change(hall, "begin")[0] == 0
    ended(hall)


def test_a_full_disk_and_two_at_once(hall: Machine) -> None:
    """What cannot be saved is not begun; whoever comes second is told so."""
    hall.run("mount", "-t", "tmpfs", "-o", "size=20m,mode=700", "tmpfs", "/var/lib/hotspot-change")
    status, said = change(hall, "begin")
    left = hall.run("ls", "/var/lib/hotspot-change")
    hall.run("umount", "/var/lib/hotspot-change")
    assert (status, left) == (1, "")
    assert re.fullmatch(
        r"hotspot-change: cannot begin: not everything could be saved in /var/lib/hotspot-change: .*No space left on device;"
        r" nothing was changed\n",
        said,
    ), said
    at_rest(hall)
    done = subprocess.run(
        hall.words("flock", "/run/hotspot-change.lock", "hotspot-change", "begin"), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "hotspot-change: cannot begin: another hotspot-change is at work\n")
    both = [subprocess.Popen(hall.words("hotspot-change", "begin"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert sorted(one.wait() for one in both) in ([0, 1], [0, 3])
    both = [subprocess.Popen(hall.words("hotspot-change", "keep"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert sorted(one.wait() for one in both) == [0, 1]
    at_rest(hall)


def test_data_that_cannot_go_back(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """The new package stays as long as it is well. When it is not and has changed the data, they are set aside: those online stay so."""
    assert change(hall, "begin")[0] == 0
    put(hall, versions[LATER])
    ended(hall, 4, package_stays=True)
    assert (version(hall, NAME), anna.online()) == (LATER, True)
    hall.run("systemctl", "stop", "hotspot-portal.service")
    put(hall, versions[BASE])
    hall.run("systemctl", "start", "hotspot-portal.service")
    assert change(hall, "begin")[0] == 0
    put(hall, versions[WORSE])
    assert change(hall, "check")[0] == 1
    hall.run("systemctl", "stop", "hotspot-portal.service")
    raised = "import sqlite3; c = sqlite3.connect('/var/lib/hotspot-portal/journal.db'); c.execute('PRAGMA user_version = 99'); c.commit()"
    hall.run("runuser", "-u", "hotspot-portal", "--", "python3", "-c", raised)
    hall.run("systemctl", "start", "hotspot-portal.service", check=False)
    ended(hall, journal_aside=True)
    assert (version(hall, NAME), anna.online()) == (BASE, True)
    assert hall.run("sh", "-c", "ls /var/lib/hotspot-portal/journal.db.damaged-* | wc -l").strip() == "1"


def test_a_package_that_goes_takes_all_with_it(hall: Machine) -> None:
    """Purged in the middle of a change: no unit, no timer, nothing that was saved."""
    assert change(hall, "begin")[0] == 0
    hall.run("dpkg", "--purge", NAME, seconds=100)
    left = hall.run("sh", "-c", "find / -xdev -name '*hotspot-change*' ! -path '/proc/*'; ls -d /var/cache/hotspot 2>/dev/null; true")
    assert [path for path in left.splitlines() if path not in ("/run/hotspot-change.lock", "/run/hotspot-change.pending")] == []
    assert hall.run("systemctl", "list-timers", "--all", "--no-legend", "hotspot-change*") == ""
