"""A hall's day in virtual time (pure): hundreds of phones that do what a real one was recorded doing, and whatever else is normal.

They come, use the net, renew, roam between access points, go, and come back with another MAC. Some are behind a repeater, which speaks for
them with its own MAC. At eleven the power fails and everybody is back at once; at two the gateway is started anew, the guard with it, and
for a minute nobody is given an address. At four the switch that leads the tree dies for an hour, and another takes its place.
"""

import random
from collections.abc import Sequence
from heapq import heappop, heappush

from msgspec import Struct

from hotspot.guard.hall import Gateway
from hotspot.guard.watch import Watch
from tests.hotspot.guard import packets as at

HOUR, DAY = 3600.0, 86_400.0
POWER_CUT, REBOOT, ROOT_DIES = 11 * HOUR, 14 * HOUR, 16 * HOUR
DARK = 90.0
"""Seconds without power, or without a DHCP server."""
VISITS = 2_500
"""Stays of the day, each with a MAC and an address of its own."""
SWITCH, OTHER_SWITCH, NEAREST_SWITCH = at.mac(0xAAAA), at.mac(0xAAAC), at.mac(0xAAAB)
"""One leads the tree, one takes its place, and the gateway hears of both by the one that it is plugged into."""
REPEATER, BEHIND = at.mac(0xDDDD), 40
"""One in so many phones is behind it."""
FIRST_LEASE = int.from_bytes(bytes((198, 18, 1, 0)))


_PARTS = ("join", "use", "renew", "leave")


class Frame(Struct, frozen=True):
    """One that was recorded: what the gateway sent itself, or what came."""

    own: bool
    data: bytes


class Recorded(Struct, frozen=True):
    """What one real phone did in a real hall, and who it was."""

    mac: bytes
    address: bytes
    address6: bytes
    gateway: Gateway
    join: Sequence[Frame]
    use: Sequence[Frame]
    renew: Sequence[Frame]
    leave: Sequence[Frame]

    def as_if(self, frames: Sequence[Frame], mac: bytes, address: bytes) -> list[Frame]:
        """The same frames of another phone."""
        address6 = self.address6[:8] + bytes((mac[0] ^ 2, *mac[1:3], 0xFF, 0xFE, *mac[3:]))
        pairs = ((self.address6, address6), (self.address6[8:], address6[8:]), (self.mac, mac), (self.address, address))
        changed = []
        for frame in frames:
            data = frame.data
            for old, new in pairs:
                data = data.replace(old, new)
            changed.append(Frame(frame.own, data))
        return changed


