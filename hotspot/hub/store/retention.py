"""What is erased because its time is up, and the log that proves it. Log and erasure are one transaction."""

from datetime import datetime, timedelta
from typing import Final

import asyncpg
from msgspec import Struct

from hotspot.hub.store.partitions import Growing, Part, parts
from hotspot.hub.store.pool import Connection

_PATIENCE: Final = "2s"
"""To drop a part, its table is locked for a moment; whoever waits for that lock holds up all others, so it is not waited for long."""


class Erased(Struct, frozen=True, kw_only=True):
    """One entry of the log."""

    at: datetime
    rule: str
    """Key of ``[retention]`` in the settings."""
    seconds: float
    """Its value then."""
    subject: str
    """Table."""
    begins: datetime | None
    """What the rows were of: from here …"""
    ends: datetime | None
    """… to here."""
    rows: int


async def expired(connection: Connection, growing: Growing, now: datetime, seconds: float) -> list[Part]:
    """Parts in which nothing is younger than that."""
    until = now - timedelta(seconds=seconds)
    return [part for part in await parts(connection, growing.table) if part.ends <= until]


async def drop(connection: Connection, growing: Growing, part: Part, now: datetime, seconds: float) -> int | None:
    """Erase a part; returns how many rows it had. None: its table is busy, so it is still there."""
    try:
        async with connection.transaction():
            rows: int = await connection.fetchval(f"SELECT count(*) FROM {part.name}")  # noqa: S608  its name was made here
            await connection.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            await connection.execute(f"DROP TABLE {part.name}")
            await note(connection, Erased(
                at=now, rule=growing.rule, seconds=seconds, subject=growing.table, begins=part.begins, ends=part.ends, rows=rows
            ))  # fmt: skip
    except asyncpg.LockNotAvailableError:
        return None
    return rows


async def empty_default(connection: Connection, growing: Growing, now: datetime, seconds: float) -> int:
    """Erase what is too old in the default part, if the table has one; returns how many rows that were."""
    default = f"{growing.table}_default"
    if await connection.fetchval("SELECT to_regclass($1)", default) is None:
        return 0
    until = now - timedelta(seconds=seconds)
    async with connection.transaction():
        await connection.execute("SELECT set_config('hotspot.erasure', 'on', true)")
        done = await connection.execute(f"DELETE FROM {default} WHERE {growing.column} < $1", until)  # noqa: S608  names of GROWING
        rows = int(done.rpartition(" ")[2])
        if rows:
            await note(connection, Erased(
                at=now, rule=growing.rule, seconds=seconds, subject=growing.table, begins=None, ends=until, rows=rows
            ))  # fmt: skip
    return rows


async def note(connection: Connection, erased: Erased) -> None:
    """One entry."""
    await connection.execute(
        "INSERT INTO retention_log (at, rule, seconds, subject, begins, ends, rows) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        erased.at,
        erased.rule,
        erased.seconds,
        erased.subject,
        erased.begins,
        erased.ends,
        erased.rows,
    )


async def log(connection: Connection, since: datetime, most: int) -> list[Erased]:
    """Entries, the newest first."""
    rows = await connection.fetch(
        "SELECT at, rule, seconds, subject, begins, ends, rows FROM retention_log WHERE at >= $1 ORDER BY at DESC, id DESC LIMIT $2",
        since,
        most,
    )
    return [Erased(**row) for row in rows]
