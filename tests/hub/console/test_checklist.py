"""The checklist of a town that joins: each step finds out by itself how far it is, and what people tick is on record."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from hotspot.hub import checklist
from hotspot.hub.access import Role
from hotspot.hub.api import channels, gateways, halls, people, policy
from hotspot.hub.api import checklist as api_checklist
from hotspot.hub.api.table import ALL
from hotspot.hub.checklist import MANUAL, ChecklistStep, Facts, HallFacts, StepNote, StepState, Tick
from hotspot.hub.console.checklist_words import NOTES, STATES, STEPS, WHO, address
from hotspot.hub.console.table import PAGES
from hotspot.hub.hub import Hub
from tests.hub import town
from tests.hub.conftest import Api
from tests.hub.console import city
from tests.hub.console.conftest import Seats

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HALL = HallFacts(
    name="h", title="H", created_at=NOW, token_until=None, enrolled_at=None, seen_at=None, policy_wanted=0, policy=0, policy_refused=0,
    policy_error="", sections=frozenset(), poster_printed=False, first_visit=None,
)  # fmt: skip
TOWN = Facts(created_at=NOW, contact=False, users=0, users_seen=False, channels=0, citys_channels=0, halls=(), ticks=())
DONE, OPEN, WAITING, TROUBLE = StepState.DONE, StepState.OPEN, StepState.WAITING, StepState.TROUBLE


def found(facts: Facts) -> dict[str, ChecklistStep]:
    """The steps by name; there is one hall at most."""
    return {step.name: step for step in checklist.steps(facts, NOW)}


def of_hall(**facts: Any) -> dict[str, ChecklistStep]:
    """The same of a town with one hall."""
    return found(replace(TOWN, halls=(replace(HALL, **facts),)))


def test_an_empty_town() -> None:
    """Only that it is set up is done; the agreement comes first."""
    steps = checklist.steps(TOWN, NOW)
    assert [step.name for step in steps if step.state is DONE] == ["town"]
    assert (checklist.to_come(steps) or steps[1]).name == "agreement"
    assert found(TOWN)["settings"].why is StepNote.HALL


@pytest.mark.parametrize(
    ("facts", "step", "state", "why"),
    [
        ({"contact": True}, "contact", DONE, StepNote.NONE),
        ({"users": 1}, "user", WAITING, StepNote.NEVER_LOGGED_IN),
        ({"users": 1, "users_seen": True}, "user", DONE, StepNote.NONE),
        ({"users_seen": True}, "user", OPEN, StepNote.NONE),
        ({"channels": 1}, "channel", DONE, StepNote.NONE),
        ({"citys_channels": 1}, "channel", DONE, StepNote.CITYS),
        ({"channels": 1, "citys_channels": 1}, "channel", DONE, StepNote.NONE),
        ({"channels": 1, "citys_channels": 1, "mail_channels": 2, "mail": False}, "channel", TROUBLE, StepNote.NO_MAIL),
        ({"channels": 1, "citys_channels": 1, "mail_channels": 1, "mail": False}, "channel", DONE, StepNote.NONE),
        ({"channels": 1, "mail_channels": 1}, "channel", DONE, StepNote.NONE),
        ({"mail": False}, "channel", OPEN, StepNote.NONE),
    ],
)
def test_what_is_found_out_of_a_town(facts: dict[str, Any], step: str, state: StepState, why: StepNote) -> None:
    """From what is stored."""
    seen = found(replace(TOWN, **facts))[step]
    assert (seen.state, seen.why) == (state, why)


SEEN = {"enrolled_at": NOW, "seen_at": NOW - timedelta(minutes=1)}


@pytest.mark.parametrize(
    ("facts", "step", "state", "why"),
    [
        ({}, "enrolled", OPEN, StepNote.NONE),
        ({"token_until": NOW}, "enrolled", WAITING, StepNote.TOKEN_OPEN),
        ({"token_until": NOW, "enrolled_at": NOW}, "enrolled", DONE, StepNote.NONE),
        ({"enrolled_at": NOW}, "heard", OPEN, StepNote.NONE),
        (SEEN, "heard", DONE, StepNote.NONE),
        ({**SEEN, "seen_at": NOW - timedelta(minutes=4)}, "heard", TROUBLE, StepNote.SILENT),
        (SEEN, "policy", OPEN, StepNote.NONE),
        ({**SEEN, "policy_wanted": 7, "policy": 6}, "policy", WAITING, StepNote.ON_ITS_WAY),
        ({**SEEN, "policy_wanted": 7, "policy": 7}, "policy", DONE, StepNote.NONE),
        ({**SEEN, "policy_wanted": 7, "policy": 6, "policy_refused": 7}, "policy", TROUBLE, StepNote.REFUSED),
        ({**SEEN, "policy_wanted": 7, "policy": 6, "policy_refused": 5}, "policy", WAITING, StepNote.ON_ITS_WAY),
        ({"poster_printed": True}, "poster", WAITING, StepNote.PRINTED),
        ({"first_visit": date(2026, 11, 23)}, "visitor", DONE, StepNote.NONE),
        ({"first_visit": date(2026, 11, 23)}, "box", DONE, StepNote.NONE),
        ({"online_at": NOW}, "visitor", OPEN, StepNote.TEST_VISIT),
        ({"online_at": NOW, "first_visit": date(2026, 11, 23)}, "visitor", DONE, StepNote.NONE),
        ({"first_visit": date(2026, 11, 23)}, "report", WAITING, StepNote.NONE),
        ({"first_visit": date(2026, 11, 22)}, "report", DONE, StepNote.NONE),
        ({"sections": frozenset({"terms"})}, "settings", OPEN, StepNote.NO_PLANS),
        ({"sections": frozenset({"plans", "terms"})}, "settings", OPEN, StepNote.NO_OFFER),
        ({"sections": frozenset({"plans", "offer"})}, "settings", OPEN, StepNote.NO_TERMS),
        ({"sections": frozenset({"plans", "offer", "terms"})}, "settings", DONE, StepNote.NONE),
        ({"sections": frozenset({"town"})}, "contacts", DONE, StepNote.NONE),
        ({"sections": frozenset({"operator"})}, "imprint", DONE, StepNote.NONE),
        ({"sections": frozenset({"theme"})}, "branding", DONE, StepNote.NONE),
    ],
)
def test_what_is_found_out_of_a_hall(facts: dict[str, Any], step: str, state: StepState, why: StepNote) -> None:
    """From what its gateway said and what is set for it."""
    seen = of_hall(**facts)[step]
    assert (seen.state, seen.why) == (state, why)


def test_one_hall_without_settings_is_enough() -> None:
    """A step of the town is done when it is so in all its halls."""
    ready = replace(HALL, name="a", sections=frozenset({"plans", "offer", "terms"}))
    assert found(replace(TOWN, halls=(ready,)))["settings"].state is DONE
    assert found(replace(TOWN, halls=(ready, HALL)))["settings"].state is OPEN


def test_what_settings_say() -> None:
    """What is empty is not said; one guest network with plans is an offer."""
    assert checklist.said({}) == checklist.said({"plans": {}, "zones": {"public": {"plans": []}}, "hall": {"town": ""}}) == frozenset()
    zones = {"kitchen": {"hours": "hall"}, "public": {"plans": ["free"]}}
    whole = {"plans": {"free": {}}, "zones": zones, "terms": {"version": "1"}, "hall": {"town": "K"}, "legal": {"operator": {"name": "K"}},
             "theme": {"welcome": {"de": "K"}}}  # fmt: skip
    assert checklist.said(whole) == {"plans", "offer", "terms", "town", "operator", "theme"}


INVITED = replace(
    TOWN, contact=True, users=1, channels=1, ticks=(Tick(step="agreement", hall="", at=NOW, by="anna"),),
    halls=(replace(HALL, sections=frozenset({"plans", "offer", "terms", "operator"})),),
)  # fmt: skip


def next_of(facts: Facts) -> tuple[str, bool]:
    """The step that comes next, and whether it is one that somebody can take."""
    steps = checklist.steps(facts, NOW)
    step = checklist.to_come(steps)
    assert step is not None
    return step.name, checklist.can_be_taken(step, steps)


def ticked(facts: Facts, *names: str) -> Facts:
    """The same with steps of the hall ticked."""
    return replace(facts, ticks=(*facts.ticks, *(Tick(step=name, hall="h", at=NOW, by="anna") for name in names)))


def test_what_is_under_way_holds_nobody_up() -> None:
    """Somebody is invited and has not logged in all the time: next is what can be done; at last it is said what is waited for."""
    assert next_of(INVITED) == ("contacts", True)
    town = replace(INVITED, halls=(replace(INVITED.halls[0], sections=INVITED.halls[0].sections | {"town"}),))
    assert next_of(town) == ("preview", True)
    town = ticked(town, "preview")
    assert next_of(town) == ("enrolled", True)
    waiting = replace(town, halls=(replace(town.halls[0], token_until=NOW),))
    assert next_of(waiting) == ("box", True)
    waiting = ticked(waiting, "box", "poster")
    assert next_of(waiting) == ("user", False)  # the token is out, the box is not heard: nobody can be the first visitor
    heard = replace(waiting, halls=(replace(waiting.halls[0], **SEEN, policy_wanted=7, policy=7),))
    assert next_of(heard) == ("visitor", True)
    silent = replace(heard, halls=(replace(heard.halls[0], seen_at=NOW - timedelta(hours=1)),))
    assert next_of(silent) == ("heard", True)
    visited = replace(heard, halls=(replace(heard.halls[0], first_visit=NOW.date()),))
    assert next_of(visited) == ("user", False)
    assert checklist.to_come(checklist.steps(replace(visited, users_seen=True), NOW)) is None


def test_a_printed_poster_is_to_be_hung() -> None:
    """It is under way, but in the hands of whoever reads the list."""
    printed = replace(
        INVITED, halls=(replace(INVITED.halls[0], sections=INVITED.halls[0].sections | {"town"}, poster_printed=True, **SEEN),)
    )
    assert next_of(ticked(printed, "preview", "box")) == ("poster", True)


def test_every_step_has_words_and_leads_to_a_page() -> None:
    """Every state, note and person too; and the way back."""
    steps = checklist.steps(replace(TOWN, halls=(replace(HALL, sections=frozenset({"plans", "offer", "terms"})),)), NOW)
    assert {step.name for step in steps} == set(STEPS)
    assert (set(STATES), set(NOTES), set(WHO)) == (set(StepState), set(StepNote), set(checklist.StepBy))
    assert set(MANUAL) <= set(STEPS)
    there = {page.path for page in PAGES if page.method == "GET"}
    for step in steps:
        where = address(step, "kleinheim")
        pattern = STEPS[step.name].address.partition("?")[0].replace("partner:{partner}", "{scope}")
        assert (pattern in there) if where else step.manual or step.name == "town", (step.name, pattern)
        assert not where or where.endswith("back=%2Fpartners%2Fkleinheim%2Fchecklist")
    assert {"showChecklist", "tickChecklistStep"} <= {operation.name for operation in ALL}


@pytest.mark.hub
async def test_ticked(seats: Seats, hub: Hub) -> None:
    """By whom and when is shown and on record; a tick can be taken back; twice is once."""
    await town.gateway(hub, "kleinheim-rathaus")
    admin = await seats.admin()
    path = "/partners/kleinheim/checklist"
    for _ in range(2):
        assert (await admin.post(path, {"step": "poster", "hall": "kleinheim-rathaus", "done": "yes"})).goal == path
    assert "ticked by console-admin on" in (await admin.get(path)).words
    assert (await admin.post(path, {"step": "poster", "hall": "kleinheim-rathaus", "done": "no"})).status == 303
    assert "ticked by" not in (await admin.get(path)).words
    async with hub.store.connection() as connection:
        rows = await connection.fetch("SELECT action, partner, hall, subject FROM audit WHERE action LIKE 'checklist.%' ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("checklist.tick", "kleinheim", "kleinheim-rathaus", "poster"),
        ("checklist.untick", "kleinheim", "kleinheim-rathaus", "poster"),
    ]


@pytest.mark.hub
async def test_what_cannot_be_ticked(api: Api, hub: Hub) -> None:
    """What is found out, halls of others, a hall where there is none, and a town that has left."""
    await town.gateway(hub, "kleinheim-rathaus")
    await town.gateway(hub, "grossdorf-rathaus")
    for step, body, status in (
        ("visitor", {"done": True, "hall": "kleinheim-rathaus"}, 404),
        ("poster", {"done": True, "hall": "grossdorf-rathaus"}, 400),
        ("poster", {"done": True}, 400),
        ("agreement", {"done": True, "hall": "kleinheim-rathaus"}, 400),
        ("agreement", {"done": True}, 200),
    ):
        assert (await api("PUT", f"/partners/kleinheim/checklist/{step}", body))[0] == status, step
    await api("POST", "/partners/kleinheim/leave")
    assert (await api("PUT", "/partners/kleinheim/checklist/agreement", {"done": False}))[0] == 409


@pytest.mark.hub
async def test_who_may_tick(seats: Seats, hub: Hub) -> None:
    """The town's editor what the town knows, but not that the agreement is signed; a viewer nothing."""
    await town.gateway(hub, "kleinheim-rathaus")
    path = "/partners/kleinheim/checklist"
    editor, viewer = await seats("erna", Role.PARTNER_EDITOR, "kleinheim"), await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    assert (await editor.post(path, {"step": "agreement", "done": "yes"})).status == 403
    assert (await editor.post(path, {"step": "preview", "hall": "kleinheim-rathaus", "done": "yes"})).status == 303
    assert (await viewer.post(path, {"step": "preview", "hall": "kleinheim-rathaus", "done": "no"})).status == 403
    page = await viewer.get(path)
    assert page.status == 200 and 'name="step"' not in page.text and "/enrol" not in page.text


