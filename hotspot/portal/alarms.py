"""Alarms: what staff should know and the firewall has noticed, the newest few. Devices are named by their code only."""

from collections import Counter, deque
from typing import Final

from msgspec import Struct

MOST = 50
"""Alarms that are remembered; the oldest is dropped."""
AGAIN_SECONDS = 600.0
"""The same alarm about the same device within this time is counted, not listed again."""


class Told(Struct, frozen=True):
    """One alarm."""

    kind: str
    """``clone``: another device uses this one's identity."""
    zone: str
    code: str
    """Device code."""
    first: float
    """Wall clock."""
    last: float
    times: int = 1


class Alarms:
    """The newest alarms, oldest first."""

    def __init__(self) -> None:
        self._told: Final[deque[Told]] = deque(maxlen=MOST)
        self.counts: Final[Counter[tuple[str, str]]] = Counter()
        """By zone and kind, since the start."""

    def tell(self, kind: str, zone: str, code: str, unix: float) -> bool:
        """Take an alarm down; True when it is new to the list."""
        self.counts[zone, kind] += 1
        for at, told in enumerate(self._told):
            if (told.kind, told.zone, told.code) == (kind, zone, code) and abs(unix - told.last) <= AGAIN_SECONDS:
                del self._told[at]
                self._told.append(Told(kind, zone, code, told.first, unix, told.times + 1))
                return False
        self._told.append(Told(kind, zone, code, unix, unix))
        return True

    def forget(self, before: float) -> None:
        """Drop alarms that were last told before that time (wall clock)."""
        for told in [one for one in self._told if one.last < before]:
            self._told.remove(told)

    def all(self) -> tuple[Told, ...]:
        """What is remembered, the newest last."""
        return tuple(self._told)
