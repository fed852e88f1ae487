"""Tables that grow are cut by time: parts are made before they are needed, by day or by month, and dropped whole when their time is up.

A part is made beside its table and then attached, which takes no lock that readers or writers would wait for.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

import asyncpg
from msgspec import Struct

from hotspot.hub.store.pool import Connection

_LOCK: Final = 0x70_61_72_74
"""Of the advisory lock of those who make or drop parts."""
_NAME: Final = re.compile(r"^(?P<table>[a-z_]+)_p(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})?$")


class Growing(Struct, frozen=True):
    """A table that grows."""

    table: str
    column: str
    step: Literal["day", "month"]
    rule: str
    """Key of ``[retention]`` in the settings."""
    options: str = ""
    """Storage parameters of its parts."""


_CELLS: Final = "fillfactor = 50, autovacuum_vacuum_insert_scale_factor = 0.5"
GROWING: Final[tuple[Growing, ...]] = (
    Growing("figures_quarters", "time", "day", "quarters", _CELLS),
    Growing("figures_hours", "time", "month", "hours", "fillfactor = 90"),
    Growing("figures_days", "day", "month", "days", "fillfactor = 80"),
    Growing("devices_days", "day", "month", "days", "fillfactor = 70"),
    Growing("audit", "at", "month", "audit"),
    Growing("alarms_ended", "ended_at", "month", "alarms"),
    Growing("feedback", "at", "month", "feedback"),
)
BY_TABLE: Final = {growing.table: growing for growing in GROWING}
_AHEAD: Final = {"day": timedelta(days=14), "month": timedelta(days=92)}
_BEHIND: Final = {"day": timedelta(days=3), "month": timedelta(days=1)}


class Part(Struct, frozen=True, order=True):
    """One part of a table."""

    begins: datetime
    ends: datetime
    table: str
    name: str


def part_of(growing: Growing, day: date) -> Part:
    """The part that holds a day (UTC)."""
    if growing.step == "day":
        begins, ends, name = day, day + timedelta(days=1), f"{day:%Y%m%d}"
    else:
        begins = day.replace(day=1)
        ends, name = (begins + timedelta(days=31)).replace(day=1), f"{begins:%Y%m}"
    return Part(_midnight(begins), _midnight(ends), growing.table, f"{growing.table}_p{name}")


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _named(name: str) -> Part | None:
    """The part of that name; None: no part that was made here."""
    found = _NAME.match(name)
    if found is None or found["table"] not in BY_TABLE:
        return None
    growing = BY_TABLE[found["table"]]
    if (growing.step == "day") != (found["day"] is not None):
        return None
    return part_of(growing, date(int(found["year"]), int(found["month"]), int(found["day"] or 1)))


async def parts(connection: Connection, table: str) -> list[Part]:
    """Those that there are, the oldest first."""
    rows = await connection.fetch(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass($1)", table
    )
    return sorted(part for row in rows if (part := _named(row["relname"])) is not None)


async def ensure(connection: Connection, growing: Growing, days: Iterable[date]) -> list[str]:
    """Make what is missing for these days; returns the names of the parts that were made. Not inside a transaction."""
    wanted = {part_of(growing, day) for day in days}
    made: list[str] = []
    if not wanted - set(await parts(connection, growing.table)):
        return made
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        for part in sorted(wanted - set(await parts(connection, growing.table))):
            if await _make(connection, growing, part):
                made.append(part.name)
    return made


async def ensure_days(connection: Connection, table: str, days: Iterable[date]) -> list[str]:
    """The same by the table's name."""
    return await ensure(connection, BY_TABLE[table], days)


async def _make(connection: Connection, growing: Growing, part: Part) -> bool:
    """False: rows of that time are in the default part already, and stay there."""
    options = f" WITH ({growing.options})" if growing.options else ""
    try:
        async with connection.transaction():
            await connection.execute(f"CREATE TABLE {part.name} (LIKE {part.table} INCLUDING ALL EXCLUDING IDENTITY){options}")
            await connection.execute(
                f"ALTER TABLE {part.table} ATTACH PARTITION {part.name} FOR VALUES FROM ('{_bound(growing, part.begins)}') "
                f"TO ('{_bound(growing, part.ends)}')"
            )
    except asyncpg.CheckViolationError:
        return False
    return True


def _bound(growing: Growing, moment: datetime) -> str:
    return moment.date().isoformat() if growing.column == "day" else moment.isoformat()


async def ahead(connection: Connection, now: datetime) -> list[str]:
    """Make the parts of now, of the next weeks and of the last days, for all tables that there are; returns their names."""
    made = []
    for growing in GROWING:
        if await connection.fetchval("SELECT to_regclass($1)", growing.table) is None:
            continue
        first, last = (now - _BEHIND[growing.step]).date(), (now + _AHEAD[growing.step]).date()
        made += await ensure(connection, growing, (first + timedelta(days=number) for number in range((last - first).days + 1)))
    return made
