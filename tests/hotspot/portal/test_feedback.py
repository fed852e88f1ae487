"""Messages to the town: on disk before anybody is thanked, read by staff, erased in time, and nothing in them that names a client."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from hotspot import control
from hotspot.portal import retention
from hotspot.portal.desk import Desk, Refusal, TooMany
from hotspot.portal.feedback import GLIMPSE, PAGE
from hotspot.portal.journal import JournalUnavailable
from hotspot.portal.settings import Settings
from hotspot.portal.staff import Staff
from hotspot.town.feedback import Message, Rules
from tests.hotspot.portal.conftest import ANNA, ANNA_IP, BERT_IP, Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_accept import break_journal

LAMP = Message("damage", "Markt", "Die Laterne ist aus.", "")
IDEA = Message("idea", "", "Mehr Bänke!", "anna@example.org")
DAY = 86_400.0


@pytest.fixture
def staff(bench: Bench) -> Staff:
    """Staff of the bench."""
    return Staff(bench.office, bench.meter)


async def tell(bench: Bench, message: Message, ip: str = ANNA_IP) -> int | TooMany | Refusal | None:
    """A visitor sends a message."""
    visitor = await bench.visitor(ip)
    return await bench.desk.tell(visitor, bench.desk.token(visitor), message, "de")


async def add(bench: Bench, count: int) -> None:
    """Messages of days before, written at once."""
    sql = "INSERT INTO feedback (id, at, zone, kind, language, place, text, contact) VALUES (?, ?, 'public', 'idea', 'de', '', ?, '')"
    now = bench.clock.unix
    await bench.office.journal.write([(sql, (f"old-{number}", now - 100, f"Nr. {number} " + "x" * 300)) for number in range(count)])


async def test_a_message_is_on_disk(bench: Bench, clock: Clock) -> None:
    """With its number, and without anything that says whose it is."""
    assert [await tell(bench, LAMP), await tell(bench, IDEA)] == [1, 2]
    rows = await bench.rows("SELECT number, at, zone, kind, language, place, text, contact, fetched_at, done_at, done_by FROM feedback")
    assert rows == [
        (1, clock.unix, "public", "damage", "de", "Markt", "Die Laterne ist aus.", "", None, None, ""),
        (2, clock.unix, "public", "idea", "de", "", "Mehr Bänke!", "anna@example.org", None, None, ""),
    ]
    everything = str(await bench.rows("SELECT * FROM feedback"))
    visitor = await bench.visitor()
    assert [name for name in (ANNA, ANNA_IP, visitor.code) if name in everything] == []


async def test_the_last_number_is_the_visitors_own(bench: Bench, clock: Clock) -> None:
    """Nobody sees another one's; after an hour it is forgotten."""
    anna, bert = await bench.visitor(), await bench.visitor(BERT_IP)
    assert bench.desk.told(anna) is None
    await tell(bench, LAMP)
    await tell(bench, IDEA, BERT_IP)
    assert (bench.desk.told(anna), bench.desk.told(bert)) == (1, 2)
    clock.tick(3_601)
    assert bench.desk.told(anna) is None


async def test_a_form_of_somebody_else(bench: Bench) -> None:
    """The token is bound to the client."""
    anna, bert = await bench.visitor(), await bench.visitor(BERT_IP)
    assert await bench.desk.tell(anna, bench.desk.token(bert), LAMP, "de") == Refusal("token")
    assert await bench.rows("SELECT count(*) FROM feedback") == [(0,)]


