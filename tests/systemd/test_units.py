"""The unit files: systemd accepts them, and they take from each process what it does not need."""

import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from hotspot.doctor.kernel import MODULES
from hotspot.doctor.subject import RIGHTS
from hotspot.looks import folder

pytestmark = pytest.mark.kernel  # uses the machine's own systemd

UNITS = Path(__file__).parent.parent.parent / "systemd"
SERVICES = ("hotspot-firewall", "hotspot-guard", "hotspot-lan-guard", "hotspot-portal")
LOOKS = ("hotspot-doctor", "hotspot-visit")
"""For a moment, each as a user of its own."""
PLUG = "hotspot-visit-plug"
"""Gives a visit its cable."""
HUB = ("hotspot-hub", "hotspot-hub-backup")
"""On the city's server."""
EXPOSURE = {
    "hotspot-firewall": 20,
    "hotspot-guard": 15,
    "hotspot-lan-guard": 15,
    "hotspot-portal": 15,
    "hotspot-names": 15,
    "hotspot-hub": 15,
    "hotspot-hub-backup": 15,
    "hotspot-doctor": 20,  # docs/security.md says which points are left
    "hotspot-visit": 17,  # two of them for the call by which it gives up its right to read everything
    "hotspot-visit-plug": 15,
}
"""The most that ``systemd-analyze security`` may find, in tenths: 0 is a sealed box, 100 an open door."""
MOST, MOST_FACING = 20, 15
"""Of any unit; of those that strangers talk to, or the whole city."""


class _Unit(RawConfigParser):
    """Names in a unit file are case sensitive."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def service(name: str) -> dict[str, str]:
    """The ``[Service]`` section; a name given twice keeps its last value."""
    unit = _Unit(strict=False)
    unit.read(UNITS / f"{name}.service")
    return dict(unit["Service"])


ALL = sorted(path.name for kind in ("service", "socket", "path", "timer") for path in UNITS.glob(f"*.{kind}"))


@pytest.mark.parametrize("name", ALL)
def test_systemd_accepts_the_unit(name: str, tmp_path: Path) -> None:
    """``systemd-analyze verify`` finds nothing in a tree where the program is installed."""
    system = tmp_path / "usr/lib/systemd/system"
    shutil.copytree("/usr/lib/systemd/system", system, symlinks=True)
    for unit in ALL:
        shutil.copy(UNITS / unit, system)
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


def test_every_service_is_judged() -> None:
    """No unit is left out above, and none has more than units may have."""
    assert {f"{name}.service" for name in EXPOSURE} == {name for name in ALL if name.endswith(".service")}
    assert max(EXPOSURE.values()) <= MOST
    assert max(most for name, most in EXPOSURE.items() if name in ("hotspot-portal", *HUB)) <= MOST_FACING


def test_capabilities_are_one_and_none() -> None:
    """The firewall has CAP_NET_ADMIN and no other, the guard the same, the LAN guard one until its ears are open, portal and hub none. What
    looks for a moment has what it names."""
    given = {
        name: (service(name)["AmbientCapabilities"], service(name)["CapabilityBoundingSet"]) for name in (*SERVICES, *HUB, *LOOKS, PLUG)
    }
    assert given == {
        "hotspot-firewall": ("CAP_NET_ADMIN", "CAP_NET_ADMIN"),
        "hotspot-guard": ("CAP_NET_ADMIN", "CAP_NET_ADMIN"),
        "hotspot-lan-guard": ("CAP_NET_RAW", "CAP_NET_RAW"),
        "hotspot-portal": ("", ""),
        "hotspot-hub": ("", ""),
        "hotspot-hub-backup": ("", ""),
        "hotspot-doctor": ("CAP_NET_ADMIN CAP_SYS_PTRACE CAP_DAC_READ_SEARCH",) * 2,
        "hotspot-visit": ("CAP_NET_ADMIN CAP_NET_RAW CAP_DAC_READ_SEARCH",) * 2,
        "hotspot-visit-plug": ("CAP_NET_ADMIN CAP_NET_RAW",) * 2,
    }


def test_every_service_has_its_own_user() -> None:
    """Nobody stays root, and sysusers.d makes every user that a unit names."""
    users = {"hotspot-firewall", "hotspot-guard", "hotspot-portal", "hotspot-doctor", "hotspot-visit", "hotspot-plug"}
    assert {service(name)["User"] for name in (*SERVICES, *LOOKS, PLUG)} == _users("hotspot.conf") == users
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


def test_looks_have_a_folder() -> None:
    """Each of the three writes to a folder of its own that tmpfiles.d makes, and to no other of them; whose it is, readers know."""
    rows = [line.split() for line in (UNITS / "hotspot.tmpfiles").read_text().splitlines() if not line.startswith("#")]
    whole = "/run/hotspot-looks"
    writers = {"visit": "hotspot-visit", "doctor": "hotspot-doctor", "guard": "hotspot-lan-guard"}
    users = {own: service(name)["User"] for own, name in writers.items()}
    owners = [["d", f"{whole}/{own}", "0755", user, user, "-"] for own, user in users.items()]
    assert rows == [["d", whole, "0755", "root", "root", "-"], *owners]
    assert {by.value: user for by, user in folder.USERS.items()} == {own: user for own, user in users.items() if own != "guard"}
    for own, name in writers.items():
        assert f"--looks {whole}" in service(name)["ExecStart"]
        assert service(name)["ReadWritePaths"] == f"{whole}/{own}"


def test_listening_sockets_are_kept() -> None:
    """There is room for every listener of eight zones on both families, and for those of a hub; the hub's socket unit takes both families
    apart, as the hub itself does."""
    assert int(service("hotspot-portal")["FileDescriptorStoreMax"]) >= 8 * 3 * 2
    assert int(service("hotspot-hub")["FileDescriptorStoreMax"]) >= 2
    unit = _Unit(strict=False)
    unit.read(UNITS / "hotspot-hub.socket")
    assert unit["Socket"]["BindIPv6Only"] == "ipv6-only"


def test_the_doctor_cannot_change_what_it_looks_at() -> None:
    """Of root's rights it has those to read, and all that it asks for; the file system is read-only for it but for the folder of looks."""
    doctor = service("hotspot-doctor")
    assert set(doctor["CapabilityBoundingSet"].split()) == set(RIGHTS)
    assert doctor["BindReadOnlyPaths"] == f"-/usr/lib/modules:{MODULES[0]}"
    assert (doctor["ProtectSystem"], doctor["ProtectKernelTunables"], doctor["ProtectClock"]) == ("strict", "yes", "yes")


