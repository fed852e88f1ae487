"""The block list at the console: added with a reason and a case number, found again, withdrawn, and exported; hostile texts do nothing."""

import csv
from datetime import timedelta
from io import StringIO

import pytest

from hotspot.hub.access import Role
from hotspot.hub.api import policy, policy_halls, policy_items
from hotspot.hub.hub import Hub
from hotspot.hub.policy import items
from tests.hub.console import city, papers
from tests.hub.console.conftest import Seat, Seats

pytestmark = pytest.mark.hub

COURT = {
    "scope": "partner/kleinheim", "what": "casino.example", "service": "", "zone": "", "kind": "court", "reason": "LG Musterstadt",
    "case_number": "12 O 3/26", "until": "", "sure": "yes",
}  # fmt: skip


@pytest.fixture
async def karl(hub: Hub, seats: Seats) -> Seat:
    """A clerk of Kleinheim, in the city with its policy."""
    await city.people_and_halls(hub)
    await city.done(hub, policy.change_policy, {"documents": [{"scope": "host", "document": city.POLICY}]})
    return await seats("karl", Role.PARTNER_EDITOR, "kleinheim")


async def entry(seat: Seat, what: str) -> str:
    """Address of an entry of the list."""
    text = (await seat.get("/blocks?state=all")).text
    return text[: text.index(f">{what}")].rpartition('href="')[2].partition('"')[0]


async def test_added_found_and_withdrawn(karl: Seat, hub: Hub) -> None:
    """What was typed is in the list with its words, in force in the town's halls, and stays on record when it is withdrawn."""
    answer = await karl.post("/blocks/new", {**COURT, "until": f"{hub.now().date() + timedelta(days=9)}"})
    assert (answer.status, answer.goal) == (303, "/blocks"), answer.words
    listed = await karl.get("/blocks?q=12+o+3")
    words = ("casino.example", "court order: LG Musterstadt", "12 O 3/26", "Gemeinde Kleinheim", "in force")
    assert [word in listed.words for word in words] == [True] * 5
    assert "casino.example" not in (await karl.get("/blocks?q=other")).words
    given = await city.done(hub, policy_halls.explain, hall="kleinheim-rathaus")
    assert "casino.example" in [value.value for value in given.values]
    where = await entry(karl, "casino.example")
    assert (await karl.post(f"{where}/withdraw", {"why": "aufgehoben"})).status == 400
    assert (await karl.post(f"{where}/withdraw", {"why": "aufgehoben", "sure": "yes"})).goal == "/blocks"
    assert [await listed_as(karl, state) for state in ("valid", "withdrawn", "all")] == [False, True, True]
    page = await karl.get(where)
    assert ["aufgehoben" in page.words, "karl" in page.words, "Withdraw" in page.words] == [True, True, False]
    assert (await karl.post(f"{where}/withdraw", {"sure": "yes"})).status == 409


async def listed_as(seat: Seat, state: str) -> bool:
    """Is the court's entry in the list of those that are so?"""
    return ">casino.example</a>" in (await seat.get(f"/blocks?state={state}")).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"what": "casino"}, "Enter a domain such as casino.example"),
        ({"what": "198.51.100.7/24"}, "Enter a domain such as casino.example"),
        ({"service": "tcp/443"}, "only with an address or a network"),
        ({"what": "198.51.100.7", "service": "http"}, "only with an address or a network"),
        ({"kind": "whim"}, "Choose one of the reasons."),
        ({"kind": "other", "reason": ""}, "Say the reason in a few words."),
        ({"reason": "x" * 401}, "Enter at most 400 characters."),
        ({"case_number": "  "}, "Enter the case number of the decision"),
        ({"case_number": "x" * 101}, "Enter at most 100 characters."),
        ({"until": "2020-01-01"}, "This day is over."),
        ({"until": "bald"}, "Enter a day"),
        ({"sure": ""}, ""),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(karl: Seat, fields: dict[str, str], words: str) -> None:
    """Nothing is blocked, and nothing that was typed is lost."""
    sent = {name: value for name, value in {**COURT, **fields}.items() if (name, value) != ("sure", "")}
    answer = await karl.post("/blocks/new", sent)
    assert (answer.status, (words or "Please tick the box.") in answer.words) == (400, True), answer.words
    assert ["12 O 3/26" in answer.text or "case_number" in fields, "LG Musterstadt" in answer.text or "reason" in fields] == [True, True]
    assert "casino.example" not in (await karl.get("/blocks?state=all")).words


