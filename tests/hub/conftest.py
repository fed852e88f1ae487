"""A private PostgreSQL cluster for the run, and for each test a database of its own, copied from one with all tables."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import asyncpg
import pytest
from aiohttp import ClientSession, web
from msgspec import Struct

from hotspot.hub import hub as hubs
from hotspot.hub.access import ALLOWED, Permission, Role
from hotspot.hub.app import make_runner
from hotspot.hub.hub import Hub
from hotspot.hub.settings import Settings
from hotspot.hub.store import Store, migrations, people, tenants
from hotspot.hub.tokens import hashed, make
from hotspot.lab.postgres import Cluster

_numbers = count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL for the whole run."""
    with Cluster() as running:
        asyncio.run(_template(running))
        yield running


async def _template(cluster: Cluster) -> None:
    await _command(cluster, "CREATE DATABASE template_hub")
    connection = await asyncpg.connect(cluster.dsn("template_hub"))
    try:
        await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=str)
        await migrations.migrate(connection)
    finally:
        await connection.close()


async def _command(cluster: Cluster, sql: str) -> None:
    connection = await asyncpg.connect(cluster.dsn())
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@asynccontextmanager
async def database_of(cluster: Cluster, template: str = "template_hub") -> AsyncIterator[str]:
    """A database, as a DSN; it is dropped afterwards."""
    name = f"hub_{next(_numbers)}"
    await _command(cluster, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    try:
        yield cluster.dsn(name)
    finally:
        await _command(cluster, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
async def database(cluster: Cluster) -> AsyncIterator[str]:
    """A database with all tables and nothing in them."""
    async with database_of(cluster) as dsn:
        yield dsn


@pytest.fixture
async def empty_database(cluster: Cluster) -> AsyncIterator[str]:
    """A database without tables."""
    async with database_of(cluster, "template0") as dsn:
        yield dsn


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    """A connected store."""
    async with Store(database) as connected:
        yield connected


@pytest.fixture
def hub(database: str, store: Store) -> Hub:
    """A hub on that store; a test may change ``hub.now``."""
    return Hub(Settings(database=database), store)


class Api(Struct):
    """The hub as one user's client sees it."""

    http: ClientSession
    base: str
    token: str

    async def __call__(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """Status and JSON (None without a body) of a request below ``/api/v1``."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.http.request(method, f"{self.base}/api/v1{path}", json=body, params=query, headers=headers) as response:
            content = await response.read()
            return response.status, await response.json(content_type=None) if content else None

    def as_(self, token: str) -> "Api":
        """The same hub for somebody else."""
        return Api(self.http, self.base, token)


async def token_of(hub: Hub, name: str, role: Role, partner: str | None = None, permissions: frozenset[Permission] | None = None) -> str:
    """Make a user (and a token of theirs with all that the role may)."""
    secret = make("token")
    async with hub.store.transaction() as connection:
        found = await tenants.partner(connection, partner) if partner else None
        user = await people.add_user(connection, name, role, found.id if found else None)
        wanted = ALLOWED[role] if permissions is None else permissions
        await people.add_token(connection, user, "test", hashed(secret), wanted, hubs.now() + timedelta(days=1))
    return secret


@pytest.fixture
async def base(hub: Hub) -> AsyncIterator[str]:
    """The address of a running hub application, on loopback."""
    listening = asyncio.TaskGroup()
    async with listening:
        task = listening.create_task(hub.store.listen())
        runner = make_runner(hub, 0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()
            task.cancel()


@pytest.fixture
async def api(hub: Hub, base: str) -> AsyncIterator[Api]:
    """The running hub as its administrator sees it."""
    async with ClientSession() as http:
        yield Api(http, base, await token_of(hub, "admin", Role.HOST_ADMIN))
