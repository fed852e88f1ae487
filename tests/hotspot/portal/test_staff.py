"""Orders of the staff."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from hotspot import control
from hotspot.portal.desk import Refusal
from hotspot.portal.settings import Settings
from hotspot.portal.staff import Staff
from hotspot.portal.uplink.health import health
from hotspot.session.hours import Hours, parse_spans
from hotspot.session.states import State
from tests.hotspot.portal.conftest import ANNA, BERT_IP, Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall

INCOMPLETE = (
    "legal pages are not complete: legal.operator, legal.privacy.officer, legal.privacy.authority, legal.accessibility.status, "
    "legal.accessibility.enforcement missing in the settings"
)


@pytest.fixture
def staff(bench: Bench) -> Staff:
    """Staff of the bench."""
    return Staff(bench.office, bench.meter)


async def test_status(bench: Bench, staff: Staff) -> None:
    """All well, one visitor online."""
    await bench.accept()
    bench.office.closed_zones.clear()
    assert await staff.answer(control.Status()) == control.StatusIs(
        ok=True,
        faults=(),
        firewall=True,
        journal=True,
        internet=True,
        zones=(control.ZoneStatus("public", 1, ("free", "long")),),
        warnings=(INCOMPLETE,),
    )


async def test_status_says_what_is_amiss(bench: Bench, staff: Staff, firewall: FakeFirewall) -> None:
    """In words."""
    bench.office.internet_up = False
    await firewall.stop()
    await until(lambda: not bench.office.gate.up)
    status = await staff.answer(control.Status())
    assert isinstance(status, control.StatusIs)
    assert (status.ok, status.faults) == (
        False,
        ("firewall does not answer", "zone public is not served (not open yet)", "Internet not reachable"),
    )


def hours(text: str) -> Hours:
    """On these days."""
    return Hours(UTC, parse_spans(text))


@pytest.mark.parametrize(
    ("zone", "free", "long", "is_open", "until"),
    [
        (None, None, None, True, None),
        ("Mon-Sun 00:00-24:00", "Tue 08:00-12:00", None, True, None),
        ("Mon-Sun 00:00-24:00", "Tue 08:00-12:00", "Tue 07:00-12:00", False, "2026-11-24T07:00"),
        (None, "Tue 08:00-12:00", "Wed 07:00-12:00", False, "2026-11-24T08:00"),
        ("Thu 00:00-24:00", "Tue 08:00-12:00", None, False, "2026-11-26T00:00"),
    ],
)
async def test_a_zone_is_closed_while_every_plan_is(
    portal_settings: Settings,
    firewall: FakeFirewall,
    clock: Clock,
    zone: str | None,
    free: str | None,
    long: str | None,
    is_open: bool,
    until: str | None,
) -> None:
    """Whatever its own hours say: the page has no button then. It opens with the first plan, and the hub hears the same."""
    given = {"free": free, "long": long}
    settings = replace(
        portal_settings,
        zones={"public": replace(portal_settings.zones["public"], hours=None if zone is None else hours(zone))},
        plans={
            name: replace(plan, hours=None if (text := given[name]) is None else hours(text))
            for name, plan in portal_settings.plans.items()
        },
    )
    clock.unix = datetime.fromisoformat("2026-11-23T18:00+00:00").timestamp()  # a Monday
    async with running(settings, clock) as bench:
        status = await Staff(bench.office, bench.meter).answer(control.Status())
        assert isinstance(status, control.StatusIs)
        opens = None if until is None else datetime.fromisoformat(f"{until}+00:00").timestamp()
        assert [(one.open, one.closed_until) for one in status.zones] == [(is_open, opens)]
        assert [one.open for one in health(bench.office).zones] == [is_open]
        assert (bench.desk.offers(await bench.visitor()).barrier is None) == is_open


async def test_sessions(bench: Bench, staff: Staff, firewall: FakeFirewall, clock: Clock) -> None:
    """One row per session, with usage fresh from the kernel, and nothing that names the client but its code."""
    visitor = await bench.accept()
    assert visitor.session is not None
    firewall.used[visitor.session.id] = (5, 6)
    clock.tick(100)
    answer = await staff.answer(control.Sessions())
    row = control.SessionRow(
        code=visitor.code,
        zone="public",
        plan="free",
        accepted_at=visitor.session.accepted_at,
        seconds_left=7_100,
        bytes_up=5,
        bytes_down=6,
        volume=1_000_000,
        by_staff=False,
    )
    assert answer == control.SessionsAre((row,))
    assert ANNA.encode() not in control.encode(answer)


async def test_kick(bench: Bench, staff: Staff, firewall: FakeFirewall) -> None:
    """The session ends; the visitor may accept again."""
    visitor = await bench.accept()
    assert await staff.answer(control.Kick(visitor.code)) == control.Done(code=visitor.code, state="ended")
    assert (firewall.grants, (await bench.visitor()).reason) == ({}, "kicked")
    assert (await bench.accept()).state is State.ONLINE


async def test_kick_a_captive_device(bench: Bench, staff: Staff) -> None:
    """There is nothing to end."""
    visitor = await bench.visitor()
    answer = await staff.answer(control.Kick(visitor.code))
    assert answer == control.Refused("state", f"cannot kick {visitor.code}: it is not online")


async def test_block_and_unblock(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """A block ends the session, outlives a restart of the portal, and can be lifted; the visitor reads the reason."""
    async with running(portal_settings, clock) as bench:
        staff, visitor = Staff(bench.office, bench.meter), await bench.accept()
        typed = visitor.code.lower().replace("-", "")
        assert await staff.answer(control.Block(typed, "Bitte zum Empfang")) == control.Done(visitor.code, "blocked")
        assert firewall.grants == {}
    async with running(portal_settings, clock) as bench:
        staff, blocked = Staff(bench.office, bench.meter), await bench.visitor()
        assert (blocked.state, blocked.reason) == (State.BLOCKED, "Bitte zum Empfang")
        assert await bench.desk.accept(blocked, bench.form(blocked), "de", "apple") == Refusal("blocked")
        assert await staff.answer(control.Unblock(visitor.code)) == control.Done(visitor.code, "captive")
        assert await bench.rows("SELECT count(*) FROM blocks") == [(0,)]
        assert isinstance(await staff.answer(control.Unblock(visitor.code)), control.Refused)


async def test_block_for_a_while(bench: Bench, staff: Staff, clock: Clock) -> None:
    """A block with an end."""
    visitor = await bench.visitor()
    await staff.answer(control.Block(visitor.code, seconds=60))
    clock.tick(61)
    assert (await bench.visitor()).state is State.CAPTIVE


async def test_allow_a_captive_device(bench: Bench, staff: Staff, firewall: FakeFirewall) -> None:
    """Staff let a device in without its acceptance, with a plan and a time; a block is lifted."""
    visitor = await bench.visitor()
    await staff.answer(control.Block(visitor.code))
    assert await staff.answer(control.Allow(visitor.code, plan="long", seconds=60)) == control.Done(visitor.code, "online", 60)
    assert [(grant.mac, grant.plan, grant.seconds) for grant in firewall.grants.values()] == [(ANNA, "long", 60.0)]
    assert await bench.rows("SELECT count(*) FROM acceptances") == [(0,)]


async def test_allow_one_that_is_online(bench: Bench, staff: Staff, firewall: FakeFirewall, clock: Clock) -> None:
    """It keeps its session and its usage, and gets the plan from now on."""
    visitor = await bench.accept()
    assert visitor.session is not None
    clock.tick(7_000)
    assert await staff.answer(control.Allow(visitor.code, plan="long")) == control.Done(visitor.code, "online", 36_000)
    grant = firewall.grants[visitor.session.id]
    assert (grant.plan, grant.seconds, grant.volume, len(firewall.grants)) == ("long", 36_000.0, None, 1)
    assert await bench.rows("SELECT plan, seconds FROM sessions") == [("long", 43_000.0)]


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        (control.Kick("ZZZ-ZZZ"), "unknown", "no device with code ZZZ-ZZZ was here lately; its own page shows its code"),
        (control.Kick("hello"), "bad_request", "'hello' is not a device code such as K7F-3QX"),
    ],
)
async def test_no_such_device(staff: Staff, request_: control.Kick, code: str, text: str) -> None:
    """Clear words for what a person typed."""
    assert await staff.answer(request_) == control.Refused(code, text)


async def test_one_device_in_two_zones(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """Staff mean the zone where it was last, or the one that they name; the other session goes on."""
    council = replace(portal_settings.zones["public"], name="council", plans=("long",))
    settings = replace(portal_settings, zones={**portal_settings.zones, "council": council})
    firewall.neighbours[BERT_IP] = (ANNA, "council")
    async with running(settings, clock) as bench:
        staff = Staff(bench.office, bench.meter)
        first = await bench.accept()
        clock.tick(5)
        second = await bench.accept(BERT_IP)
        assert (first.code, first.plan.name, second.plan.name) == (second.code, "free", "long")
        assert await staff.answer(control.Kick(first.code, zone="public")) == control.Done(first.code, "ended")
        assert [grant.zone for grant in firewall.grants.values()] == ["council"]
        refused = [await staff.answer(control.Kick(first.code, zone=zone)) for zone in ("public", "event")]
        assert refused == [
            control.Refused("state", f"cannot kick {first.code}: it is not online"),
            control.Refused("bad_request", "zone = 'event': expected one of public, council"),
        ]
        assert await staff.answer(control.Kick(first.code)) == control.Done(first.code, "ended")
        assert firewall.grants == {}


async def test_no_such_plan(bench: Bench, staff: Staff) -> None:
    """The error lists the plans."""
    code = (await bench.visitor(BERT_IP)).code
    answer = await staff.answer(control.Allow(code, plan="gold"))
    assert answer == control.Refused("bad_request", "plan = 'gold': expected one of free, long")


async def test_firewall_says_no(bench: Bench, staff: Staff, firewall: FakeFirewall) -> None:
    """What the firewall does not do is not said to be done; the visitor is still online."""
    visitor = await bench.accept()
    firewall.refuse["revoke"] = "kernel"
    answer = await staff.answer(control.Kick(visitor.code))
    assert answer == control.Refused("firewall", "the firewall refused (kernel)")
    assert (await bench.visitor()).state is State.ONLINE
