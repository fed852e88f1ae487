"""The ledger: what clients have used of their daily allowances, by pseudonyms whose key lives for one day (``hotspot.session.allowance``).

Sessions in progress are not in it: what they use today is known from themselves. An ended one is entered once, with its end.
"""

import secrets
from collections.abc import Callable, Sequence

from hotspot.portal.journal import Statement, rows
from hotspot.session.allowance import NOTHING, Spent, pseudonym

Remember = Callable[[object, Sequence[Statement]], None]
"""Takes what must be written, by subject."""


class Ledger:
    """One day's allowances. Lives in the event loop; no method waits."""

    def __init__(self, remember: Remember) -> None:
        self.day = ""
        """``2026-11-22``; "" before the first."""
        self._key = secrets.token_bytes(32)
        self._spent: dict[str, Spent] = {}
        self._remember = remember

    def name(self, mac: str) -> str:
        """The pseudonym of a client today, whatever its plan."""
        return pseudonym(self._key, mac, "")

    def spent(self, mac: str, plan: str) -> Spent:
        """What ended sessions of a client have used of a plan today."""
        return self._spent.get(pseudonym(self._key, mac, plan), NOTHING) if self._spent else NOTHING

    def enter(self, mac: str, plan: str, seconds: float, count: int) -> None:
        """A session has ended that used so much today."""
        name = pseudonym(self._key, mac, plan)
        self._spent[name] = spent = self._spent.get(name, NOTHING).plus(seconds, count)
        self._remember(f"allowance:{name}", rows.of_allowance(name, self.day, spent))

    def turn(self, day: str) -> None:
        """A new day: a new key, and all that was is forgotten."""
        self.day, self._key = day, secrets.token_bytes(32)
        self._spent.clear()
        self.write_all()

    def load(self, day: str, key: str, spent: dict[str, Spent]) -> None:
        """What the journal holds of a day; it may be over by now."""
        if day and key:
            self.day, self._key, self._spent = day, bytes.fromhex(key), dict(spent)

    def write_all(self) -> None:
        """A fresh file, or a fresh day."""
        if self.day:
            self._remember("day", rows.of_new_day(self.day, self._key.hex()))
            for name, spent in self._spent.items():
                self._remember(f"allowance:{name}", rows.of_allowance(name, self.day, spent))
