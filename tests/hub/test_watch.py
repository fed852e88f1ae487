"""The hub watches: alarms are raised, told, acknowledged and ended, with a real database."""

from datetime import timedelta
from typing import Any

import pytest

from hotspot import wire
from hotspot.hub import watch
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.settings import Settings
from hotspot.hub.store import Store, marks
from tests.hub.conftest import Api, token_of
from tests.hub.fleet import Box, Clock, boxes, says

pytestmark = pytest.mark.hub
WELL = wire.Health(software="1.0")
FULL = wire.Health(zones=(wire.ZoneHealth("public", pool_used=95, pool_size=100),))


class Watched:
    """A hub with a clock of the test's, and gateways."""

    def __init__(self, store: Store, database: str) -> None:
        self.clock = Clock()
        self.hub = Hub(Settings(database=database), store, self.clock)
        self.boxes: list[Box] = []

    async def look(self, *healths: wire.Health | None) -> list[tuple[str, str, str]]:
        """Each gateway says how it is (None: nothing), 15 s pass, the hub looks; alarms in force as (gateway, kind, severity)."""
        self.clock.forward(15)
        async with self.hub.store.transaction() as connection:
            for box, health in zip(self.boxes, healths, strict=True):
                if health is not None:
                    await says(connection, box, self.clock.now, health)
        await watch.run(self.hub)
        async with self.hub.store.connection() as connection:
            rows = await connection.fetch(
                "SELECT coalesce(g.name, '') AS name, kind, severity FROM alarms a LEFT JOIN gateways g ON g.id = a.gateway_id "
                "WHERE raised_at IS NOT NULL ORDER BY 1, 2"
            )
        return [tuple(row) for row in rows]


@pytest.fixture
async def watched(store: Store, database: str) -> Watched:
    """Two gateways of one partner."""
    here = Watched(store, database)
    here.boxes = await boxes(store, 2)
    return here


async def test_a_gateway_that_never_came(watched: Watched) -> None:
    """One that was enrolled and has not spoken since is silent too."""
    assert await watched.look(WELL, None) == []
    async with watched.hub.store.connection() as connection:
        await connection.execute("UPDATE gateways SET created_at = $1", watched.clock.now)
    for _ in range(12):
        assert await watched.look(WELL, None) == []
    await watched.look(WELL, None)
    assert await watched.look(WELL, None) == [("kleinheim-1-1", "silent", "urgent")]


async def test_a_gateway_falls_silent_and_comes_back(watched: Watched) -> None:
    """Silence of three minutes is urgent; a minute after its return the alarm is history."""
    assert await watched.look(WELL, WELL) == []
    for _ in range(12):
        assert await watched.look(WELL, None) == []
    assert await watched.look(WELL, None) == [("kleinheim-1-1", "silent", "urgent")]
    assert await watched.look(WELL, WELL) == [("kleinheim-1-1", "silent", "urgent")]
    for _ in range(3):
        assert await watched.look(WELL, WELL) != []
    assert await watched.look(WELL, WELL) == []
    async with watched.hub.store.connection() as connection:
        ended = await connection.fetch("SELECT kind, severity, ended_at FROM alarms_ended")
    assert [tuple(row) for row in ended] == [("silent", "urgent", watched.clock.now)]


async def test_silence_of_the_hub_is_not_silence_of_the_halls(watched: Watched) -> None:
    """A hub that was away for hours raises nothing on its return while gateways still wait to try again."""
    await watched.look(WELL, WELL)
    watched.clock.forward(6 * 3600)
    for _ in range(20):
        assert await watched.look(None, None) == []
    assert await watched.look(WELL, None) == []
    watched.clock.forward(60)
    await watched.look(WELL, None)
    watched.clock.forward(60)
    assert await watched.look(WELL, None) == [("kleinheim-1-1", "silent", "urgent")]


async def test_what_a_silent_gateway_said_last_stays(watched: Watched) -> None:
    """A full pool is neither ended nor told again while the gateway says nothing."""
    assert await watched.look(FULL, WELL) == [("kleinheim-0-1", "pool", "warning")]
    watched.clock.forward(60)
    await watched.look(None, WELL)
    watched.clock.forward(60)
    await watched.look(None, WELL)
    watched.clock.forward(60)
    assert await watched.look(None, WELL) == [("kleinheim-0-1", "pool", "warning"), ("kleinheim-0-1", "silent", "urgent")]


async def test_what_came_and_went_at_once_is_not_told(watched: Watched) -> None:
    """A line that is away for 45 seconds raises no alarm; after a minute it does."""
    down = wire.Health(internet=False)
    await watched.look(down, WELL)
    await watched.look(down, WELL)
    assert await watched.look(down, WELL) == []
    assert await watched.look(WELL, WELL) == []
    for _ in range(4):
        assert await watched.look(down, WELL) == []
    assert await watched.look(down, WELL) == [("kleinheim-0-1", "wan_down", "urgent")]


async def test_what_flaps_stays_one_alarm(watched: Watched) -> None:
    """Each time an alarm ended, the next one waits twice as long to end."""
    lengths = []
    for _ in range(4):
        await watched.look(FULL, WELL)
        looks = 1
        while await watched.look(WELL, WELL):
            looks += 1
        lengths.append(looks * 15)
    assert lengths == [75, 135, 255, 495]


