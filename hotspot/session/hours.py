"""Opening hours: a weekly table in a time zone, and days on which all is closed.

Hours begin and end on whole minutes, so what holds at the start of a minute holds until its end; that is what is remembered.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from msgspec import Struct

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
AHEAD = 370
"""Days that are looked at for the next opening: a hall may be closed for a school year, not for longer."""
CLOSING_AHEAD = 8
"""Days that are looked at for a closing time: hours without one in that time are as good as always open."""
_DAY_MINUTES = 24 * 60
_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_EXPECTED = 'expected days and hours such as "Mon-Fri 08:00-18:00" or "Sat,Sun 10:00-12:00, 14:00-17:30"'
_EXPECTED_DAY = 'expected a day such as "2026-12-24", "2026-12-24..2027-01-01" or "12-25" (every year)'


class Span(Struct, frozen=True, order=True):
    """Open on one weekday, in minutes since its midnight; an end past 1,440 is on the next day."""

    weekday: int
    """0 is Monday."""
    opens: int
    closes: int

    @property
    def text(self) -> str:
        """``Wed 08:00-12:30``."""
        begin, end = (f"{minutes // 60 % 24:02}:{minutes % 60:02}" for minutes in (self.opens, self.closes))
        return f"{DAYS[self.weekday]} {begin}-{end}"


def overlap(spans: Iterable[Span]) -> tuple[Span, Span] | None:
    """Two spans of a week that share a minute, if there are any: somebody mistyped one of them."""
    ordered = sorted(spans)
    for one, other in zip(ordered, [*ordered[1:], *ordered[:1]], strict=True):
        ends = one.weekday * _DAY_MINUTES + one.closes
        begins = other.weekday * _DAY_MINUTES + other.opens + (0 if other > one else 7 * _DAY_MINUTES)
        if ends > begins and one != other:
            return one, other
    return None


class Closed(Struct, frozen=True):
    """Closed from ``first`` to ``last``, both days included; ``yearly``: whatever the year."""

    first: date
    last: date
    yearly: bool = False

    def holds(self, day: date) -> bool:
        """Is ``day`` such a day?"""
        return (day.month, day.day) == (self.first.month, self.first.day) if self.yearly else self.first <= day <= self.last


class Hours(Struct, frozen=True):
    """When a zone or a plan is open."""

    time_zone: tzinfo
    spans: tuple[Span, ...]
    closed: tuple[Closed, ...] = ()


class Opening(Struct, frozen=True):
    """How it is at one moment."""

    open: bool
    closes: float | None = None
    """Wall clock, when open; None: not in the next days."""
    opens: float | None = None
    """Wall clock, when not open; None: not within a year."""


def parse_spans(text: str) -> tuple[Span, ...]:
    """``Mon-Fri 08:00-12:00, 13:00-18:00`` -> spans. Hours that end before they begin end on the next day. Raises ``ValueError``."""
    days, _, hours = text.strip().partition(" ")
    weekdays = [weekday for part in days.split(",") for weekday in _weekdays(part)]
    spans: list[Span] = []
    for part in filter(None, re.split(r"\s*,\s*", hours.strip())):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ValueError(_EXPECTED)
        opens, closes = (int(match[at]) * 60 + int(match[at + 1]) for at in (1, 3))
        if int(match[2]) > 59 or int(match[4]) > 59 or opens >= _DAY_MINUTES or closes > _DAY_MINUTES or opens == closes:
            raise ValueError(_EXPECTED)
        spans += [Span(weekday, opens, closes if closes > opens else closes + _DAY_MINUTES) for weekday in weekdays]
    if not spans:
        raise ValueError(_EXPECTED)
    return tuple(sorted(set(spans)))


def _weekdays(text: str) -> Iterator[int]:
    first, dash, last = text.partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        raise ValueError(_EXPECTED)
    start, end = DAYS.index(first), DAYS.index(last or first)
    for number in range(start, end + 1 if end >= start else end + 8):  # Sat-Mon goes round
        yield number % 7


def parse_closed(text: str) -> Closed:
    """``2026-12-24``, ``2026-12-24..2027-01-01`` or ``12-25`` -> closed days. Raises ``ValueError``."""
    text = text.strip()
    try:
        if re.fullmatch(r"\d\d-\d\d", text):
            day = date.fromisoformat(f"2000-{text}")  # a leap year, so that 02-29 is a day
            return Closed(day, day, yearly=True)
        first, dots, last = text.partition("..")
        closed = Closed(date.fromisoformat(first), date.fromisoformat(last if dots else first))
    except ValueError:
        raise ValueError(_EXPECTED_DAY) from None
    if closed.last < closed.first:
        raise ValueError(_EXPECTED_DAY)
    return closed


def opening(hours: Hours, unix: float) -> Opening:
    """How it is at this moment of the wall clock."""
    return _at_minute(hours, int(unix // 60))


@lru_cache(maxsize=256)
def _at_minute(hours: Hours, minute: int) -> Opening:
    unix = minute * 60.0
    today = _local(unix, hours.time_zone).date()
    closes: float | None = None
    for begins, ends in _merged(_intervals(hours, today, AHEAD)):
        if begins > unix:
            return Opening(open=False, opens=begins)
        if ends > unix:
            closes = ends
            break
    if closes is None:
        return Opening(open=False)
    return Opening(open=True, closes=closes if closes < unix + CLOSING_AHEAD * 86_400 else None)


def _intervals(hours: Hours, today: date, days: int) -> Iterator[tuple[float, float]]:
    """Begin and end of every opening that is not over before today, in order."""
    for offset in range(-1, days):
        day = today + timedelta(days=offset)
        if any(closed.holds(day) for closed in hours.closed):
            continue
        for span in hours.spans:
            if span.weekday == day.weekday():
                yield _unix(day, span.opens, hours.time_zone), _unix(day, span.closes, hours.time_zone)


def _merged(intervals: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Openings that touch or overlap as one, but not beyond the days that are looked at for a closing time."""
    held: tuple[float, float] | None = None
    for begins, ends in intervals:
        if ends <= begins:
            continue  # an hour that the clock change leaves out
        if held is not None and begins <= held[1] and held[1] - held[0] < 2 * CLOSING_AHEAD * 86_400:
            held = held[0], max(held[1], ends)
            continue
        if held is not None:
            yield held
        held = begins, ends
    if held is not None:
        yield held


def _unix(day: date, minutes: int, time_zone: tzinfo) -> float:
    """The wall clock's seconds at so many minutes after midnight of ``day``, as the clock on the hall's wall shows them."""
    days, minutes = divmod(minutes, _DAY_MINUTES)
    return datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60), time_zone).timestamp()


def _local(unix: float, time_zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(unix, UTC).astimezone(time_zone)


def day_of(unix: float, time_zone: tzinfo) -> str:
    """The calendar day in the hall, ``2026-11-22``."""
    return _local(unix, time_zone).date().isoformat()


def next_day(unix: float, time_zone: tzinfo) -> float:
    """When the next calendar day begins in the hall (wall clock)."""
    return _unix(_local(unix, time_zone).date() + timedelta(days=1), 0, time_zone)
