"""All that the guard looks for on one interface (pure): frames in, findings out."""

from collections.abc import Iterator

from hotspot.guard.bridging import Bridging
from hotspot.guard.claims import Claims
from hotspot.guard.echoes import Echoes
from hotspot.guard.frames import ACK, Advertisement, Arp, Broadcast, Dhcp, Dhcp6, Heard, Neighbour, Routing, Said, Tree, said
from hotspot.guard.hall import COPIED, Device, Gateway, Hall, HeardAt, Shared, Where, never
from hotspot.guard.identities import Identities
from hotspot.guard.servers import Servers
from hotspot.guard.sightings import Sightings
from hotspot.guard.starvation import Starvation
from hotspot.looks.values import Finding


class Watch:
    """One interface of one zone."""

    def __init__(
        self, zone: str, interface: str, gateway: Gateway, where: Where, now: float, heard: HeardAt = never, shared: Shared | None = None
    ) -> None:
        self.sightings = Sightings(zone, interface)
        self._hall = Hall(gateway, self.sightings, where, heard, shared or Shared())
        self._servers, self._bridging = Servers(self._hall, now), Bridging(self._hall, now)
        self._claims, self._identities = Claims(self._hall, now), Identities(self._hall)
        self._starvation, self._echoes = Starvation(self._hall, now), Echoes()
        self._pushed_out = 0
        self._last = b""

    @property
    def devices(self) -> int:
        """How many are remembered."""
        return len(self._hall.devices)

    def gateway_is(self, gateway: Gateway) -> None:
        """The interface has other addresses now."""
        self._hall.gateway = gateway

    def outgoing(self, frame: bytes, now: float) -> None:
        """The gateway says something itself."""
        what = said(frame)
        if isinstance(what, Dhcp) and what.reply:
            self._echoes.said(frame)
            if what.kind == ACK:
                self._starvation.leased(what, now)
                self._claims.leased(what, now)
        elif isinstance(what, Dhcp6):
            self._echoes.said(frame)
            self._servers.own(what)
        elif isinstance(what, Advertisement):
            self._echoes.said(frame)

    def incoming(self, frame: bytes, now: float) -> None:
        """Somebody else says something."""
        what = said(frame)
        if what is None:
            return
        gateway = self._hall.gateway.mac
        if gateway and (what.source == gateway or (isinstance(what, Arp | Neighbour) and what.mac == gateway)):
            reflected = isinstance(what, Advertisement | Dhcp | Dhcp6) and self._echoes.back(frame)
            if self._hall.copied.add(now, COPIED) or (isinstance(what, Arp | Neighbour) and what.answer):
                self._hall.see("gateway-mac", now, b"")
            if reflected:
                return
        self._last = what.source
        device = self._hall.devices.heard(what.source, now)
        device.spoke = now
        self._heard(what, device, now)

    def _heard(self, what: Said, device: Device, now: float) -> None:
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
            device = self._hall.devices.heard(mac, now)
            device.spoke = now
            self._identities.moved(device, port, now)

    def lost(self, own: bool, now: float) -> None:
        """The kernel had to drop frames; ``own``: those of the gateway."""
        self.sightings.note("guard-overrun", now, "")
        if own:
            self._claims.lost()
            self._starvation.lost(now)

    def tick(self, now: float) -> None:
        """Once a second: what follows from silence."""
        self._starvation.tick(now)
        self._claims.tick(now)
        self._bridging.tick(now)
        self._hall.devices.forget(now)
        pushed = self._hall.devices.pushed_out + self._claims.bindings.pushed_out + self._hall.leases.pushed_out
        if pushed != self._pushed_out:
            self._pushed_out = pushed
            self._hall.see("mac-flood", now, self._last)
        self._last = b""
        self.sightings.end(now)

    def findings(self, now: float, unix: float) -> Iterator[Finding]:
        """What has been seen and has not ended."""
        return self.sightings.findings(now, unix)