@pytest.mark.hub
async def test_pages_lead_back_while_somebody_works_through_it(seats: Seats, hub: Hub) -> None:
    """The list is remembered for a while, until somebody puts it away."""
    await town.gateway(hub, "kleinheim-rathaus")
    admin = await seats.admin()
    said = await admin.get("/partners/kleinheim/checklist")
    assert any(cookie.startswith("guide=kleinheim;") for cookie in said.headers.getall("Set-Cookie"))  # type: ignore[attr-defined]
    put_away = await admin.get("/partners/kleinheim")
    assert 'guide="";' in ",".join(put_away.headers.getall("Set-Cookie"))  # type: ignore[attr-defined]


LACKING: dict[str, tuple[dict[str, Any], str, str]] = {
    "plans": ({"terms": {"version": "1"}}, "There is no plan yet.", "plans"),
    "offer": (
        {"plans": city.POLICY["plans"], "terms": {"version": "1"}},
        "It is not set yet which plans the guest networks offer.",
        "zones",
    ),
    "terms": ({name: city.POLICY[name] for name in ("plans", "zones")}, "There are no terms of use yet.", "terms"),
}


@pytest.mark.hub
async def test_what_the_city_has_set_counts_for_a_new_hall_at_once(seats: Seats, hub: Hub) -> None:
    """Before a gateway has asked, and before the town has set anything; what is missing is mended a click away, by each in their place."""
    await city.done(hub, halls.create_partner, {"name": "kleinheim", "title": "Kleinheim"})
    admin, editor = await seats.admin(), await seats("erna", Role.PARTNER_EDITOR, "kleinheim")
    for number, (document, words, section) in enumerate(LACKING.values()):
        await city.done(hub, policy.change_policy, {"documents": [{"scope": "host", "document": document}]})
        await city.done(hub, halls.create_hall, {"partner": "kleinheim", "name": f"kleinheim-{number}", "title": f"Haus {number}"})
        for seat, scope in ((admin, "host"), (editor, "partner:kleinheim")):
            page = await seat.get("/partners/kleinheim/checklist")
            assert words in page.words and f'href="/settings/in/{scope}/{section}?back=' in page.text
    await city.done(hub, policy.change_policy, {"documents": [{"scope": "host", "document": city.POLICY}]})
    await city.done(hub, halls.create_partner, {"name": "neudorf", "title": "Neudorf"})
    await city.done(hub, halls.create_hall, {"partner": "neudorf", "name": "neudorf-rathaus", "title": "Rathaus"})
    found = await city.done(hub, api_checklist.show_checklist, partner="neudorf")
    assert next(step for step in found.steps if step.name == "settings").state is DONE


