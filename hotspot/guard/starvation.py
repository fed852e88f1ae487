"""Somebody takes all addresses (pure). A device that asks for one and then says nothing is a ghost: a phone asks for its router or says
something in IPv6 within seconds, and it does so when the DHCP server is away, too. After a power cut all phones come at once, and none is a
ghost."""

from collections import deque

from hotspot.guard.frames import DISCOVER, REQUEST, Dhcp
from hotspot.guard.hall import Hall
from hotspot.guard.memory import Window

PATIENCE = 10.0
"""Seconds from the first word of a device until it should have said something besides DHCP."""
WITHIN = 600.0
FEWEST, SHARE = 64, 16
"""So many ghosts within ``WITHIN`` seconds, or a 16th of the addresses when that is more, are an attack."""
IN_OTHER_NAMES = 32
"""Devices for which one asks that is none of them: a repeater does so for the few that are behind it."""
_MOST_WAITING = 8192


class Starvation:
    """Of one interface."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._waiting: deque[tuple[float, bytes, bytes]] = deque(maxlen=_MOST_WAITING)
        """When, for whom, by whom."""
        self._ghosts = Window(self.limit, WITHIN)
        self._others = Window(IN_OTHER_NAMES, WITHIN)
        self._other, self._asked = b"", 0.0

    def resize(self) -> None:
        """The hall has another number of addresses now."""
        self._ghosts = Window(self.limit, WITHIN)

    @property
    def limit(self) -> int:
        """How many ghosts are an attack here."""
        pool = self._hall.gateway.pool
        return max(FEWEST, pool // SHARE) if pool >= 2 * FEWEST or not pool else max(8, pool // 2)

    def dhcp(self, said: Dhcp, now: float) -> None:
        """A client asks for an address."""
        if said.kind not in (DISCOVER, REQUEST) or said.relayed:
            return
        device = self._hall.devices.heard(said.mac, now)
        first, device.asked = not device.asked, True
        if not first or any(said.own):
            return  # who has an address and renews it takes none
        if len(self._waiting) == _MOST_WAITING:
            self._ghost(self._waiting.popleft(), now)
        self._waiting.append((now, said.mac, said.source))
        if said.source != said.mac:
            if said.source != self._other:
                self._other, self._others = said.source, Window(IN_OTHER_NAMES, WITHIN)
            self._asked = now
            if self._others.add(now):
                self._hall.see("dhcp-starvation", now, said.source)

    def tick(self, now: float) -> None:
        """Look who has said nothing more."""
        while self._waiting and self._waiting[0][0] <= now - PATIENCE:
            self._ghost(self._waiting.popleft(), now)
        if self._asked <= now - WITHIN:
            self._other = b""

    def _ghost(self, one: tuple[float, bytes, bytes], now: float) -> None:
        device = self._hall.devices.get(one[1])
        if (device is None or not device.chatty) and self._ghosts.add(now):
            self._hall.see("dhcp-starvation", now, one[2])
