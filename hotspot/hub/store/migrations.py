"""The tables, brought up to date: plain SQL files, carried out once each, in order, forward only.

A file is one transaction. Its SHA-256 is written down: one that was changed after it was carried out is an error, because no two hubs would
have the same tables any more. An advisory lock lets processes that start together take turns.
"""

from hashlib import sha256
from importlib.resources import files
from typing import Final

import asyncpg
from msgspec import Struct

from hotspot.hub.store import partitions
from hotspot.hub.store.pool import Connection

_LOCK: Final = 0x68_6F_74_73_70_6F_74
"""Of the advisory lock: ``hotspot`` in ASCII."""


class Migration(Struct, frozen=True):
    """One file."""

    name: str
    """``0001_tenants``."""
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256, hex."""
        return sha256(self.sql.encode()).hexdigest()


class CannotMigrate(Exception):
    """The tables are not what this program expects; nothing was changed. The text says what is."""


def known() -> tuple[Migration, ...]:
    """All files of this program, the oldest first."""
    folder = files("hotspot.hub.store").joinpath("migrations")
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return tuple(
        Migration(entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8")) for entry in sorted(found, key=lambda one: one.name)
    )


async def pending(connection: Connection, wanted: tuple[Migration, ...] | None = None) -> list[Migration]:
    """What is still to be carried out. Raises ``CannotMigrate`` when the database has others, or other ones of the same name."""
    wanted = known() if wanted is None else wanted
    try:
        done = {row["name"]: row["digest"] for row in await connection.fetch("SELECT name, digest FROM migrations ORDER BY name")}
    except asyncpg.UndefinedTableError:
        done = {}
    names = [migration.name for migration in wanted]
    stranger = [name for name in done if name not in names]
    if stranger:
        raise CannotMigrate(f"cannot use this database: it has {', '.join(stranger)}, which this version does not know: update the program")
    for migration in wanted:
        if migration.name in done and done[migration.name] != migration.digest:
            raise CannotMigrate(f"cannot use this database: its {migration.name} is not the one of this version")
    fresh = [migration for migration in wanted if migration.name not in done]
    if fresh and done and fresh[0].name < max(done):
        raise CannotMigrate(f"cannot use this database: {fresh[0].name} is missing, though {max(done)} is there")
    return fresh


async def migrate(connection: Connection, wanted: tuple[Migration, ...] | None = None) -> list[str]:
    """Carry out what is pending; returns their names. Raises ``CannotMigrate``."""
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    try:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, digest text NOT NULL, at timestamptz NOT NULL DEFAULT now())"
        )
        fresh = await pending(connection, wanted)
        for migration in fresh:
            try:
                async with connection.transaction():
                    await connection.execute(migration.sql, timeout=600)
                    await connection.execute("INSERT INTO migrations (name, digest) VALUES ($1, $2)", migration.name, migration.digest)
            except asyncpg.PostgresError as error:
                raise CannotMigrate(f"cannot carry out {migration.name}: {error}") from error
        await partitions.ahead(connection, await connection.fetchval("SELECT now()"))
        return [migration.name for migration in fresh]
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