@pytest.mark.hub
async def test_finished_steps_are_folded_and_waiting_is_calm(seats: Seats, hub: Hub) -> None:
    """What is done is a click away; what is under way has no sign of warning, nor has a token that waits for its box."""
    await town.gateway(hub, "kleinheim-rathaus")
    admin = await seats.admin()
    await seats("erna", Role.PARTNER_EDITOR, "kleinheim")
    await city.done(hub, people.create_user, {"name": "neu", "role": "partner-editor", "partner": "kleinheim"})
    page = await admin.get("/partners/kleinheim/checklist")
    folded = page.text[page.text.index('<details class="more finished"') :]
    assert "The town is set up here" in folded.partition("</details>")[0]
    assert "The agreement is signed" not in folded.partition("</details>")[0]
    async with hub.store.transaction() as connection:
        await connection.execute("DELETE FROM console_sessions WHERE user_id IN (SELECT id FROM users WHERE partner_id IS NOT NULL)")
    page = await admin.get("/partners/kleinheim/checklist")
    assert 'class="state going"' in page.text and 'class="state warn"' not in page.text
    await city.done(hub, gateways.create_enrolment, {}, hall="kleinheim-rathaus")
    page = await admin.get("/halls/kleinheim-rathaus/enrol")
    assert "not used yet" in page.words and 'class="state going"' in page.text and 'class="state warn"' not in page.text


