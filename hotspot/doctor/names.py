"""Names: does the hall's own name server answer on each zone, does it know the portal, and do the servers that it asks tell the truth?"""

import ipaddress
import re
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from hotspot import dns
from hotspot.doctor import files
from hotspot.doctor.dns import ask
from hotspot.doctor.found import found
from hotspot.doctor.servers import DNSMASQ, Server
from hotspot.doctor.subject import Subject, Zone
from hotspot.looks.values import Finding

MOST_SERVERS = 8
MOST_ZONES = 8
"""Asked at the same time."""
RESOLV = Path("/etc/resolv.conf")
LARGEST = 2**16


class ZoneNames(Struct, frozen=True):
    """What a zone's name servers said."""

    zone: str
    answers: bool
    captive_answers: bool
    name: str = ""
    """Of the portal; "": an address."""
    own: tuple[str, ...] = ()
    """The gateway's addresses in the zone."""
    portal: tuple[str, ...] = ()
    captive_portal: tuple[str, ...] = ()
    """Where they say that the portal is."""


class Facts(Struct, frozen=True):
    """What was read."""

    zones: tuple[ZoneNames, ...] = ()
    asked: int = 0
    """Servers further up."""
    silent: int = 0
    failing: int = 0
    """Those that answer with an error."""
    lying: int = 0
    """Those that have an address for a name that there cannot be."""


def read(subject: Subject) -> Facts:
    """Ask."""
    servers = upstream([each for each in subject.servers if each.program == DNSMASQ])
    impossible = f"{secrets.token_hex(8)}.invalid"  # RFC 6761, 6.4: nobody can have it
    with ThreadPoolExecutor(MOST_SERVERS + MOST_ZONES, "names") as asking:  # who says nothing costs the others no time
        further_up = asking.map(lambda server: ask(server[0], impossible, port=server[1]), servers)
        zones = tuple(asking.map(lambda each: _zone(subject, *each), subject.zones.items()))
        answers = list(further_up)
    there = [answer for answer in answers if answer is not None]
    return Facts(
        zones=zones,
        asked=len(servers),
        silent=answers.count(None),
        failing=sum(answer.code not in (dns.NO_ERROR, dns.NXDOMAIN) for answer in there),
        lying=sum(bool(answer.addresses) for answer in there),
    )


def _zone(subject: Subject, name: str, zone: Zone) -> ZoneNames:
    own = tuple(each.partition("/")[0] for each in zone.addresses)
    server = next((each for each in own if "." in each), own[0])
    url = subject.portal.zones[name].portal_url if subject.portal is not None and name in subject.portal.zones else ""
    host = urlsplit(url).hostname or ""
    host = "" if _is_address(host) else host
    kind = dns.A if "." in server else dns.AAAA
    open_, captive = (ask(server, host or "portal.invalid", kind, port) for port in (53, zone.captive_dns_port))
    return ZoneNames(
        zone=name,
        answers=open_ is not None,
        captive_answers=captive is not None,
        name=host,
        own=own,
        portal=open_.addresses if open_ is not None else (),
        captive_portal=captive.addresses if captive is not None else (),
    )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def upstream(servers: list[Server]) -> list[tuple[str, int]]:
    """Name servers that dnsmasq asks for everything: address and port."""
    told = [value for server in servers for value in server.values("server") if value and not value.startswith("/")]
    if not told:
        files = [value for server in servers for value in server.values("resolv-file")] or [str(RESOLV)]
        silent = bool(servers) and all(any(each.key == "no-resolv" for each in server.settings) for server in servers)
        told = [] if silent else [address for file in files for address in _of_resolv(Path(file))]
    found_: dict[tuple[str, int], None] = {}
    for each in told:
        address, _, port = re.sub(r"@.*", "", each).partition("#")
        if _is_address(address):
            found_[address, int(port) if port.isdecimal() else 53] = None
    return list(found_)[:MOST_SERVERS]


def _of_resolv(path: Path) -> list[str]:
    try:  # the system's own may be a link of anybody's who keeps it up to date
        lines = files.text(path.resolve() if path == RESOLV else path, LARGEST).splitlines()
    except OSError:
        return []
    return [line.split()[1] for line in lines if line.startswith("nameserver ") and len(line.split()) > 1]


def judge(facts: Facts) -> Iterator[Finding]:
    """What phones would meet."""
    for zone in facts.zones:
        if not zone.answers:
            yield found("dns-away", zone.zone)
        if not zone.captive_answers:
            yield found("captive-dns-away", zone.zone)
        for answers, told in ((zone.answers, zone.portal), (zone.captive_answers, zone.captive_portal)):
            if answers and zone.name and not set(told) & set(zone.own):
                yield found("portal-name-wrong", zone.zone, name=zone.name)
                break
    if facts.asked and facts.silent == facts.asked:
        yield found("upstream-dns-away", count=facts.asked)
    elif facts.silent:
        yield found("upstream-dns-partly", silent=facts.silent, count=facts.asked)
    if facts.failing:
        yield found("upstream-dns-fails", count=facts.failing)
    if facts.lying:
        yield found("upstream-dns-lies", count=facts.lying)