async def test_what_the_halls_would_refuse(karl: Seat) -> None:
    """The gateways' own objection is shown, with what was typed: the visitors' own page cannot be blocked."""
    answer = await karl.post("/blocks/new", {**COURT, "what": "portal.hall.example"})
    assert (answer.status, "portal.hall.example" in answer.words, "LG Musterstadt" in answer.text) == (422, True, True)


async def test_who_may(karl: Seat, seats: Seats, hub: Hub) -> None:
    """A town blocks for itself only and does not lift what the city has blocked; another town sees nothing of it; a viewer only looks."""
    await city.done(hub, policy_items.add_block, {"what": "evil.example", "reason": "city", "case_number": "1"})
    await karl.post("/blocks/new", COURT)
    assert "all towns and halls" not in (await karl.get("/blocks/new")).words
    assert (await karl.post("/blocks/new", {**COURT, "scope": "host", "what": "x.example"})).status == 403
    assert (await karl.post("/blocks/new", {**COURT, "scope": "partner/bergdorf", "what": "x.example"})).status == 404
    cities, mine = await entry(karl, "evil.example"), await entry(karl, "casino.example")
    page = await karl.get(cities)
    assert ["only the city can withdraw it" in page.words, "Withdraw the entry" in page.words] == [True, False]
    assert (await karl.post(f"{cities}/withdraw", {"sure": "yes"})).status == 403
    gerda = await seats("gerda", Role.PARTNER_EDITOR, "bergdorf")
    assert ["casino.example" in (await gerda.get("/blocks?state=all")).words, (await gerda.get(mine)).status] == [False, 404]
    assert (await gerda.post(f"{mine}/withdraw", {"sure": "yes"})).status == 404
    assert ["casino" in (await gerda.get("/blocks.csv")).text, "evil" in (await gerda.get("/blocks.csv")).text] == [False, True]
    vera = await seats("vera", Role.PARTNER_VIEWER, "kleinheim")
    page = await vera.get("/blocks")
    assert ["casino.example" in page.words, "Block something" in page.words, (await vera.get("/blocks/new")).status] == [True, False, 403]


async def test_hostile_texts(karl: Seat) -> None:
    """HTML, a text that turns everything around, formulas for a spreadsheet, ten thousand letters: shown as they are, or refused."""
    for number, text in enumerate((papers.HOSTILE[:90], '"><svg onload=alert(1)>', "=HYPERLINK(1)", "\u202eelif")):
        answer = await karl.post("/blocks/new", {**COURT, "what": f"x{number}.example", "case_number": text, "reason": text})
        assert answer.status == 303, answer.words
    listed = await karl.get("/blocks")
    assert ["<script>alert" in listed.text, "<svg onload" in listed.text, '"><svg onload=alert(1)>' in listed.words] == [False, False, True]
    rows = list(csv.reader(StringIO((await karl.get("/blocks.csv")).text)))
    at = rows[0].index("case_number")
    assert "'=HYPERLINK(1)" in [row[at] for row in rows]
    assert (await karl.post("/blocks/new", {**COURT, "case_number": "x" * 10_000})).status == 400
    assert (await karl.post("/blocks/new", {**COURT, "case_number": "a\0b"})).status == 400
    assert (await karl.get(f"/blocks?q={'x' * 5_000}&scope=%3Cscript%3E&from=99999&state=nonsense")).status == 200


async def test_over(karl: Seat, hub: Hub) -> None:
    """An entry whose last day has gone is said to be over, whether it was cleared away yet or not."""
    await karl.post("/blocks/new", {**COURT, "until": f"{hub.now().date() + timedelta(days=1)}"})
    async with hub.store.transaction() as connection:
        changed = "jsonb_set(item::jsonb, '{until}', '\"2026-01-31\"')::json"
        await connection.execute(f"UPDATE policy_items SET item = {changed}, ends_at = now()")
    for _ in range(2):
        assert [await listed_as(karl, state) for state in ("valid", "over", "withdrawn")] == [False, True, False]
        await items.clear(hub)
