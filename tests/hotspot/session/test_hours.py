"""Opening hours: what people write, and what holds at any moment, also when clocks change."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.session.hours import Closed, Hours, Opening, Span, day_of, next_day, opening, overlap, parse_closed, parse_spans

BERLIN = ZoneInfo("Europe/Berlin")
TOWN = Hours(BERLIN, (*parse_spans("Mon-Fri 08:00-12:00, 13:00-18:00"), *parse_spans("Sat 09:00-12:00")))


def at(text: str) -> float:
    """Wall clock in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon 08:00-18:00", (Span(0, 480, 1_080),)),
        ("Sat,Sun 10:00-12:00", (Span(5, 600, 720), Span(6, 600, 720))),
        ("Sat-Mon 9:00-24:00", (Span(0, 540, 1_440), Span(5, 540, 1_440), Span(6, 540, 1_440))),
        ("Fri 08:00-12:00, 18:00-02:00", (Span(4, 480, 720), Span(4, 1_080, 1_560))),
        ("Mon-Sun 00:00-24:00", tuple(Span(day, 0, 1_440) for day in range(7))),
    ],
)
def test_spans(text: str, expected: tuple[Span, ...]) -> None:
    """Lists and ranges of days, several hours a day, hours past midnight."""
    assert parse_spans(text) == expected


@pytest.mark.parametrize(
    "text", ["", "Mon", "Mo 08:00-18:00", "Mon 8-18", "Mon 08:00-25:00", "Mon 08:60-09:00", "Mon 08:00-08:00", "Mon-X 08:00-09:00"]
)
def test_spans_that_are_none(text: str) -> None:
    """The error shows what was expected."""
    with pytest.raises(ValueError, match='expected days and hours such as "Mon-Fri 08:00-18:00"'):
        parse_spans(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-24", Closed(date(2026, 12, 24), date(2026, 12, 24))),
        ("2026-12-24..2027-01-01", Closed(date(2026, 12, 24), date(2027, 1, 1))),
        ("12-25", Closed(date(2000, 12, 25), date(2000, 12, 25), yearly=True)),
        ("02-29", Closed(date(2000, 2, 29), date(2000, 2, 29), yearly=True)),
    ],
)
def test_closed_days(text: str, expected: Closed) -> None:
    """One day, a range, a day of every year."""
    assert parse_closed(text) == expected


@pytest.mark.parametrize("text", ["", "Christmas", "2026-13-01", "2027-01-01..2026-12-24", "13-25", "24.12."])
def test_closed_days_that_are_none(text: str) -> None:
    """The error shows what was expected."""
    with pytest.raises(ValueError, match='expected a day such as "2026-12-24"'):
        parse_closed(text)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T07:59", Opening(False, opens=at("2026-11-23T08:00"))),  # a Monday
        ("2026-11-23T08:00", Opening(True, closes=at("2026-11-23T12:00"))),
        ("2026-11-23T12:00", Opening(False, opens=at("2026-11-23T13:00"))),
        ("2026-11-23T17:59", Opening(True, closes=at("2026-11-23T18:00"))),
        ("2026-11-27T18:00", Opening(False, opens=at("2026-11-28T09:00"))),
        ("2026-11-28T12:00", Opening(False, opens=at("2026-11-30T08:00"))),
    ],
)
def test_a_week(moment: str, expected: Opening) -> None:
    """Open and closed to the minute, over lunch and over the weekend."""
    assert opening(TOWN, at(moment)) == expected


def test_a_minute_is_one_answer() -> None:
    """All of the last minute belongs to the hours, and nothing of the next one does."""
    assert opening(TOWN, at("2026-11-23T18:00") - 0.001).open
    assert not opening(TOWN, at("2026-11-23T18:00")).open


def test_past_midnight() -> None:
    """An event that ends at two in the morning: the day on which it begins counts, also for closed days."""
    hours = Hours(BERLIN, parse_spans("Sat 20:00-02:00"), (parse_closed("2026-12-05"),))
    assert opening(hours, at("2026-11-29T01:30")) == Opening(True, closes=at("2026-11-29T02:00"))
    assert opening(hours, at("2026-12-06T01:30")) == Opening(False, opens=at("2026-12-12T20:00"))


def test_always_open_and_never() -> None:
    """Round the clock there is no closing time; with every day closed there is no opening."""
    always = Hours(BERLIN, parse_spans("Mon-Sun 00:00-24:00"))
    assert opening(always, at("2026-11-23T07:59")) == Opening(True)
    never = Hours(BERLIN, parse_spans("Mon-Sun 00:00-24:00"), (parse_closed("2020-01-01..2040-01-01"),))
    assert opening(never, at("2026-11-23T07:59")) == Opening(False)


