"""Voucher codes in memory: the batches that there are, and what is known of each code that was used or withdrawn.

What is changed here is on disk already, or handed to ``remember``. The rules are those of ``hotspot.session.vouchers``.
"""

import asyncio
import secrets
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final
from weakref import WeakValueDictionary

from msgspec import Struct
from msgspec.structs import replace

from hotspot.portal.journal import Statement, rows
from hotspot.session.sessions import Now, Session
from hotspot.session.voucher_codes import are_distinct, code_table, find
from hotspot.session.vouchers import Batch, Place, Ticket, device_name, forgotten_at, is_over, parse_place, settle, spent, valid_left

Remember = Callable[[object, Sequence[Statement]], None]
"""Takes what must be written, by subject."""

MOST_CODES = 100_000
"""Codes of one hall that can be in use: 8 bytes of memory and 2 µs of the start each."""
TRIES_SECONDS = 600.0
"""Wrong codes are counted for so long."""
TRIES_OF_CLIENT = 10
"""Wrong codes of one client in that time, typing mistakes included."""
MOST_CLIENTS = 20_000
"""Clients whose wrong codes are counted; with more of them the one counted longest ago is let off. About 4 MB."""
TRIES_OF_HALL = 200
"""Codes in that time that could be one and are none: those of somebody who guesses, perhaps with many devices."""


@lru_cache(maxsize=1)
def _table_of(batch: Batch) -> "array[int]":
    """What its codes are found in; kept for the one that is just being made."""
    return code_table(bytes.fromhex(batch.key), batch.count)


def _is_distinct(batch: Batch, tables: "list[array[int]]") -> bool:
    """False when two codes of all these would be the same."""
    return are_distinct([*tables, _table_of(batch)])


class Found(Struct, frozen=True):
    """A code that there is."""

    batch: Batch
    ticket: Ticket


