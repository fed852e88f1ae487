"""The town's own network in the guests' (pure): a cable or an access point joins the two.

Certain signs: routers that talk among themselves, and switches of two spanning trees at the same time. A sign only together with others:
computers that stay in a network that is not the hall's and never ask the hall for an address. One such device is a visitor's with a fixed
address, and every phone asks about the network that it comes from when it joins.

Where two trees have joined, the better root leads both, as a better switch does that somebody has just built in: nobody can tell these
apart, so it is a finding of its own that says both, for a day. A worse one only leads when the one before has gone.
"""

from collections import OrderedDict

from hotspot.guard.frames import Arp, Broadcast, Routing, Tree
from hotspot.guard.hall import LINK_LOCAL4, Device, Hall, network_text
from hotspot.guard.memory import Often, Turns, Window

ROUTERS = Often(2, 60.0)
ROOTS = Often(5, 30.0)
"""So often one root follows on the other: two that talk every two seconds do, a tree that finds a new root changes once."""
LEARNING = 600.0
"""Seconds after the start in which the hall's own switches are learnt."""
NEW_ROOT = Often(3, 30.0)
SETTLED = 86_400.0
"""Seconds after which a new root is one of the hall's: somebody was told, and left it so."""
MOST_SWITCHES = 64
MOST_TREES = 64
"""Of one interface: Cisco's switches have one for each VLAN, and a port that carries several shows all of them."""
STAYS = 20.0
"""Seconds after which a device that talks in a foreign network is not just passing."""
DEVICES = 4
"""That stay in the same foreign network, within ``WITHIN`` seconds."""
WITHIN = 600.0
MOST_NETWORKS = 64


class _Grown:
    """A spanning tree as it has been heard: IEEE's, or Cisco's of one VLAN."""

    __slots__ = ("newcomer", "often", "root", "roots", "since")

    def __init__(self, now: float) -> None:
        self.root = b""
        """Of the hall's tree: priority and MAC, the smaller the better; b"": none was heard yet."""
        self.newcomer, self.since, self.often = b"", now, Window()
        """A root that is not known, and since when it leads."""
        self.roots = Turns()


class Bridging:
    """Of one interface."""

    def __init__(self, hall: Hall, now: float) -> None:
        self._hall, self._started = hall, now
        self._routers = Window()
        self._switches: OrderedDict[bytes, None] = OrderedDict()
        """The hall's own."""
        self._trees: OrderedDict[int | None, _Grown] = OrderedDict()
        """By VLAN."""
        self._networks: OrderedDict[bytes, OrderedDict[bytes, float]] = OrderedDict()
        """Who stays in a foreign network, and when they were last heard."""

    def routing(self, said: Routing, now: float) -> None:
        """Routers' own protocols."""
        if self._routers.add(now, ROUTERS):
            self._hall.see("lan-bridged", now, said.source, sign=said.protocol)

    def tree(self, said: Tree, now: float) -> None:
        """Switches' own protocol. One tree is the hall's; its switches may take each other's place, one after the other. A switch is known
        by its MAC: the priority in front of it has the number of the VLAN in it."""
        tree = self._trees.get(said.vlan)
        if tree is None:
            tree = self._trees[said.vlan] = _Grown(now)
            if len(self._trees) > MOST_TREES:
                self._trees.popitem(last=False)
        self._trees.move_to_end(said.vlan)
        if tree.roots.add(said.root[2:], now, ROOTS):
            self._hall.see("lan-bridged", now, said.source, sign="STP")
        if now - self._started <= LEARNING:
            self._learn(said.root, said.bridge)
        if said.root[2:] in self._switches:
            tree.root = said.root
        else:
            self._unknown(tree, said, now)

    def _unknown(self, tree: _Grown, said: Tree, now: float) -> None:
        """A root that is not one of the hall's switches, as far as they are known."""
        if said.root != tree.newcomer:
            tree.newcomer, tree.since, tree.often = said.root, now, Window()
        if not tree.often.add(now, NEW_ROOT):
            return
        if not tree.root or said.root > tree.root or now - tree.since >= SETTLED:
            self._learn(said.root)
            tree.root = said.root
        else:
            self._hall.see("tree-changed", now, said.source)

    def _learn(self, *switches: bytes) -> None:
        for switch in switches:
            self._switches[switch[2:]] = None
            self._switches.move_to_end(switch[2:])
        while len(self._switches) > MOST_SWITCHES:
            self._switches.popitem(last=False)

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
