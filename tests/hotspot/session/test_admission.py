"""Who may begin a session now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hotspot.session.admission import PAUSED_AFTER, Barrier, Standing, barrier, line_down
from hotspot.session.allowance import Spent
from hotspot.session.hours import Opening
from hotspot.session.sessions import Session, end
from hotspot.session.states import EndEvent, Kicked, LeftByChoice, Lost, TimeUp, VolumeUsed, WentAway
from tests.hotspot.session.examples import NOW, PLAN, session_of

TOMORROW = NOW.unix + 40_000
DAILY = replace(PLAN, daily_seconds=3_600, daily_volume=5_000_000)
OPEN, SHUT = Opening(True, closes=NOW.unix + 60), Opening(False, opens=NOW.unix + 7_000)


def ended(event: EndEvent) -> Session:
    """A session that has just ended."""
    return end(session_of(), event, NOW)


def standing(last: Session | None = None, after: float = 0.0, pause: float = 0.0) -> Standing:
    """So long after the end of the last session."""
    return Standing(unix=NOW.unix + after, tomorrow=TOMORROW, last=last, pause=pause)


def test_nothing_in_the_way() -> None:
    """A new client in an open house."""
    assert barrier(DAILY, (OPEN,), Spent(), standing()) is None
    assert barrier(PLAN, (), Spent(), standing()) is None


@pytest.mark.parametrize(
    ("openings", "until"),
    [((SHUT,), NOW.unix + 7_000), ((OPEN, SHUT), NOW.unix + 7_000), ((SHUT, Opening(False, opens=NOW.unix + 9_000)), NOW.unix + 9_000)],
)
def test_closed(openings: tuple[Opening, ...], until: float) -> None:
    """Zone and plan must both be open; the later opening counts."""
    assert barrier(PLAN, openings, Spent(), standing()) == Barrier("closed", until)


def test_closed_for_good() -> None:
    """No opening is known."""
    assert barrier(PLAN, (SHUT, Opening(False)), Spent(), standing()) == Barrier("closed")


@pytest.mark.parametrize(
    ("spent", "expected"),
    [
        (Spent(3_000, 0), None),
        (Spent(3_540, 0), None),
        (Spent(3_541, 0), Barrier("daily", TOMORROW)),
        (Spent(9_999, 0), Barrier("daily", TOMORROW)),
        (Spent(0, 4_900_000), None),
        (Spent(0, 4_900_001), Barrier("daily", TOMORROW)),
    ],
)
def test_daily(spent: Spent, expected: Barrier | None) -> None:
    """With less than a minute or 100 kB left it is tomorrow's turn."""
    assert barrier(DAILY, (), spent, standing()) == expected


def test_a_small_daily_allowance_can_be_begun() -> None:
    """Thirty seconds a day are few, but not none."""
    small = replace(PLAN, daily_seconds=30, daily_volume=1_000)
    assert barrier(small, (), Spent(), standing()) is None
    assert barrier(small, (), Spent(1, 0), standing()) == Barrier("daily", TOMORROW)


@pytest.mark.parametrize("event", [TimeUp(), VolumeUsed(), LeftByChoice(), Kicked(), WentAway(), Lost()])
def test_pause(event: EndEvent) -> None:
    """After an end that the visitor has brought about or used up; not after a phone fell asleep, staff or a fault ended it."""
    last = ended(event)
    expected = Barrier("pause", NOW.unix + 600) if last.reason in PAUSED_AFTER else None
    assert barrier(PLAN, (), Spent(), standing(last, 599, 600)) == expected
    assert barrier(PLAN, (), Spent(), standing(last, 600, 600)) is None
    assert barrier(PLAN, (), Spent(), standing(last, -1, 600)) is None


def test_no_pause_while_online() -> None:
    """A session in progress is no end."""
    assert barrier(PLAN, (), Spent(), standing(session_of(), 0, 600)) is None


@given(
    st.lists(st.builds(Opening, st.booleans(), st.just(None), st.floats(1, 1e6).map(lambda ahead: NOW.unix + ahead)), max_size=2),
    st.builds(Spent, st.floats(0, 9_000), st.integers(0, 9_000_000)),
    st.sampled_from([None, TimeUp(), Kicked()]),
    st.floats(0, 2_000),
)
def test_waiting_helps(openings: list[Opening], spent: Spent, event: EndEvent | None, after: float) -> None:
    """A barrier ends in the future, and what is said to be in the way is what is in the way."""
    last = None if event is None else end(session_of(), event, NOW)
    stands = standing(last, after, 600)
    found = barrier(DAILY, tuple(one if not one.open else OPEN for one in openings), spent, stands)
    if found is not None:
        assert found.until is not None
        assert found.until > NOW.unix
    free = all(one.open for one in openings) and spent.seconds <= 3_540 and spent.bytes <= 4_900_000
    paused = last is not None and last.reason == "time" and after < 600
    assert (found is None) == (free and not paused)


@pytest.mark.parametrize(
    ("up", "closes", "expected"), [(True, True, None), (True, False, None), (False, False, None), (False, True, Barrier("offline"))]
)
def test_the_line_is_a_barrier_only_where_the_hall_says_so(up: bool, closes: bool, expected: Barrier | None) -> None:
    """By default who accepts is online as soon as the line is back."""
    assert line_down(up, closes) == expected
