"""The whole hub to a file and back.

A backup is two files: ``FILE``, written by ``pg_dump`` in its custom format, and ``FILE.json`` (``Manifest``), which says what is in it:
SHA-256, version of the tables, rows of each table. Both are of one moment, while the hub goes on. A backup is put back whole or not at all.
"""

import os
from datetime import datetime
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct

from hotspot.hub.store import Store, audit, dump, marks, restores, whole
from hotspot.hub.store.migrations import known

APPLICATION = "hotspot-backup"
"""As PostgreSQL lists the connection: not one of a hub that serves."""


class CannotBackUp(Exception):
    """Nothing was written."""


class CannotRestore(Exception):
    """The database is as it was before."""


class Manifest(Struct, frozen=True, kw_only=True):
    """``FILE.json``."""

    made_at: datetime
    software: str
    sha256: str
    size: int
    """Bytes of ``FILE``."""
    migrations: dict[str, str]
    """Name -> SHA-256 of its file."""
    rows: dict[str, int]
    """By table."""


def manifest_of(file: Path) -> Path:
    """Where the manifest of a backup stands."""
    return file.with_name(f"{file.name}.json")


async def backup(dsn: str, file: Path, now: datetime) -> Manifest:
    """Write ``file`` and its manifest, readable by their owner only. Raises ``CannotBackUp`` and ``StoreUnavailable``."""
    if file.exists():
        raise CannotBackUp(f"cannot write {file}: it exists")
    fresh = file.with_name(f"{file.name}.part")
    try:
        fresh.touch(mode=0o600)
        async with Store(dsn, application=APPLICATION) as store, store.transaction(snapshot=True) as connection:
            rows = {**await whole.counts(connection), dump.WITHOUT: 0}
            if "migrations" not in rows:
                raise CannotBackUp("cannot back up: this database has no tables of the hub")
            done = await whole.migrations(connection)
            await dump.dump(dsn, await whole.snapshot(connection), fresh)
        manifest = Manifest(
            made_at=now, software=version("hotspot"), sha256=_digest(fresh), size=fresh.stat().st_size, migrations=done, rows=rows
        )
        _durably(manifest_of(file), msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        with fresh.open("rb") as written:
            os.fsync(written.fileno())
        fresh.rename(file)
    except dump.DumpFailed as error:
        raise CannotBackUp(str(error)) from None
    except OSError as error:
        raise CannotBackUp(f"cannot write {file}: {error.strerror or error}") from None
    finally:
        fresh.unlink(missing_ok=True)
    return manifest


async def note(dsn: str, made: Manifest) -> None:
    """Have the hub know of a good backup. Raises ``StoreUnavailable``."""
    async with Store(dsn, application=APPLICATION) as store, store.connection() as connection:
        await marks.write(connection, marks.BACKUP, made.made_at, {"size": made.size})


async def tried(dsn: str, now: datetime, *, failed: bool) -> None:
    """Have the hub know how the night's backup ended, with all that was to be done to it. Raises ``StoreUnavailable``."""
    async with Store(dsn, application=APPLICATION) as store, store.connection() as connection:
        await marks.write(connection, marks.BACKUP_TRIED, now, {"failed": failed})


async def check(file: Path) -> Manifest:
    """Is this backup whole, and one that this program can use? Raises ``CannotRestore``."""
    try:
        manifest = msgspec.json.decode(manifest_of(file).read_bytes(), type=Manifest)
        if file.stat().st_size != manifest.size or _digest(file) != manifest.sha256:
            raise CannotRestore(f"cannot restore {file}: it is not what was written: its SHA-256 is not that of {manifest_of(file).name}")
    except OSError as error:
        raise CannotRestore(f"cannot read {error.filename}: {error.strerror or error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CannotRestore(f"cannot read {manifest_of(file)}: {error}") from None
    mine = {migration.name: migration.digest for migration in known()}
    strange = sorted(name for name, digest in manifest.migrations.items() if mine.get(name) != digest)
    if strange:
        raise CannotRestore(
            f"cannot restore {file}: its tables ({strange[0]}) are not those of this version: it was written by {manifest.software}"
        )
    return manifest


async def restore(dsn: str, file: Path, now: datetime, *, replace: bool = False) -> Manifest:
    """Put a backup back into a database without tables; ``replace``: in place of those that are there. Raises ``CannotRestore`` and
    ``StoreUnavailable``."""
    manifest = await check(file)
    async with Store(dsn, application=APPLICATION) as store, store.connection() as connection:
        if serving := await whole.others(connection):
            raise CannotRestore(f"cannot restore: {serving} connections of hub processes to this database: stop them first")
        there = await whole.counts(connection)
        if there and not replace:
            raise CannotRestore(
                f"cannot restore: this database has {len(there)} tables and {sum(there.values())} rows: --replace gives them up"
            )
        async with whole.replaced(connection):
            try:
                await dump.restore(dsn, file)
            except dump.DumpFailed as error:
                raise CannotRestore(str(error)) from None
            found = await whole.counts(connection)
            if found != manifest.rows:
                wanted = manifest.rows
                wrong = [f"{table}: {found.get(table)} instead of {count}" for table, count in wanted.items() if found.get(table) != count]
                raise CannotRestore(f"cannot restore {file}: rows are missing: {', '.join(wrong)}")
            await restores.note(connection, manifest.made_at, now)
            await audit.write(connection, "hub", "hub.restore", detail={"backup": manifest.made_at, "sha256": manifest.sha256})
    return manifest


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


def _durably(path: Path, content: bytes) -> None:
    """Write a small file for its owner only, on disk when this returns."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