async def test_three_an_hour(bench: Bench, clock: Clock) -> None:
    """A client's fourth has to wait, another client's does not."""
    assert [await tell(bench, LAMP) for _ in range(3)] == [1, 2, 3]
    clock.tick(600)
    assert await tell(bench, LAMP) == TooMany(3_000.0)
    assert await tell(bench, LAMP, BERT_IP) == 4
    clock.tick(3_000)
    assert await tell(bench, LAMP) == 5
    counted = {
        sample.labels["kind"]: sample.value
        for metric in bench.office.metrics.feedback.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
    assert counted == {"damage": 5.0, "too_many": 1.0}


async def test_without_journal_nothing_is_taken(bench: Bench, portal_settings: Settings) -> None:
    """The visitor is told, and what could not be taken does not count."""
    break_journal(portal_settings.state_dir)
    assert [await tell(bench, LAMP) for _ in range(4)] == [Refusal("journal")] * 4
    (portal_settings.state_dir / "journal.db").rmdir()
    await until(lambda: bench.office.journal.ok)
    assert await tell(bench, LAMP) == 1


async def test_a_message_whose_number_cannot_be_read_is_taken(bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is on disk, so nobody is asked to send it again; the number of the one before is not said to be its number."""
    assert await tell(bench, LAMP) == 1

    async def failing(*_: object) -> list[tuple[object, ...]]:
        raise JournalUnavailable("io", "cannot read the journal: the medium does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(bench.office.journal, "read", failing)
        assert await tell(bench, IDEA) is None
    assert bench.desk.told(await bench.visitor()) is None
    assert await bench.rows("SELECT number, text FROM feedback ORDER BY number") == [(1, LAMP.text), (2, IDEA.text)]


async def test_memory_forgets_the_device_after_an_hour(bench: Bench, clock: Clock) -> None:
    """As the privacy notice says, also when nobody else sends a message afterwards."""
    await tell(bench, LAMP)
    held = []
    for seconds in (3_599, 2):
        clock.tick(seconds)
        await retention.forget(bench.office)
        held.append(ANNA in str(vars(bench.office.pace)))
    assert held == [True, False]


async def test_messages_survive_a_restart(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """And numbers go on."""
    for number in (1, 2):
        async with running(portal_settings, clock) as bench:
            assert await tell(bench, LAMP) == number


async def test_staff_read_and_are_done(bench: Bench, staff: Staff, clock: Clock) -> None:
    """The list has what nobody has dealt with; what was dealt with says by whom, and who said so first stays."""
    await tell(bench, LAMP)
    await tell(bench, IDEA)
    lamp = control.FeedbackRow(1, clock.unix, "public", "damage", "de", "Markt", "Die Laterne ist aus.", "")
    idea = control.FeedbackRow(2, clock.unix, "public", "idea", "de", "", "Mehr Bänke!", "anna@example.org")
    assert await staff.answer(control.Feedback()) == control.FeedbackIs((lamp, idea))
    clock.tick(60)
    done = replace(lamp, done_at=clock.unix, done_by="Frau Amt")
    assert await staff.answer(control.FeedbackDone(1, "Frau Amt ")) == control.FeedbackIs((done,))
    clock.tick(60)
    assert await staff.answer(control.FeedbackDone(1, "Herr Rat")) == control.FeedbackIs((done,))
    assert await staff.answer(control.FeedbackShow(1)) == control.FeedbackIs((done,))
    assert await staff.answer(control.Feedback()) == control.FeedbackIs((idea,))
    assert await staff.answer(control.Feedback(all=True)) == control.FeedbackIs((done, idea))


async def test_staff_ask_for_what_is_not_there(staff: Staff) -> None:
    """In words."""
    unknown = control.Refused("unknown", "number = 9: expected the number of a message that is still kept")
    assert [await staff.answer(ask) for ask in (control.FeedbackShow(9), control.FeedbackDone(9, "x"))] == [unknown] * 2


async def test_lists_come_in_pages(bench: Bench, staff: Staff) -> None:
    """With the beginnings of the texts only, so that an answer stays small."""
    await add(bench, PAGE + 1)
    first = await staff.answer(control.Feedback())
    assert isinstance(first, control.FeedbackIs)
    assert (len(first.messages), first.more, {len(row.text) for row in first.messages}) == (PAGE, True, {GLIMPSE})
    rest = await staff.answer(control.Feedback(after=first.messages[-1].number))
    assert isinstance(rest, control.FeedbackIs)
    assert ([row.number for row in rest.messages], rest.more) == ([PAGE + 1], False)
    shown = await staff.answer(control.FeedbackShow(1))
    assert isinstance(shown, control.FeedbackIs)
    assert len(shown.messages[0].text) == len("Nr. 0 ") + 300


async def test_messages_are_erased(bench: Bench, staff: Staff, clock: Clock) -> None:
    """30 days after they were dealt with or fetched, after 180 days in any case; and the file does not hold them any more either."""
    bench.office.settings = replace(bench.office.settings, feedback=Rules())
    await tell(bench, Message("idea", "", "zuerst erledigt", ""))
    await tell(bench, Message("idea", "", "nur abgeholt", ""))
    await tell(bench, Message("idea", "", "liegen geblieben", ""))
    await staff.answer(control.FeedbackDone(1, "Amt"))
    clock.tick(10 * DAY)
    await bench.office.journal.write([("UPDATE feedback SET fetched_at = ? WHERE number = 2", (clock.unix,))])
    seen = []
    for days in (19, 2, 10, 140):
        clock.tick(days * DAY)
        await retention.forget(bench.office)
        seen.append([number for (number,) in await bench.rows("SELECT number FROM feedback ORDER BY number")])
    assert seen == [[1, 2, 3], [2, 3], [3], []]
    folder = Path(bench.office.settings.state_dir)
    held = b"".join(path.read_bytes() for path in folder.glob("journal.db*"))
    assert [text for text in (b"erledigt", b"abgeholt", b"geblieben") if text in held] == []


async def test_a_form_that_was_taken_away_leaves_nothing(bench: Bench, clock: Clock) -> None:
    """Messages of before are erased in the time that is usual."""
    await tell(bench, LAMP)
    clock.tick(181 * DAY)
    await retention.forget(bench.office)
    assert await bench.rows("SELECT count(*) FROM feedback") == [(0,)]


def test_the_desk_is_the_pages_way_to_it() -> None:
    """Handlers need nothing behind the desk."""
    assert {"tell", "told"} <= set(dir(Desk))
