"""Figures by the API: for people, machines and spreadsheets, of one's own halls only."""

from datetime import timedelta
from typing import Any

import pytest

from hotspot import wire
from hotspot.hub import retention
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from tests.hub.conftest import Api, token_of
from tests.hub.town import NOON, delivery, gateway, report, row

pytestmark = pytest.mark.hub
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HEALTH = wire.Health(zones=(wire.ZoneHealth("public", 3), wire.ZoneHealth("council", 1)), warnings=("w",))


@pytest.fixture
async def halls(hub: Hub, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two halls of Kleinheim and one of Grossdorf with some visits of yesterday and today; it is noon in UTC."""
    boxes = [await gateway(hub, name) for name in ("kleinheim-rathaus", "kleinheim-bad", "grossdorf-rathaus")]
    days = (wire.Day("2026-11-17", 5), wire.Day("2026-11-18", 7))
    for number, box in enumerate(boxes, 1):
        rows = [
            row(NOON - DAY, visits=number, bytes_up=10, bytes_down=20, seconds=30, peak=2, languages={"de": number}, families={"apple": 1}),
            row(NOON - HOUR, "council", "staff", visits=1, ended=1, languages={"tr": 1}),
            row(NOON, visits=10, peak=5),
        ]
        monkeypatch.setattr(hub, "now", lambda: NOON)
        await Ingest(hub).take(
            box, delivery(NOON, report(1, NOON, rows, days=days), health=HEALTH if number < 3 else wire.Health(internet=False))
        )
    await retention.roll_up(hub)


async def get(api: Api, path: str, **query: str) -> Any:
    """The answer of something that works."""
    status, answer = await api("GET", path, **query)
    assert status == 200, answer
    return answer


async def test_a_hall_by_day(halls: None, api: Api) -> None:
    """Without any parameter: a month of days, by the clocks of the hall."""
    assert await get(api, "/halls/kleinheim-rathaus/figures") == {
        "of": "kleinheim-rathaus",
        "time_zone": "Europe/Berlin",
        "step": "day",
        "by": "none",
        "from": "2026-10-19T00:00:00+02:00",
        "to": "2026-11-19T00:00:00+01:00",
        "points": [
            {
                "time": "2026-11-17T00:00:00+01:00",
                "visits": 1,
                "ended": 0,
                "seconds": 30,
                "bytes_up": 10,
                "bytes_down": 20,
                "peak": 2,
            },
            {"time": "2026-11-18T00:00:00+01:00", "visits": 11, "ended": 1, "seconds": 0, "bytes_up": 0, "bytes_down": 0, "peak": 5},
        ],
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"step": "month", "by": "zone"}, [("2026-11-01T00:00:00+01:00", "council", 1), ("2026-11-01T00:00:00+01:00", "public", 11)]),
        (
            {"step": "hour", "from": "2026-11-18", "to": "2026-11-19"},
            [("2026-11-18T12:00:00+01:00", "", 1), ("2026-11-18T13:00:00+01:00", "", 10)],
        ),
        (
            {"step": "quarter", "by": "plan", "from": "2026-11-18T11:00:00Z", "to": "2026-11-18T11:15:00Z"},
            [("2026-11-18T12:00:00+01:00", "staff", 1)],
        ),
        ({"step": "day", "by": "language", "from": "2026-11-18"}, [("2026-11-18T00:00:00+01:00", "tr", 1)]),
        ({"step": "day", "by": "family"}, [("2026-11-17T00:00:00+01:00", "apple", 1)]),
        ({"step": "day", "from": "2026-11-18", "to": "2026-11-18T12:00:00+01:00"}, [("2026-11-18T00:00:00+01:00", "", 11)]),
    ],
)
async def test_steps_and_names(halls: None, api: Api, query: dict[str, str], expected: list[tuple[str, str, int]]) -> None:
    """Steps and names as asked for."""
    found = (await get(api, "/halls/kleinheim-rathaus/figures", **query))["points"]
    assert [(point["time"], point.get("name", ""), point["visits"]) for point in found] == expected


async def test_a_town(halls: None, api: Api) -> None:
    """A partner's figures are those of its halls, together or apart."""
    together = (await get(api, "/partners/kleinheim/figures", **{"from": "2026-11-17", "to": "2026-11-18"}))["points"]
    assert [(point["visits"], point["bytes_down"]) for point in together] == [(3, 40)]
    apart = (await get(api, "/partners/kleinheim/figures", **{"from": "2026-11-17", "to": "2026-11-18", "by": "hall"}))["points"]
    assert [(point["name"], point["visits"]) for point in apart] == [("kleinheim-rathaus", 1), ("kleinheim-bad", 2)]


async def test_now(halls: None, api: Api, hub: Hub) -> None:
    """All halls on one page: who is silent, who is online, what the day has brought."""
    await gateway(hub, "neustadt-rathaus")
    found = await get(api, "/figures/now")
    assert [(hall["hall"], hall["state"], hall["online"], hall["warnings"], hall["visits_today"]) for hall in found] == [
        ("grossdorf-rathaus", "faulty", 0, 0, 11),
        ("kleinheim-bad", "well", 4, 1, 11),
        ("kleinheim-rathaus", "well", 4, 1, 11),
        ("neustadt-rathaus", "new", 0, 0, 0),
    ]
    hub.now = lambda: NOON + HOUR
    assert {hall["state"] for hall in await get(api, "/figures/now", partner="kleinheim")} == {"silent"}


async def test_one_hall_now(halls: None, api: Api) -> None:
    """The same of one hall as of all."""
    (of_all,) = [hall for hall in await get(api, "/figures/now") if hall["hall"] == "kleinheim-bad"]
    assert await get(api, "/halls/kleinheim-bad/now") == of_all


@pytest.mark.parametrize("step", ["quarter", "hour", "day", "month"])
async def test_shares(halls: None, api: Api, step: str) -> None:
    """Visits by all that tells them apart, with the hours that are not rolled up yet; the same as by one of them at a time."""
    span = {"from": "2026-11-17", "to": "2026-11-19"}
    found = await get(api, "/halls/kleinheim-rathaus/figures/shares", step=step, **span)
    points = (await get(api, "/halls/kleinheim-rathaus/figures", step=step, **span))["points"]
    assert found["visits"] == sum(point["visits"] for point in points) > 0
    for key, by in (("zones", "zone"), ("plans", "plan"), ("languages", "language"), ("families", "family")):
        apart: dict[str, int] = {}
        for point in (await get(api, "/halls/kleinheim-rathaus/figures", step=step, by=by, **span))["points"]:
            apart[point["name"]] = apart.get(point["name"], 0) + point["visits"]
        assert {one["name"]: one["visits"] for one in found[key]} == {name: visits for name, visits in apart.items() if visits}
        assert [one["visits"] for one in found[key]] == sorted((one["visits"] for one in found[key]), reverse=True)


async def test_devices(halls: None, api: Api) -> None:
    """Different devices by day."""
    found = await get(api, "/halls/kleinheim-bad/devices", **{"from": "2026-11-18"})
    assert found == [{"day": "2026-11-18", "devices": 7}]


async def test_csv(halls: None, api: Api) -> None:
    """A spreadsheet gets the same, with a head that says what is what."""
    address = f"{api.base}/api/v1/halls/kleinheim-bad/figures.csv?by=zone&from=2026-11-18"
    async with api.http.get(address, headers={"Authorization": f"Bearer {api.token}"}) as response:
        assert (response.status, response.content_type) == (200, "text/csv")
        assert await response.text() == (
            "time,zone,visits,ended,seconds,bytes_up,bytes_down,peak\r\n"
            "2026-11-18T00:00:00+01:00,council,1,1,0,0,0,0\r\n"
            "2026-11-18T00:00:00+01:00,public,10,0,0,0,0,5\r\n"
        )


async def test_another_town_sees_nothing_of_it(halls: None, api: Api, hub: Hub) -> None:
    """A partner's people see their own halls."""
    theirs = api.as_(await token_of(hub, "karl", Role.PARTNER_VIEWER, "grossdorf"))
    assert [hall["hall"] for hall in await get(theirs, "/figures/now")] == ["grossdorf-rathaus"]
    for path in ("/halls/kleinheim-bad/figures", "/halls/kleinheim-bad/devices", "/halls/kleinheim-bad/now", "/partners/kleinheim/figures"):
        assert (await theirs("GET", path))[0] == 404
    assert (await theirs("GET", "/figures/now", partner="kleinheim"))[0] == 403


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"from": "2026-02-31"}, "from = '2026-02-31': expected a day such as 2027-01-31"),
        ({"from": "2026-11-18", "to": "2026-11-01"}, "expected a moment before to"),
        ({"step": "quarter", "from": "2026-01-01"}, "step = 'quarter': expected at most 3000 steps"),
        ({"step": "week"}, "step"),
        ({"from": "0001-01-01"}, "of the years 2000 to 2199"),
        ({"to": "9999-12-31T23:59:59-12:00"}, "of the years 2000 to 2199"),
    ],
)
async def test_what_is_wrong_is_named(halls: None, api: Api, query: dict[str, str], said: str) -> None:
    """Times that are none, or too many steps."""
    status, problem = await api("GET", "/halls/kleinheim-rathaus/figures", **query)
    assert (status, said in problem["detail"]) == (400, True), problem
