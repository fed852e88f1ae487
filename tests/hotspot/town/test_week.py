"""Opening hours as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.session.hours import Closed, Span, parse_closed, parse_spans
from hotspot.town.week import by_weekday, closed_text, parse_hours, to_text

SPANS = st.sets(
    st.builds(lambda day, opens, lasts: Span(day, opens, opens + lasts), st.integers(0, 6), st.integers(0, 1_439), st.integers(1, 1_439)),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize(
    "text",
    [
        "Mon-Fri 08:00-12:00, 14:00-17:30",
        "Mo-Fr 08:00-12:00, 14:00-17:30",
        "Mo–Fr 8–12, 14–17:30 Uhr",
        "Mo. - Fr. 8.00 - 12.00 Uhr 14.00 - 17.30 Uhr",
        "Mo bis Fr 8 bis 12 Uhr, 14 bis 17.30 Uhr",
    ],
)
def test_one_meaning_in_many_spellings(text: str) -> None:
    """What offices have on their doors."""
    assert parse_hours(text) == parse_spans("Mon-Fri 08:00-12:00, 14:00-17:30")


def test_lists_of_days() -> None:
    """With and without a blank."""
    assert parse_hours("Mo, Mi,Fr 8-12") == parse_spans("Mon,Wed,Fri 08:00-12:00")


@pytest.mark.parametrize("text", ["", "Mo-Fr", "nach Vereinbarung", "Mo-Xy 8-12", "Mo 25-26", "Mo 8-8"])
def test_what_is_no_hours(text: str) -> None:
    """Is said with an example."""
    with pytest.raises(ValueError, match="expected days and hours"):
        parse_hours(text)


@given(SPANS)
def test_what_is_written_is_read_again(spans: set[Span]) -> None:
    """To the minute, whatever the week looks like."""
    ordered = tuple(sorted(spans))
    assert tuple(sorted({span for line in to_text(ordered) for span in parse_hours(line)})) == ordered


def test_lines_are_short() -> None:
    """Days with the same hours share a line."""
    spans = [*parse_spans("Mon-Wed,Fri 08:00-12:00"), *parse_spans("Thu 14:00-18:00")]
    assert to_text(spans) == ["Mon-Wed,Fri 08:00-12:00", "Thu 14:00-18:00"]


def test_by_weekday() -> None:
    """Only days that have hours."""
    assert by_weekday(parse_spans("Tue 14:00-16:00, 08:00-12:00")) == [(1, [Span(1, 480, 720), Span(1, 840, 960)])]


@pytest.mark.parametrize("text", ["2026-12-24", "2026-12-24..2027-01-01", "12-25"])
def test_closed_days_are_read_again(text: str) -> None:
    """As ``parse_closed`` wants them."""
    assert closed_text(parse_closed(text)) == text


def test_closed_on_leap_days() -> None:
    """Every year that has one."""
    assert closed_text(Closed(date(2000, 2, 29), date(2000, 2, 29), yearly=True)) == "02-29"
