"""The most that two zones of one guard can hold (``python -m tests.hotspot.guard.worst``): prints the peak memory in kB, and what is held.

Everything is made up as large as it gets: every table full, every entry with all that it may remember. What imports the process has is
imported, so the figure is the process's but for its sockets.
"""

import sys
from pathlib import Path

import msgspec

import hotspot.guard.service  # noqa: F401  what the process has in memory from its start
from hotspot.guard.hall import MOST_LEASES, Gateway, Shared
from hotspot.guard.memory import MOST, PROVEN
from hotspot.guard.starvation import MOST_WAITING
from hotspot.guard.watch import Watch
from tests.hotspot.guard import packets as at

ZONES = 2
ADDRESSES = 3 * MOST
"""That are claimed: newcomers and known ones."""


def _peak() -> int:
    """Of this process, in kB."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1])


class Worst:
    """Zones that share their memory, filled by turns."""

    def __init__(self) -> None:
        self.now, self.shared = 1000.0, Shared()
        gateway = Gateway(at.GATEWAY, frozenset((at.GATEWAY4, at.GATEWAY6)), ((0, 0),), 1 << 20)
        self.zones = [
            Watch(f"zone{number}", f"lan{number}", gateway, lambda mac: f"port{mac[5] % 8}", self.now, shared=self.shared)
            for number in range(ZONES)
        ]

    def fill(self) -> None:
        """All tables: first who will be known, then newcomers."""
        for zone in self.zones:
            for number in range(300):
                zone.outgoing(at.router(at.GATEWAY) + number.to_bytes(2), self.now)
        self._leases()
        for first, later in ((0, True), (MOST, True), (2 * MOST, False)):
            self._addresses(first, later)
        for first, later in ((0, True), (MOST, False)):
            self._devices(first, later)
        for number in range(ZONES * MOST_WAITING):
            self._zone(number).incoming(at.dhcp(at.mac(1_000_000 + number), 1, client=at.mac(2_000_000 + number)), self.now)

    def _zone(self, number: int) -> Watch:
        return self.zones[number % ZONES]

    def _leases(self) -> None:
        for number in range(MOST_LEASES):
            zone, address = self._zone(number), (0x0B000000 + number).to_bytes(4)
            zone.outgoing(at.dhcp(at.GATEWAY, 5, client=at.mac(number), reply=True, given=address, seconds=86_400), self.now)
            for other in range(3):
                self._later()
                zone.incoming(at.arp(at.mac(number + 1 + other), address, at.GATEWAY4), self.now)

    def _addresses(self, first: int, later: bool) -> None:
        """Claimed by two devices in turn, as often as is remembered."""
        for number in range(first, first + MOST):
            self._claims(number, 1)
        self.now += PROVEN if later else 0.0
        for number in range(first, first + MOST):
            self._claims(number, 9)

    def _claims(self, number: int, times: int) -> None:
        address = at.GATEWAY6[:8] + (0x10000 + number).to_bytes(8)
        for turn in range(times):
            self._later()
            self._zone(number).incoming(at.neighbour(at.mac(number // 8 * 2 + turn % 2), address), self.now)

    def _devices(self, first: int, later: bool) -> None:
        """Each moves and says what it is to and fro, as often as is remembered."""
        for number in range(first, first + MOST):
            self._zone(number).incoming(at.router_wanted(at.mac(number)), self.now)
        self.now += PROVEN if later else 0.0
        for number in range(first, first + MOST):
            zone, mac = self._zone(number), at.mac(number)
            for turn in range(9):
                self._later()
                zone.moved(mac, 1000 + turn % 2, self.now)
            for kind in (1, 3):
                for turn in range(6):
                    self._later()
                    zone.incoming(at.dhcp(mac, kind, name=b"phone" + bytes([turn % 2])), self.now)
            zone.incoming(at.arp(mac, bytes((10, number % 64, number % 250, 7)), at.GATEWAY4), self.now)

    def _later(self) -> None:
        """Each moment is a number of its own."""
        self.now += 1e-6

    def entries(self) -> dict[str, int]:
        """How many there are of each kind, in all zones."""
        return {
            "devices": sum(zone.devices for zone in self.zones),
            "addresses": sum(len(zone._claims.bindings) for zone in self.zones),
            "leases": sum(len(zone._hall.leases.entries) for zone in self.zones),
            "waiting": sum(len(zone._starvation._waiting) for zone in self.zones),
        }


if __name__ == "__main__":
    told, worst = {"before": _peak()}, Worst()
    worst.fill()
    sys.stdout.write(msgspec.json.encode({**told, "peak": _peak(), **worst.entries()}).decode())
