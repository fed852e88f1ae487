"""The unit files: systemd accepts them, and they take from each process what it does not need."""

import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel  # uses the machine's own systemd

UNITS = Path(__file__).parent.parent.parent / "systemd"
SERVICES = ("hotspot-firewall", "hotspot-guard", "hotspot-portal")
HUB = ("hotspot-hub", "hotspot-hub-backup")
"""On the city's server."""
EXPOSURE = {
    "hotspot-firewall": 20,
    "hotspot-guard": 40,
    "hotspot-portal": 20,
    "hotspot-names": 30,
    "hotspot-hub": 15,
    "hotspot-hub-backup": 15,
    "hotspot-doctor": 30,
    "hotspot-lan-guard": 20,
    "hotspot-visit": 35,
}
"""The most that ``systemd-analyze security`` may find, in tenths: 0 is a sealed box, 100 an open door."""


class _Unit(RawConfigParser):
    """Names in a unit file are case sensitive."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def service(name: str) -> dict[str, str]:
    """The ``[Service]`` section; a name given twice keeps its last value."""
    unit = _Unit(strict=False)
    unit.read(UNITS / f"{name}.service")
    return dict(unit["Service"])


@pytest.mark.parametrize(
    "name",
    [
        *(f"{name}.service" for name in (*SERVICES, *HUB, "hotspot-names", "hotspot-doctor", "hotspot-lan-guard", "hotspot-visit")),
        *("hotspot-names.path", "hotspot-hub-backup.timer", "hotspot-doctor.timer", "hotspot-visit.timer"),
    ],
)
def test_systemd_accepts_the_unit(name: str, tmp_path: Path) -> None:
    """``systemd-analyze verify`` finds nothing in a tree where the program is installed."""
    system = tmp_path / "usr/lib/systemd/system"
    shutil.copytree("/usr/lib/systemd/system", system, symlinks=True)
    for unit in (*UNITS.glob("*.service"), *UNITS.glob("*.path"), *UNITS.glob("*.timer")):
        shutil.copy(unit, system)
    for program in ("opt/hotspot/bin/hotspot", "bin/kill", "bin/systemctl", "usr/bin/find", "bin/sh"):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    verify = ["systemd-analyze", "verify", f"--root={tmp_path}", "--recursive-errors=one", name]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", EXPOSURE)
def test_exposure_stays_small(name: str) -> None:
    """``systemd-analyze security`` gives no more points than were accepted."""
    judge = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE[name]}", str(UNITS / f"{name}.service")]
    done = subprocess.run(judge, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_capabilities_are_one_and_none() -> None:
    """The firewall has CAP_NET_ADMIN and no other, the guard the same, the portal and the hub none."""
    given = {name: (service(name)["AmbientCapabilities"], service(name)["CapabilityBoundingSet"]) for name in (*SERVICES, *HUB)}
    assert given == {
        "hotspot-firewall": ("CAP_NET_ADMIN", "CAP_NET_ADMIN"),
        "hotspot-guard": ("CAP_NET_ADMIN", "CAP_NET_ADMIN"),
        "hotspot-portal": ("", ""),
        "hotspot-hub": ("", ""),
        "hotspot-hub-backup": ("", ""),
    }


def test_every_service_has_its_own_user() -> None:
    """Nobody runs as root, and sysusers.d makes every user that a unit names."""
    assert {service(name)["User"] for name in SERVICES} == _users("hotspot.conf") == {"hotspot-firewall", "hotspot-portal"}
    assert {service(name)["User"] for name in HUB} == _users("hotspot-hub.conf") == {"hotspot-hub"}


def _users(file: str) -> set[str]:
    return {line.split()[1] for line in (UNITS / file).read_text().splitlines() if line.startswith("u ")}


def test_name_servers_can_read_what_the_portal_writes() -> None:
    """The folder that is watched is the portal's own cache, open to others; its state stays shut."""
    watched = _Unit(strict=False)
    watched.read(UNITS / "hotspot-names.path")
    portal = service("hotspot-portal")
    assert watched["Path"]["PathChanged"] == f"/var/cache/{portal['CacheDirectory']}"
    assert (portal["CacheDirectoryMode"], portal["StateDirectoryMode"]) == ("0755", "0700")


def test_the_doctor_cannot_change_what_it_looks_at() -> None:
    """Of root's rights it has those to read; the file system is read-only for it but for the folder of looks, which tmpfiles.d makes."""
    doctor = service("hotspot-doctor")
    assert set(doctor["CapabilityBoundingSet"].split()) == {"CAP_NET_ADMIN", "CAP_DAC_READ_SEARCH", "CAP_SYS_PTRACE"}
    assert (doctor["ProtectSystem"], doctor["ProtectKernelTunables"]) == ("strict", "yes")
    made = (UNITS / "hotspot-looks.conf").read_text().splitlines()[-1].split()
    assert (doctor["ReadWritePaths"], doctor["ExecStart"].split()[-2:]) == (made[1], ["--looks", made[1]])
    assert f"g {made[4]} -" in (UNITS / "hotspot.conf").read_text().splitlines()


def test_the_visitor_has_the_rights_to_make_its_place() -> None:
    """An interface, raw packets, a network namespace and no other kind; it reads settings and key, and writes looks alone."""
    visitor = service("hotspot-visit")
    assert set(visitor["CapabilityBoundingSet"].split()) == {"CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_ADMIN", "CAP_DAC_READ_SEARCH"}
    assert (visitor["RestrictNamespaces"], visitor["ProtectSystem"], visitor["ReadWritePaths"]) == ("net", "strict", "/run/hotspot-looks")


def test_the_lan_guard_has_one_right_and_gives_it_back() -> None:
    """A user made for it alone, no file of anybody's, no packet over IP; ``capset`` is there to give the one capability back."""
    guard = service("hotspot-lan-guard")
    assert (guard["AmbientCapabilities"], guard["CapabilityBoundingSet"], guard["DynamicUser"]) == ("CAP_NET_RAW", "CAP_NET_RAW", "yes")
    assert (guard["RestrictAddressFamilies"], guard["SystemCallFilter"]) == ("AF_PACKET AF_NETLINK AF_UNIX", "capset")
    made = (UNITS / "hotspot-looks.conf").read_text().splitlines()[-1].split()
    assert (guard["ReadWritePaths"].lstrip("-"), guard["SupplementaryGroups"]) == (made[1], made[4])
