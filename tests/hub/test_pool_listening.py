"""Notifications: a process knows whether it hears them."""

import asyncio
import os
import signal

import pytest

from hotspot.hub.store import Store, pool

pytestmark = pytest.mark.hub


async def until(store: Store, listening: bool) -> None:
    """Returns when the store listens, or does not."""
    async with asyncio.timeout(10):
        for _ in range(1_000):
            if store.listening is listening:
                return
            await asyncio.sleep(0.01)
    raise AssertionError(f"listening is not {listening}")


async def test_a_connection_that_is_cut(store: Store) -> None:
    """It is known at once that nothing is heard, and told when something may have been missed."""
    missed = asyncio.Event()
    heard: asyncio.Queue[str] = asyncio.Queue()
    store.on_signal(heard.put_nowait, missed.set)
    await until(store, False)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(store.listen())
        await until(store, True)
        assert missed.is_set()
        missed.clear()
        async with store.connection() as connection:
            await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%listen'")
        await until(store, False)
        async with asyncio.timeout(10):
            await missed.wait()
        await until(store, True)
        async with store.transaction() as connection:
            await pool.notify(connection, "gateway 1")
        async with asyncio.timeout(10):
            assert await heard.get() == "gateway 1"
        task.cancel()
    await until(store, False)


async def test_a_connection_that_says_nothing_any_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is frozen, or behind a line that was cut silently, is noticed by asking it; until it answers nothing is believed."""
    monkeypatch.setattr(pool, "PULSE_SECONDS", 0.3)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(store.listen())
        await until(store, True)
        async with store.connection() as connection:
            pid = await connection.fetchval("SELECT pid FROM pg_stat_activity WHERE application_name LIKE '%listen'")
        stopped(pid, True)
        try:
            await until(store, False)
        finally:
            stopped(pid, False)
        await until(store, True)
        task.cancel()


def stopped(pid: int, stop: bool) -> None:
    """Freeze one process of the private cluster, or let it go on."""
    os.kill(pid, signal.SIGSTOP if stop else signal.SIGCONT)
