"""Simulated gateways against a real hub, over TLS: they are taken for real ones."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hotspot.lab import simulator
from hotspot.lab.simulator import Simulated, SimulatedHall
from hotspot.portal.uplink.link import HubRefused
from tests.hotspot.portal.uplink import authority
from tests.hub.conftest import Api
from tests.hub.failures.city import HALL, OTHER_HALL, City, RealTime, Tls

pytestmark = pytest.mark.hub

BUSY = 20_000.0
"""Visitors in an open hour: enough that there are some in any second."""


@pytest.fixture
async def city(database: str, tmp_path: Path) -> AsyncIterator[City]:
    """A running hub."""
    made = City(database, Tls(*await authority.make(tmp_path / "tls", ["localhost"])), RealTime())
    async with made.serving():
        yield made


def simulated(city: City, folder: Path, *tokens: str) -> Simulated:
    """Gateways with these tokens."""
    halls = tuple(SimulatedHall(token, BUSY, "Europe/Berlin") for token in tokens)
    return Simulated(url=city.settings().url, authority=city.tls.authority, folder=str(folder), every=1.0, halls=halls)


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it is so."""
    async with asyncio.timeout(20):
        while not await happened():  # noqa: ASYNC110  the hub has no event for it
            await asyncio.sleep(0.05)


async def shown(api: Api, gateway: str) -> dict[str, Any]:
    """A gateway as staff see it."""
    status, reply = await api("GET", f"/gateways/{gateway}")
    assert status == 200, reply
    found: dict[str, Any] = reply["gateway"]
    return found


async def ordered(api: Api, gateway: str, **order: Any) -> dict[str, Any]:
    """The answer of a gateway to an order."""
    status, reply = await api("POST", f"/gateways/{gateway}/orders", {**order, "wait": 10})
    assert status == 201, reply
    answer: dict[str, Any] = reply["answer"]
    return answer


async def test_they_are_taken_for_real(city: City, tmp_path: Path) -> None:
    """They enrol, report, take a policy and carry out orders; one that is shut out ends alone."""
    api, one, other = city.api, f"{HALL}-1", f"{OTHER_HALL}-1"
    tokens = [await city.token(hall) for hall in (HALL, OTHER_HALL)]
    async with asyncio.TaskGroup() as group:
        running = group.create_task(simulator.run(simulated(city, tmp_path / "gateways", *tokens)))
        await until(lambda: _all_well(city))
        await until(lambda: _visits(city, HALL, 1))

        changed = {"documents": [{"scope": "host", "document": {"hub": {"away": "open"}}}]}
        status, reply = await api("POST", "/policy/changes", changed)
        assert status in (200, 201), reply
        await until(lambda: _has_policy(api, (one, other), reply["serial"]))

        there = (await ordered(api, one, order="sessions"))["sessions"]
        code = max(there, key=lambda row: row["seconds_left"])["code"]  # one that does not go by itself meanwhile
        assert await ordered(api, one, order="end", code=code) == {"type": "done", "code": code, "state": "ended", "seconds_left": None}
        await until(lambda: _is_gone(api, one, code))

        assert (await api("POST", f"/gateways/{one}/revoke"))[0] == 200
        before = (await city.total(OTHER_HALL))["visits"]
        await until(lambda: _visits(city, OTHER_HALL, before + 1))
        assert ((await shown(api, one))["state"], (await shown(api, other))["state"], running.done()) == ("revoked", "ok", False)
        running.cancel()


async def _all_well(city: City) -> bool:
    return await city.states() == {HALL: "well", OTHER_HALL: "well"}


async def _visits(city: City, hall: str, least: int) -> bool:
    return (await city.total(hall))["visits"] >= least


async def _has_policy(api: Api, gateways: tuple[str, ...], serial: int) -> bool:
    return [(await shown(api, gateway))["policy"] for gateway in gateways] == [serial] * len(gateways)


async def _is_gone(api: Api, gateway: str, code: str) -> bool:
    return code not in {row["code"] for row in (await ordered(api, gateway, order="sessions"))["sessions"]}


async def test_a_token_that_is_not_good_ends_it(city: City, tmp_path: Path) -> None:
    """Nobody waits for gateways that will never speak."""
    with pytest.raises(ExceptionGroup) as raised:
        await simulator.run(simulated(city, tmp_path / "gateways", await city.token(), "hse_" + "x" * 43))
    assert raised.value.split(HubRefused)[1] is None
