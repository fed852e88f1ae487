"""The tally: what zones and plans see in each quarter of an hour, added up from the beginnings, the usage and the ends of sessions. Pure.

Rule 1: a number is entered once. ``take`` hands out what was entered since it was called last; the sum of all that is the truth.
Rule 2: time online is measured by CLOCK_BOOTTIME; only which quarter it belongs to is asked of the wall clock.
Rule 3: a batch never spans a jump of the wall clock: what was entered before it is closed at its last moment, so that whoever knows the
true time can put each batch right by one shift.
"""

from collections.abc import Iterator
from math import floor
from typing import Final

import msgspec
from msgspec import Struct

from hotspot.session.sessions import Now

QUARTER = 900
"""Seconds."""
CLOCK_JUMP = 120.0
"""Seconds by which wall clock and boot clock may drift apart within one batch."""
LATEST = 4_102_444_800
"""Seconds since 1970: the year 2100. A wall clock outside these bounds is taken to be at the nearer one."""

Kind = tuple[str, str]
"""Zone and plan."""


class Cell(Struct):
    """One zone and plan in one quarter, as far as it was counted."""

    quarter: int
    """Its beginning, seconds since 1970."""
    zone: str
    plan: str
    visits: int = 0
    """Sessions begun."""
    ended: int = 0
    seconds: float = 0.0
    """Time online, over all sessions."""
    bytes_up: int = 0
    bytes_down: int = 0
    peak: int = 0
    """Most sessions in progress at once."""
    languages: dict[str, int] = {}
    """Visits by language; sessions without a page have none."""
    families: dict[str, int] = {}
    """Visits by device family."""


class Batch(Struct, frozen=True):
    """Cells that go out together."""

    closed: Now
    """When the last number was entered."""
    cells: tuple[Cell, ...]


class Open(Struct, frozen=True):
    """All that a tally knows, to be kept over a crash."""

    at: Now
    """Until when time online is entered."""
    read: float
    """Until when usage is entered; boot clock of ``at``."""
    cells: tuple[Cell, ...] = ()
    batches: tuple[Batch, ...] = ()
    """Closed, not yet handed out."""
    rests: dict[str, float] = {}
    """``zone plan`` -> part of a second that is in no cell yet."""


