"""Sessions in progress follow plan, clock and settings, through the firewall's ``Replace``."""

import asyncio
from datetime import UTC
from pathlib import Path

import pytest
from msgspec.structs import replace

from firewall.api import Rates, Replace
from hotspot import control
from hotspot.portal.desk import Refusal
from hotspot.portal.office import Office
from hotspot.portal.settings import Settings
from hotspot.portal.staff import Staff
from hotspot.session.admission import Barrier
from hotspot.session.forms import ExtendForm
from hotspot.session.hours import Hours, Span
from hotspot.session.plans import Plan
from hotspot.session.sessions import Session
from hotspot.session.states import State
from tests.hotspot.portal.conftest import ANNA, BERT_IP, FREE, RATES, Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall

SLOW = Rates(rate_down=64_000, ceil_down=1_000_000, rate_up=64_000, ceil_up=200_000)
ALWAYS_BUT_NIGHT = Hours(UTC, tuple(Span(day, 6 * 60, 18 * 60) for day in range(7)))
"""The clock of these tests begins at 08:00 on a Friday: ten hours until closing."""


def with_plan(office: Office, plan: Plan, hours: Hours | None = None) -> None:
    """New settings, as after a reload."""
    settings = office.settings
    zones = {name: replace(zone, hours=hours) for name, zone in settings.zones.items()}
    office.settings = replace(settings, plans={**settings.plans, plan.name: plan}, zones=zones)


def replaced(firewall: FakeFirewall) -> list[Replace]:
    """What the firewall was asked to replace."""
    return [one for one in firewall.requests if isinstance(one, Replace)]


def session(bench: Bench) -> Session:
    """The only session in progress."""
    (one,) = bench.office.register.in_progress()
    return one


async def test_new_rates_reach_who_is_online(bench: Bench, firewall: FakeFirewall) -> None:
    """After a reload with other rates the next reading tells the firewall, once, with the usage so far; it is written down."""
    await bench.accept()
    firewall.used[session(bench).id] = (10, 20)
    with_plan(bench.office, replace(FREE, rates=SLOW, idle=60))
    for _ in range(3):
        await bench.meter.read()
    (request,) = replaced(firewall)
    grant = request.grant
    assert (grant.rates, grant.idle, grant.seconds, grant.volume, grant.bytes_down) == (SLOW, 60, 7_200.0, 1_000_000, 20)
    assert await bench.rows("SELECT idle, bytes_down, rates FROM sessions") == [
        (60.0, 20, '{"rate_down":64000,"ceil_down":1000000,"rate_up":64000,"ceil_up":200000}')
    ]


async def test_nothing_changed_nothing_asked(bench: Bench, firewall: FakeFirewall) -> None:
    """A reload with the same plans, and readings one after the other, ask for nothing."""
    await bench.accept()
    bench.office.settings = replace(bench.office.settings)
    for _ in range(3):
        await bench.meter.read()
    assert replaced(firewall) == []


