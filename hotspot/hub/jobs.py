"""Periodic work: each job runs in one hub process at a time, whichever comes first, by an advisory lock of PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from zlib import crc32

import structlog
from msgspec import Struct

from hotspot.hub.hub import Hub
from hotspot.hub.store import StoreUnavailable, locks
from hotspot.hub.store.pool import StoreRefused

log = structlog.get_logger("jobs")


class Job(Struct, frozen=True):
    """Something to be done again and again."""

    name: str
    seconds: float
    """From one end to the next beginning."""
    run: Callable[[Hub], Awaitable[None]]


async def run(hub: Hub, jobs: Iterable[Job]) -> None:
    """Until cancelled. A job that cannot reach the database, or that it refuses, is tried again at its next turn.

    A job has one connection for its lock and works with another: only so many run at once that they never take all, or each would wait for
    the others' second one."""
    turns = asyncio.Semaphore(max(1, hub.settings.connections // 4))
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_forever(hub, job, turns))


async def _forever(hub: Hub, job: Job, turns: asyncio.Semaphore) -> None:
    while True:
        try:
            async with turns:
                await once(hub, job)
        except StoreUnavailable as error:
            log.warning("job not done", job=job.name, why=str(error))
        except StoreRefused as error:  # a fault of the job or of its rows: gateways and people are served all the same
            log.error("job failed", job=job.name, why=type(error).__name__, code=error.sqlstate)
        await asyncio.sleep(job.seconds)


async def once(hub: Hub, job: Job) -> bool:
    """Do it now; False: another process is at it."""
    async with locks.held(hub.store, crc32(job.name.encode())) as mine:
        if mine:
            await job.run(hub)
        return mine
