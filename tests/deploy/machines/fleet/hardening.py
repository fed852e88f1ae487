"""What runs on a hall and on a hub, as whom, with which rights, and what it listens on: one table for each kind of machine (pure).

docs/security.md says why where it is more than nothing.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

NUMBERS = {
    "chown": 0, "dac_override": 1, "setgid": 6, "setuid": 7, "net_bind_service": 10, "net_admin": 12, "net_raw": 13,
}  # fmt: skip
"""Capabilities, as capability.h counts them."""
_SHARED = ("/run", "/run/lock", "/tmp", "/var/tmp")
"""Mounts that are open to each unit of ours; whose folders are there is the users' matter."""


def caps(*names: str) -> int:
    """The set as a number."""
    return sum(1 << NUMBERS[name] for name in names)


class Unit(Struct, frozen=True):
    """The processes of a unit."""

    user: str
    has: int = 0
    """Capabilities that are permitted and in force."""
    bounding: int = 0
    """The most that it could get back."""
    ambient: int = 0
    writes: tuple[str, ...] = ()
    """Mounts beside ``_SHARED`` that are not read-only for it."""
    groups: int = 1
    """How many it is in."""
    spaces: tuple[str, ...] = ("mnt", "uts")
    """Namespaces of its own."""


_DNSMASQ = caps("net_admin", "net_bind_service", "net_raw", "setuid", "setgid", "chown", "dac_override")
_LEASES = "/var/lib/dnsmasq-hotspot"
HALL = {
    "hotspot-firewall.service": Unit(
        *("hotspot-firewall", caps("net_admin"), caps("net_admin"), caps("net_admin")), writes=("/run/hotspot-firewall",)
    ),
    "hotspot-portal.service": Unit(
        "hotspot-portal", writes=("/run/hotspot-portal", "/var/cache/hotspot-portal", "/var/lib/hotspot-portal")
    ),
    "hotspot-lan-guard.service": Unit("hotspot-guard", 0, caps("net_raw"), writes=("/run/hotspot-looks/guard",), groups=3),
    "dnsmasq-hotspot@public.service": Unit(
        *("dnsmasq", caps("net_admin", "net_bind_service"), _DNSMASQ), writes=("/run/dnsmasq-hotspot-public", _LEASES)
    ),
    "dnsmasq-hotspot@public-captive.service": Unit("dnsmasq", 0, _DNSMASQ, writes=("/run/dnsmasq-hotspot-public-captive", _LEASES)),
    "radvd.service": Unit("radvd", caps("net_raw"), caps("net_raw"), caps("net_raw"), writes=("/run/radvd",)),
}
HUB = {"hotspot-hub.service": Unit("hotspot-hub")}
DEBIAN = {
    "init.scope": "root",
    "systemd-journald.service": "root",
    "systemd-logind.service": "root",
    "dbus.service": "messagebus",
    "systemd-networkd.service": "systemd-network",
}
"""What else runs on each machine, and as whom."""
DATABASE = "postgres"
"""User of the hub's, whose processes come and go."""


def units(processes: Iterable[Mapping[str, Any]]) -> dict[str, set[Unit]]:
    """What ``inside.py`` found -> units, each with all kinds of processes that it has. What a process may have it has in force."""
    found: dict[str, set[Unit]] = {}
    for each in processes:
        held = each["caps"]
        assert held["CapEff"] == held["CapPrm"], each
        assert held["CapInh"] in (0, held["CapAmb"]), each
        one = Unit(
            *(each["user"], held["CapEff"], held["CapBnd"], held["CapAmb"]),
            writes=tuple(place for place in each["writable"] if place not in _SHARED),
            groups=len(each["gids"]),
            spaces=tuple(each["spaces"]),
        )
        found.setdefault(each["unit"], set()).add(one)
    return found


# What listens --------------------------------------------------------------------------------------------------------------------------

Socket = tuple[str, str, int, str]
"""Kind, place, port (a frame's or header's type for ``packet`` and ``raw``), unit."""
HALL_LISTENS: frozenset[Socket] = frozenset(
    {
        *((kind, "guests", 53, "dnsmasq-hotspot@public.service") for kind in ("tcp", "udp")),
        *((kind, "guests", 5300, "dnsmasq-hotspot@public-captive.service") for kind in ("tcp", "udp")),
        ("udp", "guests", 67, "dnsmasq-hotspot@public.service"),
        *(("tcp", "guests", port, "hotspot-portal.service") for port in (8080, 8081)),
        ("tcp", "management", 9464, "hotspot-portal.service"),
        ("raw", "anywhere", 58, "radvd.service"),  # ICMPv6
        ("packet", "guests", 0, "hotspot-lan-guard.service"),
        ("packet", "management", 0x88CC, "systemd-networkd.service"),  # LLDP: the switch that says who it is
    }
)
HUB_LISTENS: frozenset[Socket] = frozenset(
    {
        ("tcp", "anywhere", 8700, "hotspot-hub.service"),
        ("tcp", "loopback", 5432, "postgresql"),
    }
)


def place(address: str, places: Mapping[str, str]) -> str:
    """``[fe80::1]%guests``, ``0.0.0.0%guests``, ``127.0.0.1`` -> one of ``places`` (by interface or address), loopback, anywhere."""
    bare, _, interface = address.replace("[", "").replace("]", "").partition("%")
    if interface:
        return places[interface]
    if bare in ("127.0.0.1", "::1"):
        return "loopback"
    return "anywhere" if bare in ("0.0.0.0", "::", "*") else places[bare]


