"""Who says that an address is theirs (pure): claims for the gateway's addresses, and for those of other clients.

A lease that the gateway's own DHCP server gave is certain; all other addresses, IPv6 above all, belong to whoever says so, and a danger is
only that two devices say so by turns. What happens in every hall is none: a probe before an address is used (sender 0.0.0.0), the
announcement afterwards, an address that goes over to another device for good.

A repeater speaks with its own MAC for the devices behind it, which have leases by theirs. So does a spoofer. What tells them apart is that
a device behind a repeater is never heard itself: whose lease is claimed by another and who speaks meanwhile is a victim. Of a victim that
is silent nobody can tell, and the finding says both (``repeater``).
"""

from hotspot.guard.frames import ACK, DECLINE, RELEASE, Arp, Dhcp, Neighbour
from hotspot.guard.hall import Device, Hall, Lease
from hotspot.guard.memory import Memory, Often, Turns, Window

CLAIMS = Often(3, 60.0)
"""So many claims for somebody else's lease are spoofing. A phone that comes with an address from another network makes one or two."""
BETWEEN = Often(3, 120.0)
"""So often the owner of a lease speaks itself between two claims by a device that speaks for others. Whoever walks to and fro between an
access point and a repeater does so once or twice."""
RETURNS = Often(3, 120.0)
"""So often an address goes back to the one who had it before."""
PROBES = Often(3, 10.0)
"""Probes for the gateway's own address: a device that is about to use it sends three (RFC 5227)."""
MOST_ADDRESSES = 32
"""Of one device; IPv6 has several for each, and new ones each day."""
LONGEST_LEASE = 7 * 86_400
EXPIRY = 60.0
"""Seconds between two looks which leases have ended."""


class Binding:
    """Who says that an address is theirs; nobody leased it to them."""

    __slots__ = ("address", "first", "last", "owner", "payer", "turns")

    def __init__(self, address: bytes, now: float) -> None:
        self.address, self.first, self.last = address, now, now
        self.owner = b""
        self.payer = b""
        """The device of whose addresses it is one."""
        self.turns: Turns | None = None


class Claims:
    """Addresses of one interface."""

    def __init__(self, hall: Hall, now: float) -> None:
        self._hall = hall
        self.bindings: Memory[bytes, Binding] = Memory(Binding, hall.shared.addresses, self._dropped)
        self._looked = now
        self._probes = Window()
        self._prober, self._probed = b"", 0.0

    def _dropped(self, binding: Binding) -> None:
        device = self._hall.devices.get(binding.payer)
        if device is not None and device.addresses:
            device.addresses -= 1

    def leased(self, said: Dhcp, now: float) -> None:
        """The gateway's own server gives an address."""
        if said.kind != ACK or not any(said.given):
            return
        until = now + min(said.seconds, LONGEST_LEASE)
        leases = self._hall.leases
        lease = leases.entries.get(said.given)
        if lease is None or lease.owner != said.mac:
            leases.entries.pop(said.given, None)
            leases.put(said.given, Lease(said.given, said.mac, now, until), now)
            return
        lease.last, lease.until, lease.released = now, until, False
        leases.entries.move_to_end(said.given)

    def given_back(self, said: Dhcp) -> None:
        """A client does not use its lease any more. Only it may say so: who says it for another wants the address."""
        if said.kind not in (RELEASE, DECLINE):
            return
        lease = self._hall.leases.entries.get(said.own if said.kind == RELEASE else said.wanted)
        if lease is not None and said.source == said.mac == lease.owner:
            lease.released = True

    def lost(self) -> None:
        """Words of the gateway's server were missed: no lease is certain until it is renewed."""
        self._hall.leases.entries.clear()

    def arp(self, said: Arp, device: Device, now: float) -> None:
        """IPv4."""
        gateway = self._hall.gateway
        if not any(said.address):
            if said.target in gateway.addresses and said.mac != gateway.mac:
                self._probe(said.mac, now)
            return
        if said.address in gateway.addresses:
            if said.mac != gateway.mac:
                self._hall.see("gateway-address", now, said.source)
        elif gateway.ours(said.address):
            device.local = True
            self._claim(said.address, said.mac, said.source, device, now)

    def _probe(self, mac: bytes, now: float) -> None:
        if mac != self._prober:
            self._prober, self._probes = mac, Window()
        self._probed = now
        if self._probes.add(now, PROBES):
            self._hall.see("gateway-address", now, mac)

    def tick(self, now: float) -> None:
        """Forget who is silent."""
        self.bindings.forget(now)
        if self._probed <= now - PROBES.seconds:
            self._prober = b""
        if now - self._looked >= EXPIRY:
            self._looked = now
            leases = self._hall.leases.entries
            for address in [lease.address for lease in leases.values() if lease.until <= now]:
                del leases[address]

    def neighbour(self, said: Neighbour, device: Device, now: float) -> None:
        """IPv6."""
        gateway = self._hall.gateway
        if said.address in gateway.addresses:
            if (said.mac or said.source) != gateway.mac:
                self._hall.see("gateway-address", now, said.source)  # whoever looks whether it is free wants it too
        elif said.mac:
            self._claim(said.address, said.mac, said.source, device, now)

    def _claim(self, address: bytes, mac: bytes, source: bytes, device: Device, now: float) -> None:
        lease = self._hall.leases.entries.get(address)
        if lease is not None and mac == lease.owner:
            lease.last, lease.released = now, False  # who goes on using it has not given it back
        elif lease is not None and lease.until > now and not lease.released:
            self._by_another(lease, source, device, now)
        else:
            self._unleased(address, mac, source, device, now)

    def _by_another(self, lease: Lease, source: bytes, device: Device, now: float) -> None:
        """Somebody claims what was leased to somebody else."""
        lease.claims = lease.claims or Window()
        if device.repeats:
            owner = self._hall.devices.get(lease.owner)
            spoke = max(self._hall.heard(lease.owner), owner.spoke if owner is not None else 0.0)
            before, lease.claimed = lease.claimed, now
            if not before or spoke <= before:
                if owner is not None:
                    owner.chatty = True  # by what is said for it
                self._hall.see("repeater", now, source)
                return
        if lease.claims.add(now, BETWEEN if device.repeats else CLAIMS):
            self._hall.see("address-spoofed", now, source)

    def _unleased(self, address: bytes, mac: bytes, source: bytes, device: Device, now: float) -> None:
        binding = self.bindings.get(address)
        if binding is None:
            if device.addresses >= MOST_ADDRESSES:
                return
            device.addresses += 1
            binding = self.bindings.heard(address, now)
            binding.owner, binding.payer = mac, device.mac
            return
        self.bindings.heard(address, now)
        if mac == binding.owner and binding.turns is None:
            return
        if binding.turns is None:
            binding.turns = Turns()
            binding.turns.add(binding.owner, now, RETURNS)
        binding.owner = mac
        if binding.turns.add(mac, now, RETURNS):
            self._hall.see("address-spoofed", now, source)
