"""Counters -> usage: pure. Usage only grows while a session lasts, whatever happens to the counters below it.

A counter in the kernel starts at what the session had used before, so its reading is the usage. Only where an element is exchanged (another
plan) do a few packets fall between the reading that the new counter starts at and the last one of the old: those are carried here.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Meter:
    """One session's usage."""

    read_up: int = 0
    read_down: int = 0
    carried_up: int = 0
    carried_down: int = 0
    packets: tuple[int, int] = (0, 0)
    direct: float = 0.0
    """CLOCK_BOOTTIME seconds of the last reading of this session alone: one of all that began before knows less."""
    changed: float = 0.0
    """CLOCK_BOOTTIME seconds at which a counter was last seen to have moved."""

    @property
    def up(self) -> int:
        """Bytes up since the session's start."""
        return self.read_up + self.carried_up

    @property
    def down(self) -> int:
        """Bytes down since the session's start."""
        return self.read_down + self.carried_down

    def read(self, up: int, down: int, now: float) -> None:
        """Take a reading of both counters. One that is below the last means that somebody put an element back with another counter."""
        if up < self.read_up:
            self.carried_up += self.read_up
        if down < self.read_down:
            self.carried_down += self.read_down
        if (up, down) != (self.read_up, self.read_down):
            self.changed = now
        self.read_up, self.read_down = up, down

    def exchanged(self, lost_up: int, lost_down: int) -> None:
        """Another element took the place of the old one. Its counter starts at the usage as of the last reading; ``lost_*`` is what the old
        one had counted since."""
        self.read_up, self.read_down, self.carried_up, self.carried_down = self.up, self.down, max(0, lost_up), max(0, lost_down)


SHORTEST_LOOK = 0.05
"""Seconds between two looks at a volume that runs out: 75 kB at 12 Mbit/s."""


def next_look(volume: int, used: int, bits_per_second: int) -> float:
    """Seconds until the volume can be used up at the earliest, at the most that the shaper lets through both ways."""
    return max(SHORTEST_LOOK, (volume - used) * 8 / bits_per_second)
