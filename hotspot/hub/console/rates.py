"""How often somebody may ask (pure): GCRA, the leaky bucket that keeps one number for each key, with a bound on how many keys it keeps."""

from collections import OrderedDict
from collections.abc import Hashable

from msgspec import Struct


class Limit(Struct, frozen=True):
    """So many in a second in the long run, and so many at once."""

    rate: float
    burst: int


class Rates:
    """Counts by key. The keys that asked last are kept, ``most`` of them: one that is forgotten begins anew, which only helps it."""

    def __init__(self, limit: Limit, most: int = 10_000) -> None:
        self._step, self._room, self._most = 1 / limit.rate, (limit.burst - 1) / limit.rate, most
        self._due: OrderedDict[Hashable, float] = OrderedDict()
        """When the bucket of a key is empty again."""

    def wait(self, key: Hashable, now: float) -> float:
        """Seconds until this one may ask; 0: now, and it counts. ``now``: of any clock that only goes forward."""
        due = max(self._due.get(key, 0.0), now)
        if due - now > self._room:
            self._due.move_to_end(key)
            return due - now - self._room
        self._due[key] = due + self._step
        self._due.move_to_end(key)
        if len(self._due) > self._most:
            self._due.popitem(last=False)
        return 0.0