def test_the_visitor_has_no_right_over_the_halls_network() -> None:
    """Its own is empty, and it can make no other; who plugs it in talks to nobody, and takes no request but from the visit's user."""
    visitor, plug, unit = service("hotspot-visit"), service(PLUG), _Unit(strict=False)
    unit.read(UNITS / f"{PLUG}.socket")
    assert (visitor["PrivateNetwork"], visitor["RestrictNamespaces"], visitor["ProtectSystem"]) == ("yes", "yes", "strict")
    assert (set(plug["RestrictAddressFamilies"].split()), plug["IPAddressDeny"]) == ({"AF_NETLINK", "AF_PACKET", "AF_UNIX"}, "any")
    assert (unit["Socket"]["SocketUser"], unit["Socket"]["SocketMode"]) == (visitor["User"], "0600")
    assert f"--plug {unit['Socket']['ListenStream']} " in visitor["ExecStart"]
    assert plug["User"] != visitor["User"]


def test_the_lan_guard_has_one_right_and_gives_it_back() -> None:
    """No packet over IP, bounded memory; ``capset`` is there to give the one capability back."""
    guard = service("hotspot-lan-guard")
    assert (guard["AmbientCapabilities"], guard["CapabilityBoundingSet"]) == ("CAP_NET_RAW", "CAP_NET_RAW")
    assert (set(guard["RestrictAddressFamilies"].split()), guard["SystemCallFilter"]) == ({"AF_PACKET", "AF_NETLINK", "AF_UNIX"}, "capset")
    assert guard["MemoryMax"] == "80M"


def test_the_lan_guard_can_read_what_it_is_told_to() -> None:
    """Both files of settings are for their own service's group, as the playbook installs them."""
    guard = service("hotspot-lan-guard")
    assert "--config /etc/hotspot/portal.toml --firewall /etc/hotspot/firewall.toml" in guard["ExecStart"]
    assert guard["SupplementaryGroups"].split() == ["hotspot-portal", "hotspot-firewall"]
    tasks = (UNITS.parent / "deploy/ansible_collections/hotspot/hall/roles/gateway/tasks/configure.yml").read_text()
    owned = re.findall(r"dest: \S+ _gateway_settings \S+/(\w+\.toml).*?group: (\S+)\s+mode: \"(\d+)\"", tasks, re.DOTALL)
    assert owned == [("firewall.toml", "hotspot-firewall", "0640"), ("portal.toml", "hotspot-portal", "0640")]
