"""What bounds a session from outside: closing time, the day's allowance, and a plan that was changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firewall.api import Rates
from hotspot.session.allowance import NOTHING, Spent
from hotspot.session.hours import Opening
from hotspot.session.limits import LEAST, needs_replace, new_day, soonest_slow, tune, used_today
from hotspot.session.plans import Plan
from hotspot.session.sessions import (
    CLOCK_SLACK,
    Now,
    Session,
    bytes_left,
    bytes_used,
    can_prolong,
    end,
    extend,
    fast_bytes_left,
    in_progress,
    outer_seconds_left,
    prolong,
    rates_of,
    rebase,
    seconds_left,
    seconds_used,
    to_grant,
    volume_limit,
)
from hotspot.session.states import IllegalMove, TimeUp, VolumeUsed
from tests.hotspot.session.examples import NOW, PLAN, RATES, later, rebooted, session_of

SLOW = Rates(rate_down=64_000, ceil_down=500_000, rate_up=64_000, ceil_up=100_000)
SLOWING = replace(PLAN, slow=SLOW)
DAILY = replace(PLAN, volume=None, daily_seconds=3_600, daily_volume=5_000)
LONGER = replace(PLAN, extension=1_800, extensions=2)


def closing_in(seconds: float, now: Now = NOW) -> tuple[Opening, ...]:
    """Open, and for how long."""
    return (Opening(True, closes=now.unix + seconds),)


def tuned(session: Session, plan: Plan = PLAN, openings: tuple[Opening, ...] = (), spent: Spent = NOTHING, now: Now = NOW) -> Session:
    """``tune`` with what most tests do not care about."""
    return tune(session, plan, openings, spent, now)


def test_nothing_to_bound() -> None:
    """Without hours and allowance the session is what it was, and the very same value."""
    session = session_of()
    assert tuned(session) is session


def test_closing_time_ends_it() -> None:
    """The grant lasts until closing, also in the kernel; when it ends the reason is closing time."""
    session = tuned(session_of(), openings=closing_in(600))
    assert (seconds_left(session, NOW), to_grant(session, PLAN, NOW).seconds, session.until_reason) == (600.0, 600.0, "closed")
    assert end(session, TimeUp(), later(600)).reason == "closed"


def test_a_plan_that_ends_before_closing_ends_by_its_time() -> None:
    """The tighter bound counts."""
    session = tuned(session_of(), openings=closing_in(9_000))
    assert (seconds_left(session, NOW), end(session, TimeUp(), later(7_200)).reason) == (7_200.0, "time")


def test_bounds_follow_the_settings_both_ways() -> None:
    """Closing time is brought forward, put off, and taken away while the session goes on."""
    session = tuned(session_of(), openings=closing_in(600))
    assert seconds_left(tuned(session, openings=closing_in(300)), NOW) == 300
    assert seconds_left(tuned(session, openings=closing_in(900)), NOW) == 900
    assert seconds_left(tuned(session), NOW) == 7_200


def test_hours_that_say_closed_drop_nobody() -> None:
    """Hours that are changed to closed now, or a wall clock that jumps into the night: the bound that was set stays, none is made."""
    shut = (Opening(False, opens=NOW.unix + 9_000),)
    bounded = tuned(session_of(), openings=closing_in(600))
    assert tuned(bounded, openings=shut) is bounded
    assert seconds_left(tuned(session_of(), openings=shut), NOW) == 7_200


def test_a_moment_before_the_end_nothing_is_put_off() -> None:
    """An end that is less than a second away stays, whatever the next reading says."""
    session = tuned(session_of(), openings=closing_in(600))
    last = later(599.5)
    assert tuned(session, openings=(), now=last) is session


def test_a_clock_that_is_a_little_off_changes_nothing() -> None:
    """NTP moves the wall clock by a second: no request to the kernel, no write."""
    session = tuned(session_of(), openings=closing_in(600))
    assert tuned(session, openings=closing_in(600 - CLOCK_SLACK + 1)) is session


def test_across_a_reboot_closing_time_stays() -> None:
    """The gateway was off for five of the ten minutes until closing."""
    session = rebase(tuned(session_of(), openings=closing_in(600)), rebooted(300))
    assert (seconds_left(session, rebooted(300)), session.until_boottime) == (300.0, 307.0)


def test_daily_time() -> None:
    """What ended sessions used counts; what this one uses counts only once; the reason is the day's allowance."""
    session = tuned(session_of(plan=DAILY), DAILY, spent=Spent(1_600, 0))
    assert seconds_left(session, NOW) == 2_000
    again = tuned(session, DAILY, spent=Spent(1_600, 0), now=later(500))
    assert (again is session, end(session, TimeUp(), later(2_000)).reason) == (True, "daily")


def test_used_up_elsewhere_gives_nothing_back() -> None:
    """Another session of the same client used the rest of the day: the bound that was set stays, it is not taken away."""
    session = tuned(session_of(plan=DAILY), DAILY, spent=Spent(1_600, 0))
    assert tuned(session, DAILY, spent=Spent(9_999, 0)) is session


