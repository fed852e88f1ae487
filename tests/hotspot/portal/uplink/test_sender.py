"""The sender, from visitors to a hub over real TLS: each number arrives once, whatever happens to hub, line, journal or portal."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from msgspec.structs import replace

from hotspot import wire
from hotspot.looks.values import By, Finding, Look, Severity
from hotspot.portal.desk import Visitor
from hotspot.portal.journal import rows as journal_rows
from hotspot.portal.looks import Seen
from hotspot.portal.settings import Settings
from hotspot.portal.settings_hub import LEAST_KEEP
from hotspot.portal.uplink.credential import CredentialFile
from hotspot.portal.uplink.link import Link
from hotspot.portal.uplink.sender import LONGEST_WAIT, LOOKS_SECONDS, TIDY_SECONDS, Sender
from hotspot.portal.vitals import Vitals
from tests.hotspot.portal.conftest import ANNA_IP, BERT_IP, Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hotspot.portal.test_accept import break_journal
from tests.hotspot.portal.uplink.counting_hub import CountingHub, Handler, problem, says


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[CountingHub]:
    """A hub that knows the gateway of ``tmp_path``."""
    async with await CountingHub.with_authority(tmp_path / "hub") as one:
        one.enrol(tmp_path)
        yield one


@pytest.fixture
def settings(portal_settings: Settings, hub: CountingHub) -> Settings:
    """Of a hall with this hub."""
    return replace(portal_settings, hub=hub.hub(report_every=60.0, away="open"))


@asynccontextmanager
async def portal(settings: Settings, clock: Clock) -> AsyncIterator[tuple[Bench, Sender]]:
    """A portal with its sender, which does nothing by itself."""
    assert settings.hub is not None
    async with running(settings, clock) as bench, Link(settings.hub, settings.state_dir) as link:
        yield bench, Sender(bench.office, link, lambda: 0.5)


@pytest.fixture
async def both(settings: Settings, firewall: FakeFirewall, clock: Clock) -> AsyncIterator[tuple[Bench, Sender]]:
    """One of its own."""
    async with portal(settings, clock) as one:
        yield one


async def visit(bench: Bench, firewall: FakeFirewall, ip: str = ANNA_IP, down: int = 2_000) -> Visitor:
    """A visitor who comes, uses something, and leaves a minute later."""
    visitor = await bench.accept(ip)
    assert visitor.session is not None
    bench.clock.tick(60)
    firewall.used[visitor.session.id] = (100, down)
    await bench.desk.leave(visitor, bench.desk.token(visitor))
    return visitor


VISIT = Counter({"visits": 1, "ended": 1, "up": 100, "down": 2_000, "seconds": 60})


def times(number: int) -> Counter[str]:
    """So many visits."""
    return Counter({name: number * count for name, count in VISIT.items()})


async def test_a_visit_arrives(both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub) -> None:
    """Its numbers, its day, and how the gateway is; the next delivery has nothing to report, and says that the hall is alive."""
    bench, sender = both
    await visit(bench, firewall)
    assert (await sender.turn(), hub.total()) == (60.0, VISIT)
    bench.clock.tick(60)
    assert await sender.turn() == 60.0
    first, second = hub.deliveries
    assert [(len(one.reports), one.health is not None) for one in (first, second)] == [(1, True), (0, True)]
    assert first.reports[0].days == (wire.Day("2027-01-15", 1),)
    assert first.sent == wire.Moment(bench.clock.unix - 60, bench.clock.boottime - 60, "boot-1")
    assert (bench.office.uplink.connected_since, bench.office.uplink.backlog) == (bench.clock.unix - 60, 0)
    text = bench.office.metrics.text().decode()
    assert [
        line for line in text.splitlines() if line.startswith(("hotspot_hub_up ", "hotspot_report_backlog ", "hotspot_deliveries_total"))
    ] == [
        "hotspot_hub_up 1.0",
        "hotspot_report_backlog 0.0",
        'hotspot_deliveries_total{outcome="taken"} 2.0',
    ]


async def test_an_answer_that_is_lost(both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub) -> None:
    """The hub has counted the report, and nobody knows: it comes again, unchanged, and is counted once; what came since is another one."""
    bench, sender = both

    async def lost(request: web.Request, body: bytes) -> web.StreamResponse:
        hub.answer(request, body)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    await visit(bench, firewall)
    hub.next_answers.append(lost)
    await sender.turn()
    assert (bench.office.uplink.connected_since, hub.total()) == (None, VISIT)
    await visit(bench, firewall, BERT_IP)
    await sender.turn()
    assert (hub.total(), hub.known, len(hub.counted)) == (times(2), 1, 2)
    assert hub.deliveries[1].reports[0] == hub.deliveries[0].reports[0]


async def test_the_hub_is_away_for_three_days(both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub) -> None:
    """Visitors come and go as always; afterwards the hub has all of it, in few deliveries."""
    bench, sender = both
    await hub.stop()
    waits = []
    for number in range(3 * 24):
        await visit(bench, firewall, (ANNA_IP, BERT_IP)[number % 2])
        waits.append(await sender.turn())
        bench.clock.tick(3_540)
    assert (waits[:3], waits[-1], max(waits)) == ([60.0, 60.0, 60.0], 0.75 * LONGEST_WAIT, 0.75 * LONGEST_WAIT)
    assert bench.office.uplink.backlog > 0
    await hub.__aenter__()
    before = len(hub.requests)
    assert await sender.turn() == 60.0
    assert (hub.total(), bench.office.uplink.backlog) == (times(3 * 24), 0)
    assert len(hub.requests) - before <= 6
    days = Counter({day.day: day.devices for report in hub.counted.values() for day in report.days})
    assert days == {"2027-01-15": 2, "2027-01-16": 2, "2027-01-17": 2, "2027-01-18": 2}
    quarters = {row.quarter for report in hub.counted.values() for row in report.rows}
    assert len(quarters) == 3 * 24


async def test_a_hub_that_asks_for_patience(both: tuple[Bench, Sender], hub: CountingHub) -> None:
    """It is given as much as it wants, and a little more, so that not all come back together."""
    _, sender = both
    hub.next_answers.append(says(503, Retry_After="200"))
    assert await sender.turn() == 200 + 0.75 * 5.0


async def test_a_restart_of_the_portal(settings: Settings, firewall: FakeFirewall, clock: Clock, hub: CountingHub) -> None:
    """What the portal before had counted arrives under its name; each start has a stream and a number of its own."""
    for _ in range(3):
        async with portal(settings, clock) as (bench, sender):
            await visit(bench, firewall)
            await sender.turn()
            await visit(bench, firewall, BERT_IP)
    async with portal(settings, clock) as (_, sender):
        await sender.turn()
    assert hub.total() == times(6)
    names = sorted((report.start, report.seq) for report in hub.counted.values())
    assert (names, len({stream for stream, _ in hub.counted})) == ([(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)], 3)


async def test_an_old_image_of_the_box(settings: Settings, firewall: FakeFirewall, clock: Clock, hub: CountingHub) -> None:
    """What it tells again is known; what is new comes under a stream of its own, with the number of a start that was there before."""
    async with portal(settings, clock) as (bench, sender):
        await visit(bench, firewall)
        await sender.turn()
        await visit(bench, firewall)
    image = {path.name: path.read_bytes() for path in settings.state_dir.glob("journal.db*")}
    for _ in range(2):
        for path in settings.state_dir.glob("journal.db*"):
            path.unlink()
        for name, content in image.items():
            (settings.state_dir / name).write_bytes(content)
        async with portal(settings, clock) as (bench, sender):
            await visit(bench, firewall, BERT_IP)
            await sender.turn()
    assert (hub.total(), hub.known) == (times(4), 1)
    assert sorted(Counter(report.start for report in hub.counted.values()).items()) == [(1, 2), (2, 2)]
    assert len({report.stream for report in hub.counted.values() if report.start == 2}) == 2


async def test_refused_reports_are_set_aside(both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub) -> None:
    """They hold up nobody, staff are told, and they are still there."""
    bench, sender = both
    hub.refuses = lambda report: "no such zone" if report.seq == 1 else ""
    for ip in (ANNA_IP, BERT_IP):
        await visit(bench, firewall, ip)
        await sender.turn()
    await sender.turn()
    assert ([seq for _, seq in hub.counted], bench.office.uplink.set_aside) == ([2], 1)
    assert "1 reports were refused by the hub and are set aside: see the log" in bench.office.warnings()
    assert await bench.rows("SELECT seq, refused FROM reports WHERE refused <> ''") == [(1, "no such zone")]


async def test_one_report_that_spoils_a_delivery(both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub) -> None:
    """The hub cannot read it, and so says no to all: it is found, set aside, and the others arrive."""
    bench, sender = both

    async def no(request: web.Request, body: bytes) -> web.StreamResponse:
        hub.next_answers.appendleft(no)
        spoilt = any(report.seq == 5 for report in wire.decode(wire.Delivery, body).reports)
        return problem(400, "bad_request", "rows[0].zone") if spoilt else hub.answer(request, body)

    await hub.stop()
    for number in range(8):
        await visit(bench, firewall, (ANNA_IP, BERT_IP)[number % 2])
        await sender.turn()
    await hub.__aenter__()
    hub.next_answers.append(no)
    await sender.turn()
    assert sorted(seq for _, seq in hub.counted) == [1, 2, 3, 4, 6, 7, 8]
    assert (hub.total(), bench.office.uplink.set_aside) == (times(7), 1)


async def test_a_state_that_the_hub_cannot_take(both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub) -> None:
    """Reports arrive without it; without reports the refusal is told as what it is."""
    bench, sender = both

    async def no(request: web.Request, body: bytes) -> web.StreamResponse:
        hub.next_answers.appendleft(no)
        spoilt = wire.decode(wire.Delivery, body).health is not None
        return problem(400, "bad_request", "health") if spoilt else hub.answer(request, body)

    hub.next_answers.append(no)
    await visit(bench, firewall)
    await sender.turn()
    assert (hub.total(), bench.office.uplink.set_aside) == (VISIT, 0)
    await sender.turn()
    assert (bench.office.uplink.connected_since is not None, len(hub.deliveries)) == (True, 2)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (lambda: says(401, wire.encode(wire.Problem("credential", "it was revoked"))), "the hub refused (credential): it was revoked"),
        (lambda: says(400, wire.encode(wire.Problem("version", "too old"))), "the hub refused (version): too old"),
        (lambda: says(404, b"<html>"), "the hub refused (unknown): HTTP 404"),
    ],
)
async def test_refusals_that_no_report_can_help(
    both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub, answer: object, trouble: str
) -> None:
    """Reports wait until the hub knows the gateway again."""
    bench, sender = both
    await visit(bench, firewall)
    assert callable(answer)
    handler: Handler = answer()
    hub.next_answers.append(handler)
    await sender.turn()
    assert (bench.office.uplink.trouble, bench.office.uplink.set_aside) == (trouble, 0)
    await sender.turn()
    assert hub.total() == VISIT


async def test_messages_to_the_town(both: tuple[Bench, Sender], hub: CountingHub) -> None:
    """They arrive although there is nothing else to report, once."""
    bench, sender = both
    values = ("0123456789abcdef", 5.0, "public", "idea", "de", "", "Mehr Bänke!", "")
    await bench.office.journal.write(
        [("INSERT INTO feedback (id, at, zone, kind, language, place, text, contact) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)]
    )
    await sender.turn()
    await sender.turn()
    messages = [message for delivery in hub.deliveries for report in delivery.reports for message in report.feedback]
    assert messages == [wire.Feedback(id="0123456789abcdef", at=5.0, zone="public", kind="idea", language="de", text="Mehr Bänke!")]
    assert await bench.rows("SELECT fetched_at FROM feedback") == [(bench.clock.unix,)]


async def test_a_journal_that_cannot_be_written(
    both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub, settings: Settings
) -> None:
    """The hub is told; what happens meanwhile is in memory, and arrives when the journal is well."""
    bench, sender = both
    visitor = await bench.accept()
    assert visitor.session is not None
    bench.clock.tick(60)
    break_journal(settings.state_dir)
    await until(lambda: not bench.office.journal.ok)
    firewall.used[visitor.session.id] = (100, 2_000)
    await bench.desk.leave(visitor, bench.desk.token(visitor))
    await sender.turn()
    assert [(one.health.journal if one.health else None, one.reports) for one in hub.deliveries] == [(False, ())]
    (settings.state_dir / "journal.db").rmdir()
    await until(lambda: bench.office.journal.ok)
    await sender.turn()
    assert hub.total() == VISIT


async def test_a_disk_that_is_nearly_full(both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub) -> None:
    """Reports make room for acceptances: first those go that the hub has, then the time of day; visitors get in, and no number is lost."""
    bench, sender = both
    await visit(bench, firewall)
    await sender.turn()
    rows = [wire.Row(1_800_000_000 + 900 * number, "public", f"plan-{number % 7}", 1, bytes_down=5) for number in range(500)]
    for seq in range(1, 31):
        report = wire.Report(stream="b" * 32, start=1, seq=seq, closed=wire.Moment(1.8e9, 1.0, "old"), rows=tuple(rows))
        await bench.office.journal.write(journal_rows.of_report("b" * 32, 1, seq, 1.8e9, wire.encode(report).decode()))
    await hub.stop()
    bench.office.vitals = Vitals(disk_free=10_000_000, disk_size=10**9)
    bench.clock.tick(TIDY_SECONDS)
    await sender.turn()
    assert (await sender.outbox.bytes() <= LEAST_KEEP, await sender.outbox.lost()) == (True, 0)
    await visit(bench, firewall, BERT_IP)
    await hub.__aenter__()
    await sender.turn()
    assert (hub.total()["visits"], hub.total()["down"]) == (2 + 30 * 500, 4_000 + 30 * 500 * 5)


async def test_a_wall_clock_that_is_wrong_by_a_day(both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub) -> None:
    """Everything is counted once; each report says by which clock, so that the hub can put its quarters right."""
    bench, sender = both
    await visit(bench, firewall)
    bench.clock.unix += 86_400
    await visit(bench, firewall, BERT_IP)
    await sender.turn()
    bench.clock.unix -= 86_400
    await visit(bench, firewall)
    await sender.turn()
    assert hub.total() == times(3)
    offsets = [round(report.closed.unix - report.closed.boottime) for report in hub.counted.values()]
    assert [offset - offsets[0] for offset in offsets] == [0, 86_400, 0]
    assert all(abs(row.quarter - report.closed.unix) <= 2 * 900 for report in hub.counted.values() for row in report.rows)


async def test_what_receipts_say_beside(both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub, tmp_path: Path) -> None:
    """The policy's serial, that the credential is old, and that the hub has forgotten something."""
    bench, sender = both
    await visit(bench, firewall)
    hub.receipt = {"policy": 7, "rotate": True}
    await sender.turn()
    known = CredentialFile(tmp_path).read()
    assert known is not None
    assert (bench.office.uplink.wanted, known.next) == (7, "rotated-credential-0001")
    hub.counted.clear()
    hub.receipt = {"again": 99.0}
    await sender.turn()
    assert (hub.total(), hub.credentials) == (VISIT, {"rotated-credential-0001"})
    await sender.turn()
    assert hub.known == 0


