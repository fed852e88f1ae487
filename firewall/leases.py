"""dnsmasq's leases: which client may use which IPv4 address, and who looks like two devices with one MAC. Pure.

The file (``man dnsmasq``) has a line a lease: expiry, MAC, address, host name, client id. dnsmasq rewrites it in place,
so a reader may see a part of it: a lease counts as gone only when it has been missing for a while.
"""

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from firewall.addresses import parse_mac

UNTOLD = "* *"
"""What dnsmasq writes of a device that said nothing about itself."""
MOST_WHOS = 8
"""Devices under one MAC that are told apart."""
GONE_AFTER = 5.0
"""Seconds for which a lease must be missing."""


class Lease(Struct, frozen=True):
    """One IPv4 lease."""

    mac: str
    ip: str
    who: str
    """Host name and client id, as the device told them: the same device tells the same."""


def parse(text: str) -> tuple[Lease, ...]:
    """The IPv4 leases of a file; what is no such line is left out."""
    out: list[Lease] = []
    for line in text.splitlines():
        words = line.split()
        if len(words) != 5 or ":" in words[2]:
            continue
        try:
            out.append(Lease(parse_mac(words[1]), str(ipaddress.IPv4Address(words[2])), f"{words[3]} {words[4]}"))
        except ValueError:
            continue
    return tuple(out)


class Update(Struct, frozen=True):
    """What a look at the leases brings."""

    added: tuple[Lease, ...] = ()
    removed: tuple[Lease, ...] = ()
    doubled: tuple[str, ...] = ()
    """MACs that another device than before uses, or two at once."""


class Leases:
    """The leases in force."""

    def __init__(self) -> None:
        self._held: dict[str, Lease] = {}
        self._missing: dict[str, float] = {}
        self._whos: dict[str, set[str]] = {}
        """MAC -> what devices have said of themselves under it: each says so once."""

    def __iter__(self) -> Iterator[Lease]:
        return iter(list(self._held.values()))

    @property
    def by_ip(self) -> Mapping[str, Lease]:
        """Lease by address."""
        return self._held

    def take(self, read: Iterable[Lease], now: float, kept: Callable[[str], bool] = lambda _mac: False) -> Update:
        """Compare with what was read. An address that goes to another client changes hands at once. ``kept`` says of a MAC that its lease
        does not go only because it is missing: the server may have lost its file, or see another time than the phone does."""
        added: list[Lease] = []
        removed: list[Lease] = []
        doubled: set[str] = set()
        fresh = {lease.ip: lease for lease in read}
        for ip, lease in fresh.items():
            self._missing.pop(ip, None)
            before = self._held.get(ip)
            if lease.who != UNTOLD and lease.who not in (whos := self._whos.setdefault(lease.mac, set())) and len(whos) < MOST_WHOS:
                if whos:
                    doubled.add(lease.mac)
                whos.add(lease.who)
            if before is not None and before.mac == lease.mac:
                self._held[ip] = lease
                continue
            if before is not None:
                removed.append(before)
            self._held[ip] = lease
            added.append(lease)
        for ip in [ip for ip in self._held if ip not in fresh]:
            if now - self._missing.setdefault(ip, now) >= GONE_AFTER and not kept(self._held[ip].mac):
                removed.append(self._held.pop(ip))
                del self._missing[ip]
        there = {lease.mac for lease in self._held.values()}
        self._whos = {mac: whos for mac, whos in self._whos.items() if mac in there}
        return Update(tuple(added), tuple(removed), tuple(sorted(doubled)))

    def restore(self, lease: Lease) -> None:
        """Take over a lease that the kernel's set has."""
        self._held[lease.ip] = lease

    @property
    def waiting(self) -> bool:
        """Whether a lease is missing and not yet gone: look again although the file is as it was."""
        return bool(self._missing)