async def test_rates_changed_while_the_portal_was_down(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """The journal knows what the firewall was asked for: after a restart with other settings only the difference is asked."""
    async with running(portal_settings, clock) as bench:
        await bench.accept()
        await bench.accept(BERT_IP)
    async with running(portal_settings, clock):
        assert replaced(firewall) == []
    plans = {**portal_settings.plans, "free": replace(FREE, rates=SLOW)}
    async with running(replace(portal_settings, plans=plans), clock):
        await until(lambda: len(replaced(firewall)) == 2)
    assert [one.rates for one in firewall.grants.values()] == [SLOW, SLOW]


async def test_an_adopted_session_gets_its_plans_terms(
    portal_settings: Settings, firewall: FakeFirewall, clock: Clock, tmp_path: Path
) -> None:
    """The journal was lost: what the kernel has is taken over and brought to the plan as it is now."""
    async with running(portal_settings, clock) as bench:
        await bench.accept()
    plans = {**portal_settings.plans, "free": replace(FREE, rates=SLOW)}
    other = tmp_path / "other"
    other.mkdir()
    async with running(replace(portal_settings, plans=plans, state_dir=other), clock) as bench:
        await until(lambda: [one.rates for one in firewall.grants.values()] == [SLOW])
        assert session(bench).mac == ANNA


async def test_what_the_firewall_refuses_is_not_asked_again(bench: Bench, firewall: FakeFirewall) -> None:
    """Above the firewall's ceiling: the session goes on as it was, and is not asked for with each reading; other terms are."""
    await bench.accept()
    firewall.refuse["replace"] = "ceiling"
    with_plan(bench.office, replace(FREE, rates=SLOW))
    for _ in range(3):
        await bench.meter.read()
    assert (len(replaced(firewall)), session(bench).rates) == (1, RATES)
    firewall.refuse.clear()
    with_plan(bench.office, replace(FREE, rates=replace(SLOW, ceil_down=2_000_000)))
    await bench.meter.read()
    assert session(bench).rates == replace(SLOW, ceil_down=2_000_000)


async def test_slower_after_the_volume(bench: Bench, firewall: FakeFirewall) -> None:
    """When the volume is used up the session goes on with the slow rates and no volume; near it, it is read more often."""
    with_plan(bench.office, replace(FREE, slow=SLOW))
    visitor = await bench.accept()
    assert (visitor.bytes_left, visitor.fast_left) == (None, 1_000_000)
    assert bench.recovery.tuning.next_look() == pytest.approx(1_000_000 * 8 / 12e6)
    firewall.used[session(bench).id] = (100_000, 890_000)
    await bench.meter.read()
    assert (bench.recovery.tuning.next_look(), replaced(firewall)) == (0.25, [])
    firewall.used[session(bench).id] = (100_000, 900_000)
    await bench.meter.read()
    assert [(one.grant.rates, one.grant.volume) for one in replaced(firewall)] == [(SLOW, None)]
    assert (bench.recovery.tuning.next_look(), (await bench.visitor()).fast_left) == (None, 0)


async def test_the_meter_looks_in_time(bench: Bench, firewall: FakeFirewall) -> None:
    """With a minute between readings a session still becomes slow in a moment."""
    with_plan(bench.office, replace(FREE, slow=SLOW, volume=400_000))
    await bench.accept()
    firewall.used[session(bench).id] = (0, 400_000)
    bench.office.wake.set()  # the meter learns of the session
    await until(lambda: len(replaced(firewall)) == 1, 3)


async def test_closing_time(bench: Bench, firewall: FakeFirewall, clock: Clock) -> None:
    """The grant lasts until closing; the end counts as closing time; who then asks is told when it opens, and a form does not open it."""
    with_plan(bench.office, FREE, ALWAYS_BUT_NIGHT)
    clock.tick(9.5 * 3_600)
    visitor = await bench.visitor()
    form = bench.form(visitor)
    assert bench.desk.offers(visitor).closes == clock.unix + 1_800
    assert (await bench.accept()).seconds_left == 1_800
    assert [grant.seconds for grant in firewall.grants.values()] == [1_800.0]
    clock.tick(1_800)
    firewall.end(session(bench).id, "time")
    await until(lambda: not bench.office.register.in_progress())
    ended = await bench.visitor()
    assert (ended.state, ended.reason) == (State.ENDED, "closed")
    assert bench.desk.offers(ended).barrier == Barrier("closed", clock.unix + 12 * 3_600)
    assert await bench.desk.accept(ended, form, "de", "apple") == Refusal("closed")
    assert b'hotspot_sessions_ended_total{plan="free",reason="closed",zone="public"} 1.0' in bench.office.metrics.text()
    clock.tick(12 * 3_600)
    assert (await bench.accept()).state is State.ONLINE


async def test_staff_let_in_outside_the_hours(bench: Bench, clock: Clock) -> None:
    """The house is closed, but somebody works late: staff may; the next closing time ends it."""
    with_plan(bench.office, FREE, ALWAYS_BUT_NIGHT)
    clock.tick(11 * 3_600)
    code = (await bench.visitor()).code
    answer = await Staff(bench.office, bench.meter).answer(control.Allow(code, seconds=86_000))
    assert answer == control.Done(code, "online", 86_000)
    clock.tick(11 * 3_600)  # six in the morning
    await bench.meter.read()
    assert (await bench.visitor()).seconds_left == 12 * 3_600


async def test_other_hours_take_effect_at_once(bench: Bench, firewall: FakeFirewall, clock: Clock) -> None:
    """Closing time is brought forward for who is online; hours by which it is closed already drop nobody."""
    await bench.accept()
    with_plan(bench.office, FREE, Hours(UTC, (Span(4, 0, 9 * 60),)))
    await bench.meter.read()
    assert [one.grant.seconds for one in replaced(firewall)] == [3_600.0]
    with_plan(bench.office, FREE, Hours(UTC, (Span(5, 0, 9 * 60),)))
    await bench.meter.read()
    assert ((await bench.visitor()).seconds_left, len(replaced(firewall))) == (3_600, 1)
    assert bench.desk.offers(await bench.visitor(BERT_IP)).plans == ()


async def test_the_days_share(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """An hour a day: sessions add up, over a restart and after the MAC is forgotten; at the hall's midnight it is whole again."""
    plans = {"free": replace(FREE, daily_seconds=3_600, volume=None), "long": portal_settings.plans["long"]}
    settings = replace(portal_settings, plans=plans, retention=60.0)
    async with running(settings, clock) as bench:
        first = await bench.accept()
        clock.tick(2_000)
        await bench.desk.leave(first, bench.desk.token(first))
        clock.tick(61)
        bench.office.register.forget(clock.unix - 60, clock())
        await bench.office.journal.forget(clock.unix - 60, clock.unix)
        assert await bench.rows("SELECT count(mac) FROM sessions") == [(0,)]
    async with running(settings, clock) as bench:
        assert (await bench.accept()).seconds_left == 1_600
        clock.tick(1_600)
        firewall.end(session(bench).id, "time")
        await until(lambda: not bench.office.register.in_progress())
        ended = await bench.visitor()
        offers = bench.desk.offers(ended)
        assert (ended.reason, [plan.name for plan in offers.plans], offers.barrier) == ("daily", ["long"], None)
        assert await bench.desk.accept(ended, bench.form(ended, "free"), "de", "apple") == Refusal("daily")
        files = b"".join(path.read_bytes() for path in settings.state_dir.glob("journal.db*"))
        assert b"allowances" in files
        (row,) = await bench.rows("SELECT pseudonym, seconds, bytes FROM allowances")
        assert (len(str(row[0])), row[1:]) == (32, (3_600.0, 0))
        clock.tick(16 * 3_600)
        await bench.meter.read()
        assert await bench.rows("SELECT count(*) FROM allowances") == [(0,)]
        assert (await bench.accept()).seconds_left == 3_600


async def test_midnight_while_online(bench: Bench, firewall: FakeFirewall, clock: Clock) -> None:
    """A new day gives who is online its new share, in the kernel too, and yesterday's use does not count."""
    with_plan(bench.office, replace(FREE, seconds=20_000, daily_seconds=3_600, daily_volume=2_000_000, volume=None))
    clock.tick(15.5 * 3_600)
    visitor = await bench.accept()
    assert (visitor.seconds_left, visitor.bytes_left) == (3_600, 2_000_000)
    clock.tick(1_800)
    firewall.used[session(bench).id] = (0, 500_000)
    await bench.meter.read()  # midnight
    later = await bench.visitor()
    assert (later.seconds_left, later.bytes_left) == (3_600, 2_000_000)
    assert [(one.grant.seconds, one.grant.volume) for one in replaced(firewall)] == [(3_600.0, 2_500_000)]
    await bench.desk.leave(later, bench.desk.token(later))
    assert await bench.rows("SELECT seconds, bytes FROM allowances") == [(0.0, 0)]


async def test_pause(bench: Bench, clock: Clock) -> None:
    """Who leaves waits; the page is told until when; then it goes on."""
    with_plan(bench.office, replace(FREE, pause=600))
    visitor = await bench.accept()
    left = await bench.desk.leave(visitor, bench.desk.token(visitor))
    assert not isinstance(left, Refusal)
    assert bench.desk.offers(left).barrier == Barrier("pause", clock.unix + 600)
    assert await bench.desk.accept(left, bench.form(left), "de", "apple") == Refusal("pause")
    clock.tick(600)
    assert (await bench.accept()).state is State.ONLINE


async def test_the_button_for_more_time(bench: Bench, firewall: FakeFirewall, clock: Clock) -> None:
    """Each press counts once, twice tapped or not, as often as the plan says; the kernel has the new end when the page comes."""
    with_plan(bench.office, replace(FREE, extension=1_800, extensions=2))
    visitor = await bench.accept()
    clock.tick(100)
    token = bench.desk.token(visitor)
    outcomes = await asyncio.gather(*(bench.desk.extend(visitor, ExtendForm(token, 0)) for _ in range(3)))
    assert {one.seconds_left for one in outcomes if not isinstance(one, Refusal)} == {8_900}
    second = await bench.desk.extend(visitor, ExtendForm(token, 1))
    third = await bench.desk.extend(visitor, ExtendForm(token, 2))
    assert not isinstance(second, Refusal) and not isinstance(third, Refusal)
    assert (second.seconds_left, second.can_extend, third.seconds_left) == (10_700, False, 10_700)
    assert [one.grant.seconds for one in replaced(firewall)] == [8_900.0, 10_700.0]
    assert await bench.rows("SELECT seconds, extended FROM sessions") == [(10_800.0, 2)]
    assert b'hotspot_sessions_prolonged_total{plan="free",zone="public"} 2.0' in bench.office.metrics.text()


async def test_more_time_needs_token_and_firewall(bench: Bench, firewall: FakeFirewall) -> None:
    """A stranger's page does nothing; what the firewall does not give is not said to be given."""
    with_plan(bench.office, replace(FREE, extension=1_800))
    visitor, bert = await bench.accept(), await bench.visitor(BERT_IP)
    assert await bench.desk.extend(visitor, ExtendForm(bench.desk.token(bert), 0)) == Refusal("token")
    firewall.refuse["replace"] = "kernel"
    assert await bench.desk.extend(visitor, ExtendForm(bench.desk.token(visitor), 0)) == Refusal("firewall")
    now = await bench.visitor()
    assert (now.seconds_left, now.can_extend) == (7_200, True)


async def test_alarms_reach_the_staff(bench: Bench, firewall: FakeFirewall, clock: Clock) -> None:
    """What the firewall notices is in the staff's status by device code, once with a count, and a metric; no MAC."""
    visitor = await bench.accept()
    firewall.alarm("clone", "public", ANNA)
    await until(lambda: len(bench.office.alarms.all()) == 1)
    first = clock.unix
    clock.tick(30)
    firewall.alarm("clone", "public", ANNA)
    await until(lambda: bench.office.alarms.all()[0].times == 2)
    answer = await Staff(bench.office, bench.meter).answer(control.Status())
    assert isinstance(answer, control.StatusIs)
    assert answer.alarms == (control.Alarm("clone", "public", visitor.code, first, first + 30, 2),)
    assert ANNA.encode() not in control.encode(answer)
    assert b'hotspot_alarms_total{kind="clone",zone="public"} 2.0' in bench.office.metrics.text()
