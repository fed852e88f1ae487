"""The line is down: what visitors are told, and whether new ones are let in."""

from datetime import UTC
from html import escape

import pytest
from msgspec.structs import replace

from hotspot.portal.accept import Entry, Refusal, open_session
from hotspot.portal.pages import Pages, Reader
from hotspot.portal.register import Client
from hotspot.portal.settings import HallTexts, Internet
from hotspot.portal.texts import OFFLINE
from hotspot.session.admission import Barrier
from hotspot.session.hours import Hours, parse_spans
from hotspot.session.sessions import Session
from hotspot.session.states import LetIn, State
from tests.hotspot.portal.conftest import ANNA, BERT_IP, FREE, Bench
from tests.hotspot.portal.desk_in_memory import NOW, TOKEN, make_settings
from tests.hotspot.portal.served_hall import hall, heading

MESSAGE = {"de": "Ab 14 Uhr <wieder>.", "en": "Back at <2> pm."}
CLOSED = Internet(closes=True, message=MESSAGE)
HEADING = "No Internet at the moment"
ENGLISH = "en-GB"


async def test_where_the_hall_is_closed_then(bench: Bench) -> None:
    """Nobody new comes in while the line is down, neither by page nor by an older form; who is online stays, staff may let in, and with
    the line everything is as before."""
    office = bench.office
    anna = await bench.accept()
    office.settings = replace(office.settings, internet=CLOSED)
    bert = await bench.visitor(BERT_IP)
    form = bench.form(bert)
    assert bench.desk.offers(bert).barrier is None

    office.internet_up = False
    offers = bench.desk.offers(bert)
    assert (offers.plans, offers.barrier) == ((), Barrier("offline"))
    assert await bench.desk.accept(bert, form, "de", "apple") == Refusal("offline")
    assert [session.id for session in office.register.in_progress()] == [anna.session.id if anna.session else ""]
    assert (await bench.visitor()).state is State.ONLINE
    let_in = await open_session(office, Client("public", "02:00:00:00:00:0c"), Entry(event=LetIn(), plan=FREE, session_id="c" * 16))
    assert isinstance(let_in, Session)

    office.internet_up = True
    assert (await bench.accept(BERT_IP)).state is State.ONLINE


async def test_opening_hours_are_told_first_and_then_the_line(bench: Bench) -> None:
    """At night it says when the hall opens; a pause that would be over soon is not worth waiting for without a line."""
    office, now = bench.office, bench.clock()
    await bench.desk.leave((anna := await bench.accept()), bench.desk.token(anna))
    plans = {name: replace(plan, pause=600) for name, plan in office.settings.plans.items()}
    office.settings = replace(office.settings, internet=CLOSED, plans=plans)
    client, night = Client("public", ANNA), Hours(UTC, parse_spans("Mon 00:00-00:01"), ())
    seen = [office.barrier(client, plans["free"], now)]
    office.internet_up = False
    seen.append(office.barrier(client, plans["free"], now))
    seen.append(office.barrier(client, replace(plans["free"], hours=night), now))
    assert [each.code if each else "" for each in seen] == ["pause", "offline", "closed"]


async def test_by_default_acceptance_goes_on(bench: Bench) -> None:
    """Who accepts while the line is down is online as soon as it is back."""
    bench.office.internet_up = False
    assert bench.desk.offers(await bench.visitor()).barrier is None
    assert (await bench.accept()).mac == ANNA


@pytest.mark.parametrize("state", [State.CAPTIVE, State.ENDED])
async def test_the_page_of_a_closed_hall(state: State) -> None:
    """No button to accept, but what staff say, in the visitor's language, and a way to look again."""
    settings = replace(make_settings(), internet=CLOSED)
    async with hall(settings) as at_hall:
        at_hall.desk.internet_up, at_hall.desk.barrier = False, Barrier("offline")
        at_hall.desk.state, at_hall.desk.reason = state, "time" if state is State.ENDED else ""
        answer = await at_hall.get("/", Accept_Language=ENGLISH)
        assert (answer.status, heading(answer), "<form" in answer.text) == (200, HEADING, False)
        assert escape(MESSAGE["en"]) in answer.text
        assert 'class="button" href="/"' in answer.text


async def test_an_older_form_is_answered_by_a_page() -> None:
    """Pressed after the line went down: the page says so, a detector may ask again later, and the device stays captive."""
    async with hall(replace(make_settings(), internet=CLOSED)) as at_hall:
        at_hall.desk.refusal = Refusal("offline")
        answer = await at_hall.post("/accept", {"token": TOKEN, "terms": "2026-11"}, Accept_Language=ENGLISH)
        assert (answer.status, heading(answer), answer.headers["Retry-After"]) == (503, HEADING, "30")
        told = await at_hall.get("/api/captive")
        assert '"captive":true' in told.text


async def test_the_page_of_an_open_hall() -> None:
    """The button is there, and what staff say stands above it; the page of who is online says it too."""
    async with hall(replace(make_settings(), internet=Internet(message=MESSAGE))) as at_hall:
        at_hall.desk.internet_up = False
        answer = await at_hall.get("/", Accept_Language=ENGLISH)
        before, _, after = answer.text.partition(escape(MESSAGE["en"]))
        assert (heading(answer), 'action="/accept"' in before, 'action="/accept"' in after) == (HEADING, False, True)
        at_hall.desk.state = State.ONLINE
        online = await at_hall.get("/online", Accept_Language=ENGLISH)
        assert (heading(online), escape(MESSAGE["en"]) in online.text) == (HEADING, True)
        at_hall.desk.internet_up = True
        assert escape(MESSAGE["en"]) not in (await at_hall.get("/online", Accept_Language=ENGLISH)).text


def test_a_new_message_is_on_the_next_page() -> None:
    """Pages that are made once are made again when staff say something else."""
    pages, settings = Pages(), make_settings()
    reader, place = Reader("en", False), HallTexts(name="Rathaus")
    wait = [
        escape(each["en"]) in pages.wait(reader, place, Barrier("offline"), NOW, "K7F-3QX", message=each)
        for each in (MESSAGE, {"en": "Tomorrow."})
    ]
    assert wait == [True, True]
    first, second = (
        pages.captive(OFFLINE, reader, place, settings.terms, (FREE,), message=each).filled({"token": "t", "code": "c"}).decode()
        for each in (MESSAGE, {"en": "Tomorrow."})
    )
    assert ("Back at" in first, "Tomorrow." in first, "Back at" in second, "Tomorrow." in second) == (True, False, False, True)
