"""Somebody takes all addresses (pure). A device that asks for one and then says nothing is a ghost: a phone asks for its router or says
something in IPv6 within seconds, and it does so when the DHCP server is away, too. After a power cut all phones come at once, and none is a
ghost. Where access points answer ARP and ND for their phones (proxy ARP), only the bridge hears that a phone says more: it is asked.
"""

from collections import OrderedDict, deque

from hotspot.guard.frames import DISCOVER, REQUEST, Dhcp
from hotspot.guard.hall import MOST_LEASES, Hall
from hotspot.guard.memory import HOUR, Often, Window

PATIENCE = 10.0
"""Seconds from the first word of a device until it should have said something besides DHCP."""
AFTER = 1.0
"""Seconds after its last word by DHCP from which on what the bridge heard was something else."""
WITHIN = 600.0
FEWEST, SHARE, MOST = 64, 16, 512
"""So many ghosts within ``WITHIN`` seconds, or a 16th of the addresses when that is more, are an attack; 512 always are."""
OF_ONE = 8
"""Addresses that one device has at the same time. One that starts another system, or from the network, has two or three; one that calls
itself by another name each time (client identifier, option 61) takes them all."""
GIVEN = 3 / 4
"""Of all addresses, given newly within ``WITHIN`` seconds, are an attack, too, whatever the devices say besides."""
IN_OTHER_NAMES = Often(32, WITHIN)
"""Devices for which one asks that is none of them: a repeater does so for the few that are behind it."""
RELAYED = Often(2, WITHIN)
"""Devices for which a relay asks until it is a finding."""
MOST_WAITING = 2048
A_SECOND = 256
"""Devices about which the bridge is asked."""
MOST_ASKING = 64
"""Devices that ask in other names."""


class Starvation:
    """Of one interface."""

    def __init__(self, hall: Hall, now: float) -> None:
        self._hall, self._started = hall, now
        self._longest = HOUR
        """The longest lease so far, in seconds."""
        self._waiting: deque[tuple[float, bytes, bytes]] = deque()
        """When, for whom, by whom."""
        self._ghosts: deque[tuple[float, bytes, bytes]] = deque()
        """The same of those who stayed silent, no more than are an attack."""
        self._told = 0.0
        """When the newest ghost of which was told had asked."""
        self._asking: OrderedDict[bytes, Window] = OrderedDict()
        """Who asks in other names."""
        self._asked = 0.0
        self._given = deque[float]()
        """When addresses were given newly, no more than are an attack."""
        self._relayed, self._relays = deque[float](), Window()

    @property
    def limit(self) -> int:
        """How many ghosts are an attack here."""
        pool = self._hall.gateway.pool
        return min(MOST, max(FEWEST, pool // SHARE)) if pool >= 2 * FEWEST or not pool else max(8, pool // 2)

    def leased(self, said: Dhcp, now: float) -> None:
        """The gateway gives an address; called before the lease is entered."""
        self._longest = max(self._longest, float(said.seconds))
        lease = self._hall.leases.entries.get(said.given)
        if not any(said.given) or (lease is not None and lease.owner == said.mac):
            return
        self._several(said, now)
        if not any(said.own):  # who renews what the guard has not heard being given takes none
            self._newly(said, now)

    def _several(self, said: Dhcp, now: float) -> None:
        """How many has this device now?"""
        device = self._hall.devices.get(said.mac)
        if device is None:
            return
        found = ((address, self._hall.leases.entries.get(address)) for address in device.leases if address != said.given)
        live = [address for address, lease in found if lease and lease.owner == said.mac and lease.until > now and not lease.released]
        device.leases = (*live[-OF_ONE:], said.given)
        if len(device.leases) > OF_ONE:
            self._hall.see("dhcp-starvation", now, said.mac)

    def _newly(self, said: Dhcp, now: float) -> None:
        most = min(MOST_LEASES, int(self._hall.gateway.pool * GIVEN))
        if most < FEWEST:
            return
        self._given.append(now)
        while len(self._given) > most:
            self._given.popleft()
        if len(self._given) == most and now - self._given[0] <= WITHIN:
            self._hall.see("dhcp-starvation", now, said.mac)

    def lost(self, now: float) -> None:
        """Leases were missed that the gateway gave."""
        self._started = now

    def dhcp(self, said: Dhcp, now: float) -> None:
        """A client asks for an address, or somebody in its name."""
        if said.kind not in (DISCOVER, REQUEST):
            return
        device = self._hall.devices.heard(said.mac, now)
        first, device.asked = not device.asked, now
        relayed = said.relayed and said.source != said.mac
        if said.source != said.mac:
            self._hall.devices.heard(said.source, now).repeats = True
        if not first or self._renews(said, now):
            return
        if relayed:
            self._relay(said, now)
            return
        if len(self._waiting) >= MOST_WAITING:
            self._judge(self._waiting.popleft(), ask=False)
        self._waiting.append((now, said.mac, said.source))
        if said.source != said.mac:
            self._in_other_names(said.source, now)

    def _renews(self, said: Dhcp, now: float) -> bool:
        """Who renews the address that it has, takes none. Whether it has it, the guard knows once it has heard all leases being given."""
        if said.kind != REQUEST or not any(said.own):
            return False
        lease = self._hall.leases.entries.get(said.own)
        return lease.owner == said.mac if lease is not None else now - self._started < self._longest

    def _relay(self, said: Dhcp, now: float) -> None:
        """No guest passes on what others ask; behind a true relay nobody can be heard, so that all it asks for count."""
        if self._relays.add(now, RELAYED):
            self._hall.see("dhcp-relay", now, said.source)
        self._relayed.append(now)
        while len(self._relayed) > self.limit:
            self._relayed.popleft()
        if len(self._relayed) == self.limit and now - self._relayed[0] <= WITHIN:
            self._hall.see("dhcp-starvation", now, said.source)

    def _in_other_names(self, source: bytes, now: float) -> None:
        window = self._asking.get(source)
        if window is None:
            window = self._asking[source] = Window()
            if len(self._asking) > MOST_ASKING:
                self._asking.popitem(last=False)
        self._asking.move_to_end(source)
        self._asked = now
        if window.add(now, IN_OTHER_NAMES):
            self._hall.see("dhcp-starvation", now, source)

    def tick(self, now: float) -> None:
        """Look who has said nothing more."""
        for _ in range(A_SECOND):
            if not self._waiting or self._waiting[0][0] > now - PATIENCE:
                break
            self._judge(self._waiting.popleft(), ask=True)
        while self._ghosts and self._ghosts[0][0] <= now - WITHIN - PATIENCE:
            self._ghosts.popleft()
        if len(self._ghosts) >= self.limit:
            # What a device answers the gateway may be a while in coming.
            self._ghosts = deque(ghost for ghost in self._ghosts if self._silent(ghost[1], ask=False))
        if len(self._ghosts) >= self.limit:
            newest = self._ghosts[-1]
            if newest[0] > self._told:
                self._told = newest[0]
                self._hall.see("dhcp-starvation", now, newest[2])
        if self._asked <= now - WITHIN:
            self._asking.clear()

    def _judge(self, one: tuple[float, bytes, bytes], *, ask: bool) -> None:
        if self._silent(one[1], ask=ask):
            self._ghosts.append(one)
            if len(self._ghosts) > self.limit:
                self._ghosts.popleft()

    def _silent(self, mac: bytes, *, ask: bool) -> bool:
        device = self._hall.devices.get(mac)
        if device is None:
            return True
        if not device.chatty and ask:
            device.chatty = self._hall.heard(mac) > device.asked + AFTER
        return not device.chatty