class Day:
    """Goes through it; nothing may be seen."""

    def __init__(self, recorded: Recorded, seed: int = 1) -> None:
        self._recorded, self._chance = recorded, random.Random(seed)
        self._queue: list[tuple[float, int, str, int]] = []
        self._number, self.frames, self.most = 0, 0, 0
        self.seen: set[tuple[str, str]] = set()
        """Kind and severity of all that was ever seen."""
        self._changes = 0
        self._phones: dict[int, dict[str, list[Frame]]] = {}
        self._macs: dict[int, bytes] = {}
        self.watch = self._guard(0.0)

    def _guard(self, now: float) -> Watch:
        return Watch("public", "br0", self._recorded.gateway, lambda mac: "", now)

    def run(self) -> None:
        """All 24 hours, and a look each second."""
        for _ in range(VISITS):
            self._plan(self._chance.gauss(12.5, 3) * HOUR % DAY, "join", len(self._macs))
            self._macs[len(self._macs)] = b"\x02" + self._chance.randbytes(5)
        for kind in ("switch", "strangers", "laptop"):
            self._plan(1.0, kind, 0)
        self._plan(REBOOT, "reboot", 0)
        self._plan(POWER_CUT, "cut", 0)
        second = 0.0
        while self._queue and self._queue[0][0] < DAY:
            now, _, what, who = heappop(self._queue)
            while second < now:
                second += 1.0
                self.watch.tick(second)
                self._look(second)
            self.most = max(self.most, self.watch.devices)
            getattr(self, f"_{what}")(now, who)
        self._look(DAY)

    def _look(self, now: float) -> None:
        if self.watch.sightings.changes != self._changes:
            self._changes = self.watch.sightings.changes
            self.seen |= {(one.kind, one.severity.value) for one in self.watch.findings(now, 1_800_000_000)}

    def _plan(self, when: float, what: str, who: int) -> None:
        self._number += 1
        heappush(self._queue, (when, self._number, what, who))

    def _say(self, now: float, frames: Sequence[Frame]) -> None:
        for frame in frames:
            (self.watch.outgoing if frame.own else self.watch.incoming)(frame.data, now)
        self.frames += len(frames)

    def _dark(self, now: float) -> bool:
        return POWER_CUT <= now < POWER_CUT + DARK

    def _join(self, now: float, who: int) -> None:
        """Comes, in every third case with questions about the network at home, and stays a while."""
        mac, address = self._macs[who], (FIRST_LEASE + who).to_bytes(4)
        if who % 3 == 0:
            home = bytes((192, 168, 178, 20 + who % 200))
            self._say(now, [Frame(False, at.arp(mac, home, bytes((192, 168, 178, 1)))), Frame(False, at.arp(mac, at.NOBODY4, home))])
        told = self._recorded
        self._phones[who] = {name: self._way(who, told.as_if(getattr(told, name), mac, address), mac) for name in _PARTS}
        self._back(now, who)
        self._plan(now + self._chance.uniform(600, 5400), "leave", who)
        self._plan(now + 900, "renew", who)
        self._plan(now + self._chance.uniform(10, 60), "use", who)
        self._plan(now + self._chance.uniform(60, 600), "roam", who)

    def _way(self, who: int, frames: list[Frame], mac: bytes) -> list[Frame]:
        """A repeater puts its own MAC in the place of the phone's, but not into what DHCP says."""
        if who % BEHIND:
            return frames
        dhcp = b"\x08\x00"
        changed = []
        for frame in frames:
            data = frame.data
            if not frame.own:
                data = data[:6] + REPEATER + data[12:] if data[12:14] == dhcp else data[:6] + data[6:].replace(mac, REPEATER)
            changed.append(Frame(frame.own, data))
        return changed

    def _back(self, now: float, who: int) -> None:
        """Asks for its address; while there is no server, again and again in vain."""
        if who not in self._phones or self._dark(now):
            return
        asked = self._phones[who]["join"]
        if REBOOT <= now < REBOOT + DARK:
            self._say(now, [frame for frame in asked if not frame.own and frame.data[12:14] != b"\x08\x06"])
            self._plan(now + self._chance.uniform(4, 16), "back", who)
        else:
            self._say(now, asked)

    def _use(self, now: float, who: int) -> None:
        if who in self._phones:
            if not self._dark(now):
                self._say(now, self._phones[who]["use"])
            self._plan(now + self._chance.uniform(20, 60), "use", who)

    def _renew(self, now: float, who: int) -> None:
        if who in self._phones:
            if not self._dark(now):
                self._say(now, self._phones[who]["renew"])
            self._plan(now + 900, "renew", who)

    def _roam(self, now: float, who: int) -> None:
        if who in self._phones and who % BEHIND:
            self.watch.moved(self._macs[who], 1 + self._chance.randrange(4), now)
            self._plan(now + self._chance.uniform(8, 300), "roam", who)

    def _leave(self, now: float, who: int) -> None:
        if (phone := self._phones.pop(who, None)) is not None and who % 2:  # every other one just walks out of the door
            self._say(now, phone["leave"])

    def _cut(self, now: float, _: int) -> None:
        """The access points come back together."""
        for who in self._phones:
            self._plan(now + DARK + self._chance.uniform(0, 15), "back", who)

    def _reboot(self, now: float, _: int) -> None:
        """The guard knows nothing any more, and the phones think that they were away."""
        self._look(now)
        self.watch, self._changes = self._guard(now), 0
        for who in self._phones:
            self._plan(now + self._chance.uniform(5, 30), "back", who)

    def _switch(self, now: float, _: int) -> None:
        """The nearest switch talks about the spanning tree."""
        root = OTHER_SWITCH if ROOT_DIES <= now < ROOT_DIES + HOUR else SWITCH
        self._say(now, [Frame(False, at.bpdu(NEAREST_SWITCH, root))])
        self._plan(now + 2, "switch", 0)

    def _strangers(self, now: float, _: int) -> None:
        """Two things with a fixed address from elsewhere, and one that has given itself an address."""
        for number, address in ((1, bytes((192, 168, 1, 50))), (2, bytes((192, 168, 1, 51))), (3, bytes((169, 254, 7, 7)))):
            self._say(now, [Frame(False, at.arp(at.mac(0xBBB0 + number), address, address[:3] + b"\x01"))])
        self._plan(now + 30, "strangers", 0)

    def _laptop(self, now: float, _: int) -> None:
        """Starts from the network, then its system, which calls its neighbours, looks for a proxy and changes its private address."""
        mac, address = at.mac(0xCCCC), (FIRST_LEASE + 3000).to_bytes(4)
        boot, system = b"PXEClient:Arch:00007", b"MSFT 5.0"
        said = [at.dhcp(mac, 1, make=boot), at.dhcp(mac, 1, make=system), at.dhcp(mac, 8, make=system, own=address)]
        said += [at.arp(mac, address, at.GATEWAY4), at.udp4(mac, address, bytes((198, 18, 15, 255)), (138, 138), b"LAPTOP")]
        private = at.GATEWAY6[:8] + self._chance.randbytes(8)
        said += [at.solicitation(mac, at.NOBODY6, private), at.neighbour(mac, private)]
        self._say(now, [Frame(False, frame) for frame in said])
        self._plan(now + HOUR, "laptop", 0)
