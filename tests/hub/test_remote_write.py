"""Metrics are pushed to a real Prometheus; one that is away or wrong is told and tried again."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web

from hotspot import wire
from hotspot.hub import remote_write, watch
from hotspot.hub.hub import Hub
from hotspot.hub.settings import RemoteWrite, Settings
from hotspot.hub.store import Store, marks
from hotspot.lab.prometheus import Prometheus
from tests.hub.conftest import Api
from tests.hub.fleet import Clock, boxes, says

pytestmark = pytest.mark.hub


def pushing(database: str, store: Store, url: str, clock: Clock, token_file: str = "") -> Hub:
    """A hub that pushes every minute."""
    return Hub(Settings(database=database, remote_write=RemoteWrite(url=url, token_file=token_file)), store, clock)


async def state(hub: Hub) -> tuple[int, str]:
    """Failures in a row, and why the last one."""
    async with hub.store.connection() as connection:
        mark = await marks.read(connection, watch.REMOTE_WRITE)
    return (0, "never") if mark is None else (mark.detail["failures"], mark.detail.get("why", ""))


async def test_prometheus_has_what_was_pushed(database: str, store: Store, hub: Hub) -> None:
    """Every series arrives with its labels and the hub's job; the next push comes when its time has come, not before."""
    clock = Clock(hub.now())
    many = await boxes(store, 300)
    async with store.transaction() as connection:
        for box in many:
            await says(connection, box, clock.now, wire.Health(zones=(wire.ZoneHealth("public", online=7), wire.ZoneHealth("council"))))
    async with Prometheus("global: {}\n") as prometheus:
        pusher = pushing(database, store, f"{prometheus.url}/api/v1/write", clock)
        await remote_write.run(pusher)
        assert await state(pusher) == (0, "")
        found = await prometheus.query('hotspot_zone_online{zone="public"}')
        assert {series["value"][1] for series in found} == {"7"}
        labels = {"hall": "kleinheim-0", "gateway": "kleinheim-0-1", "partner": "kleinheim", "zone": "public"}
        assert {"__name__": "hotspot_zone_online", "instance": "hub", "job": "hotspot-hub", **labels} in [each["metric"] for each in found]
        assert (await prometheus.query("count(hotspot_gateway_internet_up)"))[0]["value"][1] == "300"
        assert (await prometheus.query("count(hotspot_zone_online)"))[0]["value"][1] == "600"
        first = found[0]["value"]
        clock.forward(30)
        await remote_write.run(pusher)
        async with store.connection() as connection:
            mark = await marks.read(connection, watch.REMOTE_WRITE)
        assert mark is not None
        assert mark.at == clock.now - timedelta(seconds=30)
        assert first[1] == "7"


async def test_a_receiver_that_is_away_is_tried_ever_less_often_and_told(database: str, store: Store, api: Api) -> None:
    """Pauses double up to a quarter of an hour; after two minutes it is an alarm of the hub; once it works again the alarm ends."""
    clock = Clock()
    pusher = pushing(database, store, "http://127.0.0.1:9/write", clock)
    attempts = []
    before = (0, "never")
    for _ in range(0, 3_600, 15):
        clock.forward(15)
        await remote_write.run(pusher)
        await watch.run(pusher)
        if (now := await state(pusher)) != before:
            attempts.append(clock.now)
            before = now
    waits = [round((later - earlier).total_seconds()) for earlier, later in pairwise(attempts)]
    assert waits == [60, 120, 240, 480, 900, 900, 900][: len(waits)]
    assert len(waits) >= 6
    assert before[1].startswith("ClientConnectorError")
    alarms = (await api("GET", "/alarms"))[1]
    assert [(each["kind"], each["hall"], each["severity"]) for each in alarms] == [("remote_write", None, "warning")]
    clock.forward(1_000)
    unwanted = Hub(Settings(database=database), store, clock)
    await remote_write.run(unwanted)
    for _ in range(6):
        await watch.run(unwanted)
        clock.forward(15)
    assert (await api("GET", "/alarms"))[1] == []


@pytest.mark.parametrize(
    ("status", "why"), [(400, "status 400: no"), (401, "status 401: no"), (302, "status 302: no"), (500, "status 500: no")]
)
async def test_a_wrong_receiver_says_why(database: str, store: Store, tmp_path: Path, status: int, why: str) -> None:
    """Its words are told; the token goes along; a redirect is not followed with it."""
    seen = []

    async def refuse(request: web.Request) -> web.Response:
        seen.append((request.headers["Authorization"], request.headers["Content-Encoding"], request.path))
        return web.Response(status=status, text="no", headers={"Location": "/elsewhere"})

    token = tmp_path / "token"
    token.write_text("geheim\n")
    box, clock = (await boxes(store, 1))[0], Clock()
    async with store.transaction() as connection:
        await says(connection, box, clock.now)
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", refuse)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pusher = pushing(database, store, f"http://127.0.0.1:{runner.addresses[0][1]}/write", clock, str(token))
        await remote_write.run(pusher)
    finally:
        await runner.cleanup()
    assert (await state(pusher), seen) == ((1, why), [("Bearer geheim", "snappy", "/write")])


async def test_a_token_that_cannot_be_read_is_told(database: str, store: Store) -> None:
    """Nothing is sent without it."""
    pusher = pushing(database, store, "http://127.0.0.1:9/", Clock(), "/nowhere/token")
    await remote_write.run(pusher)
    failures, why = await state(pusher)
    assert (failures, why.startswith("remote_write.token_file: ")) == (1, True)