class Tally:
    """Lives in the event loop; nothing here waits. Moments must not run backwards, but for the wall clock."""

    def __init__(self, now: Now) -> None:
        self.online: Final[dict[Kind, int]] = {}
        """Sessions in progress."""
        self._cells: dict[tuple[int, str, str], Cell] = {}
        self._batches: list[Batch] = []
        self._rests: dict[Kind, float] = {}
        self._at = now
        self._read = now.boottime
        self._offset = now.unix - now.boottime

    # Entering -----------------------------------------------------------------------------------------------------------------------

    def begin(self, kind: Kind, now: Now) -> None:
        """A session is in progress from now on."""
        self.advance(now)
        self.online[kind] = number = self.online.get(kind, 0) + 1
        cell = self._cell(quarter_of(now.unix), kind)
        cell.peak = max(cell.peak, number)

    def visit(self, kind: Kind, language: str, family: str, unix: float, now: Now) -> None:
        """A session has begun at ``unix`` (wall clock)."""
        self._settle(now)
        cell = self._cell(quarter_of(unix), kind)
        cell.visits += 1
        if language:
            cell.languages[language] = cell.languages.get(language, 0) + 1
        cell.families[family] = cell.families.get(family, 0) + 1

    def leave(self, kind: Kind, now: Now) -> None:
        """A session is no longer in progress on this plan."""
        self.advance(now)
        number = self.online.get(kind, 0) - 1
        if number > 0:
            self.online[kind] = number
        else:
            self.online.pop(kind, None)

    def ended(self, kind: Kind, unix: float, now: Now) -> None:
        """A session has ended at ``unix`` (wall clock)."""
        self._settle(now)
        self._cell(quarter_of(unix), kind).ended += 1

    def used(self, kind: Kind, up: int, down: int, now: Now, since: float = 0.0) -> None:
        """Usage since the last reading of all, or since the boot clock showed ``since``, if that was later; it is spread over the quarters
        between."""
        self._settle(now)
        spent = max(0.0, now.boottime - max(self._read, since))
        last, done, entered_up, entered_down = quarter_of(now.unix), 0.0, 0, 0
        for quarter, seconds in quarters(now.unix, spent):
            done += seconds
            upto_up, upto_down = (up, down) if quarter == last else (floor(up * done / spent), floor(down * done / spent))
            cell = self._cell(quarter, kind)
            cell.bytes_up += upto_up - entered_up
            cell.bytes_down += upto_down - entered_down
            entered_up, entered_down = upto_up, upto_down

    def read(self, now: Now) -> None:
        """Everybody's usage is entered up to now."""
        self._settle(now)
        self._read = max(self._read, now.boottime)

    def advance(self, now: Now) -> None:
        """Enter the time that those in progress were online until now."""
        self._settle(now)
        spent = now.boottime - self._at.boottime
        if spent > 0 and self.online:
            for quarter, seconds in quarters(now.unix, spent):
                for kind, number in self.online.items():
                    cell = self._cell(quarter, kind)
                    cell.seconds += number * seconds
                    cell.peak = max(cell.peak, number)
        if spent >= 0:
            self._at = now

    # Handing out --------------------------------------------------------------------------------------------------------------------

    def take(self, now: Now) -> tuple[Batch, ...]:
        """All that was entered since the last time, up to now; seconds are whole, and what is left of them is entered with the next."""
        self.advance(now)
        self._close(now)
        batches, self._batches = tuple(self._batches), []
        return batches

    def state(self) -> Open:
        """To be kept; the cells are the tally's own and change with it."""
        rests = {f"{zone} {plan}": rest for (zone, plan), rest in self._rests.items()}
        return Open(self._at, self._read, tuple(self._cells.values()), tuple(self._batches), rests)

    def go_on(self, before: Open) -> tuple[Batch, ...]:
        """The tally before a restart got as far as that; returns what it had not handed out. Before anything is entered. Within one boot
        those in progress were online in between; while the machine was off nobody was."""
        old = Tally(before.at)
        old._cells = {(cell.quarter, cell.zone, cell.plan): cell for cell in before.cells}
        for name, rest in before.rests.items():
            zone, _, plan = name.partition(" ")
            old._rests[zone, plan] = rest
        old._close(before.at)
        fresh = not self._cells and not self.online
        if fresh and before.at.boot_id == self._at.boot_id and before.at.boottime <= self._at.boottime:
            self._at, self._read = before.at, before.read
            self._offset = self._at.unix - self._at.boottime
        for kind, rest in old._rests.items():
            self._rests[kind] = self._rests.get(kind, 0.0) + rest
        return (*before.batches, *old._batches)

    def _settle(self, now: Now) -> None:
        """Close the batch when the wall clock has jumped."""
        if abs(now.unix - now.boottime - self._offset) > CLOCK_JUMP:
            self._close(self._at)
            self._offset = now.unix - now.boottime

    def _close(self, now: Now) -> None:
        cells = []
        for cell in sorted(self._cells.values(), key=lambda cell: (cell.quarter, cell.zone, cell.plan)):
            kind = (cell.zone, cell.plan)
            seconds = cell.seconds + self._rests.pop(kind, 0.0)
            whole = floor(seconds)
            if seconds > whole:
                self._rests[kind] = seconds - whole
            if cell.visits or cell.ended or whole or cell.bytes_up or cell.bytes_down:
                cells.append(msgspec.structs.replace(cell, seconds=float(whole)))
        self._cells.clear()
        self._offset = now.unix - now.boottime
        if cells:
            self._batches.append(Batch(now, tuple(cells)))

    def _cell(self, quarter: int, kind: Kind) -> Cell:
        key = (quarter, *kind)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Cell(quarter, *kind, languages={}, families={})
        return cell


def quarter_of(unix: float) -> int:
    """The quarter of an hour that a moment of the wall clock is in."""
    return floor(min(max(0.0, unix), LATEST)) // QUARTER * QUARTER


def quarters(until: float, spent: float) -> Iterator[tuple[int, float]]:
    """The quarters of the last ``spent`` seconds before ``until`` (wall clock), and how many of them are in each; at least one quarter, and
    the sum is ``spent`` whatever the clock says."""
    end = min(max(0.0, until), LATEST)
    since = max(0.0, end - spent)
    early, quarter, last = spent - (end - since), quarter_of(since), quarter_of(end)
    while quarter < last:
        yield quarter, quarter + QUARTER - since + early
        quarter += QUARTER
        since, early = float(quarter), 0.0
    yield last, end - since + early
