"""The block list: domains, networks and ports that no visitor reaches, each with its reason, its case number and who decided it.

An entry is never changed and never deleted; removing it is written into its row. Networks and ports are shut by the firewall
(``places``), domains by the name server (``names_text``).
"""

import ipaddress
import math
import re
from collections.abc import Iterable

from msgspec import Struct

from firewall.api import BlockedPlace

MOST_PLACES = 400
"""Of one zone, as the contract bounds ``SetBlocked``."""
LONGEST_SECONDS = 31_622_400.0
"""The contract's bound on a duration; what lasts longer has no end there, and the portal sends another list in time."""
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_SERVICE = re.compile(r"(tcp|udp)/([0-9]{1,5})")
_NUMERIC = re.compile(r"[0-9./]+|[0-9a-f]*:[0-9a-f:.]*(%\w*)?(/\d*)?", re.IGNORECASE)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_EVERYWHERE = ("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1")
"""All addresses, in halves: interval sets have no end after the last address."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Target(Struct, frozen=True):
    """What is blocked: a domain with everything below it, a network, a service (``tcp/25``), or a service in a network."""

    domain: str | None = None
    network: str | None = None
    service: str | None = None

    @property
    def text(self) -> str:
        """As staff write it."""
        return " ".join(filter(None, (self.domain, self.network, self.service)))


class Entry(Struct, frozen=True):
    """One entry, as the journal keeps it; moments are of the wall clock."""

    number: int
    target: Target
    zone: str | None
    """None: every zone."""
    reason: str
    case_number: str
    """*Aktenzeichen* of the decision."""
    added_at: float
    added_by: str
    """As they said."""
    added_uid: int | None
    """As the kernel knows them."""
    until: float | None = None
    """None: until it is removed."""
    removed_at: float | None = None
    removed_by: str = ""
    removed_uid: int | None = None
    removed_reason: str = ""

    def in_force(self, unix: float) -> bool:
        """Neither removed nor over."""
        return self.removed_at is None and (self.until is None or unix < self.until)

    def holds_in(self, zone: str) -> bool:
        """Is it an entry of this zone?"""
        return self.zone is None or self.zone == zone


def parse_target(what: str, service: str | None = None) -> Target:
    """``casino.example``, ``198.51.100.0/24``, ``tcp/25``, or an address and a service. Raises ``ValueError`` that names key, value and
    what was expected."""
    text = what.strip()
    if service is not None:
        service = _service("service", service.strip())
    if _SERVICE.fullmatch(text):
        if service is not None:
            raise ValueError(f"service = {service!r}: expected none, because {text} is one already")
        return Target(service=_service("what", text))
    if _NUMERIC.fullmatch(text):
        return Target(network=_network(text, service), service=service)
    domain = _domain(text)
    if service is not None:
        raise ValueError(f"service = {service!r}: expected none with a domain, which is blocked as a whole by the name server")
    return Target(domain=domain)


def _service(key: str, text: str) -> str:
    match = _SERVICE.fullmatch(text)
    if match is None or not 1 <= int(match[2]) <= 65_535:
        raise ValueError(f'{key} = {text!r}: expected a protocol and a port of 1 to 65535, such as "tcp/25" or "udp/443"')
    return f"{match[1]}/{int(match[2])}"


def _network(text: str, service: str | None) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        try:
            hint = f"; {text} lies in {ipaddress.ip_network(text, strict=False)}"
        except ValueError:
            hint = ""
        raise ValueError(f'what = {text!r}: expected an address or a network such as "198.51.100.0/24" or "2001:db8::/32"{hint}') from None
    if network.version == 6 and ("%" in text or network.subnet_of(_MAPPED)):
        raise ValueError(f"what = {text!r}: expected an address of the Internet; an IPv4 address is written as such")
    if network.prefixlen == 0 and service is None:
        raise ValueError(f"what = {text!r}: expected less than everything; opening hours close a zone")
    return _text(network)


def _text(network: Network) -> str:
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _domain(text: str) -> str:
    """Lower case, without the final dot, international names as ``xn--``."""
    expected = f'what = {text!r}: expected a domain such as "casino.example", an address, a network, or a service such as "tcp/25"'
    try:
        name = text.rstrip(".").lower() if text.isascii() else text.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError(expected) from None
    if name.startswith(("*.", ".")) and _is_domain(name.lstrip("*.")):
        raise ValueError(f"what = {text!r}: expected {name.lstrip('*.')!r}, which blocks everything below it too")
    if not _is_domain(name):
        raise ValueError(expected)
    return name


def _is_domain(name: str) -> bool:
    labels = name.split(".")
    return len(name) <= 253 and len(labels) >= 2 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def covers(domain: str, name: str) -> bool:
    """Is ``name`` the domain or below it?"""
    return name == domain or name.endswith(f".{domain}")


def in_force(entries: Iterable[Entry], zone: str, unix: float) -> list[Entry]:
    """What holds in a zone at this moment."""
    return [entry for entry in entries if entry.in_force(unix) and entry.holds_in(zone)]


def places(entries: Iterable[Entry], zone: str, unix: float) -> tuple[BlockedPlace, ...]:
    """What the firewall shuts in a zone from this moment on. No two places with the same service overlap, as the kernel's sets want it: of
    two entries that do, the one that holds longer keeps what both name, so each address is shut exactly as long as any entry says."""
    wanted: list[tuple[float, str | None, Network]] = []
    for entry in in_force(entries, zone, unix):
        target, until = entry.target, math.inf if entry.until is None else entry.until
        if target.domain is None:
            for text in (target.network,) if target.network is not None else _EVERYWHERE:
                wanted += [(until, target.service, half) for half in _halves(ipaddress.ip_network(text))]
    kept: dict[str | None, list[tuple[float, Network]]] = {}
    for until, service, network in sorted(wanted, key=lambda each: (-each[0], each[2].version, each[2].network_address, each[2].prefixlen)):
        held = kept.setdefault(service, [])
        held += [(until, part) for part in _without(network, [other for _, other in held])]
    return tuple(
        BlockedPlace(_text(network), service, _seconds(until, unix))
        for service, held in sorted(kept.items(), key=lambda item: item[0] or "")
        for until, network in sorted(held, key=lambda each: (each[1].version, each[1].network_address))
    )


def _halves(network: Network) -> list[Network]:
    return list(network.subnets()) if network.prefixlen == 0 else [network]


def _without(network: Network, others: Iterable[Network]) -> list[Network]:
    """``network`` less the others, which do not overlap each other."""
    parts = [network]
    for other in others:
        left: list[Network] = []
        for part in parts:
            if part.version != other.version or not part.overlaps(other):
                left.append(part)
            elif other.prefixlen > part.prefixlen:
                left += part.address_exclude(other)  # type: ignore[arg-type]  # both are of one version here
        parts = left
    return parts


def _seconds(until: float, unix: float) -> float | None:
    left = until - unix
    return None if left > LONGEST_SECONDS else max(1.0, left)


def next_change(entries: Iterable[Entry], unix: float) -> float | None:
    """Seconds until an entry is over, or comes within what the contract can say; None: no entry has an end."""
    ends = [entry.until - unix for entry in entries if entry.until is not None and entry.in_force(unix)]
    return min((left - LONGEST_SECONDS if left > LONGEST_SECONDS else left for left in ends), default=None)


def names_text(entries: Iterable[Entry], zone: str, unix: float) -> str:
    """What dnsmasq's ``servers-file`` of a zone holds: a domain without a server is asked for nowhere, and is answered with NXDOMAIN."""
    domains = {entry.target.domain for entry in in_force(entries, zone, unix) if entry.target.domain is not None}
    return "# Written by the portal; what is written here by hand is lost.\n" + "".join(
        f"server=/{domain}/\n" for domain in sorted(domains)
    )
