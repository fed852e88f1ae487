"""Sessions by device code over HTTP: what is asked of the gateway, what it answers, and that no device code is left anywhere."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hotspot import wire
from hotspot.hub import hub as hubs
from hotspot.hub.access import Role
from hotspot.hub.console import hall_sessions
from hotspot.hub.hub import Hub
from hotspot.hub.store.orders import OPEN_AT_ONCE
from tests.hub.conftest import Api
from tests.hub.console.conftest import Answer, Seat, Seats
from tests.hub.console.gateway_there import SESSIONS, there
from tests.hub.fleet import Box, says
from tests.hub.gateways.box import Box as WireBox
from tests.hub.gateways.box import enrolled, hall, waiting

pytestmark = pytest.mark.hub
HALL = "kleinheim-rathaus"
PAGE = f"/halls/{HALL}/sessions"
CODE = "K7F-3QX"


@pytest.fixture
async def box(api: Api, hub: Hub) -> AsyncIterator[WireBox]:
    """A gateway that is enrolled and has just spoken."""
    found = await enrolled(api, await hall(api))
    async with hub.store.transaction() as connection:
        hall_id, gateway_id = await connection.fetchval("SELECT (hall_id, id) FROM gateways WHERE name = $1", found.name)
        zones = (wire.ZoneHealth("public", online=4), wire.ZoneHealth("staff", online=0))
        await says(connection, Box(hall_id, gateway_id, found.name), hub.now(), wire.Health(zones=zones))
    await waiting(hub)
    yield found


async def clerk(seats: Seats) -> Seat:
    """Somebody of the town who may give orders."""
    return await seats("karl", Role.PARTNER_EDITOR, "kleinheim")


async def done(seat: Seat, path: str, fields: dict[str, str]) -> Answer:
    """A form, and the page that it leads to."""
    answer = await seat.post(path, fields)
    assert answer.status == 303, answer.words
    assert CODE not in answer.goal
    return await seat.get(answer.goal)


async def test_who_is_online(box: WireBox, seats: Seats, hub: Hub) -> None:
    """The list of the gateway: codes, plans, what is left and what was used; it can be asked for again."""
    seat = await clerk(seats)
    async with there(hub, box.name) as got:
        page = await done(seat, PAGE, {})
        assert got == [{"type": "sessions"}]
    assert "4 sessions" in page.words
    for row in SESSIONS:
        assert str(row["code"]) in page.words
    assert "by staff" in page.words
    assert "of 1 GB" in page.words


@pytest.mark.parametrize(
    ("fields", "request_", "said"),
    [
        ({"action": "end", "code": "k7f3qx"}, {"type": "kick", "code": CODE, "zone": None}, f"The session of {CODE} has ended."),
        ({"end": f"{CODE} public"}, {"type": "kick", "code": CODE, "zone": "public"}, f"The session of {CODE} has ended."),
        (
            {"action": "block", "code": CODE, "reason": "Lärm", "lasts": "3600", "zone": "public", "plan": "free"},
            {"type": "block", "code": CODE, "reason": "Lärm", "seconds": 3_600.0, "zone": "public"},
            f"{CODE} is blocked.",
        ),
        (
            {"action": "block", "code": CODE},
            {"type": "block", "code": CODE, "reason": "", "seconds": None, "zone": None},
            f"{CODE} is blocked.",
        ),
        (
            {"action": "allow", "code": CODE, "plan": "guest", "lasts": "14400", "reason": "nobody reads this"},
            {"type": "allow", "code": CODE, "plan": "guest", "seconds": 14_400.0, "zone": None},
            f"{CODE} is online, for another 1 hour.",
        ),
        ({"action": "unblock", "code": CODE}, {"type": "unblock", "code": CODE, "zone": None}, f"The block of {CODE} is lifted."),
    ],
)
async def test_what_can_be_done(box: WireBox, seats: Seats, hub: Hub, fields: dict[str, str], request_: dict[str, Any], said: str) -> None:
    """Each thing arrives at the gateway as its own staff would say it, and the page says how it went."""
    seat = await clerk(seats)
    async with there(hub, box.name) as got:
        page = await done(seat, f"{PAGE}/act", fields)
    assert got == [request_]
    assert said in page.words


async def test_until_a_day(box: WireBox, seats: Seats, hub: Hub) -> None:
    """A block up to a day ends with that day, by the clocks of the hall; a day that is over is said at its field."""
    seat = await clerk(seats)
    today = hub.now().astimezone(ZoneInfo("Europe/Berlin")).date()
    async with there(hub, box.name) as got:
        await done(seat, f"{PAGE}/act", {"action": "block", "code": CODE, "until": (today + timedelta(days=2)).isoformat()})
    ends = datetime.combine(today + timedelta(days=3), time(), ZoneInfo("Europe/Berlin"))
    assert abs(got[0]["seconds"] - (ends - hub.now()).total_seconds()) < 60
    for day in ((today - timedelta(days=1)).isoformat(), "tomorrow", "9999-12-31", "2026-13-01"):
        answer = await seat.post(f"{PAGE}/act", {"action": "block", "code": CODE, "until": day, "reason": "Grund"})
        assert (answer.status, "Please choose a day from today on" in answer.words, "Grund" in answer.text) == (422, True, True), day


@pytest.mark.parametrize("code", ["", "K7F", "K7F-3QX-9", "<b>", "0" * 32, "K7F 3Q\u202eX"])
async def test_what_is_no_device_code(box: WireBox, seats: Seats, code: str) -> None:
    """It is said at its field, and nothing typed is lost."""
    answer = await (await clerk(seats)).post(f"{PAGE}/act", {"action": "block", "code": code, "reason": "Lärm im Flur", "lasts": "86400"})
    assert answer.status == 422
    assert "That is no device code." in answer.words
    assert 'value="Lärm im Flur"' in answer.text
    assert '<option value="86400" selected>' in answer.text
    assert "<b>" not in answer.text.split("<main", 1)[1]


async def test_what_nobody_chose(box: WireBox, seats: Seats) -> None:
    """No action, and a reason of a book's length."""
    seat = await clerk(seats)
    answer = await seat.post(f"{PAGE}/act", {"code": CODE})
    assert (answer.status, "Please choose what is to be done." in answer.words) == (422, True)
    answer = await seat.post(f"{PAGE}/act", {"action": "block", "code": CODE, "reason": "x" * 10_000})
    assert (answer.status, "Please write at most 200 letters." in answer.words) == (422, True)