def test_when_clocks_change() -> None:
    """Hours are those of the clock on the wall: the night with 23 hours and the one with 25."""
    hours = Hours(BERLIN, parse_spans("Mon-Sun 01:00-04:00"))
    for day, length in (("2026-03-29", 2), ("2026-10-25", 4), ("2026-11-22", 3)):
        how = opening(hours, at(f"{day}T01:00"))
        assert (how.open, how.closes) == (True, at(f"{day}T01:00") + length * 3_600)
    gap = Hours(BERLIN, parse_spans("Sun 02:00-03:00"))
    assert opening(gap, at("2026-03-29T01:00")) == Opening(False, opens=at("2026-04-05T02:00"))


def test_days() -> None:
    """A day begins at the hall's midnight."""
    assert day_of(at("2026-11-22T23:59"), BERLIN) == "2026-11-22"
    assert next_day(at("2026-11-22T23:59"), BERLIN) == at("2026-11-23T00:00")
    assert next_day(at("2026-03-29T00:30"), BERLIN) - at("2026-03-29T00:00") == 23 * 3_600


spans = st.builds(
    lambda day, opens, length: Span(day, opens, opens + length), st.integers(0, 6), st.integers(0, 1_439), st.integers(1, 1_440)
)
closed_days = st.builds(
    lambda day, length: Closed(day, day + timedelta(days=length)), st.dates(date(2026, 10, 1), date(2026, 12, 31)), st.integers(0, 10)
)
tables = st.builds(
    Hours,
    st.sampled_from([BERLIN, ZoneInfo("Etc/UTC"), ZoneInfo("Australia/Lord_Howe")]),
    st.lists(spans, min_size=1, max_size=6).map(lambda several: tuple(sorted(several))),
    st.lists(closed_days, max_size=2).map(tuple),
)
moments = st.integers(int(at("2026-10-10T00:00")) // 60, int(at("2026-12-31T00:00")) // 60).map(lambda minute: minute * 60.0)


def open_by_the_book(hours: Hours, unix: float) -> bool:
    """The same question asked slowly: is there a span of today or yesterday that holds this moment?"""
    local = datetime.fromtimestamp(unix, hours.time_zone)
    for back in (0, 1, 2):
        day = local.date() - timedelta(days=back)
        if any(one.holds(day) for one in hours.closed):
            continue
        for span in hours.spans:
            begins, ends = (
                datetime.combine(day + timedelta(days=minutes // 1_440), datetime.min.time(), hours.time_zone).replace(
                    hour=minutes % 1_440 // 60, minute=minutes % 60
                )
                for minutes in (span.opens, span.closes)
            )
            if span.weekday == day.weekday() and begins.timestamp() <= unix < ends.timestamp():
                return True
    return False


@given(tables, moments, st.floats(0, 1))
def test_opening_and_closing_are_the_next(hours: Hours, unix: float, part: float) -> None:
    """Open exactly when a span says so; closed at closing time, open at opening time, and nothing changes in between."""
    how = opening(hours, unix)
    assert how.open == open_by_the_book(hours, unix)
    change = how.closes if how.open else how.opens
    if change is not None:
        assert change > unix
        assert open_by_the_book(hours, change) is not how.open
        between = unix + (change - unix) * part
        assert between >= change or open_by_the_book(hours, between) is how.open


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Mon-Wed 08:00-12:30", "Wed 11:00-18:00"], ("Wed 08:00-12:30", "Wed 11:00-18:00")),
        (["Mon-Fri 08:00-12:00, 12:00-18:00", "Wed 08:00-12:00"], None),
        (["Fri 18:00-02:00", "Sat 01:00-03:00"], ("Fri 18:00-02:00", "Sat 01:00-03:00")),
        (["Sun 20:00-02:00", "Mon 01:00-08:00"], ("Sun 20:00-02:00", "Mon 01:00-08:00")),
        (["Mon 08:00-12:00"], None),
        ([], None),
    ],
)
def test_overlap(lines: list[str], expected: tuple[str, str] | None) -> None:
    """Two spans that share a minute, past midnight and from Sunday to Monday too; the same twice is once."""
    found = overlap({span for line in lines for span in parse_spans(line)})
    assert (None if found is None else tuple(span.text for span in found)) == expected