async def test_findings_of_the_hub_become_alarms_until_they_are_acknowledged(watched: Watched, api: Api) -> None:
    """A twin is urgent; once acknowledged the alarm ends and does not come back by itself, but with the next time."""
    box = watched.boxes[0]
    insert = (
        "INSERT INTO findings (hall_id, gateway_id, kind, since, last, times, detail) VALUES ($1, $2, 'twin', $3, $3, 1, 'two streams') "
        "ON CONFLICT (hall_id, gateway_id, kind) DO UPDATE SET last = $3, times = findings.times + 1"
    )
    async with watched.hub.store.connection() as connection:
        await connection.execute(insert, box.hall_id, box.id, watched.clock.now)
    assert await watched.look(WELL, WELL) == [(box.name, "twin", "urgent")]
    status, found = await api("GET", "/alarms")
    assert (status, [(each["gateway"], each["kind"], each["text"]) for each in found]) == (
        200,
        [(box.name, "twin", "two gateways use the same credential")],
    )
    async with watched.hub.store.connection() as connection:  # the API has the real clock, the watch that of the test
        await connection.execute("UPDATE alarms SET acknowledged_at = $1, acknowledged_by = 'anna'", watched.clock.now)
    for _ in range(6):
        await watched.look(WELL, WELL)
    assert await watched.look(WELL, WELL) == []
    for _ in range(3):
        assert await watched.look(WELL, WELL) == []
    async with watched.hub.store.connection() as connection:
        await connection.execute(insert, box.hall_id, box.id, watched.clock.now)
    assert await watched.look(WELL, WELL) == [(box.name, "twin", "urgent")]


async def test_alarms_by_the_api(watched: Watched, api: Api) -> None:
    """Staff list, look at and acknowledge alarms; another partner's people see nothing of them; history is there afterwards."""
    await boxes(watched.hub.store, 1, "grossdorf")
    await watched.look(FULL, WELL)
    theirs = api.as_(await token_of(watched.hub, "karl", Role.PARTNER_EDITOR, "kleinheim"))
    others = api.as_(await token_of(watched.hub, "gerda", Role.PARTNER_EDITOR, "grossdorf"))
    status, [alarm] = await theirs("GET", "/alarms", kind="pool")
    assert status == 200
    number = alarm["id"]
    expected: dict[str, Any] = {
        "id": number, "partner": "kleinheim", "hall": "kleinheim-0", "gateway": "kleinheim-0-1", "kind": "pool", "subject": "public",
        "severity": "warning", "text": "addresses nearly used up (95.0 %)", "german": "Adressen fast aufgebraucht (95.0 %)",
        "detail": {"percent": 95.0}, "acknowledged_by": "", "note": "",
    }  # fmt: skip
    assert {key: alarm[key] for key in expected} == expected
    assert await others("GET", "/alarms") == (200, [])
    assert (await others("GET", f"/alarms/{number}"))[0] == 404
    assert (await others("POST", f"/alarms/{number}/acknowledge", {}))[0] == 404
    status, seen = await theirs("POST", f"/alarms/{number}/acknowledge", {"note": "wird erweitert"})
    assert (status, seen["acknowledged_by"], seen["note"]) == (200, "karl", "wird erweitert")
    assert await theirs("GET", f"/alarms/{number}") == (200, seen)
    for _ in range(6):
        await watched.look(WELL, WELL)
    assert await api("GET", "/alarms") == (200, [])
    status, past = await api("GET", "/alarms/past", since="2026-11-01T00:00:00Z", until="2026-12-01T00:00:00Z")
    assert (status, [(each["id"], each["acknowledged_by"]) for each in past]) == (200, [(number, "karl")])
    assert (await others("GET", "/alarms/past", since="2026-11-01T00:00:00Z", until="2026-12-01T00:00:00Z"))[1] == []
    assert (await api("POST", f"/alarms/{number}/acknowledge", {}))[0] == 409
    async with watched.hub.store.connection() as connection:
        audited = await connection.fetchrow("SELECT actor, action, partner, hall, subject FROM audit WHERE action = 'alarm.acknowledge'")
    assert tuple(audited or ()) == ("user karl", "alarm.acknowledge", "kleinheim", "kleinheim-0", f"{number}")


async def test_gateways_that_are_gone_have_no_alarms(watched: Watched) -> None:
    """A revoked gateway and a closed hall are not watched any more, and their alarms end."""
    assert await watched.look(FULL, FULL) != []
    async with watched.hub.store.connection() as connection:
        await connection.execute("UPDATE gateways SET revoked_at = now() WHERE id = $1", watched.boxes[0].id)
        await connection.execute("UPDATE halls SET closed_at = now() WHERE id = $1", watched.boxes[1].hall_id)
    for _ in range(6):
        await watched.look(FULL, FULL)
    assert await watched.look(FULL, FULL) == []


async def test_the_hub_watches_itself(watched: Watched) -> None:
    """A backup that failed, and a last good one that is old, are alarms of the hub; they end when there is a good one again."""
    watched.boxes, at = [], watched.clock.now

    async def note(name: str, hours: float, **detail: Any) -> None:
        async with watched.hub.store.connection() as connection:
            await marks.write(connection, name, at - timedelta(hours=hours), detail)

    assert await watched.look() == []
    await note(marks.BACKUP, 40, size=1)
    await note(marks.BACKUP_TRIED, 16, failed=True)
    assert await watched.look() == [("", "backup_failed", "warning"), ("", "backup_old", "warning")]
    await note(marks.BACKUP, 0, size=1)
    assert len(await watched.look()) == 2
    seen = [await watched.look() for _ in range(4)]
    assert seen[-1] == []
