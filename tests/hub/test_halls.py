"""Partners and halls by the API."""

import asyncio
from typing import Any

import pytest

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from tests.hub import town
from tests.hub.conftest import Api, token_of

pytestmark = pytest.mark.hub


def without_moments(value: Any) -> Any:
    """A JSON answer without the moments in it."""
    if isinstance(value, list):
        return [without_moments(one) for one in value]
    return {key: inner for key, inner in value.items() if not key.endswith("_at")}


async def test_a_partner_and_its_hall(api: Api) -> None:
    """A partner and a hall are made, listed and shown; a name is given once."""
    assert (await api("POST", "/partners", {"name": "kleinheim", "title": "Gemeinde Kleinheim"}))[0] == 201
    status, hall = await api("POST", "/halls", {"name": "kleinheim-rathaus", "partner": "kleinheim", "title": "Rathaus Kleinheim"})
    expected = {"name": "kleinheim-rathaus", "partner": "kleinheim", "title": "Rathaus Kleinheim", "time_zone": "Europe/Berlin"}
    assert (status, without_moments(hall)) == (201, expected)
    assert await api("GET", "/halls") == (200, [hall])
    assert await api("GET", "/halls/kleinheim-rathaus") == (200, hall)
    status, problem = await api("POST", "/partners", {"name": "kleinheim", "title": "Noch einmal"})
    assert (status, problem["detail"]) == (409, "name = 'kleinheim': expected a name that no partner has")


async def test_another_partner_sees_nothing_of_it(api: Api, hub: Hub) -> None:
    """Halls and partners of others are not there for a partner's people."""
    for name in ("kleinheim", "grossdorf"):
        await api("POST", "/partners", {"name": name, "title": name})
        await api("POST", "/halls", {"name": f"{name}-rathaus", "partner": name, "title": name})
    theirs = api.as_(await token_of(hub, "karl", Role.PARTNER_EDITOR, "kleinheim"))
    assert [one["name"] for one in (await theirs("GET", "/partners"))[1]] == ["kleinheim"]
    assert [one["name"] for one in (await theirs("GET", "/halls"))[1]] == ["kleinheim-rathaus"]
    assert (await theirs("GET", "/halls/grossdorf-rathaus"))[0] == 404
    assert (await theirs("GET", "/halls", partner="grossdorf"))[0] == 403
    assert (await theirs("POST", "/partners", {"name": "drittes", "title": "Drittes"}))[0] == 403
    assert (await api.as_("")("GET", "/halls"))[0] == 401
    assert (await api.as_("hst_unknown")("GET", "/halls"))[0] == 401


async def test_what_is_wrong_is_named(api: Api) -> None:
    """Bad bodies and parameters are answered with key, value and what was expected."""
    status, problem = await api("POST", "/partners", {"name": "Klein Heim", "title": "x"})
    assert (status, problem["code"]) == (400, "bad_request")
    assert "$.name" in problem["detail"]
    status, problem = await api("GET", "/halls", colour="red")
    assert (status, problem["detail"]) == (400, "colour = 'red': unknown, expected one of partner, after, limit")
    status, problem = await api("POST", "/halls", {"name": "a", "partner": "nobody", "title": "x"})
    assert (status, problem["detail"]) == (404, "partner = 'nobody': expected the name of a partner that takes part")


async def test_changed_and_closed(api: Api, hub: Hub) -> None:
    """Titles and time zones change, names do not; gateways of closed halls are revoked; with a partner go its halls and people."""
    await api("POST", "/partners", {"name": "kleinheim", "title": "Gemeinde Kleinheim"})
    boxes = [await town.gateway(hub, hall) for hall in ("kleinheim-rathaus", "kleinheim-bad")]
    theirs = api.as_(await token_of(hub, "karl", Role.PARTNER_EDITOR, "kleinheim"))
    status, partner = await api("PATCH", "/partners/kleinheim", {"title": " Stadt Kleinheim ", "contact": "Frau Klein"})
    assert (status, without_moments(partner)) == (200, {"name": "kleinheim", "title": "Stadt Kleinheim", "contact": "Frau Klein"})
    status, hall = await api("PATCH", "/halls/kleinheim-bad", {"time_zone": "Europe/Vienna"})
    assert (status, hall["title"], hall["time_zone"]) == (200, "kleinheim-bad", "Europe/Vienna")
    await Ingest(hub).take(boxes[1], town.delivery(hub.now(), town.report(1, hub.now())))
    status, problem = await api("PATCH", "/halls/kleinheim-bad", {"time_zone": "Europe/Berlin"})
    assert (status, problem["code"]) == (409, "conflict")
    assert (await api("PATCH", "/halls/kleinheim-bad", {"title": "kleinheim-bad", "time_zone": "Europe/Vienna"}))[0] == 200
    status, problem = await api("PATCH", "/halls/kleinheim-bad", {"time_zone": "../etc/passwd"})
    assert (status, problem["detail"]) == (400, "time_zone = '../etc/passwd': expected a time zone such as \"Europe/Berlin\"")
    assert await api("POST", "/halls/kleinheim-bad/close") == (
        200,
        {"halls": ["kleinheim-bad"], "gateways": ["kleinheim-bad"], "users": []},
    )
    assert (await api("POST", "/halls/kleinheim-bad/close"))[0] == 409
    left = {"halls": ["kleinheim-rathaus"], "gateways": ["kleinheim-rathaus"], "users": ["karl"]}
    assert await api("POST", "/partners/kleinheim/leave") == (200, left)
    assert ((await api("POST", "/partners/kleinheim/leave"))[0], (await theirs("GET", "/halls"))[0]) == (409, 401)
    assert [one["closed_at"] is None for one in (await api("GET", "/halls"))[1]] == [False, False]
    assert (await api("POST", "/halls", {"name": "x", "partner": "kleinheim", "title": "x"}))[0] == 404
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM gateways WHERE revoked_at IS NULL") == 0


async def test_two_who_do_the_same(api: Api) -> None:
    """Of two who let a partner leave, or close a hall, at the same time one does it."""
    await api("POST", "/partners", {"name": "kleinheim", "title": "Gemeinde Kleinheim"})
    await api("POST", "/halls", {"name": "kleinheim-rathaus", "partner": "kleinheim", "title": "Rathaus"})
    for path in ("/halls/kleinheim-rathaus/close", "/partners/kleinheim/leave"):
        both = await asyncio.gather(api("POST", path), api("POST", path))
        assert sorted(status for status, _ in both) == [200, 409]


async def test_many_halls_page_by_page(api: Api, hub: Hub) -> None:
    """``after`` and ``limit`` give every hall once, by name."""
    await api("POST", "/partners", {"name": "kleinheim", "title": "Gemeinde Kleinheim"})
    names = [f"hall-{number}" for number in range(5)]
    for name in names:
        await api("POST", "/halls", {"name": name, "partner": "kleinheim", "title": name})
    found: list[str] = []
    while page := (await api("GET", "/halls", after=found[-1] if found else "", limit="2"))[1]:
        found += [hall["name"] for hall in page]
    assert found == names
