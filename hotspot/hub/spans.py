"""From when until when figures are wanted (pure): what people write, as moments and as days of a hall."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from msgspec import Struct

STEPS: Final = {"quarter": timedelta(minutes=15), "hour": timedelta(hours=1), "day": timedelta(days=1), "month": timedelta(days=28)}
USUAL: Final = {"quarter": timedelta(days=1), "hour": timedelta(days=7), "day": timedelta(days=31), "month": timedelta(days=366)}
"""Shown when nobody says from when."""
MOST_STEPS: Final = 3_000
_EARLIEST, _LATEST = date(2000, 1, 1), date(2200, 1, 1)


class Span(Struct, frozen=True):
    """From when until when (which is not part of it)."""

    begins: datetime
    ends: datetime
    first: date
    """The same as days of the hall, for steps of days and months."""
    last: date
    """Not part of it."""


def span(begins: str | None, ends: str | None, step: str, zone: tzinfo, now: datetime) -> Span:
    """What is wanted. A day stands for its beginning in the hall's time zone; without an end it is the end of the present step. Raises
    ``ValueError`` with key, value and what was expected."""
    until = _moment("to", ends, zone) if ends is not None else _end_of_step(now, step, zone)
    since = _moment("from", begins, zone) if begins is not None else until - USUAL[step]
    first, last = since.astimezone(zone).date(), _day_after(until, zone)
    if step == "month":
        first = first.replace(day=1)
        last = last if last.day == 1 else (last.replace(day=1) + timedelta(days=31)).replace(day=1)
    if step in ("day", "month"):
        since, until = _midnight(first, zone), _midnight(last, zone)
    else:
        since, until = _down(since, step), _down(until + STEPS[step] - timedelta(microseconds=1), step)
    if since >= until:
        raise ValueError(f"from = {begins or since.isoformat()!r}: expected a moment before to, which is {ends or until.isoformat()!r}")
    if (until - since) / STEPS[step] > MOST_STEPS:
        raise ValueError(f"step = {step!r}: expected at most {MOST_STEPS} steps between from and to: take larger steps, or less time")
    return Span(since, until, first, last)


def _moment(key: str, text: str, zone: tzinfo) -> datetime:
    expected = "a day such as 2027-01-31, or a moment with an offset such as 2027-01-31T08:00:00Z, of the years 2000 to 2199"
    try:
        found = _midnight(date.fromisoformat(text), zone) if len(text) == 10 else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ValueError(f"{key} = {text!r}: expected {expected}") from None
    if found.tzinfo is None or not _EARLIEST < found.date() < _LATEST:
        raise ValueError(f"{key} = {text!r}: expected {expected}")
    return found.astimezone(UTC)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _down(moment: datetime, step: str) -> datetime:
    seconds = int(STEPS[step].total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


def _day_after(moment: datetime, zone: tzinfo) -> date:
    """The day before which a moment's time ends: of midnight that day itself."""
    local = moment.astimezone(zone)
    return local.date() if local.time() == time() else local.date() + timedelta(days=1)


def _end_of_step(now: datetime, step: str, zone: tzinfo) -> datetime:
    if step in ("quarter", "hour"):
        return _down(now, step) + STEPS[step]
    return _midnight(now.astimezone(zone).date() + timedelta(days=1), zone)


def beginning(at: datetime | date, zone: tzinfo) -> datetime:
    """When a step begins, by the clocks of the hall."""
    if isinstance(at, datetime):
        return at.astimezone(zone)
    return datetime.combine(at, time(), zone)
