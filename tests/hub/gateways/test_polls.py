"""Requests that wait for news."""

import asyncio
from typing import Any

import pytest

from hotspot import wire
from hotspot.hub.hub import Hub
from hotspot.hub.store.pool import CHANNEL
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, another_process, enrolled, hall, value, waiting

pytestmark = pytest.mark.hub


def clock() -> float:
    """Seconds."""
    return asyncio.get_running_loop().time()


async def begun(group: asyncio.TaskGroup, box: Box, **poll: Any) -> "asyncio.Task[wire.News]":
    """A poll that waits."""
    task = group.create_task(box.poll(**poll))
    await asyncio.sleep(0.3)
    assert not task.done()
    return task


async def test_without_news(api: Api) -> None:
    """The answer comes when the time is over; with 0 seconds at once."""
    box = await enrolled(api, await hall(api))
    start = clock()
    assert await box.poll(seconds=0) == wire.News()
    assert clock() - start < 0.5
    assert await box.poll(seconds=0.6) == wire.News()
    assert clock() - start >= 0.6


async def test_one_of_each_gateway(api: Api) -> None:
    """A second poll ends the first, which is told that there is nothing new."""
    box = await enrolled(api, await hall(api))
    async with asyncio.TaskGroup() as group:
        first = await begun(group, box)
        second = group.create_task(box.poll(seconds=0.5))
        assert await first == wire.News()
        assert not second.done()


async def test_another_policy_is_news(api: Api) -> None:
    """A change is told at once to whoever waits, and not again to those who have fetched it."""
    box = await enrolled(api, await hall(api))
    plan = {"down": "10 Mbit/s", "up": "2 Mbit/s", "time": "2 h"}
    document = {"plans": {"free": plan}, "terms": {"version": "1"}, "zones": {"public": {"plans": ["free"]}}}
    async with asyncio.TaskGroup() as group:
        poll = await begun(group, box)
        start = clock()
        status, answer = await api("POST", "/policy/changes", {"documents": [{"scope": "host", "document": document}]})
        assert status == 201, answer
        news = await poll
        assert clock() - start < 2
    status, content, _ = await box.raw("GET", wire.POLICY)
    policy = wire.decode(wire.Policy, content)
    assert (status, policy.serial, news) == (200, news.policy, wire.News(policy=policy.serial))
    assert await box.poll(policy=policy.serial, seconds=0) == wire.News(policy=policy.serial)


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_revoked_while_it_waits(api: Api, hub: Hub, database: str, elsewhere: bool) -> None:
    """The poll is cut at once, at whichever process it waits, and the next request finds the door shut."""
    box = await enrolled(api, await hall(api))
    async with another_process(database) as (base, other), asyncio.TaskGroup() as group:
        await waiting(hub)
        await waiting(other)
        there = box.at(base) if elsewhere else box
        await there.poll(seconds=0)
        task = group.create_task(there.refused(wire.POLL, wire.Poll(seconds=20)))
        await asyncio.sleep(0.3)
        assert not task.done()
        start = clock()
        assert (await api("POST", f"/gateways/{box.name}/revoke"))[1]["state"] == "revoked"
        status, problem = await task
        assert (status, problem.code, clock() - start < 1) == (401, "credential", True)
        for one in (box, there):
            assert (await one.refused(wire.POLL, wire.Poll(seconds=0)))[0] == 401


async def test_revoked_behind_the_back_of_a_deaf_process(api: Api, database: str) -> None:
    """A process that hears no signals remembers nothing: its next request asks the database, and a poll that waits is cut in seconds."""
    box = await enrolled(api, await hall(api))
    async with another_process(database, listens=False) as (base, _), asyncio.TaskGroup() as group:
        there = box.at(base)
        await there.poll(seconds=0)
        task = group.create_task(there.refused(wire.POLL, wire.Poll(seconds=20)))
        await asyncio.sleep(0.3)
        await api("POST", f"/gateways/{box.name}/revoke")
        assert (await there.refused(wire.ROTATE, wire.Rotate()))[0] == 401
        assert (await task)[0] == 401


async def test_the_process_stops(api: Api, database: str) -> None:
    """Whoever waits is answered at once, and asks another process."""
    box = await enrolled(api, await hall(api))
    async with asyncio.TaskGroup() as group:
        async with another_process(database) as (base, other):
            await waiting(other)
            task = await begun(group, box.at(base))
            start = clock()
        assert await task == wire.News()
        assert clock() - start < 2
    assert await box.poll(seconds=0) == wire.News()


async def test_the_database_restarts_under_those_who_wait(api: Api, hub: Hub) -> None:
    """Connections are cut, also the one that listens; orders that came meanwhile arrive all the same."""
    box = await enrolled(api, await hall(api))
    await waiting(hub)
    async with asyncio.TaskGroup() as group:
        poll = await begun(group, box)
        await value(
            hub,
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        order = None
        while order is None:
            status, answer = await api("POST", f"/gateways/{box.name}/orders", {"order": "status", "wait": 0})
            order = answer["id"] if status == 201 else None
        assert order in [one.id for one in (await poll).orders]


async def test_strange_signals(api: Api, hub: Hub) -> None:
    """Signals for gateways that do not wait here, and of other subjects, wake nobody."""
    box = await enrolled(api, await hall(api))
    await waiting(hub)
    async with asyncio.TaskGroup() as group:
        poll = await begun(group, box, seconds=1)
        for payload in ("gateway 999999", "weather fine", "order", ""):
            await value(hub, "SELECT pg_notify($1, $2)", CHANNEL, payload)
        assert await poll == wire.News()
