"""How often one gateway may ask (pure): what floods is told to come back later, before anything else is done for it.

Limits are of one hub process; a gateway that floods through a balancer gets them once per process.
"""

from collections.abc import Hashable
from typing import Final

from msgspec import Struct

MOST_KEYS: Final = 20_000
"""Remembered at once; beyond that those that have not asked for long are forgotten, which is to their favour."""


class Limits(Struct, frozen=True, kw_only=True):
    """Of what a gateway may do at this process."""

    per_second: float = 10.0
    """Requests, in the long run: three days of reports are seventy deliveries."""
    burst: float = 100.0
    at_once: int = 4
    """Requests in hand, polls not counted: of those a new one ends the one before."""
    questions: int = 2
    """About credentials that are not remembered, to the database at once: strangers never take all connections."""
    strangers: int = 2_000
    """Requests that wait for such a question, all together."""
    enrolments: int = 32
    """In hand, all together: anybody may send a body there."""
    seconds: float = 20.0
    """For a body to arrive."""


class Buckets:
    """Token buckets, one for each key. The clock is any that never goes back, in seconds."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._rate, self._burst = per_second, burst
        self._full_at: dict[Hashable, float] = {}

    def take(self, key: Hashable, now: float) -> float:
        """0.0: go on; else the seconds until there is room again. Who is refused is not charged."""
        full_at = max(self._full_at.get(key, now), now)
        if (full_at - now) * self._rate > self._burst - 1 + 1e-9:
            return full_at - now - (self._burst - 1) / self._rate
        self._full_at[key] = full_at + 1 / self._rate
        if len(self._full_at) > MOST_KEYS:
            self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        if len(self._full_at) > MOST_KEYS:
            newest = sorted(self._full_at.items(), key=lambda item: item[1])[MOST_KEYS // 2 :]
            self._full_at = dict(newest)


class Slots:
    """How many requests are in hand, by key."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: dict[Hashable, int] = {}

    def take(self, key: Hashable) -> bool:
        """One more; False: there is no room."""
        taken = self._taken.get(key, 0)
        if taken >= self._most:
            return False
        self._taken[key] = taken + 1
        return True

    def give_back(self, key: Hashable) -> None:
        """It is over."""
        left = self._taken[key] - 1
        if left:
            self._taken[key] = left
        else:
            del self._taken[key]
