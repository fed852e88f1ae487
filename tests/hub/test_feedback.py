"""What visitors told the town: taken once, seen by those whose it is, dealt with, exported."""

import asyncio
import csv
from io import StringIO

import pytest

from hotspot import wire
from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.store import Store, feedback
from tests.hub.conftest import Api, token_of
from tests.hub.fleet import boxes
from tests.hub.town import delivery, gateway, report

pytestmark = pytest.mark.hub


def said(number: int, text: str = "Die Uhr geht nach.", **more: str) -> wire.Feedback:
    """One message."""
    return wire.Feedback(id=f"{number:016x}", at=1_800_000_000.0, zone="public", kind="damage", language="de", text=text, **more)


async def test_the_same_message_is_one(store: Store) -> None:
    """However often it comes, in one delivery or from two processes at once; another hall's of the same id is another."""
    one, two = await boxes(store, 2)
    async with store.transaction() as connection:
        assert await feedback.insert(connection, one.hall_id, [said(1), said(1), said(2)]) == 2

    async def again(hall: int, numbers: tuple[int, ...]) -> int:
        async with store.transaction() as connection:
            return await feedback.insert(connection, hall, [said(number) for number in numbers])

    numbers = ((1, 2, 3, 4), (4, 3, 2, 1), (3, 4))
    assert sum(await asyncio.gather(*(again(one.hall_id, each) for each in numbers))) == 2
    assert await again(two.hall_id, (1,)) == 1


async def test_a_report_brings_messages_to_the_partner_only(hub: Hub, api: Api) -> None:
    """Through the same door as the figures; another town's people neither see nor touch it; control characters are left out."""
    box, now = await gateway(hub), hub.now()
    told = report(1, now, feedback=(said(1, "Toll\0\x1b!", place="Wartezimmer", contact="anna@example.org"),))
    assert (await Ingest(hub).take(box, delivery(now, told))).taken == 1
    await boxes(hub.store, 1, "grossdorf")
    theirs = api.as_(await token_of(hub, "karl", Role.PARTNER_EDITOR, "kleinheim"))
    others = api.as_(await token_of(hub, "gerda", Role.PARTNER_EDITOR, "grossdorf"))
    status, [message] = await theirs("GET", "/feedback", done="false")
    assert (status, message["written_at"], message["done_at"]) == (200, "2027-01-15T08:00:00Z", None)
    fields = ("partner", "hall", "zone", "kind", "language", "text", "place", "contact", "done_by", "note")
    assert [message[name] for name in fields] == [
        "kleinheim", "kleinheim-rathaus", "public", "damage", "de", "Toll!", "Wartezimmer", "anna@example.org", "", "",
    ]  # fmt: skip
    number = message["number"]
    assert await others("GET", "/feedback") == (200, [])
    assert (await others("GET", f"/feedback/{number}"))[0] == 404
    assert (await others("PUT", f"/feedback/{number}/status", {"done": True}))[0] == 404
    viewer = api.as_(await token_of(hub, "vera", Role.PARTNER_VIEWER, "kleinheim"))
    assert (await viewer("PUT", f"/feedback/{number}/status", {"done": True}))[0] == 403
    status, done = await theirs("PUT", f"/feedback/{number}/status", {"done": True, "note": "Hausmeister"})
    assert (status, done["done_by"], done["note"]) == (200, "karl", "Hausmeister")
    assert await theirs("GET", f"/feedback/{number}") == (200, done)
    assert await theirs("GET", "/feedback", done="false") == (200, [])
    status, again = await theirs("PUT", f"/feedback/{number}/status", {"done": False})
    assert (status, again["done_at"], again["done_by"]) == (200, None, "")


async def test_pages_and_export(hub: Hub, api: Api) -> None:
    """Pages follow each other without gap; a spreadsheet takes no cell for a formula."""
    [box] = await boxes(hub.store, 1)
    async with hub.store.transaction() as connection:
        await feedback.insert(connection, box.hall_id, [said(number, f"={number}") for number in range(7)])
    seen: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = (await api("GET", "/feedback", hall="kleinheim-0", kind="damage", limit="3", **before))[1]
        if not page:
            break
        seen += [message["text"] for message in page]
        before = {"before": f"{page[-1]['number']}"}
    assert seen == [f"={number}" for number in reversed(range(7))]
    async with api.http.get(f"{api.base}/api/v1/feedback.csv", headers={"Authorization": f"Bearer {api.token}"}) as answer:
        assert (answer.status, answer.content_type) == (200, "text/csv")
        rows = list(csv.DictReader(StringIO(await answer.text())))
    assert [row["text"] for row in rows] == [f"'={number}" for number in reversed(range(7))]
    assert (await api("GET", "/feedback", kind="idea"))[1] == []
