"""Citizens' feedback at the console: read by all of a town, dealt with by those who may, exported; hostile texts do nothing."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest

from hotspot import wire
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.store import feedback, tenants
from tests.hub.console import city, papers
from tests.hub.console.conftest import Seat, Seats

pytestmark = pytest.mark.hub


async def wrote(hub: Hub, hall: str, *said: tuple[str, str, str, str, str], first: int = 0) -> list[int]:
    """Messages of a hall, and the numbers that they have got."""
    async with hub.store.transaction() as connection:
        place = await tenants.hall(connection, hall)
        assert place is not None
        rows = [
            wire.Feedback(f"{first + number:016x}", hub.now().timestamp(), "public", kind, language, text, where, contact)
            for number, (kind, language, text, where, contact) in enumerate(said)
        ]
        assert await feedback.insert(connection, place.id, rows) == len(rows)
        found = await connection.fetch("SELECT number FROM feedback WHERE hall_id = $1 ORDER BY number", place.id)
    return [row["number"] for row in found]


@pytest.fixture
async def karl(hub: Hub, seats: Seats) -> Seat:
    """A clerk of Kleinheim."""
    await city.people_and_halls(hub)
    return await seats("karl", Role.PARTNER_EDITOR, "kleinheim")


async def test_the_inbox(karl: Seat, hub: Hub) -> None:
    """New ones first; what is done leaves the inbox, with a note and who did it; it can be opened again."""
    number, *_ = await wrote(hub, "kleinheim-rathaus", *papers.LETTERS)
    inbox = await karl.get("/feedback")
    assert ["New (4)" in inbox.words, "Done (0)" in inbox.words, "Damage" in inbox.words, "wants an answer" in inbox.words] == [True] * 4
    assert (await karl.post(f"/feedback/{number}", {"status": "new", "note": "Hausmeister gefragt"})).goal == f"/feedback/{number}"
    answer = await karl.post(f"/feedback/{number}", {"status": "done", "note": "Hausmeister <b>gefragt</b>"})
    assert (answer.status, answer.goal) == (303, "/feedback")
    page = await karl.get(f"/feedback/{number}")
    assert ["by karl" in page.words, "Hausmeister <b>gefragt</b>" in page.words, "<b>gefragt" in page.text] == [True, True, False]
    shown = [f"Damage {number}" in (await karl.get(f"/feedback?state={state}")).words for state in ("new", "done", "all")]
    assert shown == [False, True, True]
    await karl.post(f"/feedback/{number}", {"status": "new", "note": ""})
    assert "New (4)" in (await karl.get("/feedback")).words
    async with hub.store.connection() as connection:
        actions = await connection.fetch("SELECT action FROM audit WHERE actor = 'user karl' ORDER BY at, id")
    assert [row["action"] for row in actions] == ["feedback.note", "feedback.done", "feedback.reopen"]


async def test_every_script_stands_as_it_was_written(karl: Seat, hub: Hub) -> None:
    """Each text says its language and finds its own direction; what would turn the rest of the page around is not in it."""
    numbers = await wrote(hub, "kleinheim-rathaus", *papers.LETTERS)
    for number, (_, language, text, _, _) in zip(numbers, papers.LETTERS, strict=True):
        page = await karl.get(f"/feedback/{number}")
        assert f'dir="auto" lang="{language}"' in page.text
        assert "\u202e" not in page.text
        assert text.split()[-1] in page.words


async def test_hostile_texts(karl: Seat, hub: Hub) -> None:
    """No text becomes a part of the page; a contact becomes a link only when it is an address of e-mail and nothing else."""
    *_, number = await wrote(hub, "kleinheim-rathaus", *papers.LETTERS)
    glimpse, page = await karl.get("/feedback"), await karl.get(f"/feedback/{number}")
    for answer in (glimpse, page):
        assert [trap in answer.text for trap in ("<script>alert", "<img src", "<b>2nd", 'href="javascript', " 49 ")] == [False] * 5
    assert "<script>alert(1)</script>" in page.words
    assert "{{ 7 * 7 }}" in page.words
    assert ("Read all of it" in glimpse.words, papers.HOSTILE[-700:] in glimpse.text) == (True, False)
    assert 'href="mailto:layla%40example.org"' in (await karl.get(f"/feedback/{number - 3}")).text


async def test_filters(karl: Seat, hub: Hub) -> None:
    """By hall, kind, language and day; what is asked for is kept in the addresses of the page, and wrong days are refused."""
    await wrote(hub, "kleinheim-rathaus", *papers.LETTERS)
    await wrote(hub, "kleinheim-schule", ("idea", "tr", "Teşekkürler", "", ""), first=100)
    today = hub.now().date()
    for query, count in (
        ("hall=kleinheim-schule", 1), ("kind=idea", 3), ("kind=idea&language=fa", 1), ("language=xx", 0),
        (f"since={today - timedelta(days=2)}", 5), (f"until={today - timedelta(days=2)}", 0), (f"since={today + timedelta(days=2)}", 0),
    ):  # fmt: skip
        page = await karl.get(f"/feedback?{query}")
        assert f"New ({count})" in page.words, query
        assert query in page.text.replace("&amp;", "&")
    for query in ("since=gestern", "state=x", "kind=%3Cb%3E%00", "since=9999-12-31&until=9999-12-31", f"language={'x' * 500}", "before=x"):
        assert (await karl.get(f"/feedback?{query}")).status in (400, 404), query


async def test_pages(karl: Seat, hub: Hub) -> None:
    """More than a page of messages: the older ones behind a button, each exactly once."""
    await wrote(hub, "kleinheim-rathaus", *(("idea", "de", f"Idee {number}.", "", "") for number in range(70)))
    first = await karl.get("/feedback")
    older = re.search(r'href="(/feedback\?[^"]*before=[^"]*)"', first.text)
    assert older is not None
    second = await karl.get(older[1].replace("&amp;", "&"))
    numbers = [int(found) for page in (first, second) for found in re.findall(r"Idee (\d+)\.", page.words)]
    assert (numbers, "Older messages" in second.words, "To the newest" in second.words) == ([*range(69, -1, -1)], False, True)


async def test_export(karl: Seat, hub: Hub) -> None:
    """The table has what the filter finds; nothing in it is a formula."""
    await wrote(hub, "kleinheim-rathaus", *papers.LETTERS, ("idea", "de", "=1+1", "", ""))
    answer = await karl.get("/feedback.csv?state=new&language=de")
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert ([row["text"] for row in rows], answer.headers["Content-Type"]) == (["'=1+1", papers.LETTERS[1][2]], "text/csv; charset=utf-8")


async def test_who_may(karl: Seat, seats: Seats, hub: Hub) -> None:
    """A viewer reads and changes nothing; another town's people find nothing; a note that is too long comes back whole."""
    number, *_ = await wrote(hub, "kleinheim-rathaus", *papers.LETTERS)
    vera = await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    page = await vera.get(f"/feedback/{number}")
    assert (page.status, "<textarea" in page.text, (await vera.post(f"/feedback/{number}", {"status": "done"})).status) == (200, False, 403)
    gerda = await seats("gerda", Role.PARTNER_EDITOR, "bergdorf")
    assert (await gerda.get(f"/feedback/{number}")).status == 404
    assert (await gerda.post(f"/feedback/{number}", {"status": "done"})).status == 404
    assert ["New (0)" in (await gerda.get("/feedback")).words, len((await gerda.get("/feedback.csv")).text.splitlines())] == [True, 1]
    assert (await gerda.get("/feedback?partner=kleinheim")).status == 403
    long = await karl.post(f"/feedback/{number}", {"status": "done", "note": "x" * 501})
    assert (long.status, "x" * 501 in long.text, "these are 501" in long.words) == (400, True, True)
    assert (await karl.post(f"/feedback/{number}", {"status": "maybe"})).status == 400


async def test_nothing_there(karl: Seat) -> None:
    """An empty inbox says where messages come from, and for how long they are kept."""
    page = await karl.get("/feedback")
    assert ["There is nothing new." in page.words, "Tell the town" in page.words, "180 days" in page.words] == [True] * 3
