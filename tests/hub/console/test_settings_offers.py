"""A new plan beside those that visitors have already: on a hub that has just been set up, and where gateways go by their own files."""

from typing import Any, Final

import pytest

from hotspot.hub.api import halls
from hotspot.hub.hub import Hub
from tests.hub import town
from tests.hub.console.city import PLAN, done
from tests.hub.console.conftest import Seat, Seats
from tests.hub.console.settings_forms import PLAN as TOWNS_PLAN
from tests.hub.console.settings_forms import apply, changed, document, editor, fields_of, say

pytestmark = pytest.mark.hub
NEW: Final = "/settings/in/host/plans/+"
OFFERS: Final = "/settings/in/host/zones"
TRAINING: Final[dict[str, Any]] = {
    "title__de": "Schulung",
    "title__en": "Training",
    "down": "20",
    "up": "5",
    "time": "8",
    "time__unit": "h",
}
VOUCHER: Final[dict[str, Any]] = {**TRAINING, "voucher": "yes"}


async def reported(hub: Hub, said: dict[str, Any]) -> None:
    """A hall whose gateway has told of a guest network; the city has said something, but not what is on offer there."""
    gateway = await town.gateway(hub, "kleinheim-rathaus")
    async with hub.store.transaction() as connection:
        await connection.execute("INSERT INTO zones (hall_id, name) VALUES ($1, 'public')", gateway.hall_id)
    await say(hub, "host", {"terms": {"version": "1"}, **said})


async def test_what_visitors_have_stays_on_offer(hub: Hub, seats: Seats) -> None:
    """Nobody has said what is on offer: with the new plan the others are, the one without a voucher first."""
    guest = {**PLAN, "title": {"de": "Gast", "en": "Guest"}, "voucher": True}
    await reported(hub, {"plans": {"guest": guest, "free": PLAN}})
    admin = await seats.admin()
    shown = await admin.get(NEW)
    assert "What is on offer there has not been set so far" in shown.words
    assert fields_of(shown)["zone"] == ["public"] and fields_of(shown)["keep.public"] == ["free", "guest"]
    answer = await changed(admin, NEW, **VOUCHER)
    assert "Plans on offer nothing Free, Guest, Training" in (await admin.get(answer.goal)).words
    await apply(admin, answer.goal)
    assert (await document(hub, "host"))["zones"] == {"public": {"plans": ["free", "guest", "schulung"]}}
    shown = await admin.get(NEW)
    assert "On offer there so far: Free, Guest, Training. They stay." in shown.words and "keep.public" not in shown.text


async def test_only_what_is_ticked_stays(hub: Hub, seats: Seats) -> None:
    """Or nothing is said of the network at all."""
    await reported(hub, {"plans": {"free": PLAN, "slow": PLAN}})
    admin = await seats.admin()
    answer = await changed(admin, NEW, **{**TRAINING, "zone": ["public"], "keep.public": ["slow"]})
    await apply(admin, answer.goal)
    assert (await document(hub, "host"))["zones"] == {"public": {"plans": ["slow", "schulung"]}}
    await say(hub, "host", {"plans": {"free": PLAN}, "terms": {"version": "1"}})
    answer = await changed(admin, NEW, **{**TRAINING, "zone": []})
    await apply(admin, answer.goal)
    assert "zones" not in await document(hub, "host")


async def test_what_is_not_known_cannot_be_kept(hub: Hub, seats: Seats) -> None:
    """The gateways have plans of their own only: the network is not ticked, and why is said; a plan with vouchers alone is refused there
    in words, and nothing that was typed is lost."""
    await reported(hub, {})
    admin = await seats.admin()
    shown = await admin.get(NEW)
    assert "zone" not in fields_of(shown) and "offer plans of their own files, which are not known here" in shown.words
    answer = await changed(admin, NEW, **{**VOUCHER, "zone": ["public"]})
    assert answer.status == 422 and "Every guest network needs a plan without a voucher, too" in answer.words
    assert fields_of(answer)["zone"] == ["public"] and 'value="Schulung"' in answer.text
    answer = await changed(admin, NEW, **VOUCHER)
    await apply(admin, answer.goal)
    assert set(await document(hub, "host")) == {"plans", "terms"}


async def test_a_hub_that_has_just_been_set_up(hub: Hub, seats: Seats) -> None:
    """The first plan is on offer before the first gateway, in the network that its file begins with; a plan with vouchers is not alone
    there, though there is no gateway yet that would refuse it."""
    admin = await seats.admin()
    shown = await admin.get(NEW)
    assert "No gateway has told its guest networks yet" in shown.words and fields_of(shown)["zone"] == ["public"]
    answer = await changed(admin, NEW, **VOUCHER)
    assert answer.status == 422 and "Every guest network needs a plan without a voucher, too" in answer.words
    answer = await changed(admin, NEW, **{**TRAINING, "title__de": "Für alle", "title__en": "For everybody"})
    await apply(admin, answer.goal)
    assert (await document(hub, "host"))["zones"] == {"public": {"plans": ["fuer-alle"]}}
    assert "No gateway has told" not in (await admin.get(NEW)).words
    await done(hub, halls.create_partner, {"name": "kleinheim", "title": "Kleinheim"})
    await done(hub, halls.create_hall, {"partner": "kleinheim", "name": "kleinheim-rathaus", "title": "Rathaus"})
    answer = await changed(admin, NEW, **VOUCHER)
    assert "Plans on offer For everybody For everybody, Training" in (await admin.get(answer.goal)).words


