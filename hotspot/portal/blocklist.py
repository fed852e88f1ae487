"""The block list in memory: every entry that there ever was, as the journal holds it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from hotspot.portal.journal import Statement, rows
from hotspot.session.blocklist import Entry

Remember = Callable[[object, Sequence[Statement]], None]
"""Takes what must be written, by subject."""


class Blocklist:
    """Lives in the event loop. What comes in is in the journal already."""

    def __init__(self, remember: Remember) -> None:
        self.entries: Final[dict[int, Entry]] = {}
        """By number, in order."""
        self.loaded = False
        """True when the journal was read: before that nobody knows what is on the list."""
        self.changed: Final = asyncio.Event()
        """Set when what is in force may be another than before."""
        self.changing: Final = asyncio.Lock()
        """Held by whoever adds or removes."""
        self._remember = remember

    @property
    def next_number(self) -> int:
        """Of the next entry; no number is used twice."""
        return max(self.entries, default=0) + 1

    def put(self, entry: Entry) -> None:
        """An entry was added or removed, and that is on disk."""
        self.entries[entry.number] = entry
        self.changed.set()

    def load(self, entries: Iterable[Entry]) -> None:
        """The journal was opened: what is only in the file is taken over."""
        for entry in entries:
            self.entries.setdefault(entry.number, entry)
        self.loaded = True
        self.changed.set()

    def write_all(self) -> None:
        """A fresh file."""
        for entry in self.entries.values():
            self._remember(f"blocklist:{entry.number}", rows.of_entry(entry))

    def count(self, unix: float) -> int:
        """Entries in force."""
        return sum(entry.in_force(unix) for entry in self.entries.values())
