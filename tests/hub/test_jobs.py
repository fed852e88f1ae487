"""Periodic work: once at a time, and never all connections."""

import asyncio

import pytest

from hotspot.hub import jobs
from hotspot.hub.hub import Hub
from hotspot.hub.jobs import Job
from hotspot.hub.settings import Settings
from hotspot.hub.store import Store

pytestmark = pytest.mark.hub


@pytest.mark.parametrize("connections", [2, 8])
async def test_many_jobs_with_few_connections(connections: int, database: str) -> None:
    """Ten jobs that begin at once all get the connection that they work with, beside that of their lock."""
    done: set[str] = set()
    all_done = asyncio.Event()

    def job(name: str) -> Job:
        async def work(hub: Hub) -> None:
            async with hub.store.connection() as connection:
                await connection.execute("SELECT pg_sleep(0.01)")
            done.add(name)
            if len(done) == 10:
                all_done.set()

        return Job(name, 3_600, work)

    async with Store(database, connections, timeout=3.0) as store:
        hub = Hub(Settings(database=database, connections=connections), store)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(jobs.run(hub, [job(f"job {number}") for number in range(10)]))
            async with asyncio.timeout(2):
                await all_done.wait()
            running.cancel()


async def test_one_process_at_a_time(hub: Hub) -> None:
    """A job that another process is at is left to it."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(_: Hub) -> None:
        begun.set()
        await go_on.wait()

    job = Job("long", 3_600, work)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(jobs.once(hub, job))
        await begun.wait()
        assert await jobs.once(hub, job) is False
        go_on.set()
    assert first.result() is True


async def test_a_job_that_the_database_refuses(hub: Hub) -> None:
    """It is tried again at its next turn, and ends neither the other jobs nor the process that answers gateways."""
    tried, other = 0, asyncio.Event()
    again = asyncio.Event()

    async def broken(hub: Hub) -> None:
        nonlocal tried
        tried += 1
        if tried == 2:
            again.set()
        async with hub.store.connection() as connection:
            await connection.execute("SELECT 1 / 0")

    async def whole(_: Hub) -> None:
        if again.is_set():
            other.set()

    async with asyncio.TaskGroup() as group:
        running = group.create_task(jobs.run(hub, [Job("broken", 0.01, broken), Job("whole", 0.01, whole)]))
        async with asyncio.timeout(5):
            await other.wait()
        running.cancel()
