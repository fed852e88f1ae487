"""Reports are counted once, for the right hall, in the right quarter, whatever gateways send."""

import asyncio
from datetime import date, datetime, timedelta
from itertools import count

import pytest
from msgspec import structs

from hotspot import wire
from hotspot.hub import bounds, ingest
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Busy, Ingest
from hotspot.hub.store import Store, StoreUnavailable, partitions, reports
from tests.hub.town import NOON, cells, delivery, findings, gateway, report, row

pytestmark = pytest.mark.hub
QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ingesting(hub: Hub) -> Ingest:
    """It is noon; tests let time go by with ``at``."""
    at(hub, NOON)
    return Ingest(hub)


def at(hub: Hub, moment: datetime) -> None:
    """Set the hub's clock."""
    hub.now = lambda: moment


def receipt(taken: int = 0, known: int = 0, refused: tuple[wire.Refused, ...] = ()) -> wire.Receipt:
    """What is to be answered."""
    return wire.Receipt(taken=taken, known=known, refused=refused)


async def test_rows_are_added_up(hub: Hub, ingesting: Ingest) -> None:
    """Two reports of one quarter come to their sum, the highest peak and the sum of languages; a day's devices to the highest number."""
    box = await gateway(hub)
    first = row(NOON, visits=2, ended=1, seconds=100, bytes_up=10, bytes_down=20, peak=3, languages={"de": 2}, families={"apple": 2})
    other = row(NOON, visits=1, ended=2, seconds=50, bytes_up=1, bytes_down=2, peak=2, languages={"de": 1, "tr": 1}, families={"odd": 1})
    days = (wire.Day("2026-11-18", 7),)
    sent = delivery(NOON, report(1, NOON, [first], days=days), report(2, NOON, [other], days=(wire.Day("2026-11-18", 5),)))
    assert await ingesting.take(box, sent) == receipt(taken=2)
    assert await cells(hub) == [(box.hall, NOON, "public", "free", 3, 3, 150, 11, 22, 3, {"de": 3, "tr": 1})]
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT families FROM figures_quarters") == {"apple": 2, "other": 1}
        assert list(map(tuple, await connection.fetch("SELECT day, devices FROM devices_days"))) == [(date(2026, 11, 18), 7)]
    assert await findings(hub) == []


async def test_the_same_report_twice(hub: Hub, ingesting: Ingest) -> None:
    """What came before changes nothing, and is acknowledged again; the first content counts."""
    box = await gateway(hub)
    one = delivery(NOON, report(1, NOON, [row(NOON, visits=1)]))
    assert await ingesting.take(box, one) == receipt(taken=1)
    assert await ingesting.take(box, one) == receipt(known=1)
    twice = delivery(NOON, report(1, NOON, [row(NOON, visits=9)]), report(2, NOON, [row(NOON, visits=1)]), report(2, NOON))
    assert await ingesting.take(box, twice) == receipt(taken=1, known=2)
    assert [found[4] for found in await cells(hub)] == [2]


async def test_the_same_report_by_two_processes_at_once(hub: Hub, ingesting: Ingest, database: str) -> None:
    """Twenty reports, each sent to two hub processes at the same moment, twice: each is counted once."""
    box = await gateway(hub)
    sent = [delivery(NOON, report(number, NOON, [row(NOON, visits=1)], stream=stream)) for number in range(1, 11) for stream in "ab"]
    async with Store(database) as second:
        both = (ingesting, Ingest(Hub(hub.settings, second, hub.now)))
        answers = await asyncio.gather(*(side.take(box, one) for one in sent for side in both for _ in range(2)))
    assert sum(answer.taken for answer in answers) == len(sent)
    assert sum(answer.known for answer in answers) == 3 * len(sent)
    assert [found[4] for found in await cells(hub)] == [len(sent)]


async def test_out_of_order(hub: Hub, ingesting: Ingest) -> None:
    """Reports in any order are all counted, and remembered in little room."""
    box = await gateway(hub)
    for number in (5, 1, 3, 2, 4, 3, 1):
        await ingesting.take(box, delivery(NOON, report(number, NOON, [row(NOON, visits=10**number)])))
    assert [found[4] for found in await cells(hub)] == [111_110]
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT seen FROM streams") == [1, 5]


