"""Which days a report is about, and which it is compared with."""

from datetime import date

import pytest

from hotspot.hub.reports.months import Days, Month, compared, days_of, of, parsed, there


def test_a_month_knows_its_days() -> None:
    """Also in December and in leap years."""
    assert (Month(2026, 12).last, Month(2026, 12).next, Month(2027, 1).before) == (date(2026, 12, 31), Month(2027, 1), Month(2026, 12))
    assert (Month(2028, 2).last, Month(2028, 2).year_before.last) == (date(2028, 2, 29), date(2027, 2, 28))
    assert str(parsed("2026-10")) == "2026-10"


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "2026-10-01", "202610", "", "oktober"])
def test_what_is_no_month(text: str) -> None:
    """It is refused."""
    with pytest.raises(ValueError):
        parsed(text)


def test_of_a_month_only_days_that_are_over() -> None:
    """On the first of a month there is nothing to tell of it."""
    assert days_of(Month(2026, 11), date(2026, 11, 23)) == Days(date(2026, 11, 1), date(2026, 11, 22))
    assert days_of(Month(2026, 10), date(2026, 11, 23)) == Days(date(2026, 10, 1), date(2026, 10, 31))
    with pytest.raises(ValueError):
        days_of(Month(2026, 11), date(2026, 11, 1))


def test_a_part_of_a_month_is_compared_with_the_same_part() -> None:
    """A whole month with a whole one, however long."""
    part = days_of(Month(2026, 11), date(2026, 11, 23))
    assert compared(part, Month(2026, 10)) == Days(date(2026, 10, 1), date(2026, 10, 22))
    assert compared(days_of(Month(2026, 10), date(2026, 11, 23)), Month(2026, 9)) == Days(date(2026, 9, 1), date(2026, 9, 30))
    nearly = days_of(Month(2027, 3), date(2027, 3, 31))
    assert compared(nearly, Month(2027, 2)) == Days(date(2027, 2, 1), date(2027, 2, 28))


def test_months_with_a_report() -> None:
    """From the first figures to yesterday, the newest first."""
    assert there(date(2026, 9, 30), date(2026, 11, 23)) == [Month(2026, 11), Month(2026, 10), Month(2026, 9)]
    assert there(date(2026, 10, 31), date(2026, 11, 1)) == [Month(2026, 10)]
    assert there(date(2026, 11, 23), date(2026, 11, 23)) == []
    assert there(None, date(2026, 11, 23)) == []
    assert of(date(2026, 11, 23)) == Month(2026, 11)
