"""The day, the month or the year of a hall that somebody looks at (pure): its steps, and those before and after it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

Name = Literal["day", "month", "year"]
NAMES: Final[tuple[Name, ...]] = ("day", "month", "year")
_FIRST, _LAST = 2000, 2199


class Look(Struct, frozen=True, kw_only=True):
    """What somebody looks at."""

    span: Name
    first: date
    """Its first day, by the calendar of the hall."""
    last: date
    """The first day that is not part of it."""
    step: Literal["hour", "day", "month"]
    """Of its figures."""

    @property
    def before(self) -> date | None:
        """A day of the one before."""
        return self.first - timedelta(days=1) if self.first.year > _FIRST else None

    def after(self, today: date) -> date | None:
        """A day of the one after; None: it has not begun."""
        return self.last if self.last <= today else None

    @property
    def query(self) -> dict[str, str]:
        """For the API's figures."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat(), "step": self.step}


def look(span: str, at: str, today: date) -> Look:
    """What is asked for; "": the month of today. Raises ``ValueError`` with key, value and what was expected."""
    try:
        day = date.fromisoformat(at) if at else today
    except ValueError:
        day = date.min
    if not _FIRST <= day.year < _LAST or len(at) not in (0, 10):
        raise ValueError(f"at = {at[:20]!r}: expected a day such as 2027-01-31, of the years {_FIRST} to {_LAST - 1}")
    match span:
        case "day":
            return Look(span="day", first=day, last=day + timedelta(days=1), step="hour")
        case "month" | "":
            first = day.replace(day=1)
            return Look(span="month", first=first, last=(first + timedelta(days=32)).replace(day=1), step="day")
        case "year":
            return Look(span="year", first=date(day.year, 1, 1), last=date(day.year + 1, 1, 1), step="month")
    raise ValueError(f"span = {span[:20]!r}: expected one of {', '.join(NAMES)}")


def steps(looked: Look, zone: ZoneInfo) -> list[datetime]:
    """When each step begins, by the clocks of the hall: 24 hours of a day (23 or 25 when the clocks are changed), days, or months."""
    if looked.step == "hour":
        begins, ends = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (looked.first, looked.last))
        return [(begins + timedelta(hours=number)).astimezone(zone) for number in range(round((ends - begins) / timedelta(hours=1)))]
    if looked.step == "day":
        days = [looked.first + timedelta(days=number) for number in range((looked.last - looked.first).days)]
    else:
        days = [date(looked.first.year, month, 1) for month in range(1, 13)]
    return [datetime.combine(day, time(), zone) for day in days]
