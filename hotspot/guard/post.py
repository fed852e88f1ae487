"""One interface at which the guard listens: its ears, what it knows of the gateway there, and its watch."""

import ipaddress
import time

import structlog
from msgspec import Struct

from hotspot.guard import bridge
from hotspot.guard.bridge import Address, Kernel
from hotspot.guard.ears import Ears
from hotspot.guard.filter import incoming, outgoing
from hotspot.guard.hall import Gateway, Shared
from hotspot.guard.watch import Watch

log = structlog.get_logger("guard")

AT_ONCE = 256
"""Frames that are read before others have their turn."""
A_SECOND = 4_000
"""Frames of one interface; what is more stays with the kernel, which drops it: a flood does not take the gateway's processor."""
PATIENCE = 60.0
"""Seconds without the interface after which it is a finding."""


class Place(Struct, frozen=True):
    """Where to listen."""

    interface: str
    zone: str = ""
    pool: int = 0
    """How many addresses guests can have; 0: as many as the interface's network."""


class Post:
    """Of one interface. Opening it needs CAP_NET_RAW."""

    def __init__(self, place: Place, kernel: Kernel, shared: Shared, now: float) -> None:
        self.place, self._kernel = place, kernel
        self.others, self.own = Ears(incoming()), Ears(outgoing())
        self._index = 0
        self._gone = now
        """Since when there is nothing to hear; 0: there is."""
        self.watch = Watch(place.zone, place.interface, Gateway(b""), self._where, now, self._heard, shared)
        self.left = self.own_left = A_SECOND
        """Frames that may still be read in this second: of others, and of the gateway itself, which no flood of others' holds up."""
        self.look(now)

    def close(self) -> None:
        """Close the sockets."""
        self.others.close()
        self.own.close()

    def look(self, now: float) -> None:
        """Listen at the interface as it is now: it may have come, gone, or have other addresses."""
        index, up = bridge.index_of(self.place.interface), False
        try:
            if index and index != self._index:
                self.own.bind(self.place.interface, index)
                self.others.bind(self.place.interface, index)
            self._index = index
            if index:
                self.watch.gateway_is(gateway_of(self.others.mac(), self._kernel.addresses(index), self.place.pool))
                up = self._kernel.up(index)
        except OSError as error:  # gone between two questions
            log.warning("cannot listen", interface=self.place.interface, why=error.strerror)
            self._index = 0
        self._gone = 0.0 if up else self._gone or now

    def _where(self, mac: bytes) -> str:
        """The bridge's port, or the interface when it is none."""
        try:
            return self._kernel.port(self._index, mac)
        except LookupError:
            return self.place.interface
        except OSError:
            return ""

    def _heard(self, mac: bytes) -> float:
        """When the bridge was last sent anything by a device, 0 when it does not say or is none."""
        try:
            ago = self._kernel.silent(self._index, mac)
        except (LookupError, OSError):
            return 0.0
        return time.monotonic() - ago if ago is not None else 0.0

    def read(self, ears: Ears) -> None:
        """What waits at one of the two."""
        now = time.monotonic()
        try:
            if ears is self.own:
                for frame in ears.frames(min(AT_ONCE, self.own_left)):
                    self.own_left -= 1
                    self.watch.outgoing(frame, now)
            else:
                for frame in ears.frames(min(AT_ONCE, self.left)):
                    self.left -= 1
                    self.watch.incoming(frame, now)
        except OSError:  # the interface has gone down; the kernel tells of it by itself
            return

    def moved(self, moves: list[bridge.Moved], now: float) -> None:
        """What the kernel says of its bridges."""
        for one in moves:
            if one.bridge == self._index:
                self.watch.moved(one.mac, one.port, now)

    def tick(self, now: float) -> None:
        """Once a second."""
        self.left = self.own_left = A_SECOND
        for ears in (self.own, self.others):
            if ears.dropped():
                self.watch.lost(ears is self.own, now)
        if self._gone and now - self._gone >= PATIENCE:
            self.watch.sightings.note("guard-deaf", now, self.place.interface)
        self.watch.tick(now)


def gateway_of(mac: bytes, addresses: list[Address], pool: int) -> Gateway:
    """What the addresses of an interface say; without a ``pool`` it is as large as the largest network."""
    networks = [ipaddress.IPv4Interface((one.packed, one.prefix)).network for one in addresses if len(one.packed) == 4]
    return Gateway(
        mac=mac,
        addresses=frozenset(one.packed for one in addresses),
        networks=tuple((int(network.network_address), int(network.netmask)) for network in networks),
        pool=pool or max((network.num_addresses for network in networks), default=0),
    )
