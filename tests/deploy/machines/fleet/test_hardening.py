"""A hall and the hub, looked at from inside while visitors are online: who runs, with which rights, what listens, who may read what."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines.fleet import hardening
from tests.deploy.machines.fleet.fleet import NAME, NUMBERS, PARTNERS, Fleet, management, until
from tests.deploy.machines.fleet.hardening import DATABASE, DEBIAN, SECRETS, Socket, Unit
from tests.deploy.machines.machine import Machine
from tests.kernel.traces import Needle, found, of_ip, of_mac, of_text
from tests.systemd.test_units import EXPOSURE, HUB

INSIDE = Path(__file__).with_name("inside.py").read_text(encoding="utf-8")
HALL = PARTNERS[0]
SS = ("ss", "--listening", "--tcp", "--udp", "--raw", "--packet", "--processes", "--numeric", "--no-header")


class Kind(Struct, frozen=True):
    """What is wanted of one kind of machine."""

    units: Mapping[str, Unit]
    listens: frozenset[Socket]
    state: Mapping[str, tuple[int, str, str]]
    may_read: Mapping[str, set[str]]
    services: tuple[str, ...]
    """Names of services in ``systemd/``."""


KINDS = {
    "hall": Kind(
        *(hardening.HALL, hardening.HALL_LISTENS, hardening.HALL_STATE, hardening.HALL_MAY_READ),
        tuple(sorted({*EXPOSURE} - {*HUB})),
    ),
    "hub": Kind(hardening.HUB, hardening.HUB_LISTENS, hardening.HUB_STATE, hardening.HUB_MAY_READ, HUB),
}


class Looked(Struct, frozen=True):
    """A machine, what is wanted of it, and its processes."""

    machine: Machine
    wanted: Kind
    processes: list[dict[str, Any]]


def ask(machine: Machine, **asked: Any) -> Any:
    """The answer of ``inside.py``."""
    return json.loads(machine.run("python3", "-", json.dumps(asked), stdin=INSIDE))


@pytest.fixture(scope="module", params=sorted(KINDS))
def looked(request: pytest.FixtureRequest, fleet: Fleet) -> Looked:
    """Each kind."""
    machine = fleet.hub if request.param == "hub" else fleet.halls[HALL]
    return Looked(machine, KINDS[request.param], ask(machine, what="processes"))


def test_who_runs_with_which_rights(looked: Looked) -> None:
    """Every process of the machine: its user, capabilities in force and to be had, namespaces, and where it could write; none of ours is
    root. What belongs to no unit is what asks."""
    units = hardening.units(each for each in looked.processes if each["unit"] and each["unit"] != "..")
    ours = {name: kinds for name, kinds in units.items() if name in looked.wanted.units}
    assert ours == {name: {unit} for name, unit in looked.wanted.units.items()}
    others = {name: {unit.user for unit in kinds} for name, kinds in units.items() if name not in ours}
    database = {name: users for name, users in others.items() if users == {DATABASE}}
    assert {name: users for name, users in others.items() if name not in database} == {name: {user} for name, user in DEBIAN.items()}
    assert bool(database) == ("hotspot-hub.service" in ours)


def test_nobody_gets_new_rights(looked: Looked) -> None:
    """Each process of ours is under a filter of system calls, and can get no rights by starting a program; what it leaves in /tmp nobody
    else finds."""
    ours = [each for each in looked.processes if each["unit"] in looked.wanted.units]
    assert len(ours) >= len(looked.wanted.units)
    assert {(each["nonewprivs"], each["seccomp"], each["private_tmp"]) for each in ours} == {(1, 2, True)}
    assert {tuple(each["uids"]) for each in ours if len(each["uids"]) != 1} == set()


def test_nothing_else_listens(looked: Looked, fleet: Fleet) -> None:
    """TCP, UDP, raw and packet sockets of every address, and whose they are; of name servers' questions on their way only what stays."""
    unit_of = {each["pid"]: each["unit"] for each in looked.processes}
    number = NUMBERS[HALL]
    places = {"guests": "guests", "mgmt0": "management", "wan0": "line", management(HALL): "management"}
    places |= {f"198.18.{16 * number - 16}.1": "guests", f"2001:db8:{number}::1": "guests"}

    def look() -> set[Socket]:
        return hardening.sockets(looked.machine.run(*SS), unit_of, places)

    stays = look()
    until(lambda: stays.intersection_update(look()), lambda _: stays <= looked.wanted.listens, 10)  # a question waits for 10 s at most
    assert stays == looked.wanted.listens


