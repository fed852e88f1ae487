"""The database as a whole: what is in it, who is connected, and its tables put aside while a backup takes their place."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from hotspot.hub.store.ownership import columns
from hotspot.hub.store.pool import Connection

ASIDE: Final = "before_restore"
"""Schema of the tables that a restoration replaces, until it has worked."""
SECONDS = 3_600.0
"""For what reads or removes everything."""


async def counts(connection: Connection) -> dict[str, int]:
    """Rows of each table; nothing when there are no tables."""
    return {
        table: await connection.fetchval(f'SELECT count(*) FROM "{table}"', timeout=SECONDS)  # noqa: S608  names of the catalogue
        for table in await columns(connection)
    }


async def snapshot(connection: Connection) -> str:
    """A name under which ``pg_dump`` sees what this transaction sees, for as long as it lasts."""
    name: str = await connection.fetchval("SELECT pg_export_snapshot()")
    return name


async def others(connection: Connection) -> int:
    """How many hub processes are connected to this database, beside this one."""
    found: int = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'hotspot-hub%'"
    )
    return found


async def migrations(connection: Connection) -> dict[str, str]:
    """Which tables those are: name of each migration -> SHA-256 of its file."""
    rows = await connection.fetch("SELECT name, digest FROM migrations ORDER BY name")
    return {row["name"]: row["digest"] for row in rows}


@asynccontextmanager
async def replaced(connection: Connection) -> AsyncIterator[None]:
    """No schema ``public`` meanwhile: a backup brings its own. Afterwards the former tables are removed, or put back when something
    failed."""
    await connection.execute(f"DROP SCHEMA IF EXISTS {ASIDE} CASCADE", timeout=SECONDS)
    await connection.execute(f"ALTER SCHEMA public RENAME TO {ASIDE}")
    async with AsyncExitStack() as unless_done:
        unless_done.push_async_callback(_put_back, connection)
        yield
        unless_done.pop_all()
    await connection.execute(f"DROP SCHEMA {ASIDE} CASCADE", timeout=SECONDS)


async def _put_back(connection: Connection) -> None:
    async with connection.transaction():
        await connection.execute("DROP SCHEMA IF EXISTS public CASCADE", timeout=SECONDS)
        await connection.execute(f"ALTER SCHEMA {ASIDE} RENAME TO public")
