"""PostgreSQL is restarted, killed, or gives way to its standby, in the middle of deliveries."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from hotspot import wire
from hotspot.lab.postgres import Cluster
from tests.hub.failures import databases
from tests.hub.failures.boxes import Box
from tests.hub.failures.city import OTHER_HALL, City, Tls, Wall

pytestmark = pytest.mark.hub
Breaking = Callable[[], Awaitable[None]]


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """One that writes to the disk as in production."""
    with Cluster(durable=True) as cluster:
        yield cluster


@pytest.fixture
async def database(server: Cluster) -> AsyncIterator[str]:
    """The hub's database there."""
    if not server.running():
        server.start()
    await databases.make(server)
    yield server.dsn(databases.NAME)


@pytest.fixture
async def halls(city: City, tmp_path: Path) -> tuple[Box, Box]:
    """Two, that the hub knows."""
    pair = Box(city, tmp_path / "one"), Box(city, tmp_path / "two")
    async with city.serving():
        await pair[0].enrol()
        await pair[1].enrol(OTHER_HALL)
    return pair


async def _while_it_is_written(server: Cluster, box: Box, break_: Breaking) -> None:
    """A report is in a transaction that has not come to its end."""
    await box.visit(2)
    async with databases.held(server) as connection, asyncio.TaskGroup() as tasks:
        reporting = tasks.create_task(box.report())
        await databases.somebody_waits(connection)
        await break_()
        await reporting


class _AtTheAnswer:
    """Breaks the server between the commit of a report and the answer."""

    def __init__(self, city: City) -> None:
        self.break_: Breaking | None = None
        city.hooks.append(self)

    async def __call__(self, request: web.Request, _: web.StreamResponse) -> None:
        if request.path == wire.REPORTS and self.break_ is not None:
            break_, self.break_ = self.break_, None
            await break_()


async def _all_is_well(city: City, halls: tuple[Box, Box]) -> None:
    """After some time at most: everything has arrived once, in its own hall, and nothing is amiss."""
    for box in halls:
        await box.visit()
        await box.deliver()
    assert [await city.total(hall) for hall in ("kleinheim-rathaus", OTHER_HALL)] == [box.truth for box in halls]
    assert await city.alarms() == set()


@pytest.mark.parametrize("how", [databases.restarted, databases.killed])
async def test_restarted_or_killed(city: City, server: Cluster, halls: tuple[Box, Box], how: Callable[[Cluster], Awaitable[None]]) -> None:
    """In the middle of a transaction, and between commit and answer; the hub's processes go on, and the gateways try again."""
    at_answer, (one, two) = _AtTheAnswer(city), halls
    async with one.running(), two.running(), city.serving():
        await _while_it_is_written(server, one, lambda: how(server))
        assert one.bench.office.uplink.trouble == "the hub is not ready (HTTP 503)"
        at_answer.break_ = lambda: how(server)
        await two.visit(2)
        await two.report()
        assert two.waiting == 0
        await _all_is_well(city, halls)


async def test_gives_way_to_its_standby(server: Cluster, tls: Tls, wall: Wall, database: str, tmp_path: Path) -> None:
    """The primary dies in the middle of a transaction, and for good; what was answered is on the standby, what was not comes again."""
    assert database
    with databases.standby(server) as copy:
        city = City(databases.both(server, copy), tls, wall)
        one, two = halls = Box(city, tmp_path / "one"), Box(city, tmp_path / "two")
        async with city.serving():
            await one.enrol()
            await two.enrol(OTHER_HALL)
            async with one.running(), two.running():
                for box in halls:
                    await box.visit(3)
                    await box.deliver()
                await _while_it_is_written(server, one, lambda: databases.promoted(server, copy))
                assert one.waiting > 0
                await _all_is_well(city, halls)