def sockets(said: str, unit_of: Mapping[int, str], places: Mapping[str, str]) -> set[Socket]:
    """Lines of ``ss --listening --tcp --udp --raw --packet --processes --numeric`` -> sockets; both families of a place are one."""
    found = set()
    for line in said.splitlines():
        kind, _, _, _, local, *_ = line.split()
        holders = {unit_of[int(pid)] for pid in re.findall(r"pid=(\d+)", line) if unit_of[int(pid)] != "init.scope"}  # systemd keeps copies
        (unit,) = {"postgresql" if each.startswith("postgresql@") else each for each in holders}
        if kind.startswith("p_"):
            what, _, interface = local.partition(":")
            found.add(("packet", places[interface], int(what.strip("[]").replace("*", "0")), unit))
        elif kind not in ("tcp", "udp"):
            found.add(("raw", place(local.rpartition(":")[0], places), int(local.rpartition(":")[2]), unit))
        else:
            where, _, port = local.rpartition(":")
            found.add((kind, place(where, places), int(port), unit))
    return found


# Files ---------------------------------------------------------------------------------------------------------------------------------

OPEN_SOCKETS = {"/run/hotspot-firewall/firewall.sock", "/run/hotspot-portal/control.sock"}
"""To whom they answer is not a matter of their mode: the program asks the kernel who speaks."""
HALL_STATE = {
    "/etc/hotspot/firewall.toml": (0o640, "root", "hotspot-firewall"),
    "/etc/hotspot/portal.toml": (0o640, "root", "hotspot-portal"),
    "/etc/hotspot/hub-authority.pem": (0o640, "root", "hotspot-portal"),
    "/run/hotspot-firewall": (0o755, "hotspot-firewall", "hotspot-firewall"),
    "/run/hotspot-looks/guard": (0o755, "hotspot-guard", "hotspot-guard"),
    "/run/hotspot-portal": (0o755, "hotspot-portal", "hotspot-portal"),
    "/var/cache/hotspot-portal": (0o755, "hotspot-portal", "hotspot-portal"),
    "/var/lib/dnsmasq-hotspot": (0o750, "root", "hotspot-firewall"),
    "/var/lib/hotspot-portal": (0o700, "hotspot-portal", "hotspot-portal"),
    "/var/lib/hotspot-portal/credential": (0o600, "hotspot-portal", "hotspot-portal"),
    "/var/lib/hotspot-portal/journal.db": (0o600, "hotspot-portal", "hotspot-portal"),
}
HUB_STATE = {
    "/etc/hotspot": (0o750, "root", "hotspot-hub"),
    "/etc/hotspot/hub.key": (0o640, "root", "hotspot-hub"),
    "/etc/hotspot/hub.toml": (0o640, "root", "hotspot-hub"),
    "/var/lib/hotspot-hub-backup": (0o700, "hotspot-hub", "hotspot-hub"),
}
_OWN = ("/run/", "/var/lib/", "/var/cache/")
"""Below these a service may own what is its own; everything else of ours is root's."""


def faults(files: Iterable[Mapping[str, Any]], owners: Iterable[str]) -> list[str]:
    """What should not be: writable for others, setuid, a capability at a file, a program or settings that are not root's."""
    found, known = [], {"root", *owners}
    for each in files:
        path, mode = each["path"], each["mode"]
        if mode & 0o002 and path not in OPEN_SOCKETS:
            found.append(f"{path} is writable for everybody")
        if mode & 0o020 and each["group"] != "root" and path not in OPEN_SOCKETS:
            found.append(f"{path} is writable for {each['group']}")
        if mode & 0o6000 or each["capability"]:
            found.append(f"{path} gives rights: {mode:o}")
        if each["user"] != "root" and not path.startswith(_OWN):
            found.append(f"{path} is {each['user']}'s")
        if each["user"] not in known and not each["user"].startswith("hotspot-"):
            found.append(f"{path} is the stranger {each['user']}'s")
    return found


SECRETS = ("/etc/hotspot/", "/var/lib/hotspot-", "/var/lib/dnsmasq-hotspot/", "/run/hotspot-firewall/", "/etc/shadow")
"""What begins so is for the few of ``MAY_READ`` only."""
HALL_MAY_READ = {
    "/etc/hotspot/firewall.toml": {"hotspot-firewall", "hotspot-guard"},
    "/etc/hotspot/": {"hotspot-portal", "hotspot-guard"},
    "/run/hotspot-firewall/": {"hotspot-firewall"},
    "/var/lib/dnsmasq-hotspot/": {"hotspot-firewall", "hotspot-guard"},
    "/var/lib/hotspot-portal/": {"hotspot-portal"},
}
HUB_MAY_READ = {"/etc/hotspot/": {"hotspot-hub"}, "/var/lib/hotspot-hub-backup/": {"hotspot-hub"}}


def may_read(path: str, of: Mapping[str, set[str]]) -> set[str]:
    """Who: the first row that ``path`` begins with."""
    return next((users for begin, users in of.items() if path.startswith(begin)), set())


# Units ---------------------------------------------------------------------------------------------------------------------------------

SHUT = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
    "ProtectClock": "yes", "ProtectControlGroups": "yes", "ProtectHostname": "yes", "ProtectKernelLogs": "yes",
    "ProtectKernelTunables": "yes", "RestrictRealtime": "yes", "RestrictSUIDSGID": "yes", "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes", "SystemCallArchitectures": "native",
}  # fmt: skip
"""What systemd itself says of each service of ours, of those that run for a moment too, and of the name servers'."""
BARS = {"dnsmasq-hotspot@public.service": 30, "dnsmasq-hotspot@public-captive.service": 30, "radvd.service": 15}
"""Exposure of units that are not in systemd/; those are in tests/systemd/test_units.py."""
