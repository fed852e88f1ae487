"""Pages of who may not accept now, and what the online page says of plans with more than a time."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from firewall.api import Rates
from hotspot.portal.formats import moment
from hotspot.portal.pages import More, Pages, Reader
from hotspot.portal.settings import HallTexts
from hotspot.portal.texts import ENDED_BY, PROBLEMS, SPLASH, WAITS
from hotspot.session.admission import Barrier
from hotspot.session.forms import ExtendForm
from hotspot.session.states import State
from tests.hotspot.portal.desk_in_memory import FREE, LONG, NOW, TERMS, TOKEN, make_settings, text_of
from tests.hotspot.portal.served_hall import hall, heading

PAGES = Pages()
BERLIN = ZoneInfo("Europe/Berlin")
HALL = HallTexts(name="Rathaus", time_zone=BERLIN)
GERMAN, ENGLISH = Reader("de", False), Reader("en", True)
SLOW = Rates(rate_down=64_000, ceil_down=1_000_000, rate_up=64_000, ceil_up=500_000)
SLOWING = replace(FREE, volume=500_000_000, slow=SLOW, extension=1_800, daily_seconds=14_400, daily_volume=2_000_000_000)


def at(text: str) -> float:
    """Wall clock in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


def plain(text: str) -> str:
    """With plain blanks."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("then", "german", "english"),
    [
        ("2026-11-23T18:00", "18:00", "18:00"),
        ("2026-11-24T08:00", "Dienstag, 08:00", "Tuesday, 08:00"),
        ("2026-11-29T23:59", "Sonntag, 23:59", "Sunday, 23:59"),
        ("2026-11-30T08:00", "Montag, 30. November, 08:00", "Monday, 30 November, 08:00"),
        ("2026-11-22T23:00", "Sonntag, 22. November, 23:00", "Sunday, 22 November, 23:00"),
    ],
)
def test_moment(then: str, german: str, english: str) -> None:
    """As short as is clear on a Monday at noon."""
    now = at("2026-11-23T12:00")
    assert (plain(moment(at(then), now, BERLIN, "de")), plain(moment(at(then), now, BERLIN, "en"))) == (german, english)


@pytest.mark.parametrize("reader", [GERMAN, ENGLISH], ids=["de", "en"])
@pytest.mark.parametrize("until", [None, at("2026-11-24T08:00")])
@pytest.mark.parametrize("code", WAITS)
def test_waiting_is_a_whole_page(code: str, until: float | None, reader: Reader) -> None:
    """One heading, a text, a button to look again, no form; the moment when it is known and means something."""
    page = PAGES.wait(reader, HALL, Barrier(code, until), at("2026-11-23T12:00"), "K7F-3QX")
    assert (page.count("<h1>"), page.count("<form"), page.count(f'class="button" href="/{reader.query}"')) == (1, 0, 1)
    assert ("08:00" in page or "8:00" in page) == (until is not None and code not in ("daily", "offline"))
    assert "%(" not in page
    assert "K7F-3QX" in page


def test_german_waits_speak_german() -> None:
    """No sentence is left in English."""
    sentences = [text for wait in WAITS.values() for text in (wait.heading, wait.until, wait.unknown) if text]
    assert [text for text in sentences if PAGES.text("de", text) == text] == []


def test_every_barrier_is_also_a_refusal() -> None:
    """A form from before gets a page that fits."""
    assert set(WAITS) <= set(PROBLEMS)


@pytest.mark.parametrize(
    ("state", "reason", "barrier", "expected"),
    [
        (State.CAPTIVE, "", Barrier("closed", NOW + 3_600), "Wir haben gerade geschlossen"),
        (State.ENDED, "closed", Barrier("closed", NOW + 3_600), "Wir haben gerade geschlossen"),
        (State.ENDED, "time", Barrier("pause", NOW + 600), "Ihre Zeit ist abgelaufen"),
        (State.CAPTIVE, "", Barrier("pause", NOW + 600), "Eine kurze Pause"),
        (State.ENDED, "daily", Barrier("daily", NOW + 600), "Ihr Anteil für heute ist verbraucht"),
        (State.ENDED, "daily", None, "Ihr Anteil für heute ist verbraucht"),
        (State.ENDED, "closed", None, "Wir haben geschlossen"),
    ],
)
async def test_the_start_page_says_why(state: State, reason: str, barrier: Barrier | None, expected: str) -> None:
    """With something in the way there is no button to accept; without, there is."""
    async with hall() as at_hall:
        at_hall.desk.state, at_hall.desk.reason, at_hall.desk.barrier = state, reason, barrier
        answer = await at_hall.get("/")
        assert (answer.status, heading(answer), 'action="/accept"' in answer.text) == (200, expected, barrier is None)


async def test_who_is_online_is_not_bothered() -> None:
    """A zone that has closed meanwhile does not hide the page of who is still online."""
    async with hall() as at_hall:
        at_hall.desk.state, at_hall.desk.barrier = State.ONLINE, Barrier("closed")
        assert heading(await at_hall.get("/")) == "Sie sind online"


async def test_closing_time_is_on_the_first_page() -> None:
    """When it comes before the plan's time is over."""
    async with hall() as at_hall:
        at_hall.desk.closes = NOW + 1_800
        assert "Wir haben bis 08:30 Uhr geöffnet." in (await at_hall.get("/")).text
        at_hall.desk.closes = None
        assert "geöffnet" not in (await at_hall.get("/")).text


