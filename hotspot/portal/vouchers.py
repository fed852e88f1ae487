"""Voucher codes in memory: the batches that there are, and what is known of each code that was used or withdrawn.

What is changed here is on disk already, or handed to ``remember``. The rules are those of ``hotspot.session.vouchers``.
"""

import asyncio
import secrets
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import islice
from math import ceil
from typing import Final
from weakref import WeakValueDictionary

from msgspec import Struct
from msgspec.structs import replace

from hotspot.portal.journal import Statement, rows
from hotspot.session.sessions import Now, Session
from hotspot.session.voucher_codes import are_distinct, code_table, find
from hotspot.session.vouchers import (
    SURE,
    Batch,
    Place,
    Ticket,
    device_name,
    forgotten_at,
    is_closed,
    is_over,
    is_withdrawn,
    parse_place,
    settle,
    spent,
    valid_left,
)

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
TRIES_OF_ZONE = 2_000
"""Codes of one zone in that time that could be one and are none: those of somebody who guesses, with many devices or many invented
addresses. So many that 20 addresses cannot shut out everybody, and so few that guessing stays hopeless (docs/decisions/0020)."""
SWEPT = 500
"""Codes in use looked at in one sweep: a millisecond or two in which no page is served."""
SWEEPS = 60
"""Sweeps after which each code in use was looked at, however many there are."""


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
        """Held by staff who make or withdraw a batch."""
        self.held: frozenset[str] = frozenset()
        """Keys of batches that the hub wants: they stay on record, so that nobody forgets that the hall has withdrawn one."""
        self._remember = remember
        self._open: OrderedDict[Place, None] = OrderedDict()
        """Codes about which something is still to be done, the one looked at longest ago first."""
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

    async def distinct(self, batch: Batch, others: Iterable[Batch] = ()) -> Batch:
        """The batch, with another key when a code of it is one of another batch, too; ``others``: batches that will be there. In a thread:
        10,000 codes are 0.1 s of work."""
        tables = [*self._tables.values(), *(code_table(bytes.fromhex(other.key), other.count) for other in others)]
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
        """Seconds until the code of a session is over; None: it has none, or one that is not known (any more), or that was withdrawn: what
        was said to its visitor holds until staff have cut the session."""
        place = parse_place(session.voucher) if session.voucher else None
        found = None if place is None else self.at(place)
        if found is None or found.ticket.first_at is None or is_withdrawn(found.ticket, found.batch):
            return None
        return valid_left(found.ticket, found.batch, now)

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
        """A batch was made or withdrawn. Also whoever writes it calls this: what waits to be written must not be older."""
        self._know_batch(batch)
        self._remember(f"vouchers:{batch.number}", rows.of_batch(batch))

    def put(self, ticket: Ticket) -> list[Statement]:
        """A code was used or withdrawn; returns what is to be written. Also whoever writes it calls this, as ``put_batch``."""
        self._know(ticket)
        statements = rows.of_ticket(ticket)
        self._remember(ticket.place, statements)
        return statements

    def take_back(self, before: Ticket, after: Ticket) -> None:
        """A use came to nothing: what was known before holds again, unless something else has happened to the code since."""
        of_batch = self.tickets.get(after.batch, {})
        if of_batch.get(after.index) is not after:
            return
        if before == Ticket(batch=before.batch, index=before.index):
            del of_batch[after.index]
            self._open.pop(before.place, None)
            self._remember(before.place, rows.of_no_ticket(before.place))
        else:
            self.put(before)

    def enter(self, hall_key: bytes, session: Session) -> list[Statement]:
        """A session with a code has ended or leaves the code: what it used counts for the next one of this device. Returns what is to be
        written; empty when all is known already."""
        place = parse_place(session.voucher)
        found = None if place is None else self.at(place)
        if found is not None and session.mac is not None:
            after = spent(found.ticket, device_name(hall_key, found.batch, found.ticket.index, session.mac), session)
            if after is not found.ticket:
                return self.put(after)
        return []

    def sweep(self, now: Now) -> None:
        """Codes that are over forget their devices, the others follow the clocks; batches whose time on record is over are gone. Of many
        codes some in each call."""
        if self.changing.locked():
            return  # a withdrawal that is not on disk may still come to nothing
        for number, batch in list(self.batches.items()):
            until = forgotten_at(batch)
            if until is None or until > now.unix or now.boottime < SURE or batch.key in self.held:
                continue
            if all(is_over(each, batch, now) for each in self.tickets.get(number, {}).values()):
                self._drop(number)
        for place in list(islice(self._open, max(SWEPT, ceil(len(self._open) / SWEEPS)))):
            known, ticket = self.batches.get(place.batch), self.tickets.get(place.batch, {}).get(place.index)
            if known is None or ticket is None:
                del self._open[place]  # its batch is gone
                continue
            self._open.move_to_end(place)
            settled = settle(ticket, known, now)
            if settled is not ticket:
                self.put(settled)

    def _drop(self, number: int) -> None:
        self.tickets.pop(number, None)
        del self.batches[number], self._tables[number]
        self._remember(f"vouchers:{number}", rows.of_no_batch(number))

    def _know_batch(self, batch: Batch) -> None:
        self.batches[batch.number] = batch
        if len(self._tables.get(batch.number, ())) != batch.count:
            self._tables[batch.number] = _table_of(batch)

    def _know(self, ticket: Ticket) -> None:
        self.tickets.setdefault(ticket.batch, {})[ticket.index] = ticket
        if is_closed(ticket):
            self._open.pop(ticket.place, None)
        else:
            self._open.setdefault(ticket.place)

    # The journal --------------------------------------------------------------------------------------------------------------------

    def load(self, batches: Iterable[Batch], tickets: Iterable[Ticket]) -> None:
        """The journal was opened: what is only in the file is taken over."""
        for batch in batches:
            if batch.number not in self.batches:
                self._know_batch(batch)
        for ticket in tickets:
            if ticket.index not in self.tickets.get(ticket.batch, {}):
                self._know(ticket)

    def write_all(self) -> None:
        """A fresh file."""
        for batch in self.batches.values():
            self._remember(f"vouchers:{batch.number}", rows.of_batch(batch))
        for tickets in self.tickets.values():
            for ticket in tickets.values():
                self._remember(ticket.place, rows.of_ticket(ticket))