def test_whose_the_files_are(looked: Looked) -> None:
    """Nothing is writable for everybody, nothing gives rights, programs and settings are root's, state is its service's alone."""
    files = ask(looked.machine, what="files")
    assert hardening.faults(files, {unit.user for unit in looked.wanted.units.values()}) == []
    modes = {each["path"]: (each["mode"], each["user"], each["group"]) for each in files}
    assert {path: modes.get(path) for path in looked.wanted.state} == looked.wanted.state
    assert len([path for path in modes if path.startswith("/usr/lib/hotspot-") and path.endswith(".py")]) > 500


def test_nobody_reads_what_is_anothers(looked: Looked) -> None:
    """Tried as each user that runs anything, with the groups of its processes, on every file that is for a few only."""
    files = [each["path"] for each in ask(looked.machine, what="files") if each["kind"] == "f" and each["path"].startswith(SECRETS)]
    files = sorted({*files, "/etc/shadow"})
    who = {each["user"]: (each["uids"][0], each["gids"]) for each in looked.processes if each["uids"] != [0]}
    who["nobody"] = (65_534, [65_534])
    read = ask(looked.machine, what="reads", who=who, paths=files)
    assert {path: {user for user, paths in read.items() if path in paths} for path in files} == {
        path: hardening.may_read(path, looked.wanted.may_read) for path in files
    }
    assert len(files) > len(looked.wanted.may_read)


def test_systemd_shuts_each_unit(looked: Looked) -> None:
    """Asked of systemd on the machine: what each service of ours is denied, how exposed it is; and it finds no fault in the units."""
    units = [f"{name}.service" for name in looked.wanted.services]
    names = [name for name in looked.wanted.units if name in hardening.BARS]
    said = looked.machine.run("systemctl", "show", f"--property=Id,{','.join(hardening.SHUT)}", *units, *names)
    shown = [dict(line.split("=", 1) for line in block.splitlines()) for block in said.strip().split("\n\n")]
    assert {each.pop("Id"): each for each in shown} == dict.fromkeys([*units, *names], hardening.SHUT)
    bars = {f"{name}.service": EXPOSURE[name] for name in looked.wanted.services} | {name: hardening.BARS[name] for name in names}
    for unit, most in bars.items():
        looked.machine.run("systemd-analyze", "security", "--no-pager", f"--threshold={most}", unit)
    fragments = looked.machine.run("systemctl", "show", "--value", "--property=FragmentPath", *units, *names).split()
    assert looked.machine.run("sh", "-c", 'systemd-analyze verify --man=no "$@" 2>&1', "sh", *sorted(set(fragments))) == ""


def test_the_doors_of_ours_ask_who_knocks(fleet: Fleet) -> None:
    """Firewall and portal answer root, and the firewall the portal; as anybody else a request is refused."""
    hall = fleet.halls[HALL]
    assert json.loads(hall.run("hotspot", "status", "--json"))
    ask_firewall = ("python3", "-c", _ASK, "/run/hotspot-firewall/firewall.sock")
    assert "cannot serve uid" not in hall.run("runuser", "-u", "hotspot-portal", "--", *ask_firewall)
    for user in ("hotspot-guard", "dnsmasq", "nobody", "systemd-network"):
        with pytest.raises(LabFailed, match="this user may not use the control socket"):
            hall.run("runuser", "-u", user, "--", "hotspot", "status")
        assert hall.run("runuser", "-u", user, "--", *ask_firewall).strip() in ("nothing", "cannot serve uid")