class Vouchers:
    """Lives in the event loop."""

    def __init__(self, remember: Remember) -> None:
        self.batches: Final[dict[int, Batch]] = {}
        """By number, in order."""
        self.tickets: Final[dict[int, dict[int, Ticket]]] = {}
        """By batch and index: what was used or withdrawn."""
        self.tries: Final = Tries()
        self.changing: Final = asyncio.Lock()
        """Held by staff who make a batch."""
        self._remember = remember
        self._tables: dict[int, array[int]] = {}
        self._locks: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()

    # Looking up ---------------------------------------------------------------------------------------------------------------------

    @property
    def next_number(self) -> int:
        """Of the next batch."""
        return max(self.batches, default=0) + 1

    def room_for(self, batch: Batch) -> bool:
        """Is there room for one more batch?"""
        return sum(len(table) for table in self._tables.values()) + batch.count <= MOST_CODES

    async def distinct(self, batch: Batch) -> Batch:
        """The batch, with another key when a code of it is one of another batch, too. In a thread: 10,000 codes are 0.1 s of work."""
        tables = list(self._tables.values())
        while not await asyncio.to_thread(_is_distinct, batch, tables):
            batch = replace(batch, key=secrets.token_hex(16))
        return batch

    def find(self, code: str) -> Found | None:
        """The code as printed; None: there is no such code."""
        for number, table in self._tables.items():
            index = find(table, code)
            if index is not None:
                return self.at(Place(number, index))
        return None

    def at(self, place: Place) -> Found | None:
        """The code at a place; None when its batch is not known (any more)."""
        batch = self.batches.get(place.batch)
        if batch is None:
            return None
        return Found(batch, self.tickets.get(place.batch, {}).get(place.index) or Ticket(batch=place.batch, index=place.index))

    def left(self, session: Session, now: Now) -> float | None:
        """Seconds until the code of a session is over; None: it has none, or one that is not known (any more)."""
        place = parse_place(session.voucher) if session.voucher else None
        found = None if place is None else self.at(place)
        return None if found is None or found.ticket.first_at is None else valid_left(found.ticket, found.batch, now)

    def used(self, number: int) -> int:
        """Codes of a batch that were used."""
        return sum(ticket.first_at is not None for ticket in self.tickets.get(number, {}).values())

    def withdrawn(self, number: int) -> int:
        """Codes of a batch that were withdrawn one by one."""
        return sum(ticket.withdrawn_at is not None for ticket in self.tickets.get(number, {}).values())

    def lock(self, place: Place) -> asyncio.Lock:
        """Whoever uses a code holds its lock, so that two devices do so in turn."""
        fresh = asyncio.Lock()
        return self._locks.setdefault(place, fresh)

    def locks(self, batch: int) -> list[asyncio.Lock]:
        """The locks that somebody has of a batch's codes."""
        return [lock for place, lock in self._locks.items() if place.batch == batch]

    # Changing -----------------------------------------------------------------------------------------------------------------------

    def put_batch(self, batch: Batch) -> None:
        """A batch was made or withdrawn."""
        self.batches[batch.number] = batch
        if batch.number not in self._tables:
            self._tables[batch.number] = _table_of(batch)

    def put(self, ticket: Ticket) -> None:
        """A code was used or withdrawn."""
        self.tickets.setdefault(ticket.batch, {})[ticket.index] = ticket

    def take_back(self, before: Ticket, after: Ticket) -> None:
        """A use came to nothing: what was known before holds again, unless something else has happened to the code since."""
        of_batch = self.tickets.get(after.batch, {})
        if of_batch.get(after.index) is not after:
            return
        if before == Ticket(batch=before.batch, index=before.index):
            del of_batch[after.index]
            self._remember(before.place, rows.of_no_ticket(before.place))
        else:
            self._put(before)

    def enter(self, hall_key: bytes, session: Session) -> None:
        """A session with a code has ended: what it used counts for the next one of this device."""
        place = parse_place(session.voucher)
        found = None if place is None else self.at(place)
        if found is not None and session.mac is not None:
            after = spent(found.ticket, device_name(hall_key, found.batch, found.ticket.index, session.mac), session)
            if after is not found.ticket:
                self._put(after)

    def sweep(self, now: Now) -> None:
        """Codes that are over forget their devices, the others follow the clocks; batches whose time on record is over are gone."""
        for number, batch in list(self.batches.items()):
            tickets, until = list(self.tickets.get(number, {}).values()), forgotten_at(batch)
            if until is not None and until <= now.unix and all(is_over(each, batch, now) for each in tickets):
                self._drop(number)
                continue
            for ticket in tickets:
                settled = settle(ticket, batch, now)
                if settled is not ticket:
                    self._put(settled)

    def _drop(self, number: int) -> None:
        self.tickets.pop(number, None)
        del self.batches[number], self._tables[number]
        self._remember(f"vouchers:{number}", rows.of_no_batch(number))

    def _put(self, ticket: Ticket) -> None:
        self.put(ticket)
        self._remember(ticket.place, rows.of_ticket(ticket))

    # The journal --------------------------------------------------------------------------------------------------------------------

    def load(self, batches: Iterable[Batch], tickets: Iterable[Ticket]) -> None:
        """The journal was opened: what is only in the file is taken over."""
        for batch in batches:
            if batch.number not in self.batches:
                self.put_batch(batch)
        for ticket in tickets:
            self.tickets.setdefault(ticket.batch, {}).setdefault(ticket.index, ticket)

    def write_all(self) -> None:
        """A fresh file."""
        for batch in self.batches.values():
            self._remember(f"vouchers:{batch.number}", rows.of_batch(batch))
        for tickets in self.tickets.values():
            for ticket in tickets.values():
                self._remember(ticket.place, rows.of_ticket(ticket))


class Tries:
    """Wrong codes of late, by client and in all. Clocks are CLOCK_BOOTTIME. Bounded: who was counted longest ago goes first."""

    def __init__(self) -> None:
        self._by_client: dict[str, deque[float]] = {}
        self._all: deque[float] = deque(maxlen=TRIES_OF_HALL)

    def wait(self, mac: str, now: Now) -> str:
        """``tries`` when this client has typed too many wrong codes, ``guessing`` when all together have; else ""."""
        since = now.boottime - TRIES_SECONDS
        mine = self._by_client.get(mac, ())
        if sum(moment > since for moment in mine) >= TRIES_OF_CLIENT:
            return "tries"
        return "guessing" if len(self._all) == TRIES_OF_HALL and self._all[0] > since else ""

    def wrong(self, mac: str, now: Now, *, mistyped: bool) -> None:
        """One more."""
        mine = self._by_client.pop(mac, None) or deque(maxlen=TRIES_OF_CLIENT)
        mine.append(now.boottime)
        self._by_client[mac] = mine  # at the end
        if not mistyped:
            self._all.append(now.boottime)
        while len(self._by_client) > MOST_CLIENTS or next(iter(self._by_client.values()))[-1] <= now.boottime - TRIES_SECONDS:
            del self._by_client[next(iter(self._by_client))]
