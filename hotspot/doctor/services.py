"""The processes of the gateway: does each answer, and what does it say of itself?"""

import pwd
import socket
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from firewall import api
from hotspot.control import StatusIs
from hotspot.doctor.found import found
from hotspot.doctor.programs import printed
from hotspot.doctor.servers import DNSMASQ, RADVD, Server
from hotspot.doctor.subject import Subject
from hotspot.looks.values import Finding

SECONDS = 5.0
SYSTEMD = Path("/run/systemd/system")
"""There when systemd runs this machine."""
UNITS = (
    *("hotspot-firewall.service", "hotspot-guard.service", "hotspot-portal.service", "hotspot-names.path", "hotspot-names.service"),
    *("hotspot-lan-guard.service", "hotspot-visit.timer", "hotspot-visit.service", "hotspot-doctor.timer", "hotspot-doctor.service"),
    *("hotspot-visit-plug.socket", "hotspot-visit-plug.service"),
    *("dnsmasq*.service", "radvd.service", "chrony.service"),
)
"""Ours, and those beside them; ``*`` stands for each zone's."""
_ASKED = (
    *("Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "ConditionResult", "ConditionTimestampMonotonic"),
    *("NRestarts", "ActiveEnterTimestampMonotonic"),
)
AGAIN = 2
"""Restarts by systemd that are more than one mishap …"""
LATELY = 600.0
"""… while a unit runs for less than so many seconds. One that dies at once is never seen to have failed."""
VISITS = Path("/etc/hotspot/visit.conf")
"""Without it ``hotspot-visit.service`` is passed over each time its timer calls, and nothing fails."""


class Facts(Struct, frozen=True):
    """What was read."""

    firewall: api.StatusIs | None
    """None: it does not answer."""
    portal: StatusIs | None
    portal_error: str
    closed_socket: str = ""
    """A socket of ours that its users cannot open."""
    unknown_client: str = ""
    """Who may ask the firewall by its settings and is nobody on this machine."""
    units: tuple[str, ...] = ()
    """Those that failed."""
    restarting: tuple[tuple[str, int], ...] = ()
    """Those that die over and over, and how often systemd has started them again."""
    idle: tuple[str, ...] = ()
    """Those that should run since the start, and do not."""
    visits_unset: bool = False
    """Their timer runs, and what they need does not exist."""
    servers: tuple[Server, ...] = ()
    lans: tuple[tuple[str, str, tuple[str, ...], bool], ...] = ()
    """Zone, interface, the gateway's addresses there, and whether its visitors have IPv6."""


def read(subject: Subject) -> Facts:
    """Ask everybody."""
    told = subject.firewall.settings if subject.firewall is not None else None
    path = Path(told.socket) if told is not None else subject.portal.firewall_socket if subject.portal is not None else None
    sockets = [each for each in (path, subject.portal.control_socket if subject.portal is not None else None) if each is not None]
    units = (
        units_of(printed("systemctl", "show", "--all", "--no-pager", f"--property={','.join(_ASKED)}", *UNITS)) if SYSTEMD.is_dir() else []
    )
    return Facts(
        firewall=None if path is None else firewall_status(path),
        portal=subject.status,
        portal_error=subject.portal_error,
        closed_socket=next((str(each) for each in sockets if _closed(each)), ""),
        unknown_client=next((str(who) for who in (told.clients if told is not None else ()) if not _known(who)), ""),
        units=failed(units),
        restarting=restarting(units, time.monotonic()),
        idle=idle(units),
        visits_unset=not VISITS.exists() and printed("systemctl", "is-active", "hotspot-visit.timer").strip() == "active",
        servers=subject.servers,
        lans=tuple((name, zone.lan, zone.addresses, zone.has_ipv6) for name, zone in subject.zones.items()),
    )


def firewall_status(path: Path) -> api.StatusIs | None:
    """What the firewall says of itself."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as daemon:
            daemon.settimeout(SECONDS)
            daemon.connect(str(path))
            daemon.sendall(api.encode(api.Status(1)))
            with daemon.makefile("rb") as lines:
                reply = api.decode_message(lines.readline(2**20))
    except (OSError, msgspec.DecodeError):
        return None
    return reply if isinstance(reply, api.StatusIs) else None


def _closed(path: Path) -> bool:
    """Whether others may not connect; that there is no socket is another matter."""
    try:
        mode, folder = path.stat().st_mode, path.parent.stat().st_mode
    except OSError:
        return False
    return stat.S_ISSOCK(mode) and not (mode & stat.S_IWOTH and folder & stat.S_IXOTH)


def _known(who: str | int) -> bool:
    if isinstance(who, int):
        return True
    try:
        pwd.getpwnam(who)
    except KeyError:
        return False
    return True


def units_of(shown: str) -> list[dict[str, str]]:
    """Units as ``systemctl show`` prints them: a block of ``Key=value`` each. One that does not exist is left out."""
    blocks = [dict(line.partition("=")[::2] for line in block.splitlines() if "=" in line) for block in shown.split("\n\n")]
    return [unit for unit in blocks if unit.get("LoadState") == "loaded" and unit.get("Id")]


def failed(units: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Those that failed."""
    return tuple(unit["Id"] for unit in units if unit.get("ActiveState") == "failed")


def restarting(units: Iterable[Mapping[str, str]], now: float) -> tuple[tuple[str, int], ...]:
    """Those that wait for their next start, or have just had one of several; ``now``: seconds of the monotonic clock."""
    return tuple((unit["Id"], restarts) for unit in units if (restarts := _number(unit, "NRestarts")) and _dies(unit, restarts, now))


def _dies(unit: Mapping[str, str], restarts: int, now: float) -> bool:
    if unit.get("ActiveState") == "activating":
        return unit.get("SubState", "").startswith("auto-restart")
    return unit.get("ActiveState") == "active" and restarts >= AGAIN and now - _number(unit, "ActiveEnterTimestampMonotonic") / 1e6 < LATELY


def _number(unit: Mapping[str, str], key: str) -> int:
    told = unit.get(key, "")
    return int(told) if told.isdecimal() else 0


def idle(units: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Those that are enabled and do not run. One whose conditions do not hold is not meant to: it has been asked, and said no."""
    held_back = [unit for unit in units if unit.get("ConditionResult") == "no" and unit.get("ConditionTimestampMonotonic", "0") != "0"]
    return tuple(
        unit["Id"]
        for unit in units
        if unit.get("UnitFileState") == "enabled" and unit.get("ActiveState") == "inactive" and unit not in held_back
    )


def judge(facts: Facts) -> Iterator[Finding]:
    """What does not run, or not well."""
    if facts.firewall is None:
        yield found("firewall-away")
    elif not facts.firewall.ready:
        yield found("firewall-not-ready")
    # An interface that went and came back is no change of the rules.
    if facts.firewall is not None and (drift := sum(number for what, number in facts.firewall.drift.items() if what != "link")):
        yield found("kernel-was-changed", count=drift)
    if facts.portal_error:
        yield found("portal-settings-bad", why=facts.portal_error)
    if facts.portal is None:
        yield found("portal-away")
    else:
        yield from _portal(facts.portal, facts.firewall is not None)
    if facts.closed_socket:
        yield found("socket-closed", path=facts.closed_socket)
    if facts.unknown_client:
        yield found("client-unknown", user=facts.unknown_client)
    for unit in facts.units:
        yield found("unit-failed", unit=unit)
    for unit, count in facts.restarting:
        yield found("unit-restarts", unit=unit, count=count)
    for unit in facts.idle:
        yield found("unit-idle", unit=unit)
    if facts.visits_unset:
        yield found("visits-unset", path=str(VISITS))
    yield from _servers(facts)


def _portal(portal: StatusIs, firewall_answers: bool) -> Iterator[Finding]:
    if not portal.firewall and firewall_answers:
        yield found("portal-without-firewall")
    if not portal.journal:
        yield found("journal-unwell")
    if not portal.internet:
        yield found("internet-away")
    if portal.warnings:
        yield found("portal-warns", count=len(portal.warnings))


def _servers(facts: Facts) -> Iterator[Finding]:
    # Of a server whose settings cannot be read nobody knows whom it serves: that is said, and nothing else of it.
    unknown = any(server.program == DNSMASQ and server.unreadable for server in facts.servers)
    for zone, lan, addresses, ipv6 in facts.lans:
        names = [server for server in facts.servers if server.program == DNSMASQ and server.serves(lan, addresses)]
        if not unknown and any("." in each for each in addresses) and not any(server.leases_on(lan) for server in names):
            yield found("dhcp-server-missing", zone, interface=lan)
        if ipv6 and not any(server.program == RADVD for server in facts.servers):
            yield found("radvd-missing", zone, interface=lan)
    for server in facts.servers:
        if server.unreadable:
            yield found("server-settings-unreadable", program=server.program, path=server.unreadable)
