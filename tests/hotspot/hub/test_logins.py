"""How long who tries to log in has to wait."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.hub.logins import CODES_OF_NAME, DAY, FREE, LONGEST, LONGEST_FOR_CODE, OF_NAME, OF_SOURCE, WINDOW, wait, wait_for_code
from hotspot.hub.store.logins import Tries

NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "ago", "seconds"),
    [(0, 0, 0), (4, 0, 0), (5, 0, 1), (6, 0, 2), (8, 3, 5), (11, 0, 60), (10**6, 0, 60), (9, 16, 0), (99, 901, 0)],
)
def test_it_doubles_up_to_a_minute(failures: int, ago: float, seconds: float) -> None:
    """From the fifth failure in a row on, counted from the last one."""
    assert wait(Tries(failures, NOW - timedelta(seconds=ago), failures, failures, True), NOW) == seconds


@pytest.mark.parametrize(("of_source", "of_name"), [(OF_SOURCE, 0), (0, OF_NAME)])
def test_many_failures_elsewhere(of_source: int, of_name: int) -> None:
    """They stop only names that never logged in from this source."""
    assert wait(Tries(0, None, of_source, of_name, False), NOW) == LONGEST
    assert wait(Tries(0, None, of_source, of_name, True), NOW) == 0
    assert wait(Tries(0, None, of_source - 1 if of_source else 0, of_name - 1 if of_name else 0, False), NOW) == 0


@given(st.integers(0, 10**6), st.floats(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.booleans())
def test_never_longer_than_a_minute(failures: int, ago: float, of_source: int, of_name: int, trusted: bool) -> None:
    """Nobody is locked out; and who has logged in from here waits for nothing but their own failures of the last quarter of an hour."""
    seconds = wait(Tries(failures, NOW - timedelta(seconds=ago), of_source, of_name, trusted), NOW)
    assert 0 <= seconds <= LONGEST
    if trusted and (failures < FREE or ago >= WINDOW.total_seconds()):
        assert seconds == 0


def test_codes_are_not_guessed() -> None:
    """Whoever knows the password and tries code after code, as fast as they may, in a year: from elsewhere, and from where its owner sits.
    One of a million codes, three of which are good at any time."""

    def of_a_day(trusted: bool) -> int:
        tried, failures, now, last = 0, 0, NOW, None
        while now < NOW + DAY:
            seconds = wait_for_code(Tries(failures, last, 0, failures, trusted), now)
            now += timedelta(seconds=seconds or 0.001)
            if not seconds:
                tried, failures, last = tried + 1, failures + 1, now
        return tried

    assert of_a_day(trusted=False) == CODES_OF_NAME
    assert of_a_day(trusted=True) == pytest.approx(110, abs=5)
    assert 1 - (1 - 3e-6) ** (365 * of_a_day(trusted=False)) < 0.04
    assert wait_for_code(Tries(FREE - 1, NOW, 0, 0, True), NOW) == 0
    assert wait_for_code(Tries(10**6, NOW, 0, 0, True), NOW) == LONGEST_FOR_CODE
    assert wait_for_code(Tries(10**6, NOW - DAY, 0, 0, True), NOW) == 0
