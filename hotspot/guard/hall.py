"""What the guard knows of the hall and its devices (pure)."""

from collections.abc import Callable

from msgspec import Struct, field

from hotspot.guard.memory import MOST, Memory, Often, Room, Rooms, Shelf, Turns, Window
from hotspot.guard.sightings import Sightings

LINK_LOCAL4 = bytes((169, 254))
COPIED = Often(3, 60.0)
"""Frames with the gateway's own MAC that come from outside and are no danger in themselves."""
MOST_LEASES = 16_384
"""Of all interfaces; as many as one gateway has clients."""


class Gateway(Struct, frozen=True):
    """The hall's own, on one interface."""

    mac: bytes
    addresses: frozenset[bytes] = frozenset()
    """IPv4 and IPv6, link-local ones too."""
    networks: tuple[tuple[int, int], ...] = ()
    """IPv4: network and mask as numbers."""
    pool: int = 0
    """How many addresses guests can have; 0: not known."""

    def ours(self, address: bytes) -> bool:
        """Is this IPv4 address of the hall's own networks? Without any, every one is."""
        number = int.from_bytes(address)
        return not self.networks or any(number & mask == network for network, mask in self.networks)


class Device:
    """One MAC, by what it says."""

    __slots__ = (
        *("addresses", "asked", "chatty", "first", "foreign", "foreign_since", "identities", "last", "leases", "local", "mac"),
        *("ports", "repeats", "spoke"),
    )

    def __init__(self, mac: bytes, now: float) -> None:
        self.mac, self.first, self.last = mac, now, now
        self.spoke = 0.0
        """When it was last the sender of a frame itself; 0: never, others spoke for it."""
        self.asked = 0.0
        """When it last asked for an address by DHCP; 0: it never did."""
        self.chatty = False
        """It said something besides DHCP."""
        self.local = False
        """It used an address of ours."""
        self.repeats = False
        """It asks by DHCP for others, as a repeater does."""
        self.addresses = 0
        """That it claims."""
        self.foreign: bytes = b""
        """The foreign network that it talks in, its first three bytes."""
        self.foreign_since = now
        self.leases: tuple[bytes, ...] = ()
        """Addresses that the gateway gave it, as far as they are counted (``starvation.OF_ONE``)."""
        self.identities: dict[int, Turns] | None = None
        """What it said of itself, by DHCP message type."""
        self.ports: Turns | None = None


class Lease:
    """An address that the gateway's own server gave: whose it is, is certain."""

    __slots__ = ("address", "claimed", "claims", "first", "last", "owner", "released", "until")

    def __init__(self, address: bytes, owner: bytes, now: float, until: float) -> None:
        self.address, self.owner, self.first, self.last, self.until = address, owner, now, now, until
        self.released = False
        """Its owner said that it does not use it any more, and has not used it since."""
        self.claims: Window | None = None
        """By others."""
        self.claimed = 0.0
        """When another last did."""


class Shared(Struct, frozen=True):
    """What all interfaces have together: their memory is bounded as a whole."""

    devices: Rooms = field(default_factory=Rooms.of)
    addresses: Rooms = field(default_factory=lambda: Rooms.of(known=2 * MOST))
    """Claimed, not leased; IPv6 has several for each device."""
    leases: Room = field(default_factory=lambda: Room(MOST_LEASES))


def network_text(address: bytes) -> str:
    """The /24 around an IPv4 address: a network names nobody's device."""
    return f"{address[0]}.{address[1]}.{address[2]}.0/24"


Where = Callable[[bytes], str]
"""The port behind which a MAC is, "": nobody knows."""
HeardAt = Callable[[bytes], float]
"""When a MAC last sent anything at all, by the bridge; 0: nobody knows."""


def never(mac: bytes) -> float:
    """No bridge is there to ask."""
    return 0.0


class Hall:
    """One interface: its gateway, who is there, what was seen."""

    def __init__(self, gateway: Gateway, sightings: Sightings, where: Where, heard: HeardAt, shared: Shared) -> None:
        self.gateway, self.sightings, self._where, self.heard = gateway, sightings, where, heard
        self.shared = shared
        self.devices: Memory[bytes, Device] = Memory(Device, self.shared.devices)
        self.leases: Shelf[bytes, Lease] = Shelf(self.shared.leases, float("inf"), lambda lease: None)
        """By address; only the gateway's own server adds to them, so no flood of claims reaches them."""
        self.copied = Window()
        """Frames that come from outside with the gateway's own MAC."""

    def see(self, kind: str, now: float, mac: bytes, **values: str) -> None:
        """A danger that comes from where ``mac`` is. Where the gateway's own is, says nothing about who copies it."""
        self.sightings.note(kind, now, self._where(mac) if mac and mac != self.gateway.mac else "", **values)