async def test_a_network_is_entered_by_hand(hub: Hub, seats: Seats) -> None:
    """Where it is called otherwise: it is shown beside the others, and set with them; a name that can be none is said to be."""
    await say(hub, "host", {"plans": {"guest": {**PLAN, "voucher": True}, "free": PLAN}, "terms": {"version": "1"}})
    admin = await seats.admin()
    assert "Guest network public" in (await admin.get(OFFERS)).words
    wrong = await admin.get(f"{OFFERS}?zone=L%3Cb%3Eobby")
    assert "Expected a name of a-z, 0-9 and _" in wrong.words and 'value="L&lt;b&gt;obby"' in wrong.text
    shown = await admin.get(f"{OFFERS}?zone=lobby")
    fields = fields_of(shown)
    assert (fields["also"], set(fields["lobby.plan"]), fields["lobby.first"]) == (["lobby"], {"free", "guest"}, ["free"])
    answer = await admin.post(OFFERS, {**fields, "lobby.own": "yes", "lobby.plan": []})
    assert answer.status == 422 and "Guest network lobby" in answer.words
    answer = await admin.post(OFFERS, {**fields, "lobby.own": "yes"})
    await apply(admin, answer.goal)
    assert (await document(hub, "host"))["zones"] == {"lobby": {"plans": ["free", "guest"]}}


async def test_what_the_city_keeps_for_itself_is_not_asked(settled: Hub, seats: Seats) -> None:
    """A town makes a plan where the offers are the city's."""
    said = await document(settled, "host")
    await say(settled, "host", {**said, "locked": ["zones"]})
    karl = await editor(seats)
    new = "/settings/in/partner:kleinheim/plans/+"
    assert "zone" not in fields_of(await karl.get(new))
    answer = await changed(karl, new, **TRAINING)
    await apply(karl, answer.goal)
    assert set(await document(settled, "partner/kleinheim")) == {"plans"}


async def _unit(seat: Seat, path: str, field: str) -> str:
    return fields_of(await seat.get(path))[f"{field}.unit"][0]


async def test_a_number_is_meant_in_the_unit_that_stands_above(settled: Hub, seats: Seats) -> None:
    """The city says two hours, 64 kbit/s, 2 GB: who types 3 means hours, kbit/s and GB; what is said here has its own unit."""
    said = await document(settled, "host")
    free = {**said["plans"]["free"], "up": "64 kbit/s", "volume": "2 GB", "pause": 90, "idle": "30 min"}
    away = {"hub": {"away": "open", "away_after": "2 h"}}
    await say(settled, "host", {**said, **away, "plans": {**said["plans"], "free": free}})
    karl = await editor(seats)
    units = {field: await _unit(karl, TOWNS_PLAN, field) for field in ("time", "down", "up", "volume", "pause", "idle", "daily_time")}
    assert units == {"time": "h", "down": "Mbit/s", "up": "kbit/s", "volume": "GB", "pause": "s", "idle": "min", "daily_time": "min"}
    assert await _unit(karl, "/settings/in/partner:kleinheim/away", "away_after") == "h"
    answer = await changed(karl, TOWNS_PLAN, time="3", volume="5")
    await apply(karl, answer.goal)
    assert await document(settled, "partner/kleinheim") == {"plans": {"free": {"time": "3 h", "volume": "5 GB"}}}
    await say(settled, "partner/kleinheim", {"plans": {"free": {"time": "45 min"}}})
    assert await _unit(karl, TOWNS_PLAN, "time") == "min"


async def test_what_the_checklist_waits_for(settled: Hub, seats: Seats) -> None:
    """It does not say "may stay empty" where the checklist does not get on without it; for the city, and where it stands above, it does."""
    karl, admin = await editor(seats), await seats.admin()
    waits = "(the checklist waits for it)"
    town_, city_ = "/settings/in/partner:kleinheim", "/settings/in/host"
    for path in ("contact", "legal", "branding"):
        assert (await karl.get(f"{town_}/{path}")).words.count(waits) == 1, path
        assert waits not in (await admin.get(f"{city_}/{path}")).words
    assert f"Name of the town {waits}" in (await karl.get(f"{town_}/contact")).words
    said = await document(settled, "host")
    await say(settled, "host", {**said, "hall": {"town": "Verbund"}})
    assert waits not in (await karl.get(f"{town_}/contact")).words