def test_daily_volume() -> None:
    """The same for bytes."""
    session = tuned(session_of(plan=DAILY), DAILY, spent=Spent(0, 4_000))
    assert (volume_limit(session), bytes_left(session), to_grant(session, DAILY, NOW).volume) == (1_000, 1_000, 1_000)
    assert end(replace(session, bytes_down=1_000), VolumeUsed(), later(9)).reason == "daily"


def test_volume_of_the_plan_or_of_the_day() -> None:
    """Whichever is less, with its reason."""
    both = replace(PLAN, daily_volume=5_000)
    session = tuned(session_of(plan=both), both)
    assert (volume_limit(session), end(session, VolumeUsed(), NOW).reason) == (1_000, "volume")


def test_a_new_day() -> None:
    """At midnight the allowance is whole again for who is online; what was used before is yesterday's."""
    session = tuned(session_of(plan=DAILY), DAILY, spent=Spent(3_000, 4_000))
    assert (seconds_left(session, NOW), bytes_left(session)) == (600.0, 1_000)
    morning = tuned(new_day(replace(session, bytes_up=800), later(500)), DAILY, now=later(500))
    assert (seconds_left(morning, later(500)), bytes_left(morning)) == (3_600.0, 5_000)
    assert used_today(replace(morning, bytes_up=1_000), later(700)) == (200.0, 200)


def test_allowance_does_not_bound_what_staff_gave() -> None:
    """Staff let somebody stay; closing time still ends it."""
    session = extend(session_of(plan=DAILY), DAILY, 7_200, NOW)
    used_up = tuned(session, DAILY, spent=Spent(9_999, 9_999))
    assert (seconds_left(used_up, NOW), volume_limit(used_up)) == (7_200.0, None)
    assert seconds_left(tuned(session, DAILY, closing_in(600)), NOW) == 600


def test_slower_after_the_volume() -> None:
    """The volume does not end the session: from it on the rates are the slow ones."""
    session = tuned(session_of(plan=SLOWING), SLOWING)
    assert (session.volume, fast_bytes_left(session), rates_of(session, SLOWING)) == (None, 1_000, RATES)
    used = replace(session, bytes_up=400, bytes_down=600, rates=RATES)
    assert (fast_bytes_left(used), to_grant(used, SLOWING, NOW).rates, to_grant(used, SLOWING, NOW).volume) == (0, SLOW, None)
    assert needs_replace(used, tuned(used, SLOWING), SLOWING, NOW)
    told = replace(used, rates=SLOW)
    assert not needs_replace(told, tuned(told, SLOWING), SLOWING, NOW)


def test_when_it_can_be_slow_at_the_earliest() -> None:
    """At full speed both ways; never for a plan that stays fast, nor when it is slow already."""
    session = session_of(plan=SLOWING)
    assert soonest_slow(session, SLOWING) == pytest.approx(1_000 * 8 / 12e6)
    assert (soonest_slow(session_of(), PLAN), soonest_slow(replace(session, bytes_up=1_000), SLOWING)) == (None, None)


def test_a_changed_plan() -> None:
    """Other rates, idle time and volume take effect; time that was given stays."""
    session = replace(session_of(), rates=RATES, bytes_down=300)
    changed = replace(PLAN, rates=SLOW, idle=60, volume=5_000, seconds=60)
    after = tuned(session, changed)
    assert (after.idle, bytes_left(after), seconds_left(after, NOW), rates_of(after, changed)) == (60, 4_700, 7_200.0, SLOW)
    assert needs_replace(session, after, changed, NOW)


def test_a_smaller_volume_ends_nobody() -> None:
    """A volume that is used up by the new settings is not applied to who is online."""
    session = replace(session_of(), bytes_down=600)
    assert bytes_left(tuned(session, replace(PLAN, volume=500))) == 400
    assert bytes_left(tuned(session, replace(PLAN, volume=700))) == 100
    assert bytes_left(tuned(session, replace(PLAN, volume=None))) is None


def test_a_plan_that_is_gone_leaves_rates_alone() -> None:
    """The session's plan is no longer in the settings: it keeps what it has."""
    other = replace(PLAN, name="other", rates=SLOW)
    assert rates_of(replace(session_of(), rates=RATES), other) == RATES


def test_staff_give_a_new_plan() -> None:
    """Its volume counts from now; slower after it as well."""
    session = extend(replace(session_of(), bytes_down=700), SLOWING, 60, NOW)
    assert (fast_bytes_left(session), session.volume) == (1_000, None)
    assert fast_bytes_left(tuned(session, SLOWING)) == 1_000


