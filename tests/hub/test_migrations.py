"""The tables are made from every earlier version, once, and only by the files that this version knows."""

import asyncio

import asyncpg
import pytest

from hotspot.hub.store import Store, migrations

pytestmark = pytest.mark.hub
FILES = migrations.known()
_COLUMNS = """
    SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1
"""


async def _columns(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row[0] for row in await connection.fetch(_COLUMNS)]
    finally:
        await connection.close()


@pytest.mark.parametrize("version", range(len(FILES)))
async def test_from_every_earlier_version(version: int, empty_database: str, database: str) -> None:
    """A database of any earlier version becomes the same as a new one; doing it again changes nothing."""
    async with Store(empty_database) as store, store.connection() as connection:
        assert await migrations.migrate(connection, FILES[:version]) == [file.name for file in FILES[:version]]
        assert await migrations.migrate(connection) == [file.name for file in FILES[version:]]
        assert await migrations.migrate(connection) == []
    assert await _columns(empty_database) == await _columns(database)


async def test_two_at_once(empty_database: str) -> None:
    """Processes that start together carry each file out once."""

    async def one() -> list[str]:
        async with Store(empty_database) as store, store.connection() as connection:
            return await migrations.migrate(connection)

    done = await asyncio.gather(one(), one(), one())
    assert sorted(name for names in done for name in names) == [file.name for file in FILES]


async def test_another_history_is_refused(database: str) -> None:
    """A file that was changed after it was carried out, and one of a newer program, are told."""
    async with Store(database) as store, store.connection() as connection:
        changed = (migrations.Migration(FILES[0].name, "SELECT 1"), *FILES[1:])
        with pytest.raises(migrations.CannotMigrate, match=f"its {FILES[0].name} is not the one of this version"):
            await migrations.migrate(connection, changed)
        with pytest.raises(migrations.CannotMigrate, match="which this version does not know"):
            await migrations.migrate(connection, FILES[:-1])


async def test_a_file_that_fails_changes_nothing(empty_database: str) -> None:
    """What a failing file did before it failed is undone."""
    async with Store(empty_database) as store, store.connection() as connection:
        bad = migrations.Migration("0001_bad", "CREATE TABLE half (); SELECT 1 / 0")
        with pytest.raises(migrations.CannotMigrate, match="0001_bad: division by zero"):
            await migrations.migrate(connection, (bad,))
        assert await connection.fetchval("SELECT to_regclass('half')") is None
