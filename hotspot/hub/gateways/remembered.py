"""Answers of the database that a process may keep until a signal says otherwise: nothing is remembered while signals might be missed."""

from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from hotspot.hub.signals import Signals

LONGEST: Final = 300.0
"""Seconds for which an answer is believed at most, in case somebody changes the database by hand. A listening connection that has died is
noticed within seconds (``hotspot.hub.store.pool``), and then nothing is remembered."""
MOST: Final = 50_000
"""Answers at once; then all are forgotten."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """Keys and values. An answer belongs to the ``age`` in which its question was asked: if a signal came meanwhile, it is not kept."""

    def __init__(self, signals: Signals, clock: Callable[[], float]) -> None:
        """``clock``: seconds, never goes back."""
        self._signals, self._clock = signals, clock
        self._values: dict[Key, tuple[float, Value]] = {}
        self.age = 0
        """Take it before asking the database."""
        signals.on_missed(self.forget_all)

    def get(self, key: Key) -> Value | None:
        """None: ask the database."""
        found = self._values.get(key)
        if found is None or not self._signals.reliable or self._clock() > found[0]:
            return None
        return found[1]

    def put(self, key: Key, value: Value, age: int) -> None:
        """Keep an answer to a question that was asked in this age."""
        if age != self.age or not self._signals.reliable:
            return
        if len(self._values) >= MOST:
            self._values.clear()
        self._values[key] = self._clock() + LONGEST, value

    def forget(self, key: Key) -> None:
        """It may be wrong now."""
        self.age += 1
        self._values.pop(key, None)

    def forget_all(self) -> None:
        """All may be."""
        self.age += 1
        self._values.clear()
