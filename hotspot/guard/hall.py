"""What the guard knows of the hall and its devices (pure)."""

from collections.abc import Callable

from msgspec import Struct

from hotspot.guard.memory import Memory, Turns, Window
from hotspot.guard.sightings import Sightings

LINK_LOCAL4 = bytes((169, 254))


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

    __slots__ = ("addresses", "asked", "chatty", "first", "foreign", "foreign_since", "identities", "last", "local", "mac", "ports")

    def __init__(self, mac: bytes, now: float) -> None:
        self.mac, self.first, self.last = mac, now, now
        self.asked = False
        """For an address by DHCP."""
        self.chatty = False
        """It said something besides DHCP."""
        self.local = False
        """It used an address of ours."""
        self.addresses = 0
        """That it claimed."""
        self.foreign: bytes = b""
        """The foreign network that it talks in, its first three bytes."""
        self.foreign_since = now
        self.identities: dict[int, Turns] = {}
        """What it said of itself, by DHCP message type."""
        self.ports: Turns | None = None


def network_text(address: bytes) -> str:
    """The /24 around an IPv4 address: a network names nobody's device."""
    return f"{address[0]}.{address[1]}.{address[2]}.0/24"


Where = Callable[[bytes], str]
"""The port behind which a MAC is, "": nobody knows."""


class Hall:
    """One interface: its gateway, who is there, what was seen."""

    def __init__(self, gateway: Gateway, sightings: Sightings, where: Where) -> None:
        self.gateway, self.sightings, self._where = gateway, sightings, where
        self.devices: Memory[bytes, Device] = Memory(Device)
        self.copied = Window(3, 60.0)
        """Frames that come from outside with the gateway's own MAC."""

    def see(self, kind: str, now: float, mac: bytes, **values: str) -> None:
        """A danger that comes from where ``mac`` is."""
        self.sightings.note(kind, now, self._where(mac) if mac else "", **values)
