"""Tables that no stranger can fill to hide (pure): who has just come is kept apart from who has been here for a while.

A flood of made-up addresses pushes out other newcomers only. To push out somebody who is known, an attacker must keep as many made-up
devices talking as the table holds, and then the finding ``mac-flood`` says so. What has not been heard for an hour is forgotten.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from itertools import chain
from typing import Generic, Protocol, TypeVar

HOUR = 3600.0
"""Seconds of silence after which nothing is left of a device."""
PROVEN = 10.0
"""Seconds between the first and a later word of somebody who is known."""
FRESH = 60.0
"""Seconds."""
MOST = 4096
"""Newcomers of one table, and as many who are known."""


class Remembered(Protocol):
    """What an entry says of itself."""

    first: float
    last: float


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Remembered)


class Memory(Generic[K, V]):
    """A bounded table, the longest silent first."""

    def __init__(self, make: Callable[[K, float], V], most: int = MOST) -> None:
        self._make, self._most = make, most
        self._newcomers: OrderedDict[K, V] = OrderedDict()
        self._known: OrderedDict[K, V] = OrderedDict()
        self.pushed_out = 0
        """Newcomers that had to go although they were heard just now: so many come at once only when somebody makes them up."""

    def __len__(self) -> int:
        return len(self._newcomers) + len(self._known)

    def __iter__(self) -> Iterator[V]:
        return chain(self._newcomers.values(), self._known.values())

    def get(self, key: K) -> V | None:
        """What is known, without it being heard."""
        return self._known.get(key) or self._newcomers.get(key)

    def heard(self, key: K, now: float) -> V:
        """Somebody says something: known, or met for the first time."""
        entry = self._known.get(key)
        if entry is not None:
            self._known.move_to_end(key)
        else:
            entry = self._newcomers.get(key)
            if entry is None:
                return self._meet(key, now)
            if now - entry.first >= PROVEN:
                self.trust(key)
            else:
                self._newcomers.move_to_end(key)
        entry.last = now
        return entry

    def _meet(self, key: K, now: float) -> V:
        if len(self._newcomers) >= self._most:
            _, gone = self._newcomers.popitem(last=False)
            self.pushed_out += gone.last > now - FRESH
        entry = self._newcomers[key] = self._make(key, now)
        return entry

    def trust(self, key: K) -> None:
        """Somebody who is known from now on."""
        entry = self._newcomers.pop(key, None)
        if entry is None:
            return
        if len(self._known) >= self._most:
            self._known.popitem(last=False)
        self._known[key] = entry

    def forget(self, now: float, silence: float = HOUR) -> None:
        """Who has been silent for so long."""
        for table in (self._newcomers, self._known):
            while table and next(iter(table.values())).last <= now - silence:
                table.popitem(last=False)


class Window:
    """Says whether something happened ``times`` times within ``seconds``."""

    __slots__ = ("_seconds", "_times")

    def __init__(self, times: int, seconds: float) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=times)

    def add(self, now: float) -> bool:
        """Once more; has it been enough now?"""
        self._times.append(now)
        return len(self._times) == self._times.maxlen and now - self._times[0] <= self._seconds


class Turns:
    """Notices that a value goes to and fro: A, B, A, B. A change that stays, as when a phone roams or is given to another, is none."""

    __slots__ = ("_before", "_now", "_window")

    def __init__(self, returns: int, seconds: float) -> None:
        self._before: Hashable = None
        self._now: Hashable = None
        self._window = Window(returns, seconds)

    def add(self, value: Hashable, now: float) -> bool:
        """The value as it is; has it come back often enough now?"""
        if value == self._now:
            return False
        back = value == self._before and self._before is not None
        self._before, self._now = self._now, value
        return back and self._window.add(now)
