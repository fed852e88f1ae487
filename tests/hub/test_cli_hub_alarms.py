"""``hotspot hub alarm``, ``channel`` and ``feedback``."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from hotspot import wire
from hotspot.cli import main
from hotspot.hub import watch
from hotspot.hub.hub import Hub
from hotspot.hub.store import feedback
from tests.hub.conftest import Api
from tests.hub.fleet import boxes, says

pytestmark = pytest.mark.hub


async def hotspot(api: Api, *arguments: str, status: int = 0) -> str:
    """What a command prints."""
    environ = {"HOTSPOT_HUB_URL": api.base, "HOTSPOT_HUB_TOKEN": api.token, "TZ": "UTC", "HOME": "/nonexistent"}
    done = await asyncio.to_thread(CliRunner().invoke, main, ["hub", *arguments], env=environ, catch_exceptions=False)
    assert done.exit_code == status, done.output
    return done.output


async def test_alarms(api: Api, hub: Hub) -> None:
    """Listed, shown, acknowledged; the past is empty."""
    assert await hotspot(api, "alarm", "list") == "nothing is amiss\n"
    assert await hotspot(api, "alarm", "list", "--past") == "no alarm has ended\n"
    [box] = await boxes(hub.store, 1)
    async with hub.store.transaction() as connection:
        await says(connection, box, hub.now(), wire.Health(zones=(wire.ZoneHealth("public", pool_used=99, pool_size=100),)))
    await watch.run(hub)
    table = (await hotspot(api, "alarm", "list", "--hall", "kleinheim-0")).splitlines()
    assert [line.split()[0] for line in table[:1]] == ["number"]
    assert "urgent" in table[1]
    assert "kleinheim-0/public" in table[1]
    assert "addresses nearly used up (99.0 %)" in table[1]
    [alarm] = json.loads(await hotspot(api, "alarm", "list", "--kind", "pool", "--json"))
    number = f"{alarm['id']}"
    assert "wird erweitert" in await hotspot(api, "alarm", "acknowledge", number, "--note", "wird erweitert")
    assert json.loads(await hotspot(api, "alarm", "show", number, "--json"))["acknowledged_by"] == "admin"
    assert json.loads(await hotspot(api, "alarm", "list", "--past", "--json")) == []
    expected = "cannot show the alarm: alarm = 99: expected the number of an alarm that is still kept"
    assert expected in await hotspot(api, "alarm", "show", "99", status=1)


async def test_channels(api: Api) -> None:
    """Made, tried, listed, removed; the secret is shown once."""
    made = await hotspot(api, "channel", "create", "leitstand", "--webhook", "http://127.0.0.1:9/", "--quiet", "22:00", "06:00")
    assert "secret (shown once)" in made
    assert "hsw_" in made
    assert "NO: ClientConnectorError" in await hotspot(api, "channel", "test", "leitstand", status=1)
    await hotspot(api, "channel", "create", "post", "--mail", "it@stadt.example", "--mail", "wach@stadt.example", "--lowest", "urgent")
    listed = await hotspot(api, "channel", "list")
    assert "22:00-06:00" in listed
    assert "it@stadt.example, wach@stadt.example" in listed
    assert "hsw_" not in listed
    await hotspot(api, "channel", "delete", "leitstand")
    assert [one["name"] for one in json.loads(await hotspot(api, "channel", "list", "--json"))] == ["post"]
    assert "give --webhook or --mail" in await hotspot(api, "channel", "create", "nichts", status=2)


async def test_feedback(api: Api, hub: Hub) -> None:
    """Listed until it is dealt with, shown whole, exported."""
    [box] = await boxes(hub.store, 1)
    told = wire.Feedback(id="0" * 16, at=1_800_000_000.0, zone="public", kind="idea", language="de", text="Mehr Steckdosen, " * 10)
    async with hub.store.transaction() as connection:
        await feedback.insert(connection, box.hall_id, [told])
    assert "…" in await hotspot(api, "feedback", "list", "--kind", "idea")
    [message] = json.loads(await hotspot(api, "feedback", "list", "--json"))
    number = f"{message['number']}"
    assert "Mehr Steckdosen, " * 9 in await hotspot(api, "feedback", "show", number)
    assert "bestellt" in await hotspot(api, "feedback", "done", number, "--note", "bestellt")
    assert await hotspot(api, "feedback", "list") == "there are no messages\n"
    assert len((await hotspot(api, "feedback", "export", "--hall", "kleinheim-0")).splitlines()) == 2
    assert json.loads(await hotspot(api, "feedback", "done", number, "--undo", "--json"))["done_at"] is None
