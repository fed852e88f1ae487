"""Figures of a gateway whose clock is wrong are entered where they belong."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.hub import clocks
from hotspot.wire import QUARTER, Moment

NOW = 1_795_000_500.0  # 18 November 2026, 13:15 in Berlin
BERLIN = ZoneInfo("Europe/Berlin")
OLDEST = NOW - 90 * 86_400


@given(off=st.floats(-1e9, 1e9), age=st.floats(0, 80 * 86_400), back=st.integers(0, 8))
def test_within_one_boot(off: float, age: float, back: int) -> None:
    """However wrong the clock is, and however late the report: at most one quarter beside the truth, and ten minutes."""
    sent, closed = Moment(NOW + off + 1e9, 5_000_000.0 + 1e7, "b"), Moment(NOW + off + 1e9 - age, 5_000_000.0 + 1e7 - age, "b")
    moved = clocks.shift(closed, sent, NOW)
    true = clocks.truly(closed, sent, NOW)
    assert true == pytest.approx(NOW - age, abs=1e-3)
    told = clocks.quarter_of(closed.unix - back * QUARTER)
    placed = clocks.place(told, moved, true, NOW, OLDEST)
    assert abs(placed - (NOW - age - back * QUARTER)) <= 2 * QUARTER + clocks.TOLERANCE
    assert OLDEST <= placed <= NOW + clocks.TOLERANCE
    assert placed % QUARTER == 0


@given(unix=st.floats(0, 4e9), quarter=st.integers(0, 4_000_000))
def test_of_another_boot(unix: float, quarter: int) -> None:
    """Nobody knows when it was: nothing is moved, and what cannot be is entered when it came."""
    sent, closed = Moment(NOW, 100.0, "b"), Moment(unix, 50.0, "a")
    assert (clocks.shift(closed, sent, NOW), clocks.truly(closed, sent, NOW)) == (0, None)
    told = quarter * QUARTER
    placed = clocks.place(told, 0, None, NOW, OLDEST)
    assert placed == (told if OLDEST <= told <= clocks.quarter_of(NOW + clocks.TOLERANCE) else clocks.quarter_of(NOW))


@pytest.mark.parametrize("off", [-599.0, 0.0, 599.0])
def test_small_errors_are_left_alone(off: float) -> None:
    """A few minutes are no reason to move anything."""
    assert clocks.shift(Moment(NOW + off, 50.0, "b"), Moment(NOW + off, 50.0, "b"), NOW) == 0


def test_a_clock_that_was_set_in_between() -> None:
    """Wrong by a day when the report was closed, right when it is sent."""
    sent, closed = Moment(NOW, 7_200.0, "b"), Moment(NOW - 3_600 - 86_400, 3_600.0, "b")
    assert clocks.shift(closed, sent, NOW) == 86_400


@pytest.mark.parametrize(
    ("day", "moved", "expected"),
    [
        (date(2026, 11, 18), 0, date(2026, 11, 18)),
        (date(2026, 11, 17), 86_400, date(2026, 11, 18)),
        (date(2026, 11, 19), 0, date(2026, 11, 18)),
        (date(2026, 12, 24), -36 * 86_400, date(2026, 11, 18)),
        (date(9999, 12, 31), 900_000, date(2026, 11, 18)),
        (date(2026, 8, 21), 0, date(2026, 8, 21)),
        (date(2026, 8, 18), 0, date(2026, 11, 18)),
        (date(2, 1, 1), 0, date(2026, 11, 18)),
        (date(2, 1, 1), -900_000, date(2026, 11, 18)),
    ],
)
def test_days(day: date, moved: int, expected: date) -> None:
    """A day is moved with the quarters, never lies in the future, and never before what the hub keeps."""
    assert clocks.place_day(day, moved, None, NOW, NOW - 90 * 86_400, BERLIN) == expected


def test_an_old_day_of_a_report_whose_closing_is_known() -> None:
    """It becomes the day of the closing, as its quarters do."""
    assert clocks.place_day(date(1970, 1, 1), 0, NOW - 3 * 86_400, NOW, NOW - 90 * 86_400, BERLIN) == date(2026, 11, 15)
