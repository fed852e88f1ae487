"""Rows of a partner or a hall, read out piece by piece: a year of figures does not have to fit into memory."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from hotspot.hub.store.ownership import FILES, OWNED, SCOPE, Owned, Scope, columns
from hotspot.hub.store.pool import Connection

ROWS = 1_000
"""Fetched at once."""


async def readable(connection: Connection) -> list[tuple[Owned, tuple[str, ...]]]:
    """The tables with their columns, without those that are secret; what is read first stands first: partners before their figures."""
    there = await columns(connection)
    return [(table, tuple(name for name in there[table.name] if name not in table.secret)) for table in reversed(OWNED)]


async def rows(connection: Connection, table: Owned, names: Sequence[str], scope: Scope) -> AsyncIterator[list[tuple[Any, ...]]]:
    """The rows of a table that belong to a scope, some at a time; inside a transaction."""
    shown = dict(table.shown)
    chosen = ", ".join(f"{shown.get(name, f't.{name}')} AS {name}" for name in names)
    order = ", ".join(str(number + 1) for number, name in enumerate(names) if name in ("hall_id", "at", "time", "day", "id", "name"))
    sql = f"{SCOPE} SELECT {chosen} FROM {table.name} t, scope WHERE {table.condition} ORDER BY {order or '1'}"  # noqa: S608  own names
    cursor = await connection.cursor(sql, *scope.arguments)
    while found := await cursor.fetch(ROWS):
        yield [tuple(row) for row in found]


async def files(connection: Connection, scope: Scope) -> AsyncIterator[tuple[str, bytes]]:
    """Pictures and texts of a scope's policy: SHA-256 and content, one at a time."""
    for row in await connection.fetch(f"{SCOPE} {FILES}", *scope.arguments):
        content = await connection.fetchval("SELECT content FROM policy_files WHERE digest = $1", row["digest"])
        yield row["digest"], content