_ASK = """
import socket, sys
knock = socket.socket(socket.AF_UNIX)
knock.connect(sys.argv[1])
said = b""
try:
    knock.sendall(b'{"type":"status","id":1}\\n')
    said = knock.recv(4096)
except (BrokenPipeError, ConnectionResetError):
    pass
print("cannot serve uid" if b"cannot serve uid" in said else said.decode() or "nothing")
"""
"""Says the least that is a request."""


def test_the_kernel_is_as_wanted(fleet: Fleet) -> None:
    """Settings of the kernel that the package installs are in force, the hub forwards nothing; guard and zone are in the kernel, and the
    guard was before networkd configured an interface."""
    hall = fleet.halls[HALL]
    text = hall.run("cat", "/usr/lib/sysctl.d/60-hotspot.conf")
    wanted = dict(line.split(" = ") for line in text.splitlines() if " = " in line and not line.startswith("#"))
    wanted = {key: value for key, value in wanted.items() if ".gc_thresh" not in key}  # one for all of a kernel: there is none in a machine
    assert len(wanted) >= 6
    assert {key: hall.run("sysctl", "-n", key).strip() for key in wanted} == wanted
    assert fleet.hub.run("sysctl", "-n", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding").split() == ["0", "0"]
    assert {"hotspot_guard", "hotspot_public"} <= set(re.findall(r"table inet (\S+)", hall.run("nft", "list", "tables")))
    times = {}
    for unit, event in (("hotspot-guard", "ActiveEnter"), ("systemd-networkd", "ExecMainStart"), ("hotspot-firewall", "ExecMainStart")):
        told = hall.run("systemctl", "show", "--value", f"--property={event}TimestampMonotonic", f"{unit}.service")
        times[unit] = int(told)
    assert 0 < times["hotspot-guard"] < times["systemd-networkd"] < times["hotspot-firewall"]
    before = hall.run("systemctl", "show", "--value", "--property=Before", "hotspot-guard.service").split()
    assert "network-pre.target" in before
    assert "network-pre.target" in hall.run("systemctl", "show", "--value", "--property=After", "systemd-networkd.service").split()


def needles(fleet: Fleet, partner: str) -> list[Needle]:
    """All spellings of what names the two phones of a hall."""
    several = []
    for key, which in ((partner, "anna"), (f"{partner}-new", "bert")):
        one = fleet.phones[key]
        said = json.loads(one.run("ip", "-json", "address", "show", "dev", "eth0"))[0]
        several += of_mac(said["address"])
        for address in said["addr_info"]:
            several += of_ip(address["local"])
        several += of_text(NAME.format(which, partner))
    return several


def logged(machine: Machine) -> bytes:
    """All that the journal has since the machine's start, of everybody: messages, and what else programs said with them."""
    texts = []
    for line in machine.run("journalctl", "--boot", "--no-pager", "--all", "--output=json").splitlines():
        for name, value in json.loads(line).items():
            if not name.startswith("__") and not name.endswith(("_ID", "TIMESTAMP")):
                texts.append(bytes(value) if isinstance(value, list) else str(value).encode())
    return b"\n".join(texts)


def test_nobody_can_be_found_in_the_journal(fleet: Fleet) -> None:
    """Of all programs of a hall with visitors, and of the hub: no MAC address, no address, no name of a phone, in no spelling. The same
    search finds each of them in the leases."""
    hall, sought = fleet.halls[HALL], needles(fleet, HALL)
    leases = hall.run("cat", "/var/lib/dnsmasq-hotspot/public.leases").encode()
    assert {what for what, _ in found(leases, sought)} >= {NAME.format(which, HALL) for which in ("anna", "bert")}
    said = logged(hall)
    assert b"ready" in said
    assert found(said, sought) == set()
    assert found(logged(fleet.hub), sought) == set()