def test_visitors_button() -> None:
    """More time, as often as the plan says, up to the outer bound, and not when it is over."""
    session, made = session_of(plan=LONGER), []
    while can_prolong(session, LONGER, later(100)):
        session = prolong(session, LONGER, later(100))
        made.append(seconds_left(session, later(100)))
    assert (made, session.extended, seconds_used(session, later(100))) == ([8_900.0, 10_700.0], 2, 100.0)
    bounded = tuned(session_of(plan=LONGER), LONGER, closing_in(600))
    assert not can_prolong(bounded, LONGER, NOW)
    assert can_prolong(tuned(session_of(plan=LONGER), LONGER, closing_in(9_000)), LONGER, NOW)
    assert not can_prolong(session_of(), PLAN, NOW)
    over = end(session_of(plan=LONGER), TimeUp(), NOW)
    assert not can_prolong(over, LONGER, NOW)
    with pytest.raises(IllegalMove, match="cannot extend while ENDED"):
        prolong(over, LONGER, NOW)


# Properties ---------------------------------------------------------------------------------------------------------------------------

plans = st.builds(
    lambda volume, slow, idle, day_time, day_volume: replace(
        PLAN, volume=volume, slow=SLOW if slow and volume else None, idle=idle, daily_seconds=day_time, daily_volume=day_volume
    ),
    st.none() | st.integers(1, 5_000),
    st.booleans(),
    st.none() | st.integers(1, 900),
    st.none() | st.integers(1, 9_000),
    st.none() | st.integers(1, 5_000),
)
openings = st.lists(
    st.builds(Opening, st.just(True), st.none() | st.floats(0.1, 9_000).map(lambda ahead: NOW.unix + ahead))
    | st.builds(lambda ahead: Opening(False, opens=NOW.unix + ahead), st.floats(1, 9_000)),
    max_size=2,
).map(tuple)
spents = st.builds(Spent, st.floats(0, 9_000), st.integers(0, 6_000))
sessions = st.builds(
    lambda plan, used, up, down, staff: replace(
        session_of(plan=plan),
        ends_boottime=NOW.boottime + 7_200 - used,
        ends_at=NOW.unix + 7_200 - used,
        bytes_up=up,
        bytes_down=down,
        by_staff=staff,
    ),
    plans,
    st.floats(0, 7_100),
    st.integers(0, 3_000),
    st.integers(0, 3_000),
    st.booleans(),
)


@given(sessions, plans, openings, spents)
def test_no_setting_ends_a_session(session: Session, plan: Plan, how: tuple[Opening, ...], spent: Spent) -> None:
    """Rule 2: whatever the new settings are, who is online has at least a second and a byte left, unless it was over before."""
    before_bytes = bytes_left(session)
    after = tuned(session, plan, how, spent)
    assert in_progress(after) and seconds_left(after, NOW) >= LEAST
    if before_bytes != 0:
        assert bytes_left(after) != 0


@given(sessions, plans, openings, spents)
def test_twice_changes_nothing(session: Session, plan: Plan, how: tuple[Opening, ...], spent: Spent) -> None:
    """Looking again at the same moment finds nothing to do, and the firewall is not asked again."""
    once = tuned(session, plan, how, spent)
    assert tuned(once, plan, how, spent) is once
    told = replace(once, rates=rates_of(once, plan))
    assert not needs_replace(told, tuned(told, plan, how, spent), plan, NOW)


@given(sessions, plans, openings, spents, st.floats(0, 7_000))
def test_time_never_grows_by_waiting(session: Session, plan: Plan, how: tuple[Opening, ...], spent: Spent, waited: float) -> None:
    """Looked at later under the same settings, there is not more time left than before; bounds drift by the slack at most."""
    once = tuned(session, plan, how, spent)
    if seconds_left(once, NOW) - waited < LEAST:
        return
    again = tuned(
        once, plan, tuple(one for one in how if not one.open or one.closes is None or one.closes > NOW.unix + waited), spent, later(waited)
    )
    assert seconds_left(again, later(waited)) <= seconds_left(once, NOW) - waited + CLOCK_SLACK


@given(sessions, plans, openings, spents)
def test_bounds_hold(session: Session, plan: Plan, how: tuple[Opening, ...], spent: Spent) -> None:
    """Open now: nobody stays beyond closing time by more than the slack; the day's rest is not passed, unless staff said so."""
    after = tuned(session, plan, how, spent)
    left = seconds_left(after, NOW)
    assert left <= 7_200
    for one in how:
        if one.open and one.closes is not None and one.closes - NOW.unix >= LEAST:
            assert left <= one.closes - NOW.unix + CLOCK_SLACK
    if plan.daily_seconds is not None and not session.by_staff:
        rest = plan.daily_seconds - spent.seconds - seconds_used(session, NOW)
        assert rest < LEAST or left <= rest + CLOCK_SLACK
    if plan.daily_volume is not None and not session.by_staff and plan.daily_volume - spent.bytes > bytes_used(session):
        assert bytes_left(after) is not None and (bytes_left(after) or 0) <= plan.daily_volume - spent.bytes - bytes_used(session)
    assert (outer_seconds_left(after, NOW) is None) == (after.until_reason == "")