async def test_many_gateways_at_once(hub: Hub, ingesting: Ingest) -> None:
    """Deliveries that wait are written together: far fewer transactions than deliveries, each with its own answer."""
    boxes = [await gateway(hub, f"town{number}-hall") for number in range(20)]
    async with hub.store.connection() as connection:
        before = await connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
        await asyncio.gather(
            *(ingesting.take(box, delivery(NOON, report(n, NOON, [row(NOON, visits=n)]))) for box in boxes for n in range(1, 6))
        )
        used = await connection.fetchval("SELECT pg_current_xact_id()::text::bigint") - before
    assert [found[4] for found in await cells(hub)] == [15] * 20
    assert used < 20


async def test_a_bad_report_harms_no_other(hub: Hub, ingesting: Ingest) -> None:
    """A report that can never be taken is refused with key, value and what was expected; what is beside it is counted."""
    box, other = await gateway(hub), await gateway(hub, "grossdorf-rathaus")
    bad = report(1, NOON, [structs.replace(row(NOON), quarter=17)])
    huge = report(2, NOON, [row(NOON, bytes_up=2**60)])
    day = report(3, NOON, days=(wire.Day("2026-02-31", 1),))
    good = report(4, NOON, [row(NOON, visits=1)])
    sent = ((other, delivery(NOON, report(1, NOON, [row(NOON, visits=5)]))), (box, delivery(NOON, bad, huge, day, good)))
    answers = await asyncio.gather(*(ingesting.take(sender, one) for sender, one in sent))
    refused = tuple(
        wire.Refused("a" * 32, number, f"cannot take report {number}: {why}")
        for number, why in (
            (1, "rows[0].quarter = 17: expected a multiple of 900"),
            (2, f"rows[0].bytes_up = {2**60}: expected at most {2**46}"),
            (3, "days[0].day = '2026-02-31': expected a date such as '2027-01-31'"),
        )
    )
    assert answers == [receipt(taken=1), receipt(taken=1, refused=refused)]
    assert [(found[0], found[4]) for found in await cells(hub)] == [(other.hall, 5), (box.hall, 1)]
    assert await findings(hub) == [(box.name, "refused")]


async def test_what_the_tables_refuse_harms_no_other(hub: Hub, ingesting: Ingest) -> None:
    """One delivery of a batch that PostgreSQL refuses (its hall was erased meanwhile) is refused alone."""
    boxes = [await gateway(hub, f"town{number}-hall") for number in range(5)]
    gone = structs.replace(boxes[2], id=99_999, hall_id=88_888)
    boxes[2] = gone
    answers = await asyncio.gather(*(ingesting.take(box, delivery(NOON, report(1, NOON, [row(NOON, visits=1)]))) for box in boxes))
    assert [(answer.taken, len(answer.refused)) for answer in answers] == [(1, 0), (1, 0), (0, 1), (1, 0), (1, 0)]
    assert len(await cells(hub)) == 4


async def test_text_that_no_table_can_hold(hub: Hub, ingesting: Ingest) -> None:
    """NUL in what a gateway or a visitor says is left out; the rest is kept."""
    box = await gateway(hub)
    said = wire.Feedback("0" * 16, NOON.timestamp(), "public", "praise", "de", "gut\0!", "Saal \0 1")
    health = wire.Health(software="1\0.0", faults=("a\0b",), zones=(wire.ZoneHealth("public", 3),))
    sent = delivery(NOON, report(1, NOON, [row(NOON, visits=1)], feedback=(said,)), health=health)
    assert await ingesting.take(box, sent) == receipt(taken=1)
    async with hub.store.connection() as connection:
        assert list(map(tuple, await connection.fetch("SELECT text, place FROM feedback"))) == [("gut!", "Saal  1")]
        kept = await connection.fetchval("SELECT health FROM gateway_states")
        assert (kept["software"], kept["faults"], kept["zones"][0]["online"]) == ("1.0", ["ab"], 3)
        assert [row[0] for row in await connection.fetch("SELECT name FROM zones")] == ["public"]


