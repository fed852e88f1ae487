"""A year of plausible figures for demo and benchmarks: opening hours, market days, school holidays, public holidays, council meetings; more
visitors from year to year. The same hall has the same past whenever it is asked for."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import exp
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from hotspot.hub.store import Connection, partitions

QUARTER: Final = 900
QUARTERS_KEPT: Final = timedelta(days=90)
"""Figures by quarter of an hour exist for that long; before, by hour and day only, as at a hub that keeps the usual time."""
_OPEN: Final = {0: ((8, 12), (14, 16)), 1: ((8, 12),), 2: ((8, 12),), 3: ((8, 12), (14, 18)), 4: ((8, 12),)}
"""Weekday -> hours in which the town hall is open."""
LANGUAGES: Final = {"de": 62, "en": 9, "tr": 8, "uk": 7, "ar": 6, "ru": 4, "pl": 2, "ro": 2}
FAMILIES: Final = {"android": 52, "apple": 36, "windows": 7, "other": 5}
_COLUMNS: Final = ("zone", "plan", "visits", "ended", "seconds", "bytes_up", "bytes_down", "peak", "languages", "families")
_ADDED: Final = ("visits", "ended", "seconds", "bytes_up", "bytes_down")
_BATCH: Final = 20_000
"""Rows in one COPY."""


class Place(Struct, frozen=True):
    """A hall that gets a past."""

    hall_id: int
    gateway_id: int
    time_zone: str = "Europe/Berlin"
    size: float = 9.0
    """Visitors in an hour in which it is open."""


class Cell(Struct):
    """Figures of a step, zone and plan."""

    visits: int = 0
    ended: int = 0
    seconds: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    peak: int = 0
    languages: dict[str, int] = {}
    families: dict[str, int] = {}


_Cells = dict[tuple[str, str], Cell]


def holidays(year: int) -> set[date]:
    """Public holidays in all of Germany."""
    # Easter by Gauss, as in the Physikalisch-Technische Bundesanstalt's description of the calendar
    golden, century = year % 19, year // 100
    moon = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun = 2 - (3 * century + 3) // 4
    seed = (19 * golden + moon) % 30
    full = 21 + seed - (seed + golden // 11) // 29
    first = 7 - (year + year // 4 + sun) % 7
    easter = date(year, 3, 1) + timedelta(days=full + 7 - (full - first) % 7 - 1)
    moving = {easter + timedelta(days=off) for off in (-2, 1, 39, 50)}
    return moving | {date(year, month, day) for month, day in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))}


def rate(day: date, hour: int, size: float, closed: set[date]) -> float:
    """Visitors in that hour, in the public zone."""
    season = 0.6 if (day.month == 8 or (day.month, day.day) >= (12, 20)) else 1.0
    growth = 1.0 + ((day - date(2026, 1, 1)).days / 365) * 0.2
    if day in closed or day.weekday() > 4:
        return size * 0.05 * season * growth if 9 <= hour < 20 else 0.0
    opened = any(begins <= hour < ends for begins, ends in _OPEN[day.weekday()])
    busy = 1.0 if opened else 0.12 if 7 <= hour < 22 else 0.01
    return size * busy * season * max(growth, 0.3) * (1.4 if day.weekday() == 3 else 1.0)


def poisson(mean: float, random: Random) -> int:
    """How often something happens that happens ``mean`` times on average."""
    if mean <= 0:
        return 0
    limit, number, product = exp(-min(mean, 50)), 0, random.random()
    while product > limit:
        number += 1
        product *= random.random()
    return number


def spread(visits: int, shares: dict[str, int], random: Random) -> dict[str, int]:
    """So many visits over names, by their shares."""
    found: dict[str, int] = {}
    for name in random.choices(list(shares), list(shares.values()), k=visits):
        found[name] = found.get(name, 0) + 1
    return found


def quarters(place: Place, day: date, until: datetime) -> Iterator[tuple[int, _Cells]]:
    """The quarters of a day of the hall in which something happened, up to ``until``: beginning (seconds since 1970) and cells."""
    random = Random(f"{place.hall_id} {day}")
    midnight = datetime.combine(day, time(), ZoneInfo(place.time_zone)).astimezone(UTC)
    closed = holidays(day.year)
    council = day.weekday() == 3 and day.isocalendar().week % 4 == 1 and day not in closed
    streams = {("public", "free"): 0.8, ("public", "day"): 0.2, **({("council", "council"): 0.0} if council else {})}
    ends: dict[tuple[str, str], dict[int, int]] = {key: {} for key in streams}
    online = dict.fromkeys(streams, 0)
    for number in range(100):
        begins = midnight + timedelta(seconds=number * QUARTER)
        if begins >= until or begins.astimezone(ZoneInfo(place.time_zone)).date() != day:
            break
        hour = begins.astimezone(ZoneInfo(place.time_zone)).hour
        hourly, cells = rate(day, hour, place.size, closed), {}
        for key, share in streams.items():
            mean = hourly * share / 4 if key[0] == "public" else (6.0 if 18 <= hour < 19 else 0.3 if 19 <= hour < 22 else 0.0)
            visits, ended = poisson(mean, random), ends[key].pop(number, 0)
            for _ in range(visits):
                stay = number + 1 + min(int(random.expovariate(0.5)), 12)
                ends[key][stay] = ends[key].get(stay, 0) + 1
            before, online[key] = online[key], online[key] + visits - ended
            if visits or ended or before:
                cells[key] = _cell(visits, ended, before, random)
        if cells:
            yield int(begins.timestamp()), cells


def _cell(visits: int, ended: int, before: int, random: Random) -> Cell:
    seconds = int(900 * (max(before - ended, 0) + 0.5 * (visits + ended)))
    moved = int(seconds * random.uniform(8_000, 60_000))
    languages, families = spread(visits, LANGUAGES, random), spread(visits, FAMILIES, random)
    return Cell(visits, ended, seconds, moved // 11, moved, before + visits, languages, families)


def _added(into: _Cells, cells: _Cells) -> None:
    for key, cell in cells.items():
        known = into.get(key)
        if known is None:
            known = into[key] = Cell(languages={}, families={})
        for name in _ADDED:
            setattr(known, name, getattr(known, name) + getattr(cell, name))
        known.peak = max(known.peak, cell.peak)
        for mine, theirs in ((known.languages, cell.languages), (known.families, cell.families)):
            for name, visits in theirs.items():
                mine[name] = mine.get(name, 0) + visits


class _Copying:
    """Rows on their way into one table."""

    def __init__(self, connection: Connection, table: str, columns: Sequence[str]) -> None:
        self._connection, self._table, self._columns = connection, table, columns
        self._lines: list[str] = []

    async def add(self, *values: object) -> None:
        """One row; names and numbers only, so nothing needs quoting."""
        self._lines.append("\t".join(map(str, values)))
        if len(self._lines) >= _BATCH:
            await self.flush()

    async def cells(self, hall: int, at: object, cells: _Cells) -> None:
        """The rows of one step."""
        for (zone, plan), cell in cells.items():
            numbers = structs.astuple(cell)
            await self.add(hall, at, zone, plan, *numbers[:6], json.dumps(numbers[6]), json.dumps(numbers[7]))

    async def flush(self) -> None:
        """Write what waits."""
        lines, self._lines = self._lines, []

        async def source() -> AsyncIterator[bytes]:
            yield ("\n".join(lines) + "\n").encode()

        if lines:
            await self._connection.copy_to_table(self._table, source=source(), columns=list(self._columns), format="text")


async def fill(
    connection: Connection, halls: Sequence[Place], until: datetime, days: int, told: Callable[[int], None] = lambda _: None
) -> None:
    """Give halls a past of so many days, up to ``until``. Not inside a transaction; the halls have no figures yet. ``told`` hears how many
    halls are done."""
    first = until.date() - timedelta(days=days)
    span = [first + timedelta(days=number) for number in range(days + 2)]
    kept = until - QUARTERS_KEPT
    days_there = (first - timedelta(days=1), *span)  # a local day begins on the one before in UTC
    for table in ("figures_hours", "figures_days", "devices_days"):
        await partitions.ensure_days(connection, table, days_there)
    await partitions.ensure_days(connection, "figures_quarters", (day for day in days_there if day >= kept.date()))
    tables = {
        table: _Copying(connection, table, ("hall_id", column, *_COLUMNS))
        for table, column in (("figures_quarters", "time"), ("figures_hours", "time"), ("figures_days", "day"))
    }
    devices = _Copying(connection, "devices_days", ("hall_id", "day", "gateway_id", "devices"))
    for number, place in enumerate(halls, 1):
        for day in span:
            whole: _Cells = {}
            hours: dict[int, _Cells] = {}
            for begins, cells in quarters(place, day, until):
                if begins >= kept.timestamp():
                    await tables["figures_quarters"].cells(place.hall_id, datetime.fromtimestamp(begins, UTC), cells)
                _added(hours.setdefault(begins - begins % 3_600, {}), cells)
                _added(whole, cells)
            for hour, cells in hours.items():
                await tables["figures_hours"].cells(place.hall_id, datetime.fromtimestamp(hour, UTC), cells)
            await tables["figures_days"].cells(place.hall_id, day, whole)
            visits = sum(cell.visits for cell in whole.values())
            if visits:
                await devices.add(place.hall_id, day, place.gateway_id, max(1, visits * 4 // 5))
        told(number)
    for copying in (*tables.values(), devices):
        await copying.flush()


async def copies(connection: Connection, source: int, targets: Sequence[int]) -> None:
    """Give other halls the past of one that has been filled: quicker than a past of their own. Devices are not copied."""
    for table, column in (("figures_quarters", "time"), ("figures_hours", "time"), ("figures_days", "day")):
        columns = ", ".join(_COLUMNS)
        await connection.execute(
            f"INSERT INTO {table} (hall_id, {column}, {columns}) "  # noqa: S608  own constants
            f"SELECT hall, f.{column}, {columns} FROM unnest($2::int[]) AS hall CROSS JOIN {table} f WHERE f.hall_id = $1",
            source,
            list(targets),
            timeout=600,
        )
