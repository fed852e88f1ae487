"""Keeps the zone's sets that follow something outside: IPv4 addresses by leases, and the block list."""

import asyncio
import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import structlog

from firewall.addresses import mac_bytes, mac_text
from firewall.api import Alarm, BlockedPlace
from firewall.elements import NFPROTO_ARP, Change, Element
from firewall.grants import table_of
from firewall.kernel import Kernel
from firewall.kernel.conntrack import Network, Place
from firewall.kernel.netlink import KernelRefused
from firewall.leases import UNTOLD, Lease, Leases, parse
from firewall.state import State

log = structlog.get_logger("firewall.binding")

LOOK_SECONDS = 0.5
"""Between two looks at a file of leases: a stat each."""


class Binding:
    """Leases of all zones that have a file of them."""

    def __init__(self, state: State, kernel: Kernel, clock: Callable[[], float], tell: Callable[[Alarm], None]) -> None:
        self._state = state
        self._kernel = kernel
        self._clock = clock
        self._tell = tell
        self._seen: dict[str, tuple[int, int, int]] = {}
        for zone, settings in state.settings.zones.items():
            if settings.leases is not None:
                state.leases[zone] = Leases()

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    def look(self, zones: Iterable[str] | None = None) -> None:
        """Read the files that have changed, and bring the kernel's sets up to them."""
        for zone in self._state.leases if zones is None else zones:
            try:
                self._look_at(zone)
            except KernelRefused as refused:
                self._seen.pop(zone, None)
                log.warning("leases_not_bound", zone=zone, why=str(refused))

    def _look_at(self, zone: str) -> None:
        leases, path = self._state.leases.get(zone), self._state.settings.zones[zone].leases
        if leases is None or path is None:
            return
        try:
            stat = Path(path).stat()
            seen = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
            if seen == self._seen.get(zone) and not leases.waiting:
                return
            text = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            if zone in self._seen:
                log.warning("leases_unreadable", zone=zone, why=error.strerror)
                del self._seen[zone]
            return
        grants = self._state.grants
        # Who is in session keeps the address until somebody else gets it.
        update = leases.take(self._of_zone(zone, parse(text)), self._clock(), lambda mac: grants.of_client(zone, mac) is not None)
        changes = [*leased_changes(zone, update.removed, delete=True), *leased_changes(zone, update.added, delete=False)]
        if changes:
            self._kernel.elements.apply(changes)
        self._seen[zone] = seen
        for mac in update.doubled:
            held = self._state.grants.of_client(zone, mac)
            if held is not None:
                self._state.counts["clones"] += 1
                log.warning("clone", zone=zone, session=held.grant.session)
                self._tell(Alarm("clone", zone, mac, held.grant.session))

    def _of_zone(self, zone: str, leases: Iterable[Lease]) -> list[Lease]:
        networks = [ipaddress.ip_network(network) for network in self._state.settings.zones[zone].networks(4)]
        return [lease for lease in leases if any(ipaddress.ip_address(lease.ip) in network for network in networks)]


def lease_of(key: bytes) -> Lease:
    """The lease that a key of ``leased4`` stands for; what its device said of itself is lost."""
    return Lease(mac_text(key[:6]), str(ipaddress.IPv4Address(key[8:12])), UNTOLD)


def leased_changes(zone: str, leases: Sequence[Lease], *, delete: bool) -> tuple[Change, ...]:
    """Add leases to the kernel's sets, or take them out: MAC, padded to a multiple of four bytes, and address, for packets and for ARP."""
    if not leases:
        return ()
    addresses = tuple(Element(ipaddress.ip_address(lease.ip).packed, counted=False) for lease in leases)
    both = tuple(Element(mac_bytes(lease.mac) + b"\0\0" + ip.key, counted=False) for lease, ip in zip(leases, addresses, strict=True))
    return (
        Change(table_of(zone), "leased4", both, delete),
        Change(table_of(zone), "leased", both, delete, NFPROTO_ARP),
        Change(table_of(zone), "addresses", addresses, delete, NFPROTO_ARP),
    )


_NETWORK = re.compile(r"[0-9A-Fa-f:./]{1,64}")


def _network(text: str) -> Network:
    """Raises ``ValueError``. Stricter than ``ipaddress``, which takes any text behind a ``%``: what comes of it is given to ``nft``."""
    if not _NETWORK.fullmatch(text):
        raise ValueError("not an address or network")
    return ipaddress.ip_network(text, strict=False)


def conntrack_place(blocked: BlockedPlace) -> Place:
    """A place of the block list as connections lead to it."""
    network = _network(blocked.network)
    if blocked.service is None:
        return Place(network)
    protocol, _, port = blocked.service.partition("/")
    return Place(network, {"tcp": 6, "udp": 17}[protocol], int(port))


def blocked_text(table: str, places: Iterable[BlockedPlace]) -> str:
    """A transaction that replaces the block list, as ``nft -f`` takes it. Raises ``ValueError`` for a network that is none."""
    lines = [f"flush set inet {table} blocked{which}{version}" for which in ("", "_tcp", "_udp") for version in (4, 6)]
    for number, place in enumerate(places):
        try:
            network = _network(place.network)
        except ValueError:
            raise ValueError(f"places[{number}].network {place.network!r} is not an address or network") from None
        key, name = str(network), f"blocked{network.version}"
        if place.service is not None:
            protocol, _, port = place.service.partition("/")
            key, name = f"{network} . {port}", f"blocked_{protocol}{network.version}"
        timeout = "" if place.seconds is None else f" timeout {max(1, round(place.seconds))}s"
        lines.append(f"add element inet {table} {name} {{ {key}{timeout} }}")
    return "\n".join([*lines, ""])
