"""The outbox on a real journal: what may have been sent stays as it is, and what waits takes little room."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hotspot import wire
from hotspot.portal.journal import Journal, Loaded, rows
from hotspot.portal.uplink.outbox import MERGED_FROM, TAKEN_KEPT, Outbox, Waiting, name_of
from tests.hotspot.portal.uplink.test_merging import ROW, Q, numbers, report

NOON = Q + 43_200.0


class Deaf:
    """Nobody to be told by the journal."""

    def opened(self, loaded: Loaded, how: str) -> None:
        """As ``JournalEvents``."""

    def health(self, ok: bool, kind: str, why: str) -> None:
        """As ``JournalEvents``."""

    def committed(self, seconds: float, writes: int) -> None:
        """As ``JournalEvents``."""


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Journal, Outbox]]:
    """A journal and its outbox."""
    async with Journal(folder / "journal.db", Deaf()) as journal:
        yield journal, Outbox(journal)


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[tuple[Journal, Outbox]]:
    """A journal of its own."""
    async with opened(tmp_path) as one:
        yield one


async def put(journal: Journal, *reports: wire.Report) -> None:
    """Closed and on disk."""
    for one in reports:
        await journal.write(rows.of_report(one.stream, one.start, one.seq, one.closed.unix, wire.encode(one).decode()))


async def say(journal: Journal, number: int, text: str = "Danke") -> None:
    """A visitor tells the town something."""
    values: tuple[Any, ...] = (f"{number:016x}", 1.0, "public", "idea", "de-simple", "", text, "")
    await journal.write(
        [("INSERT INTO feedback (id, at, zone, kind, language, place, text, contact) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)]
    )


def message(number: int, text: str = "Danke") -> wire.Feedback:
    """The same at the hub."""
    return wire.Feedback(id=f"{number:016x}", at=1.0, zone="public", kind="idea", language="de-simple", text=text)


async def test_the_oldest_first_until_they_are_taken(both: tuple[Journal, Outbox], tmp_path: Path) -> None:
    """They come again until the hub has them, also after a restart; refused ones are set aside."""
    journal, outbox = both
    first, second, third = (report(seq, ROW) for seq in (1, 2, 3))
    await put(journal, first, second, third)
    assert await outbox.next(2) == (first, second)
    assert await outbox.waiting() == Waiting(reports=3, unsent=1)
    await outbox.taken([first], NOON)
    await outbox.refuse([wire.Refused(second.stream, second.seq, "no such zone")])
    assert (await outbox.next(), await outbox.waiting()) == ((third,), Waiting(reports=1, refused=1))
    await outbox.taken([third], NOON)
    assert (await outbox.next(), await outbox.waiting()) == ((), Waiting(refused=1))


async def test_a_delivery_stays_small(both: tuple[Journal, Outbox]) -> None:
    """As many reports as fit; one that is large goes alone."""
    journal, outbox = both
    large = [report(seq, *(wire.Row(Q, "public", f"plan-{number:027}", number) for number in range(500))) for seq in range(1, 13)]
    await put(journal, *large)
    taken = await outbox.next()
    assert 1 < len(taken) < 12
    assert len(wire.encode(wire.Delivery(sent=taken[0].closed, reports=taken))) < wire.LARGEST


async def test_a_body_that_cannot_be_read_is_set_aside(both: tuple[Journal, Outbox]) -> None:
    """It holds up nobody."""
    journal, outbox = both
    await journal.write(rows.of_report("a" * 32, 1, 1, 1.0, '{"stream": 1}'))
    await put(journal, report(2, ROW))
    assert ([one.seq for one in await outbox.next()], (await outbox.waiting()).refused) == ([2], 1)


async def test_messages_travel_with_reports(both: tuple[Journal, Outbox]) -> None:
    """At most twenty in each, the same ones each time it is sent, and marked as fetched when the hub has it; what is erased is not sent."""
    journal, outbox = both
    for number in range(1, 24):
        await say(journal, number)
    await put(journal, report(1, ROW), report(2, ROW))
    assert (await outbox.waiting()).feedback == 23
    one, two = await outbox.next()
    assert ([int(sent.id, 16) for sent in two.feedback], [int(sent.id, 16) for sent in one.feedback]) == ([*range(1, 21)], [21, 22, 23])
    assert two.feedback[0] == message(1)
    await journal.write([("DELETE FROM feedback WHERE number = 1", ())])
    await say(journal, 24)
    again = await outbox.next()
    assert [len(sent.feedback) for sent in again] == [3, 20]
    assert {int(sent.id, 16) for sent in again[1].feedback} == {*range(2, 21), 24}
    await outbox.taken(again, NOON)
    assert await journal.read("SELECT count(*) FROM feedback WHERE fetched_at = ?", (NOON,)) == [(23,)]
    assert await journal.read("SELECT count(*) FROM reports WHERE body LIKE '%Danke%'") == [(0,)]


async def test_much_that_waits_is_put_together(both: tuple[Journal, Outbox]) -> None:
    """Three days of one-minute reports become few, the numbers stay; what may have been sent is untouched."""
    journal, outbox = both
    reports = [report(seq, wire.Row(Q + seq // 15 * 900, "public", "free", 1, languages={"de": 1}), unix=float(Q)) for seq in range(1, 601)]
    await put(journal, *reports)
    sent = await outbox.next(5)
    assert await outbox.tidy(10**9, 90 * 86_400.0, NOON) == 0
    left = [wire.decode(wire.Report, body.encode()) for (body,) in await journal.read("SELECT body FROM reports ORDER BY number")]
    assert (tuple(left[:5]), len(left) <= 10) == (sent, True)
    assert numbers(left) == numbers(reports)
    assert (await outbox.waiting()).unsent < MERGED_FROM
    await put(journal, reports[9])  # a commit of long ago that is repeated
    assert len(await journal.read("SELECT 1 FROM reports")) == len(left)


async def test_no_room(both: tuple[Journal, Outbox]) -> None:
    """First goes what the hub has, then the time of day, and only then the oldest reports, which are counted."""
    journal, outbox = both
    month = [
        report(seq, *(wire.Row(Q + 86_400 * seq + 900 * at, "public", "free", 1) for at in range(96)), unix=float(Q))
        for seq in range(1, 31)
    ]
    await put(journal, *month)
    await outbox.taken(await outbox.next(3), NOON)
    whole = await outbox.bytes()
    assert (await outbox.tidy(whole * 9 // 10 + 100, 1e9, NOON), (await outbox.waiting()).reports) == (0, 27)
    assert await outbox.tidy(whole // 50, 1e9, NOON) == 0
    left = [wire.decode(wire.Report, body.encode()) for (body,) in await journal.read("SELECT body FROM reports ORDER BY number")]
    assert (numbers(left), await outbox.lost()) == (numbers(month[3:]), 0)
    assert await outbox.next(1)  # now the hub may have it: it cannot be put together with others any more
    lost = await outbox.tidy(10, 1e9, NOON)
    assert (lost >= 1, await outbox.lost(), await outbox.bytes()) == (True, lost, 0)
    assert await outbox.lost_at() == NOON


async def test_age(both: tuple[Journal, Outbox]) -> None:
    """Old reports are given up, counted; those whose clock was never set do not look old."""
    journal, outbox = both
    await put(journal, report(1, ROW, unix=NOON - 91 * 86_400), report(2, ROW, unix=NOON - 89 * 86_400), report(3, ROW, unix=100.0))
    assert await outbox.lost_at() is None
    assert (await outbox.tidy(10**9, 90 * 86_400.0, NOON), await outbox.lost(), await outbox.lost_at()) == (1, 1, NOON)
    assert [one.seq for one in await outbox.next()] == [2, 3]


async def test_the_hub_was_restored_from_a_backup(both: tuple[Journal, Outbox]) -> None:
    """What it had is sent again, once for each time that it says so, as long as it is kept here."""
    journal, outbox = both
    await put(journal, report(1, ROW), report(2, ROW))
    await say(journal, 1)
    reports = await outbox.next()
    await outbox.taken(reports[:1], NOON - TAKEN_KEPT - 1)
    await outbox.taken(reports[1:], NOON)
    await outbox.tidy(10**9, 1e9, NOON)
    assert (await outbox.next(), await outbox.again(5.5), await outbox.again(5.5)) == ((), True, False)
    assert await outbox.next() == reports[1:]
    await outbox.taken(reports[1:], NOON)
    assert (await outbox.again(6.5), [name_of(one) for one in await outbox.next()]) == (True, [name_of(reports[1])])
