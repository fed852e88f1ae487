"""The town's own network in the guests' (pure): a cable or an access point joins the two.

Certain signs: routers that talk among themselves, and switches of two different spanning trees. A sign only together with others:
computers that stay in a network that is not the hall's and never ask the hall for an address. One such device is a visitor's with a fixed
address, and every phone asks about the network that it comes from when it joins.
"""

from collections import OrderedDict

from hotspot.guard.frames import Arp, Broadcast, Routing, Tree
from hotspot.guard.hall import LINK_LOCAL4, Device, Hall, network_text
from hotspot.guard.memory import Turns, Window

LEARNING = 600.0
"""Seconds after the start in which the hall's own switches are learnt."""
MOST_SWITCHES = 64
STAYS = 20.0
"""Seconds after which a device that talks in a foreign network is not just passing."""
DEVICES = 4
"""That stay in the same foreign network, within ``WITHIN`` seconds."""
WITHIN = 600.0
MOST_NETWORKS = 64


class Bridging:
    """Of one interface."""

    def __init__(self, hall: Hall, now: float) -> None:
        self._hall, self._started = hall, now
        self._routers = Window(2, 60.0)
        self._switches: set[bytes] = set()
        self._roots = Turns(3, 60.0)
        self._foreign_roots = Window(3, 30.0)
        self._networks: OrderedDict[bytes, OrderedDict[bytes, float]] = OrderedDict()
        """Who stays in a foreign network, and when they were last heard."""

    def routing(self, said: Routing, now: float) -> None:
        """Routers' own protocols."""
        if self._routers.add(now):
            self._hall.see("lan-bridged", now, said.source, sign=said.protocol)

    def tree(self, said: Tree, now: float) -> None:
        """Switches' own protocol. One tree is the hall's; its switches may take each other's place, one after the other."""
        to_and_fro = self._roots.add(said.root, now)
        if now - self._started <= LEARNING and len(self._switches) < MOST_SWITCHES:
            self._switches |= {said.root, said.bridge}
        foreign = said.root not in self._switches and self._foreign_roots.add(now)
        if to_and_fro or foreign:
            self._hall.see("lan-bridged", now, said.source, sign="STP")

    def arp(self, said: Arp, device: Device, now: float) -> None:
        """Somebody uses an address that is not of the hall's networks."""
        self._address(said.address, device, now, "ARP")

    def broadcast(self, said: Broadcast, device: Device, now: float) -> None:
        """The same, by what computers in offices say all day."""
        self._address(said.address, device, now, "NetBIOS")

    def _address(self, address: bytes, device: Device, now: float, sign: str) -> None:
        if not any(address) or device.asked or device.local or address[:2] == LINK_LOCAL4 or self._hall.gateway.ours(address):
            return
        network = address[:3]
        if device.foreign != network:
            device.foreign, device.foreign_since = network, now
        if now - device.foreign_since < STAYS:
            return
        stay = self._networks.setdefault(network, OrderedDict())
        self._networks.move_to_end(network)
        while len(self._networks) > MOST_NETWORKS:
            self._networks.popitem(last=False)
        stay[device.mac] = now
        stay.move_to_end(device.mac)
        while next(iter(stay.values())) <= now - WITHIN or len(stay) > 2 * DEVICES:
            stay.popitem(last=False)
        if len(stay) >= DEVICES:
            self._hall.see("lan-bridged", now, device.mac, sign=f"{sign} {network_text(address)}")

    def tick(self, now: float) -> None:
        """Forget networks that nobody talks in."""
        while self._networks and next(reversed(next(iter(self._networks.values())).values())) <= now - WITHIN:
            self._networks.popitem(last=False)