async def test_too_many_names(hub: Hub, ingesting: Ingest) -> None:
    """A gateway that invents zones, plans and languages fills nothing: what is too much is counted together, and staff are told."""
    box = await gateway(hub)
    numbers = count(1)
    for block in range(4):
        rows = [
            row(NOON, f"zone{block}-{n % 12}", f"plan{block}-{n}", visits=1, languages={f"x{chr(97 + block)}-a{n:03}": 1})
            for n in range(60)
        ]
        await ingesting.take(box, delivery(NOON, report(next(numbers), NOON, rows)))
    found = await cells(hub)
    assert sum(one[4] for one in found) == sum(sum(one[10].values()) for one in found) == 240
    names = {"zone": {one[2] for one in found}, "plan": {one[3] for one in found}, "language": {name for one in found for name in one[10]}}
    assert {kind: len(each - {bounds.OTHER[kind]}) for kind, each in names.items()} == bounds.MOST_NAMES
    assert await findings(hub) == [(box.name, "names")]


@pytest.mark.parametrize("off", [-DAY, DAY, -400 * DAY, 3 * HOUR])
async def test_clock_off(hub: Hub, ingesting: Ingest, off: timedelta) -> None:
    """A gateway whose clock is wrong by hours or a year, and that was away for two of them: its figures are entered where they belong."""
    box = await gateway(hub)
    then = NOON - 2 * HOUR
    closed = wire.Moment((then + off).timestamp(), 500_000.0, BOOT)
    rows = (row(then + off - QUARTER, visits=1), row(then + off, visits=2))
    days = (wire.Day((then + off).date().isoformat(), 3),)
    late = structs.replace(report(1, NOON, rows, days=days), closed=closed)
    sent = wire.Delivery(sent=wire.Moment((NOON + off).timestamp(), 500_000.0 + 7_200, BOOT), reports=(late,))
    assert await ingesting.take(box, sent) == receipt(taken=1)
    assert [(one[1], one[4]) for one in await cells(hub)] == [(then - QUARTER, 1), (then, 2)]
    async with hub.store.connection() as connection:
        if abs(off) >= DAY:
            assert await connection.fetchval("SELECT day FROM devices_days") == then.date()
        assert await connection.fetchval("SELECT clock_offset FROM gateway_states") == off.total_seconds()
    assert await findings(hub) == [(box.name, "clock")]


BOOT = "9f1c"


async def test_impossible_quarters(hub: Hub, ingesting: Ingest) -> None:
    """Of another boot nobody knows when it was: what lies in the future or before the retention is counted when it came."""
    box = await gateway(hub)
    rows = (row(NOON + 5 * DAY, visits=1), row(NOON - 400 * DAY, visits=2), row(NOON - 3 * DAY, visits=4))
    old = structs.replace(report(1, NOON, rows), closed=wire.Moment((NOON + 5 * DAY).timestamp(), 17.0, "another"))
    assert await ingesting.take(box, delivery(NOON, old)) == receipt(taken=1)
    assert [(one[1], one[4]) for one in await cells(hub)] == [(NOON - 3 * DAY, 4), (NOON, 3)]


async def test_a_part_of_the_table_is_made_when_it_is_needed(hub: Hub, ingesting: Ingest) -> None:
    """Reports of a gateway that was away for two months find their place."""
    box = await gateway(hub)
    when = NOON - 60 * DAY
    late = report(1, when, [row(when, visits=1)], days=(wire.Day(when.date().isoformat(), 4),))
    assert await ingesting.take(box, delivery(NOON, late)) == receipt(taken=1)
    assert [(one[1], one[4]) for one in await cells(hub)] == [(when, 1)]


async def test_a_restored_image(hub: Hub, ingesting: Ingest) -> None:
    """A box put back to an old image repeats what is known and goes on under a new name: counted once, told to staff, no twin."""
    box = await gateway(hub)
    before = [report(n, NOON, [row(NOON, visits=1)], stream="a", start=5) for n in (1, 2, 3)]
    await ingesting.take(box, delivery(NOON, *before))
    at(hub, NOON + HOUR)
    await ingesting.take(box, delivery(NOON + HOUR, report(1, NOON + HOUR, [row(NOON, visits=1)], stream="b", start=6)))
    at(hub, NOON + 2 * HOUR)
    again = report(1, NOON + 2 * HOUR, [row(NOON, visits=1)], stream="c", start=6)
    assert await ingesting.take(box, delivery(NOON + 2 * HOUR, *before[1:], again)) == receipt(taken=1, known=2)
    assert [one[4] for one in await cells(hub)] == [5]
    assert await findings(hub) == [(box.name, "restored")]