async def test_one_device_of_the_list(box: WireBox, seats: Seats) -> None:
    """Its page has the code filled in, and is an answer to a form: the code is in no address."""
    page = await (await clerk(seats)).post(f"{PAGE}/device", {"device": f"{CODE} public", "gateway": box.name})
    assert page.status == 200
    assert f"Device {CODE}" in page.words
    assert f'value="{CODE}"' in page.text
    assert '<option value="public" selected>' in page.text


async def test_a_gateway_that_waits_and_one_that_is_away(box: WireBox, seats: Seats, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page waits and asks again by itself; when the order has expired it says that nothing was changed."""
    monkeypatch.setattr(hall_sessions, "WAIT", 0.1)
    seat = await clerk(seats)
    answer = await seat.post(f"{PAGE}/act", {"action": "end", "code": CODE})
    page = await seat.get(answer.goal)
    assert "Waiting for the gateway in the hall" in page.words
    assert 'data-renew="1"' in page.text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page.text
    hub.now = lambda: hubs.now() + timedelta(seconds=70)
    page = await seat.get(answer.goal)
    assert "The gateway did not answer within a minute: it is away. Nothing was changed." in page.words
    assert "data-renew" not in page.text
    page = await seat.get(f"{PAGE}/{'0' * 32}")
    assert (page.status, "This answer has been forgotten" in page.words) == (404, True)
    hub.now = lambda: hubs.now() + timedelta(minutes=5)
    assert "has been silent since" in (await seat.get(PAGE)).words


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("unknown", "The box knows no device with this code."),
        ("ambiguous", "Please choose the guest network as well."),
        ("state", "perhaps the session is over already."),
        ("whatever", "The box did not do it."),
    ],
)
async def test_refusals(box: WireBox, seats: Seats, hub: Hub, code: str, said: str) -> None:
    """In words, with the box's own below."""
    async with there(hub, box.name, lambda _: {"type": "refused", "code": code, "message": "<i>because</i>"}):
        page = await done(await clerk(seats), f"{PAGE}/act", {"action": "end", "code": CODE})
    assert said in page.words
    assert "&lt;i&gt;because&lt;/i&gt;" in page.text


async def test_over_the_wire(box: WireBox, seats: Seats, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with a gateway that polls and answers as real ones do."""
    monkeypatch.setattr(hall_sessions, "WAIT", 0.0)
    seat = await clerk(seats)
    answer = await seat.post(PAGE, {"gateway": "no-such-one"})
    (order,) = (await box.poll(seconds=5)).orders
    assert (order.request, answer.goal) == ({"type": "sessions"}, f"{PAGE}/{order.id}")
    await box.answer(order.id, type="sessions", sessions=[*SESSIONS])
    assert "4 sessions" in (await seat.get(answer.goal)).words


async def test_orders_of_other_halls_and_towns(box: WireBox, seats: Seats, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of an order is shown to those who may give one, below its own hall only."""
    monkeypatch.setattr(hall_sessions, "WAIT", 0.0)
    other = await enrolled(api, await hall(api, "grossdorf-rathaus"))
    order = (await api("POST", f"/gateways/{other.name}/orders", {"order": "status", "wait": 0}))[1]["id"]
    seat = await clerk(seats)
    assert (await seat.get(f"{PAGE}/{order}")).status == 404
    assert (await seat.get(f"/halls/grossdorf-rathaus/sessions/{order}")).status == 404
    assert (await (await seats.admin()).get(f"{PAGE}/{order}")).status == 404
    viewer = await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    for path in (PAGE, f"{PAGE}/act", f"{PAGE}/device"):
        assert (await viewer.post(path, {"action": "end", "code": CODE})).status == 403
    assert (await seat.post(f"{PAGE}/act", {"action": "end", "code": CODE, "gateway": other.name})).goal.startswith(PAGE)


async def test_a_hall_without_a_gateway(seats: Seats, api: Api) -> None:
    """There is nobody to ask."""
    await hall(api, "kleinheim-bad")
    seat = await clerk(seats)
    assert "This hall has no gateway that could be asked." in (await seat.get("/halls/kleinheim-bad/sessions")).words
    assert (await seat.post("/halls/kleinheim-bad/sessions")).status == 409


async def test_too_many_at_once(box: WireBox, seats: Seats, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was typed stays, and the page says what to do."""
    monkeypatch.setattr(hall_sessions, "WAIT", 0.0)
    seat = await clerk(seats)
    for _ in range(OPEN_AT_ONCE):
        assert (await seat.post(f"{PAGE}/act", {"action": "end", "code": CODE})).status == 303
    answer = await seat.post(f"{PAGE}/act", {"action": "block", "code": CODE, "reason": "Grund"})
    assert answer.status == 429
    assert "Please try again in half a minute." in answer.words
    assert 'value="Grund"' in answer.text


async def test_no_device_code_is_left(box: WireBox, seats: Seats, hub: Hub, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither in the audit log nor in what is logged; in the database in the order alone, which is erased."""
    seat = await clerk(seats)
    async with there(hub, box.name):
        for fields in ({"action": "block", "code": CODE, "reason": "Lärm"}, {"end": f"{CODE} public"}):
            await done(seat, f"{PAGE}/act", fields)
        await seat.post(f"{PAGE}/device", {"device": f"{CODE} public"})
    async with hub.store.connection() as connection:
        entries = [dict(row) for row in await connection.fetch("SELECT action, subject, detail FROM audit")]
    assert {"order.block", "order.end"} <= {entry["action"] for entry in entries}
    assert CODE not in json.dumps(entries)
    captured = capfd.readouterr()
    assert CODE not in captured.out + captured.err
