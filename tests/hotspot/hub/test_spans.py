"""What people write as a time, as moments and days of a hall."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from hotspot.hub.spans import Span, beginning, span

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 18, 12, 7, tzinfo=UTC)


def utc(*numbers: int) -> datetime:
    """A moment."""
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day …


@pytest.mark.parametrize(
    ("begins", "ends", "step", "expected"),
    [
        (None, None, "day", Span(utc(2026, 10, 18, 22), utc(2026, 11, 18, 23), date(2026, 10, 19), date(2026, 11, 19))),
        (None, None, "quarter", Span(utc(2026, 11, 17, 12, 15), utc(2026, 11, 18, 12, 15), date(2026, 11, 17), date(2026, 11, 19))),
        ("2026-03-28", "2026-03-30", "day", Span(utc(2026, 3, 27, 23), utc(2026, 3, 29, 22), date(2026, 3, 28), date(2026, 3, 30))),
        (
            "2026-11-18",
            "2026-11-18T08:07:00+01:00",
            "hour",
            Span(utc(2026, 11, 17, 23), utc(2026, 11, 18, 8), date(2026, 11, 18), date(2026, 11, 19)),
        ),
        ("2026-01-31", "2026-02-01", "month", Span(utc(2025, 12, 31, 23), utc(2026, 1, 31, 23), date(2026, 1, 1), date(2026, 2, 1))),
        ("2026-01-31", "2026-12-31", "month", Span(utc(2025, 12, 31, 23), utc(2026, 12, 31, 23), date(2026, 1, 1), date(2027, 1, 1))),
    ],
)
def test_spans(begins: str | None, ends: str | None, step: str, expected: Span) -> None:
    """Days begin at midnight in the hall, also when clocks change; steps are whole."""
    assert span(begins, ends, step, BERLIN, NOW) == expected


@pytest.mark.parametrize(
    ("begins", "ends", "step", "said"),
    [
        ("yesterday", None, "day", "from = 'yesterday': expected a day such as 2027-01-31"),
        ("2026-11-18T08:00:00", None, "day", "with an offset"),
        ("2026-11-18", "2026-11-18", "hour", "expected a moment before to"),
        ("2010-01-01", None, "hour", "expected at most 3000 steps"),
        (None, "2300-01-01", "day", "of the years 2000 to 2199"),
    ],
)
def test_what_is_none(begins: str | None, ends: str | None, step: str, said: str) -> None:
    """Key, value and what was expected."""
    with pytest.raises(ValueError, match=said):
        span(begins, ends, step, BERLIN, NOW)


def test_beginning() -> None:
    """By the clocks of the hall."""
    assert beginning(date(2026, 7, 1), BERLIN).isoformat() == "2026-07-01T00:00:00+02:00"
    assert beginning(NOW, BERLIN).isoformat() == "2026-11-18T13:07:00+01:00"
