"""All that the guard looks for on one interface (pure): frames in, findings out."""

from collections.abc import Iterator

from hotspot.guard.bridging import Bridging
from hotspot.guard.claims import Claims
from hotspot.guard.frames import ACK, Advertisement, Arp, Broadcast, Dhcp, Dhcp6, Heard, Neighbour, Routing, Tree, said
from hotspot.guard.hall import Gateway, Hall, Where
from hotspot.guard.identities import Identities
from hotspot.guard.servers import Servers
from hotspot.guard.sightings import Sightings
from hotspot.guard.starvation import Starvation
from hotspot.looks.values import Finding


class Watch:
    """One interface of one zone."""

    def __init__(self, zone: str, interface: str, gateway: Gateway, where: Where, now: float) -> None:
        self.sightings = Sightings(zone, interface)
        self._hall = Hall(gateway, self.sightings, where)
        self._servers, self._bridging = Servers(self._hall, now), Bridging(self._hall, now)
        self._claims, self._identities = Claims(self._hall), Identities(self._hall)
        self._starvation = Starvation(self._hall)
        self._pushed_out = 0
        self._last = b""

    @property
    def devices(self) -> int:
        """How many are remembered."""
        return len(self._hall.devices)

    def gateway_is(self, gateway: Gateway) -> None:
        """The interface has other addresses now."""
        before, self._hall.gateway = self._hall.gateway, gateway
        if gateway.pool != before.pool:
            self._starvation.resize()

    def outgoing(self, frame: bytes, now: float) -> None:
        """The gateway says something itself."""
        what = said(frame)
        if isinstance(what, Dhcp) and what.reply and what.kind == ACK:
            self._claims.leased(what, now)
        elif isinstance(what, Dhcp6):
            self._servers.own(what)

    def incoming(self, frame: bytes, now: float) -> None:
        """Somebody else says something."""
        what = said(frame)
        if what is None:
            return
        gateway = self._hall.gateway.mac
        if what.source == gateway or (isinstance(what, Arp) and what.mac == gateway):
            if self._hall.copied.add(now):
                self._hall.see("gateway-mac", now, b"")
            return
        self._last = what.source
        device = self._hall.devices.heard(what.source, now)
        match what:
            case Arp():
                device.chatty = True
                self._claims.arp(what, device, now)
                self._bridging.arp(what, device, now)
            case Neighbour():
                device.chatty = True
                self._claims.neighbour(what, device, now)
            case Heard():
                device.chatty = True
            case Dhcp():
                self._dhcp(what, now)
            case Dhcp6():
                device.chatty = True
                self._servers.dhcp6(what, now)
            case Advertisement():
                self._servers.advertisement(what, now)
            case Routing():
                self._bridging.routing(what, now)
            case Tree():
                self._bridging.tree(what, now)
            case Broadcast():
                self._bridging.broadcast(what, device, now)

    def _dhcp(self, what: Dhcp, now: float) -> None:
        self._servers.dhcp(what, now)
        if what.reply:
            return
        self._claims.given_back(what)
        self._starvation.dhcp(what, now)
        device = self._hall.devices.get(what.mac)
        if device is not None:
            self._identities.dhcp(what, device, now)

    def moved(self, mac: bytes, port: int, now: float) -> None:
        """The bridge learns behind which port a device is."""
        if mac != self._hall.gateway.mac:
            self._identities.moved(self._hall.devices.heard(mac, now), port, now)

    def lost(self, own: bool, now: float) -> None:
        """The kernel had to drop frames; ``own``: those of the gateway."""
        self.sightings.note("guard-overrun", now, "")
        if own:
            self._claims.lost()

    def tick(self, now: float) -> None:
        """Once a second: what follows from silence."""
        self._starvation.tick(now)
        self._claims.tick(now)
        self._bridging.tick(now)
        self._hall.devices.forget(now)
        if (pushed := self._hall.devices.pushed_out) != self._pushed_out:
            self._pushed_out = pushed
            self._hall.see("mac-flood", now, self._last)
        self._last = b""
        self.sightings.end(now)

    def findings(self, now: float, unix: float) -> Iterator[Finding]:
        """What has been seen and has not ended."""
        return self.sightings.findings(now, unix)