async def test_a_restart_is_nothing_odd(hub: Hub, ingesting: Ingest) -> None:
    """The rest of the stream before comes first, then a new stream of a later start: no finding."""
    box = await gateway(hub)
    await ingesting.take(box, delivery(NOON, report(1, NOON, stream="a", start=5)))
    later = NOON + HOUR
    at(hub, later)
    left = report(2, later, [row(NOON, visits=1)], stream="a", start=5)
    await ingesting.take(box, delivery(later, left, report(1, later, [row(later, visits=1)], stream="b", start=6)))
    assert await ingesting.take(box, delivery(later, left)) == receipt(known=1)
    assert await findings(hub) == []


async def test_twins(hub: Hub, ingesting: Ingest) -> None:
    """Two boxes with one credential: both are counted, and staff are told."""
    box = await gateway(hub)
    await ingesting.take(box, delivery(NOON, report(1, NOON, stream="a", start=5)))
    at(hub, NOON + QUARTER)
    await ingesting.take(box, delivery(NOON + QUARTER, report(1, NOON + QUARTER, stream="b", start=6)))
    at(hub, NOON + HOUR)
    first = report(2, NOON + HOUR, [row(NOON, visits=1)], stream="a", start=5)
    await ingesting.take(box, delivery(NOON + HOUR, first))
    assert await findings(hub) == [(box.name, "twin")]
    await ingesting.take(box, delivery(NOON + HOUR, report(1, NOON + HOUR, stream="c", start=6)))
    await ingesting.take(box, delivery(NOON + HOUR, report(2, NOON + HOUR, [row(NOON, visits=1)], stream="b", start=6)))
    assert await findings(hub) == [(box.name, "restored"), (box.name, "twin")]
    assert [one[4] for one in await cells(hub)] == [2]


async def test_a_replaced_box_begins_anew(hub: Hub, ingesting: Ingest) -> None:
    """The box that takes over a gateway's name counts its starts from 1 again, which is nothing odd."""
    box = await gateway(hub)
    await ingesting.take(box, delivery(NOON, report(1, NOON, stream="a", start=1)))
    at(hub, NOON + HOUR)
    async with hub.store.connection() as connection:
        await connection.execute("UPDATE gateways SET enrolled_at = $1", NOON + HOUR)
    await ingesting.take(box, delivery(NOON + HOUR, report(1, NOON + HOUR, stream="b", start=1)))
    assert await findings(hub) == []


