"""PostgreSQL restarted, killed, or failed over in the middle of writes: no report is lost, none is counted twice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from hotspot import wire
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.settings import Settings
from hotspot.hub.store import Store, StoreUnavailable, migrations
from hotspot.hub.store.pool import StoreBusy
from hotspot.hub.store.tenants import Gateway
from hotspot.lab.postgres import Cluster
from tests.hub.town import cells, delivery, gateway, report, row

pytestmark = pytest.mark.hub
GATEWAYS, REPORTS = 4, 60
"""So many gateways, each with so many reports of one visit."""
PATIENCE = 60.0


@pytest.fixture
def durable() -> Iterator[Cluster]:
    """A cluster of its own, whose commits are flushed: it is killed."""
    with Cluster(durable=True) as running:
        yield running


@contextlib.asynccontextmanager
async def hub_on(dsn: str) -> AsyncIterator[Hub]:
    """A hub process on a database, which is made ready."""
    async with Store(dsn, timeout=5.0) as store:
        async with store.connection() as connection:
            await migrations.migrate(connection)
        yield Hub(Settings(database=dsn), store)


class Halls:
    """Gateways that deliver until each report is receipted, as the real ones do: at least once, the oldest first."""

    def __init__(self, hub: Hub, boxes: list[Gateway]) -> None:
        self.hub, self.boxes, self.ingest = hub, boxes, Ingest(hub)
        self.receipts = 0
        self.refusals = 0
        self.known = 0
        self._waiting: list[tuple[int, asyncio.Event]] = []

    async def reached(self, receipts: int) -> None:
        """Wait until so many reports are receipted."""
        event = asyncio.Event()
        self._waiting.append((receipts, event))
        await event.wait()

    async def deliver(self) -> None:
        """All reports of all gateways."""
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            for box in self.boxes:
                group.create_task(self._of(box))

    async def _of(self, box: Gateway) -> None:
        for number in range(1, REPORTS + 1):
            now = datetime.now(UTC)
            sent = delivery(now, report(number, now, [row(now, visits=1)]))
            receipt = await self._receipt(box, sent)
            assert (receipt.taken + receipt.known, receipt.refused) == (1, ())
            self.known += receipt.known
            self.receipts += 1
            for wanted, event in self._waiting:
                if self.receipts >= wanted:
                    event.set()

    async def _receipt(self, box: Gateway, sent: wire.Delivery) -> wire.Receipt:
        while True:
            try:
                return await self.ingest.take(box, sent)
            except StoreUnavailable:
                self.refusals += 1
                await asyncio.sleep(0.05)  # as a gateway backs off


async def counted(hub: Hub) -> int:
    """How many visits the database holds."""
    return sum(one[4] for one in await cells(hub))


async def through(hub: Hub, breaks: Callable[[], Awaitable[None]]) -> Halls:
    """Deliver everything while something breaks after a third of it."""
    halls = Halls(hub, [await gateway(hub, f"town{number}-hall") for number in range(GATEWAYS)])

    async def broken() -> None:
        await halls.reached(GATEWAYS * REPORTS // 3)
        await breaks()

    async with asyncio.TaskGroup() as group:
        group.create_task(broken())
        group.create_task(halls.deliver())
    return halls


@pytest.mark.parametrize("how", ["restarted", "killed"])
async def test_postgresql_goes_and_comes_back(how: str, durable: Cluster) -> None:
    """Restarted, or killed with all its processes, while reports are written: each is counted once."""

    async def breaks() -> None:
        if how == "killed":
            await asyncio.to_thread(durable.kill)
        else:
            await asyncio.to_thread(durable.stop)
        await asyncio.to_thread(durable.start)

    async with hub_on(durable.dsn()) as hub:
        halls = await through(hub, breaks)
        assert await counted(hub) == GATEWAYS * REPORTS
        assert halls.refusals > 0


async def test_killed_again_and_again(durable: Cluster) -> None:
    """Three crashes in a row."""
    async with hub_on(durable.dsn()) as hub:

        async def breaks() -> None:
            for _ in range(3):
                await asyncio.to_thread(durable.kill)
                await asyncio.to_thread(durable.start)

        halls = await through(hub, breaks)
        assert await counted(hub) == GATEWAYS * REPORTS
        assert halls.receipts == GATEWAYS * REPORTS


@contextlib.contextmanager
def standby(primary: Cluster) -> Iterator[Cluster]:
    """A second server that has every commit before the first one says so."""
    second = Cluster(durable=True)
    try:
        second.follow(primary)
        yield second
    finally:
        second.remove()


async def test_fail_over_to_a_standby() -> None:
    """The first server is killed in the middle of writes, the standby takes over, and the hub finds it by itself."""
    settings = {"synchronous_standby_names": "'*'", "synchronous_commit": "on"}
    with Cluster(durable=True) as first, standby(first) as second:
        first.configure(settings)
        dsn = f"{first.dsn()},{quote(str(second.folder), safe='')}"
        async with hub_on(dsn) as hub:

            async def breaks() -> None:
                await asyncio.to_thread(first.kill)
                await asyncio.to_thread(second.promote)

            halls = await through(hub, breaks)
            assert await counted(hub) == GATEWAYS * REPORTS
            assert halls.refusals > 0
            async with hub.store.connection() as connection:
                assert not await connection.fetchval("SELECT pg_is_in_recovery()")
                assert str(second.folder) in await connection.fetchval("SHOW unix_socket_directories")


async def test_two_transactions_that_wait_for_each_other(hub: Hub) -> None:
    """PostgreSQL gives one of them up: that is no fault of the request, and no job or process ends of it; the other one is committed."""
    both_have_one = asyncio.Barrier(2)

    async def change(names: tuple[str, str]) -> str:
        try:
            async with hub.store.transaction() as connection:
                await connection.execute("UPDATE marks SET at = now() WHERE name = $1", names[0])
                await both_have_one.wait()
                await connection.execute("UPDATE marks SET at = now() WHERE name = $1", names[1])
        except StoreBusy as error:
            return str(error)
        return "done"

    async with hub.store.connection() as connection:
        await connection.execute("INSERT INTO marks (name, at) VALUES ('one', now()), ('two', now())")
    assert sorted(await asyncio.gather(change(("one", "two")), change(("two", "one")))) == ["DeadlockDetectedError", "done"]
