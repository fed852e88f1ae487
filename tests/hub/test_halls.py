"""Partners and halls by the API."""

from typing import Any

import pytest

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
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
    assert (status, problem["detail"]) == (400, "colour = 'red': unknown, expected one of partner")
    status, problem = await api("POST", "/halls", {"name": "a", "partner": "nobody", "title": "x"})
    assert (status, problem["detail"]) == (404, "partner = 'nobody': expected the name of a partner that takes part")
