"""dnsmasq's leases: which client may use which IPv4 address, and who looks like two devices with one MAC. Pure.

The file (``man dnsmasq``) has a line a lease: expiry, MAC, address, host name, client id. dnsmasq rewrites it in place,
so a reader may see a part of it: a lease counts as gone only when it has been missing for a while.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from firewall.addresses import parse_mac

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
            mac = parse_mac(words[1])
        except ValueError:
            continue
        if all(part.isdecimal() and int(part) < 256 for part in words[2].split(".")) and words[2].count(".") == 3:
            out.append(Lease(mac, words[2], f"{words[3]} {words[4]}"))
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
        known = {lease.mac: lease for lease in self._held.values()}
        for ip, lease in fresh.items():
            self._missing.pop(ip, None)
            before, same_mac = self._held.get(ip), known.get(lease.mac)
            if same_mac is not None and same_mac.who != lease.who and _told(same_mac) and _told(lease):
                doubled.add(lease.mac)
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
        return Update(tuple(added), tuple(removed), tuple(sorted(doubled)))

    @property
    def waiting(self) -> bool:
        """Whether a lease is missing and not yet gone: look again although the file is as it was."""
        return bool(self._missing)


def _told(lease: Lease) -> bool:
    """Whether the device said anything about itself; ``*`` is dnsmasq's word for nothing."""
    return lease.who != "* *"