@pytest.mark.hub
async def test_what_is_waited_for_is_said(seats: Seats, hub: Hub) -> None:
    """When nobody can do anything, the first thing on the page says so."""
    await town.gateway(hub, "kleinheim-rathaus")
    admin = await seats.admin()
    document = {**city.POLICY, "hall": {"town": "Kleinheim"}, "legal": {"operator": {"name": "Kleinheim"}}}
    await city.done(hub, policy.change_policy, {"documents": [{"scope": "partner/kleinheim", "document": document}]})
    await city.done(hub, halls.change_partner, {"contact": "Frau Muster"}, partner="kleinheim")
    await city.done(hub, people.create_user, {"name": "neu", "role": "partner-editor", "partner": "kleinheim"})
    hook = {"name": "chat", "kind": "webhook", "url": "https://chat.kleinheim.example/hook", "partner": "kleinheim"}
    await city.done(hub, channels.create_channel, hook)
    path = "/partners/kleinheim/checklist"
    for step, of_hall in MANUAL.items():
        assert "Next: " in (await admin.get(path)).words
        assert (await admin.post(path, {"step": step, "hall": "kleinheim-rathaus" if of_hall else "", "done": "yes"})).goal == path
    page = await admin.get(path)
    assert "Nothing to do at the moment. Waiting for: Somebody in the town has an account" in page.words
    await seats("neu", Role.PARTNER_EDITOR, "kleinheim")
    assert "Nothing to do at the moment. Waiting for: The box reports" in (await admin.get(path)).words
