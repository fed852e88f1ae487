"""Sessions: time, volume, and what a reboot or a set clock does to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firewall.api import Grant
from hotspot.session.sessions import (
    ENDED_SHOWN,
    Now,
    adopt,
    apply_usage,
    bytes_left,
    end,
    extend,
    in_progress,
    rebase,
    seconds_left,
    state_of,
    to_grant,
)
from hotspot.session.states import Blocked, IllegalMove, NotGranted, State, TimeUp
from tests.hotspot.session.examples import MAC, NOW, PLAN, RATES, later, nows, rebooted, session_of, usage_of


def test_begin() -> None:
    """A session carries its plan's limits and both clocks."""
    session = session_of()
    actual = (session.ends_boottime, session.ends_at, session.seconds, session.volume, session.idle, session.state, session.ended_at)
    assert actual == (7_700.0, 1_800_007_200.0, 7_200.0, 1_000, 900, State.ONLINE, None)


@given(jump=st.floats(-1e9, 1e9), passed=st.floats(0, 20_000))
def test_a_set_wall_clock_changes_nothing(jump: float, passed: float) -> None:
    """Within one boot the time left depends on the boot clock alone."""
    now = replace(later(passed), unix=NOW.unix + jump)
    assert seconds_left(session_of(), now) == pytest.approx(max(0.0, 7_200 - passed))


@given(nows)
def test_never_more_than_the_whole_length(now: Now) -> None:
    """Whatever the clocks say after a reboot, nobody gets more than the session's length."""
    session = session_of()
    left = seconds_left(session, now) if now.boot_id != NOW.boot_id else 0.0
    assert 0.0 <= left <= session.seconds


def test_across_a_reboot() -> None:
    """The wall clock goes on while the machine is off; the session goes on in the new boot with what is left."""
    now = rebooted(1_200)
    session = rebase(session_of(), now)
    assert (session.boot_id, session.ends_boottime, seconds_left(session, now)) == ("boot-2", 6_007.0, 6_000.0)
    assert rebase(session, now) is session


def test_clock_that_was_corrected_before_a_reboot() -> None:
    """A wall clock that was wrong at accept and set right later does not count after the next reboot."""
    corrected = Now(unix=NOW.unix + 3e8, boottime=NOW.boottime + 60, boot_id=NOW.boot_id)
    session = rebase(session_of(), corrected)
    assert seconds_left(session, rebooted(3e8 + 160)) == 7_200 - 60 - 160


@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)), max_size=8))
def test_counters_only_grow(readings: list[tuple[int, int]]) -> None:
    """A reading that is older than the last one takes nothing back."""
    session, before = session_of(), (0, 0)
    for up, down in readings:
        session = apply_usage(session, usage_of(session, up, down))
        assert (session.bytes_up, session.bytes_down) == (max(before[0], up), max(before[1], down))
        before = session.bytes_up, session.bytes_down


def test_unchanged_usage_is_the_same_value() -> None:
    """When nothing changed, nothing needs to be written."""
    session = session_of()
    assert rebase(apply_usage(session, usage_of(session)), later(100)) is session


def test_bytes_left() -> None:
    """Up and down count together; without a volume there is no limit."""
    session = replace(session_of(), bytes_up=300, bytes_down=900)
    assert (bytes_left(session_of()), bytes_left(session), bytes_left(replace(session, volume=None))) == (1_000, 0, None)


def test_end_once() -> None:
    """Ending takes the final usage along; a second end is an error."""
    session = end(session_of(), TimeUp(), later(7_200), usage_of(session_of(), 5, 6))
    actual = (session.state, session.reason, session.ended_at, session.bytes_up, session.bytes_down, in_progress(session))
    assert actual == (State.ENDED, "time", NOW.unix + 7_200, 5, 6, False)
    assert seconds_left(session, NOW) == 0.0
    with pytest.raises(IllegalMove, match="cannot end while ENDED"):
        end(session, TimeUp(), later(7_201))


def test_grant() -> None:
    """The firewall is asked for what is left, with the bytes so far."""
    session = replace(session_of(), bytes_up=10, bytes_down=20)
    expected = Grant(
        zone="public",
        mac=MAC,
        session=f"{1:016x}",
        plan="free",
        rates=RATES,
        seconds=7_000.0,
        volume=1_000,
        idle=900,
        bytes_up=10,
        bytes_down=20,
    )
    assert to_grant(session, PLAN, later(200)) == expected


def test_no_grant_for_a_forgotten_client() -> None:
    """After the retention time nobody can be let in by the old session."""
    with pytest.raises(ValueError, match="no longer known"):
        to_grant(replace(session_of(), mac=None), PLAN, NOW)


def test_extend() -> None:
    """More time and another plan: counters go on, volume counts from now, the whole length grows by what is new."""
    longer = replace(PLAN, name="long", volume=5_000, idle=None)
    session = extend(replace(session_of(), bytes_down=400), longer, 3_600, later(200))
    actual = (session.plan, session.seconds, seconds_left(session, later(200)), session.volume, session.idle, session.bytes_down)
    assert actual == ("long", 3_800.0, 3_600.0, 5_400, None, 400)


def test_adopt() -> None:
    """A session rebuilt from the kernel keeps its identity, usage and time, and has no acceptance."""
    adopted = adopt(usage_of(session_of(), 1, 2, 60.0), PLAN, NOW)
    actual = (adopted.id, adopted.mac, adopted.terms_version, adopted.bytes_up, seconds_left(adopted, later(20)), adopted.volume)
    assert actual == (f"{1:016x}", MAC, "", 1, 40.0, 1_000)


@pytest.mark.parametrize(
    ("event", "blocked", "after", "expected"),
    [
        (None, False, 0.0, State.ONLINE),
        (None, True, 0.0, State.BLOCKED),
        (TimeUp(), False, 10.0, State.ENDED),
        (TimeUp(), False, ENDED_SHOWN + 1, State.CAPTIVE),
        (NotGranted(), False, 1.0, State.CAPTIVE),
        (Blocked(), False, 1.0, State.CAPTIVE),
    ],
)
def test_how_a_client_stands(event: TimeUp | None, blocked: bool, after: float, expected: State) -> None:
    """From the last session and a block in force."""
    session = session_of() if event is None else end(session_of(), event, NOW)
    assert state_of(session, blocked, later(after)) is expected


def test_an_unknown_client_is_captive() -> None:
    """No session, no block."""
    assert state_of(None, False, NOW) is State.CAPTIVE
