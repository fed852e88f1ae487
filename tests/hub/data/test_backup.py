"""The whole hub to a file and back, with PostgreSQL's own tools."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from hotspot.hub.data.backup import CannotBackUp, CannotRestore, Manifest, backup, check, manifest_of, restore
from hotspot.hub.store import Store, dump, migrations, restores
from hotspot.lab.postgres import Cluster
from tests.hub.conftest import database_of
from tests.hub.data.everything import fill, whole

pytestmark = pytest.mark.hub
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture
async def filled(database: str) -> str:
    """A database with something in every table."""
    async with Store(database) as store, store.transaction() as connection:
        await fill(connection, "kleinheim")
        await fill(connection, "grossdorf")
    return database


@pytest.fixture
async def elsewhere(cluster: Cluster) -> AsyncIterator[str]:
    """Another database, without tables."""
    async with database_of(cluster, "template0") as dsn:
        yield dsn


async def without_traces(dsn: str) -> dict[str, list[str]]:
    """The whole database, but for what says that it was restored."""
    return {table: [row for row in rows if "hub.restore" not in row] for table, rows in (await whole(dsn)).items() if table != "restores"}


async def test_the_same_comes_back(filled: str, elsewhere: str, tmp_path: Path) -> None:
    """Every row of every table, but for orders, which hold device codes and are in no backup; the database can be used at once."""
    written = await backup(filled, tmp_path / "hub.dump", NOW)
    assert await restore(elsewhere, tmp_path / "hub.dump", LATER) == written
    expected = {**await without_traces(filled), "orders": []}
    assert await without_traces(elsewhere) == expected
    assert written.rows == {**{table: len(rows) for table, rows in expected.items()}, "restores": 0}
    async with Store(elsewhere) as store, store.transaction() as connection:
        assert await migrations.pending(connection) == []
        assert await restores.again(connection, LATER) == LATER.timestamp()
        await fill(connection, "drittes")
    assert [path.stat().st_mode & 0o777 for path in sorted(tmp_path.iterdir())] == [0o600, 0o600]


async def test_a_backup_is_of_one_moment(filled: str, tmp_path: Path) -> None:
    """What is written while it is made is not in it: numbers of the manifest and rows of the file agree."""
    async with Store(filled) as store:
        original = dump.dump

        async def meanwhile(dsn: str, snapshot: str, file: Path) -> None:
            async with store.transaction() as connection:
                await fill(connection, "drittes")
            await original(dsn, snapshot, file)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dump, "dump", meanwhile)
            written = await backup(filled, tmp_path / "hub.dump", NOW)
    assert written.rows["partners"] == 2
    assert len((await restore_of(filled, tmp_path / "hub.dump"))["partners"]) == 2


async def restore_of(dsn: str, file: Path) -> dict[str, list[str]]:
    """Put back in place of what is there; what is there then."""
    await restore(dsn, file, LATER, replace=True)
    return await without_traces(dsn)


async def test_nothing_is_replaced_unasked(filled: str, tmp_path: Path) -> None:
    """A database with tables is refused, unless it is to be given up; then nothing of it is left."""
    await backup(filled, tmp_path / "hub.dump", NOW)
    expected = {**await without_traces(filled), "orders": []}
    async with Store(filled) as store, store.transaction() as connection:
        await fill(connection, "drittes")
    before = await whole(filled)
    with pytest.raises(CannotRestore, match="--replace gives them up"):
        await restore(filled, tmp_path / "hub.dump", LATER)
    assert await whole(filled) == before
    assert await restore_of(filled, tmp_path / "hub.dump") == expected


async def test_a_restoration_that_fails_changes_nothing(filled: str, tmp_path: Path) -> None:
    """A file that pg_restore cannot read to its end leaves the database as it was, though its SHA-256 fits."""
    file = tmp_path / "hub.dump"
    await backup(filled, file, NOW)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] + b"\0" * (len(content) - len(content) // 2))
    told = json.loads(manifest_of(file).read_text())
    with pytest.raises(CannotRestore, match="SHA-256"):
        await restore(filled, file, LATER, replace=True)
    manifest_of(file).write_text(json.dumps({**told, "sha256": sha256(file.read_bytes()).hexdigest()}))
    before = await whole(filled)
    with pytest.raises(CannotRestore, match="cannot run pg_restore"):
        await restore(filled, file, LATER, replace=True)
    assert await whole(filled) == before


async def test_rows_that_are_missing_are_noticed(filled: str, tmp_path: Path) -> None:
    """A backup with fewer rows than its manifest says is not put back."""
    file = tmp_path / "hub.dump"
    await backup(filled, file, NOW)
    told = json.loads(manifest_of(file).read_text())
    told["rows"]["partners"] += 1
    manifest_of(file).write_text(json.dumps(told))
    before = await whole(filled)
    with pytest.raises(CannotRestore, match="rows are missing"):
        await restore(filled, file, LATER, replace=True)
    assert await whole(filled) == before


async def test_a_hub_that_serves_is_in_the_way(filled: str, tmp_path: Path) -> None:
    """Nothing is replaced under a running hub."""
    await backup(filled, tmp_path / "hub.dump", NOW)
    async with Store(filled):
        with pytest.raises(CannotRestore, match="connections of hub processes to this database: stop them first"):
            await restore(filled, tmp_path / "hub.dump", LATER, replace=True)


async def test_a_stranger_version_is_told(filled: str, tmp_path: Path) -> None:
    """A backup of a newer program, or of another history, is refused before anything is touched."""
    file = tmp_path / "hub.dump"
    await backup(filled, file, NOW)
    told = json.loads(manifest_of(file).read_text())
    told["migrations"]["0999_future"] = "0" * 64
    manifest_of(file).write_text(json.dumps(told))
    with pytest.raises(CannotRestore, match="its tables \\(0999_future\\) are not those of this version"):
        await check(file)


async def test_what_cannot_be_written(filled: str, elsewhere: str, tmp_path: Path) -> None:
    """A file that is there, a folder that is not, a database that is no hub's: told, and nothing is left behind."""
    file = tmp_path / "hub.dump"
    file.touch()
    with pytest.raises(CannotBackUp, match="it exists"):
        await backup(filled, file, NOW)
    with pytest.raises(CannotBackUp, match="No such file or directory"):
        await backup(filled, tmp_path / "missing" / "hub.dump", NOW)
    with pytest.raises(CannotBackUp, match="no tables of the hub"):
        await backup(elsewhere, tmp_path / "other.dump", NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hub.dump"]
    with pytest.raises(CannotRestore, match="hub.dump.json: No such file"):
        await check(file)


def test_a_password_is_not_on_the_command_line() -> None:
    """It goes into the environment."""
    dsn = "postgresql://hub:p%40ss@db.example:5432/hub?sslmode=require"
    assert dump.separated(dsn) == ("postgresql://hub@db.example:5432/hub?sslmode=require", {"PGPASSWORD": "p@ss"})
    assert dump.separated("postgresql:///hub?host=/run/postgresql") == ("postgresql:///hub?host=/run/postgresql", {})


async def test_serials_of_the_policy_jump(filled: str, elsewhere: str, tmp_path: Path) -> None:
    """A change after a restoration never gets the number of one that a gateway has seen and the hub has forgotten."""
    await backup(filled, tmp_path / "hub.dump", NOW)
    async with Store(filled) as store, store.connection() as connection:
        lost = [await connection.fetchval("SELECT nextval('policy_serials')") for _ in range(5)]
    await restore(elsewhere, tmp_path / "hub.dump", LATER)
    async with Store(elsewhere) as store, store.connection() as connection:
        assert await connection.fetchval("SELECT nextval('policy_serials')") > max(lost)


def test_a_manifest_is_what_people_can_read(tmp_path: Path) -> None:
    """Its name follows from the file's."""
    assert manifest_of(tmp_path / "hub.dump") == tmp_path / "hub.dump.json"
    assert Manifest.__struct_fields__ == ("made_at", "software", "sha256", "size", "migrations", "rows")
