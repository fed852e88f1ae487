"""The long poll: contact found and lost, back off and come back, and no hurry with a hub that does not wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from hotspot import wire
from hotspot.portal.staff import Staff
from hotspot.portal.uplink import kept, poll
from hotspot.portal.uplink.backoff import Backoff
from hotspot.portal.uplink.link import Link
from hotspot.portal.uplink.orders import Orders
from tests.hotspot.portal.conftest import Bench, until
from tests.hotspot.portal.uplink.small_hub import SmallHub


@asynccontextmanager
async def polling(bench: Bench, hub: SmallHub, enrolled: bool = True) -> AsyncIterator[Orders]:
    """The bench asks the hub for news and carries out its orders."""
    office = bench.office
    office.settings = replace(office.settings, hub=hub.hub())
    if enrolled:
        hub.enrol(office.settings.state_dir)
    async with Link(hub.hub(), office.settings.state_dir) as link, asyncio.TaskGroup() as tasks:
        orders = Orders(office, Staff(office, bench.meter), link)
        running = [tasks.create_task(poll.run(office, link, orders)), tasks.create_task(orders.run())]
        yield orders
        for task in running:
            task.cancel()


async def test_contact_is_found_at_once_and_kept(bench: Bench, tmp_path: Path) -> None:
    """The first question is not a long one, so that it is known whether the hub is there; the next one waits, and brings what is new."""
    async with SmallHub(tmp_path) as hub, polling(bench, hub):
        uplink = bench.office.uplink
        await until(lambda: len(hub.polls) == 2)
        assert [(one.seconds, one.policy) for one in hub.polls] == [(0.0, 0), (wire.POLL_SECONDS, 0)]
        assert (uplink.connected_since, uplink.away_since, kept.was_reached(tmp_path)) == (bench.clock.unix, None, True)
        serial = hub.change({"hall": {"contact": "Pforte"}})
        await until(lambda: uplink.wanted == serial)
        assert uplink.named.is_set()


async def test_a_hub_that_goes_and_comes_back(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is away from the first question without an answer, for a reason that people understand, and there again by itself."""
    async with SmallHub(tmp_path) as hub, polling(bench, hub):
        uplink = bench.office.uplink
        await until(lambda: len(hub.polls) == 2)
        bench.clock.tick(60)
        await hub.stop()
        await until(lambda: uplink.away_since is not None)
        assert (uplink.connected_since, uplink.away_since, uplink.trouble.startswith("cannot reach the hub: ")) == (
            None,
            bench.clock.unix,
            True,
        )
        bench.clock.tick(60)
        await hub.__aenter__()
        await until(lambda: uplink.connected_since is not None, 10)
        assert (uplink.connected_since, uplink.away_since, uplink.trouble) == (bench.clock.unix, None, "")


@pytest.mark.parametrize(
    ("status", "problem", "said"),
    [
        (401, wire.Problem("credential", "it was revoked"), "the hub refused (credential): it was revoked"),
        (503, wire.Problem("unavailable", "database"), "the hub is not ready (HTTP 503)"),
    ],
)
async def test_a_hub_that_says_no_is_no_contact(bench: Bench, tmp_path: Path, status: int, problem: wire.Problem, said: str) -> None:
    """A revoked credential and a hub in trouble are told as such, and the hall is not taken to be connected."""
    async with SmallHub(tmp_path) as hub:
        hub.trouble = (status, problem)
        async with polling(bench, hub):
            await until(lambda: bench.office.uplink.trouble != "")
            assert (bench.office.uplink.trouble, bench.office.uplink.connected_since) == (said, None)
            assert not kept.was_reached(tmp_path)


async def test_whoever_has_just_enrolled_is_not_kept_waiting(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the next try would be away: ``hotspot enrol``, which is another process, has written a credential, and it is used."""
    monkeypatch.setattr(Backoff, "wait", lambda *_: 3_600.0)
    async with SmallHub(tmp_path) as hub, polling(bench, hub, enrolled=False):
        uplink = bench.office.uplink
        await until(lambda: uplink.trouble != "")
        assert uplink.trouble == "this gateway is not enrolled: hotspot enrol --config portal.toml TOKEN"
        hub.enrol(bench.office.settings.state_dir)
        await until(lambda: uplink.connected_since is not None, 10)
        assert kept.was_reached(tmp_path)
