"""The leases that dnsmasq gave, counted; no client is looked at. The file has a line each: expiry, MAC, address, name, client id."""

import ipaddress
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from hotspot.doctor import files
from hotspot.doctor.found import found
from hotspot.doctor.servers import DNSMASQ, Server
from hotspot.doctor.subject import Subject, Zone
from hotspot.looks.values import Finding, Severity

NEARLY_FULL, FULL = 0.9, 0.98
LONG_OVER = 3_600.0
"""Seconds for which a lease may be over and still stand in the file."""
LARGEST = 16 * 2**20


class ZoneLeases(Struct, frozen=True):
    """What was read of one zone."""

    zone: str
    path: str = ""
    """As the firewall reads it; "": it reads none."""
    served: str = ""
    """As dnsmasq writes it; "": not known."""
    unreadable: str = ""
    pool: int = 0
    """Addresses that dnsmasq may give; 0: not known."""
    used: int = 0
    over: int = 0
    """Leases that ended long ago."""
    outside: str = ""
    """A range that is not in the zone's networks."""


def read(subject: Subject) -> tuple[ZoneLeases, ...]:
    """Of all zones."""
    return tuple(_zone(name, zone, _server(subject, zone), subject.now) for name, zone in subject.zones.items())


def _server(subject: Subject, zone: Zone) -> Server | None:
    serving = [
        each for each in subject.servers if each.program == DNSMASQ and each.leases_on(zone.lan) and each.serves(zone.lan, zone.addresses)
    ]
    return serving[0] if serving else None


def _zone(name: str, zone: Zone, server: Server | None, now: float) -> ZoneLeases:
    networks = [ipaddress.ip_interface(each).network for each in zone.addresses if "." in each]
    size, outside = 0, ""
    for each in server.ranges if server is not None else ():
        if any(each.first in network for network in networks):
            size += int(each.last) - int(each.first) + 1
        elif len(server.interfaces if server is not None else ()) == 1:
            outside = "dhcp-range"
    told = server.values("dhcp-leasefile") or ["/var/lib/misc/dnsmasq.leases"] if server is not None else [""]
    facts = ZoneLeases(name, zone.leases or "", told[-1], pool=size, outside=outside)
    path = zone.leases or told[-1]
    if not path:
        return facts
    try:
        text = files.text(Path(path), LARGEST)
    except OSError as error:
        return ZoneLeases(name, facts.path, facts.served, error.strerror or str(error), size, outside=outside)
    used, over = counted(text, networks, now)
    return ZoneLeases(name, facts.path, facts.served, "", size, used, over, outside)


def counted(text: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network], now: float) -> tuple[int, int]:
    """Leases of these networks in force, and those long over; an expiry of 0 is a lease without end."""
    used = over = 0
    for line in text.splitlines():
        words = line.split()
        try:
            expiry, address = int(words[0]), ipaddress.IPv4Address(words[2])
        except (IndexError, ValueError):
            continue
        if any(address in network for network in networks):
            used += not expiry or expiry > now
            over += bool(expiry) and expiry < now - LONG_OVER
    return used, over


def judge(zones: tuple[ZoneLeases, ...]) -> Iterator[Finding]:
    """Pools and files."""
    for zone in zones:
        if zone.path and zone.served and Path(zone.path) != Path(zone.served):
            yield found("lease-file-differs", zone.zone, firewall=zone.path, dnsmasq=zone.served)
        elif zone.unreadable:
            yield found("leases-unreadable", zone.zone, path=zone.path or zone.served, why=zone.unreadable)
        if zone.outside:
            yield found("pool-outside", zone.zone)
        if zone.pool and zone.used >= NEARLY_FULL * zone.pool:
            severity = Severity.URGENT if zone.used >= FULL * zone.pool else None
            yield found("pool-nearly-full", zone.zone, severity, used=zone.used, pool=zone.pool)
        if zone.over:
            yield found("leases-stale", zone.zone, count=zone.over)
