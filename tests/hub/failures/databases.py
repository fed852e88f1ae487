"""A PostgreSQL that a test may break: restarted, killed, and with a standby that takes its place."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import quote

import asyncpg

from hotspot.hub.store import migrations
from hotspot.lab.postgres import USER, Cluster

NAME = "town"
_STANDBYS = "synchronous_standby_names"


async def make(cluster: Cluster) -> None:
    """The hub's database, anew."""
    connection = await asyncpg.connect(cluster.dsn())
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {NAME} TEMPLATE template0")
    finally:
        await connection.close()
    connection = await asyncpg.connect(cluster.dsn(NAME))
    try:
        await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=str)
        await migrations.migrate(connection)
    finally:
        await connection.close()


@asynccontextmanager
async def held(cluster: Cluster) -> AsyncIterator[asyncpg.Connection]:
    """Whoever counts a report waits in the middle of the transaction; yields a connection that can tell whether somebody does."""
    connection = await asyncpg.connect(cluster.dsn(NAME))
    try:
        await connection.execute("BEGIN; LOCK TABLE figures_quarters IN ACCESS EXCLUSIVE MODE")
        yield connection
    finally:
        connection.terminate()


async def somebody_waits(connection: asyncpg.Connection) -> None:
    """Returns when a transaction waits for the lock of ``held``."""
    async with asyncio.timeout(10):
        while not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.005)


async def restarted(cluster: Cluster) -> None:
    """Stopped as by a package update, and there again."""
    await asyncio.to_thread(cluster.stop)
    await asyncio.to_thread(cluster.start)


async def killed(cluster: Cluster) -> None:
    """``kill -9`` for all of its processes, and there again."""
    await asyncio.to_thread(cluster.kill)
    await asyncio.to_thread(cluster.start)


@contextmanager
def standby(primary: Cluster) -> Iterator[Cluster]:
    """A copy that follows the primary, which answers no commit before it is on the copy's disk too."""
    copy = Cluster(durable=True)
    try:
        copy.folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(copy.folder, USER, USER)
        primary.run(
            "pg_basebackup", "--host", str(primary.folder), "--pgdata", str(copy.data), "--write-recovery-conf", "--checkpoint=fast"
        )
        with (copy.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("".join(f"{name} = {value}\n" for name, value in copy.settings.items()))
        copy.start()
        primary.run("psql", "--quiet", "--command", f"ALTER SYSTEM SET {_STANDBYS} = '*'")
        primary.run("psql", "--quiet", "--command", "SELECT pg_reload_conf()")
        yield copy
    finally:
        copy.remove()
        (primary.data / "postgresql.auto.conf").write_text("")  # so that it waits for nobody when it is started again


def both(primary: Cluster, copy: Cluster) -> str:
    """Of two servers the one that can be written to (libpq's way to say it)."""
    hosts = ",".join(quote(str(cluster.folder), safe="") for cluster in (primary, copy))
    return f"postgresql://{USER}@/{NAME}?host={hosts}&port=5432,5432"


async def promoted(primary: Cluster, copy: Cluster) -> None:
    """The primary dies, and its copy takes over."""
    await asyncio.to_thread(primary.kill)
    await asyncio.to_thread(copy.run, "pg_ctl", "promote", "--wait", "--silent", "--pgdata", str(copy.data))