async def test_it_runs_by_itself(settings: Settings, firewall: FakeFirewall, clock: Clock, hub: CountingHub) -> None:
    """At every interval, from the start on; it stops when it is told."""
    settings = replace(settings, hub=hub.hub(report_every=0.05, away="open"))
    async with portal(settings, clock) as (bench, sender), asyncio.TaskGroup() as tasks:
        running_sender = tasks.create_task(sender.run())
        await until(lambda: len(hub.deliveries) >= 2)
        await visit(bench, firewall)
        await until(lambda: hub.total() == VISIT)
        running_sender.cancel()


def written(by: By, at: float) -> Look:
    """Of a program that found something."""
    return Look(by=by, at=at, findings=(Finding(kind="any", severity=Severity.WARNING),))


async def test_a_look_is_told_once_and_again_after_an_hour(both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub) -> None:
    """Not with each delivery; one whose delivery was lost comes again, and a newer one at once."""
    bench, sender = both

    async def turn(seconds: float = 60.0) -> list[tuple[str, float]]:
        hub.deliveries.clear()
        await sender.turn()
        bench.clock.tick(seconds)
        health = hub.deliveries[0].health
        assert health is not None
        return [(look.by.value, look.at) for look in health.looks]

    bench.office.looks = {By.VISIT: Seen(look=written(By.VISIT, 5.0)), By.GUARD: Seen(look=written(By.GUARD, 6.0))}
    hub.next_answers.append(says(503))
    await sender.turn()
    told = [await turn(), await turn()]
    bench.office.looks[By.GUARD] = Seen(look=written(By.GUARD, 7.0))
    told += [await turn(), await turn(LOOKS_SECONDS), await turn()]
    both_old = [("visit", 5.0), ("guard", 6.0)]
    assert told == [both_old, [], [("guard", 7.0)], [], [("visit", 5.0), ("guard", 7.0)]]


async def test_looks_that_the_hub_refuses_silence_no_hall(both: tuple[Bench, Sender], firewall: FakeFirewall, hub: CountingHub) -> None:
    """A hub that cannot read them gets the state without them, at once, and they are not tried with every delivery."""
    bench, sender = both
    bench.office.looks = {By.VISIT: Seen(look=written(By.VISIT, 5.0))}
    hub.next_answers.append(says(400, wire.encode(wire.Problem("bad_request", "looks[0]: ?"))))
    await sender.turn()
    assert [one.health is not None and one.health.looks == () for one in hub.deliveries] == [True]
    await sender.turn()
    assert [one.health is not None and one.health.looks == () for one in hub.deliveries] == [True, True]