class Tries:
    """Wrong codes of late, by client and by zone. Clocks are CLOCK_BOOTTIME. Bounded: who was counted longest ago goes first."""

    def __init__(self) -> None:
        self._by_client: OrderedDict[str, deque[float]] = OrderedDict()
        self._by_zone: dict[str, deque[float]] = {}

    def wait(self, zone: str, mac: str, now: Now) -> str:
        """``tries`` when this client has typed too many wrong codes, ``guessing`` when all of its zone together have; else ""."""
        since = now.boottime - TRIES_SECONDS
        mine, all_here = self._by_client.get(mac, ()), self._by_zone.get(zone)
        if sum(moment > since for moment in mine) >= TRIES_OF_CLIENT:
            return "tries"
        return "guessing" if all_here is not None and len(all_here) == TRIES_OF_ZONE and all_here[0] > since else ""

    def wrong(self, zone: str, mac: str, now: Now, *, mistyped: bool) -> None:
        """One more."""
        mine = self._by_client.setdefault(mac, deque(maxlen=TRIES_OF_CLIENT))
        mine.append(now.boottime)
        self._by_client.move_to_end(mac)
        if not mistyped:
            self._by_zone.setdefault(zone, deque(maxlen=TRIES_OF_ZONE)).append(now.boottime)
        while len(self._by_client) > MOST_CLIENTS:
            self._by_client.popitem(last=False)
        self.forget(now)

    def forget(self, now: Now) -> None:
        """Whose last wrong code no longer counts is not known any more."""
        until = now.boottime - TRIES_SECONDS
        while self._by_client and next(iter(self._by_client.values()))[-1] <= until:
            self._by_client.popitem(last=False)
        for zone in [one for one, moments in self._by_zone.items() if moments[-1] <= until]:
            del self._by_zone[zone]
