"""Who says that an address is theirs (pure): claims for the gateway's addresses, and for those of other clients.

A lease that the gateway's own DHCP server gave is certain; all other addresses, IPv6 above all, belong to whoever says so, and a danger is
only that two devices say so by turns. What happens in every hall is none: a probe before an address is used (sender 0.0.0.0), the
announcement afterwards, an address that goes over to another device for good.
"""

from hotspot.guard.frames import ACK, DECLINE, RELEASE, Arp, Dhcp, Neighbour
from hotspot.guard.hall import Device, Hall
from hotspot.guard.memory import Memory, Turns, Window

CLAIMS, CLAIMS_WITHIN = 3, 60.0
"""So many claims for somebody else's lease are spoofing. A phone that comes with an address from another network makes one or two."""
RETURNS, RETURNS_WITHIN = 3, 120.0
"""So often an address goes back to the one who had it before."""
PROBES, PROBES_WITHIN = 3, 10.0
"""Probes for the gateway's own address: a device that is about to use it sends three (RFC 5227)."""
MOST_ADDRESSES = 32
"""Of one device; IPv6 has several for each, and new ones each day."""
LONGEST_LEASE = 7 * 86_400


class Binding:
    """Whose an address is."""

    __slots__ = ("address", "claims", "first", "last", "owner", "turns", "until")

    def __init__(self, address: bytes, now: float) -> None:
        self.address, self.first, self.last = address, now, now
        self.owner = b""
        self.until = 0.0
        """End of the lease; before ``now``: it is not leased."""
        self.claims: Window | None = None
        """By others, while it is leased."""
        self.turns: Turns | None = None


class Claims:
    """Addresses of one interface."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self.bindings: Memory[bytes, Binding] = Memory(Binding)
        self._probes = Window(PROBES, PROBES_WITHIN)
        self._prober, self._probed = b"", 0.0

    def leased(self, said: Dhcp, now: float) -> None:
        """The gateway's own server gives an address."""
        if said.kind != ACK or not any(said.given):
            return
        binding = self.bindings.heard(said.given, now)
        self.bindings.trust(said.given)
        if binding.owner != said.mac:
            binding.owner, binding.claims, binding.turns = said.mac, None, None
        binding.until = now + min(said.seconds, LONGEST_LEASE)

    def given_back(self, said: Dhcp) -> None:
        """A client does not use its lease any more."""
        binding = self.bindings.get(said.own) if said.kind in (RELEASE, DECLINE) else None
        if binding is not None and binding.owner == said.mac:
            binding.until = 0.0

    def lost(self) -> None:
        """Words of the gateway's server were missed: no lease is certain until it is renewed."""
        for binding in self.bindings:
            binding.until = 0.0

    def arp(self, said: Arp, device: Device, now: float) -> None:
        """IPv4."""
        gateway = self._hall.gateway
        if said.mac == gateway.mac:
            return
        if not any(said.address):
            if said.target in gateway.addresses:
                self._probe(said.mac, now)
            return
        if said.address in gateway.addresses:
            self._hall.see("gateway-address", now, said.source)
        elif gateway.ours(said.address):
            device.local = True
            self._claim(said.address, said.mac, said.source, device, now)

    def _probe(self, mac: bytes, now: float) -> None:
        if mac != self._prober:
            self._prober, self._probes = mac, Window(PROBES, PROBES_WITHIN)
        self._probed = now
        if self._probes.add(now):
            self._hall.see("gateway-address", now, mac)

    def tick(self, now: float) -> None:
        """Forget who is silent."""
        self.bindings.forget(now)
        if self._probed <= now - PROBES_WITHIN:
            self._prober = b""

    def neighbour(self, said: Neighbour, device: Device, now: float) -> None:
        """IPv6."""
        gateway = self._hall.gateway
        if said.mac == gateway.mac:
            return
        if said.address in gateway.addresses:
            self._hall.see("gateway-address", now, said.source)  # whoever looks whether it is free wants it too
        elif said.mac:
            self._claim(said.address, said.mac, said.source, device, now)

    def _claim(self, address: bytes, mac: bytes, source: bytes, device: Device, now: float) -> None:
        binding = self.bindings.get(address)
        if binding is None:
            if device.addresses >= MOST_ADDRESSES:
                return
            device.addresses += 1
            self.bindings.heard(address, now).owner = mac
            return
        if binding.until > now:
            if mac == binding.owner:
                self.bindings.heard(address, now)
                return
            binding.claims = binding.claims or Window(CLAIMS, CLAIMS_WITHIN)
            if binding.claims.add(now):
                self._hall.see("address-spoofed", now, source)
            return
        self.bindings.heard(address, now)
        if mac == binding.owner and binding.turns is None:
            return
        if binding.turns is None:
            binding.turns = Turns(RETURNS, RETURNS_WITHIN)
            binding.turns.add(binding.owner, now)
        binding.owner = mac
        if binding.turns.add(mac, now):
            self._hall.see("address-spoofed", now, source)