async def test_gaps_without_end(hub: Hub, ingesting: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers with ever more gaps are refused before they fill the database."""
    monkeypatch.setattr("hotspot.hub.seen.MOST_RUNS", 3)
    box = await gateway(hub)
    answers = [await ingesting.take(box, delivery(NOON, report(number, NOON))) for number in (2, 4, 6, 8)]
    assert [(answer.taken, len(answer.refused)) for answer in answers] == [(1, 0), (1, 0), (1, 0), (0, 1)]
    assert ("kleinheim-rathaus", "gaps") in await findings(hub)


async def test_streams_without_end(hub: Hub, ingesting: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway with ever new streams has to wait; another one has not, and the day after it goes on."""
    monkeypatch.setattr(ingest, "MOST_STREAMS", 3)
    box, other = await gateway(hub), await gateway(hub, "grossdorf-rathaus")
    for number, stream in enumerate("abc"):
        await ingesting.take(box, delivery(NOON, report(1, NOON, stream=stream, start=number)))
    results = await asyncio.gather(
        ingesting.take(box, delivery(NOON, report(1, NOON, stream="d", start=9))),
        ingesting.take(other, delivery(NOON, report(1, NOON))),
        return_exceptions=True,
    )
    assert (type(results[0]), results[1]) == (Busy, receipt(taken=1))
    assert await findings(hub) == [(box.name, "streams")]
    at(hub, NOON + 25 * HOUR)
    assert await ingesting.take(box, delivery(NOON + 25 * HOUR, report(1, NOON, stream="d", start=9))) == receipt(taken=1)


async def test_too_many_wait(hub: Hub, ingesting: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the database does not keep up, gateways are sent away at once, and nothing of theirs is lost."""
    monkeypatch.setattr(ingest, "MOST_WAITING", 5)
    box = await gateway(hub)
    sent = [delivery(NOON, report(number, NOON, [row(NOON, visits=1)])) for number in range(1, 11)]
    results = await asyncio.gather(*(ingesting.take(box, one) for one in sent), return_exceptions=True)
    assert any(isinstance(result, Busy) for result in results)
    for one in sent:
        await ingesting.take(box, one)
    assert [found[4] for found in await cells(hub)] == [10]


async def test_the_database_is_away(hub: Hub, ingesting: Ingest) -> None:
    """Who reports meanwhile is told to come again; afterwards it is counted once."""
    box = await gateway(hub)
    sent = delivery(NOON, report(1, NOON, [row(NOON, visits=1)]))
    async with hub.store.connection() as connection:
        await connection.execute("ALTER TABLE streams RENAME TO away")
        await connection.execute("CREATE FUNCTION gone() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '57P01'; END $$")
        await connection.execute("CREATE VIEW streams AS SELECT gone() AS gateway_id, now() AS first_at")
    with pytest.raises(StoreUnavailable):
        await ingesting.take(box, sent)
    async with hub.store.connection() as connection:
        await connection.execute("DROP VIEW streams")
        await connection.execute("ALTER TABLE away RENAME TO streams")
    assert await ingesting.take(box, sent) == receipt(taken=1)


async def test_a_request_that_is_given_up(hub: Hub, ingesting: Ingest) -> None:
    """A client that goes away takes none of the others with it."""
    box = await gateway(hub)
    sent = [delivery(NOON, report(number, NOON, [row(NOON, visits=1)])) for number in range(1, 9)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ingesting.take(box, one)) for one in sent]
        await asyncio.sleep(0)
        for task in tasks[4:]:
            task.cancel()
    assert [task.result() for task in tasks[:4]] == [receipt(taken=1)] * 4
    for one in sent:
        await ingesting.take(box, one)
    assert [found[4] for found in await cells(hub)] == [8]


async def test_days_of_other_centuries_make_no_tables(hub: Hub, ingesting: Ingest) -> None:
    """A gateway that tells of the devices of every month since the year 2 gets one row, on the day on which its report was closed."""
    box = await gateway(hub)
    async with hub.store.connection() as connection:
        await partitions.ahead(connection, NOON)
        parts = await connection.fetchval("SELECT count(*) FROM pg_class WHERE relname LIKE 'devices_days_p%' AND relkind = 'r'")
    sent = [
        report(number, NOON, days=tuple(wire.Day(f"{number:04d}-{month:02d}-01", number) for month in range(1, 13)))
        for number in range(2, 50)
    ]
    assert await ingesting.take(box, delivery(NOON, *sent)) == receipt(taken=48)
    async with hub.store.connection() as connection:
        assert list(map(tuple, await connection.fetch("SELECT day, devices FROM devices_days"))) == [(NOON.date(), 49)]
        assert await connection.fetchval("SELECT count(*) FROM pg_class WHERE relname LIKE 'devices_days_p%' AND relkind = 'r'") == parts


async def test_what_refuses_is_named_without_what_was_sent(hub: Hub) -> None:
    """A missing part of a table is known by what it is, not by the server's words, which may be German; and what the log is told of a row
    that was refused does not hold what a visitor wrote."""
    async with hub.store.connection() as connection:
        with pytest.raises(reports.NoPartition), reports.refusals():
            await connection.execute(
                "INSERT INTO devices_days (hall_id, day, gateway_id, devices) VALUES (1, '1990-01-01', 1, 1)",
            )
        with pytest.raises(reports.CannotStore) as refused, reports.refusals():
            await connection.execute("INSERT INTO names (hall_id, kind, name, first_at) VALUES (1, 'my secret', 'call me: 0171', now())")
    assert str(refused.value) == "CheckViolationError names names_kind_check"


async def test_what_waits_is_bounded_by_its_rows(hub: Hub, ingesting: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database writes nothing, large deliveries are sent away before they fill the memory; those that wait are counted later."""
    monkeypatch.setattr(ingest, "MOST_ROWS_WAITING", 600)
    box = await gateway(hub)
    rows = [row(NOON - number * QUARTER, visits=1) for number in range(90)]
    answers: list[object] = []

    async def send(number: int) -> None:
        try:
            answers.append(await ingesting.take(box, delivery(NOON, report(number, NOON, rows))))
        except Busy:
            answers.append("busy")

    async with asyncio.timeout(10), asyncio.TaskGroup() as group, hub.store.transaction() as connection:
        await connection.execute("LOCK TABLE streams")
        for number in range(1, 21):
            group.create_task(send(number))
        while len(answers) < 11:
            await connection.execute("SELECT")
    assert (answers.count(receipt(taken=1)), answers.count("busy")) == (9, 11)
