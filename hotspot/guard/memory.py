"""Tables that no stranger can fill to hide (pure): who has just come is kept apart from who has been here for a while.

A flood of made-up addresses pushes out other newcomers only. To push out somebody who is known, an attacker must keep as many made-up
devices talking as the table holds; whoever is pushed out is counted, and that is a finding. What has not been heard for an hour is
forgotten. All interfaces share one room, so that the guard's memory does not grow with the number of zones: when it is full, the table
that takes most of it gives way, so a flood in one zone takes nothing from another.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from itertools import chain
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

HOUR = 3600.0
"""Seconds of silence after which nothing is left of a device."""
PROVEN = 10.0
"""Seconds between the first and a later word of somebody who is known."""
FRESH = 60.0
"""Seconds."""
MOST = 4096
"""Newcomers of all interfaces, and as many who are known."""


class Remembered(Protocol):
    """What an entry says of itself."""

    first: float
    last: float


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Remembered)


class Shelf(Generic[K, V]):
    """One table in a room, the longest silent first."""

    __slots__ = ("_dropped", "_fresh", "_room", "entries", "pushed_out")

    def __init__(self, room: "Room", fresh: float, dropped: Callable[[V], None]) -> None:
        self._room, self._fresh, self._dropped = room, fresh, dropped
        self.entries: OrderedDict[K, V] = OrderedDict()
        self.pushed_out = 0
        """Entries that had to go although they were heard within the last ``fresh`` seconds."""
        room.shelves.append(self)

    def put(self, key: K, entry: V, now: float) -> None:
        """A further entry; somebody goes when the room is full."""
        self._room.make(now)
        self.entries[key] = entry

    def push_out(self, now: float) -> None:
        """The longest silent has to go."""
        _, gone = self.entries.popitem(last=False)
        self.pushed_out += gone.last > now - self._fresh
        self._dropped(gone)

    def forget(self, until: float) -> None:
        """Who has not been heard since."""
        while self.entries and next(iter(self.entries.values())).last <= until:
            self._dropped(self.entries.popitem(last=False)[1])


class Room:
    """Place for so many entries in several tables. The fullest one gives way."""

    __slots__ = ("most", "shelves")

    def __init__(self, most: int) -> None:
        self.most = most
        self.shelves: list[Shelf[Any, Any]] = []

    def make(self, now: float) -> None:
        """See that one more fits."""
        if sum(len(shelf.entries) for shelf in self.shelves) >= self.most:
            max(self.shelves, key=lambda shelf: len(shelf.entries)).push_out(now)


class Rooms(Struct, frozen=True):
    """For newcomers and for those who are known."""

    newcomers: Room
    known: Room

    @classmethod
    def of(cls, newcomers: int = MOST, known: int = MOST) -> "Rooms":
        """For so many each."""
        return cls(Room(newcomers), Room(known))


def _nothing(gone: object) -> None:
    """Nobody asks who has gone."""


class Memory(Generic[K, V]):
    """A bounded table, the longest silent first."""

    def __init__(self, make: Callable[[K, float], V], rooms: Rooms, dropped: Callable[[V], None] = _nothing) -> None:
        self._make = make
        self._newcomers: Shelf[K, V] = Shelf(rooms.newcomers, FRESH, dropped)
        self._known: Shelf[K, V] = Shelf(rooms.known, HOUR, dropped)

    def __len__(self) -> int:
        return len(self._newcomers.entries) + len(self._known.entries)

    def __iter__(self) -> Iterator[V]:
        return chain(self._newcomers.entries.values(), self._known.entries.values())

    @property
    def pushed_out(self) -> int:
        """Newcomers that had to go although they were heard just now, and all known ones that had to: so many come at once only when
        somebody makes them up."""
        return self._newcomers.pushed_out + self._known.pushed_out

    def get(self, key: K) -> V | None:
        """What is known, without it being heard."""
        return self._known.entries.get(key) or self._newcomers.entries.get(key)

    def heard(self, key: K, now: float) -> V:
        """Somebody says something: known, or met for the first time."""
        entry = self._known.entries.get(key)
        if entry is not None:
            self._known.entries.move_to_end(key)
        else:
            entry = self._newcomers.entries.get(key)
            if entry is None:
                entry = self._make(key, now)
                self._newcomers.put(key, entry, now)
                return entry
            if now - entry.first >= PROVEN:
                del self._newcomers.entries[key]
                self._known.put(key, entry, now)
            else:
                self._newcomers.entries.move_to_end(key)
        entry.last = now
        return entry

    def forget(self, now: float, silence: float = HOUR) -> None:
        """Who has been silent for so long."""
        self._newcomers.forget(now - silence)
        self._known.forget(now - silence)


class Often(Struct, frozen=True):
    """So many times within so many seconds."""

    times: int
    seconds: float


class Window:
    """Says whether something happened often enough. Small, for thousands of devices may have several."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: tuple[float, ...] = ()

    def add(self, now: float, often: Often) -> bool:
        """Once more; has it been enough now?"""
        self._times = (*self._times[-(often.times - 1) :], now) if often.times > 1 else (now,)
        return len(self._times) == often.times and now - self._times[0] <= often.seconds


class Turns:
    """Notices that a value goes to and fro: A, B, A, B. A change that stays, as when a phone roams or is given to another, is none."""

    __slots__ = ("_before", "_now", "_returns")

    def __init__(self) -> None:
        self._before: Hashable = None
        self._now: Hashable = None
        self._returns: Window | None = None

    def add(self, value: Hashable, now: float, often: Often) -> bool:
        """The value as it is; has it come back often enough now?"""
        if value == self._now:
            return False
        back = value == self._before and self._before is not None
        self._before, self._now = self._now, value
        if not back:
            return False
        self._returns = self._returns or Window()
        return self._returns.add(now, often)