async def test_the_button_for_more_time() -> None:
    """It is there when it does something, posts what was seen, and leads back to the page; opened as a page it leads to the start."""
    async with hall(make_settings(plans=(SLOWING,))) as at_hall:
        at_hall.desk.state, at_hall.desk.can_extend = State.ONLINE, True
        page = await at_hall.get("/online")
        assert "Um 30\u00a0Minuten verlängern" in page.text
        answer = await at_hall.post("/extend", {"token": TOKEN, "step": "0"})
        assert (answer.status, answer.headers["Location"], at_hall.desk.extended) == (303, "/online", [ExtendForm(TOKEN, 0)])
        assert '<input type="hidden" name="step" value="1">' in (await at_hall.get("/online")).text
        statuses = [(await at_hall.post("/extend", {"token": TOKEN, "step": step})).status for step in ("", "x", "-1", "99999")]
        assert (statuses, (await at_hall.post("/extend", {"token": "7200.wrong", "step": "0"})).status) == ([400] * 4, 403)
        assert (await at_hall.get("/extend")).headers["Location"] == "/"
        at_hall.desk.can_extend = False
        assert "/extend" not in (await at_hall.get("/online")).text


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (More(), None),
        (More(fast_left=300_000_000, slow=SLOW), "Then it goes on with 1 / 0.5 Mbit/s."),
        (More(fast_left=0, slow=SLOW), "Your fast data is used up. You stay online, with 1 / 0.5 Mbit/s."),
    ],
)
def test_online_page_of_a_plan_that_becomes_slow(more: More, text: str | None) -> None:
    """How much is left of the fast data, and what comes after it."""
    page = PAGES.online(
        ENGLISH,
        HALL,
        code="K",
        token="t",
        seconds_left=60,
        bytes_left=None,
        internet=True,
        address="portal.hall.example",
        now=NOW,
        more=more,
    )
    assert ("ast data" in page) == (text is not None)
    assert text is None or text in plain(page)


def test_offer_in_words() -> None:
    """Volume with what comes after it, and the share of a day, alone and as a choice."""
    alone = plain(text_of(PAGES.captive(SPLASH, ENGLISH, HALL, TERMS, (SLOWING,))))
    assert ("<b>500 MB, then 1 / 0.5 Mbit/s</b>" in alone, "<b>4 hours, 2 GB</b>" in alone) == (True, True)
    choice = plain(text_of(PAGES.captive(SPLASH, ENGLISH, HALL, TERMS, (SLOWING, LONG))))
    assert '<bdi dir="ltr">500 MB, then 1 / 0.5 Mbit/s</bdi> · <bdi dir="ltr">Per day: 4 hours, 2 GB</bdi></small>' in choice
    assert choice.count("Per day") == 1


def test_kept_pages_differ_by_what_is_offered() -> None:
    """Two visitors with other plans left, and another closing time, see other pages; a plan that was changed is seen at once."""
    both = text_of(PAGES.captive(SPLASH, GERMAN, HALL, TERMS, (FREE, LONG)))
    one = text_of(PAGES.captive(SPLASH, GERMAN, HALL, TERMS, (LONG,)))
    closing = text_of(PAGES.captive(SPLASH, GERMAN, HALL, TERMS, (LONG,), (NOW + 60, NOW)))
    changed = text_of(PAGES.captive(SPLASH, GERMAN, HALL, TERMS, (replace(LONG, volume=1_000_000),)))
    assert (len({both, one, closing, changed}), text_of(PAGES.captive(SPLASH, GERMAN, HALL, TERMS, (LONG,)))) == (4, one)
    assert ENDED_BY["closed"].template == "ended.html"
