"""Which days a monthly report is about, and which it is compared with (pure)."""

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct


class Month(Struct, frozen=True, order=True):
    """A month of the calendar."""

    year: int
    number: int
    """From 1 on."""

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> "Month":
        """The one after it."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def before(self) -> "Month":
        """The one before it."""
        return of(self.first - timedelta(days=1))

    @property
    def year_before(self) -> "Month":
        """The same month of the year before."""
        return Month(self.year - 1, self.number)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


class Days(Struct, frozen=True):
    """Days one after the other."""

    first: date
    last: date
    """Part of them."""

    @property
    def after(self) -> date:
        """The first day that is not part of them any more."""
        return self.last + timedelta(days=1)

    def each(self) -> Iterator[date]:
        """One after the other."""
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))


def of(day: date) -> Month:
    """The month of a day."""
    return Month(day.year, day.month)


def parsed(text: str) -> Month:
    """From ``2026-10``. Raises ``ValueError``."""
    day = date.fromisoformat(f"{text}-01")
    if len(text) != 7:
        raise ValueError(f"{text!r}: expected a month such as 2026-10")
    return of(day)


def there(first: date | None, today: date) -> list[Month]:
    """The months with a report, the newest first, when ``first`` is the first day with figures: up to yesterday's."""
    yesterday = today - timedelta(days=1)
    months: list[Month] = []
    if first is not None:
        month = of(yesterday)
        while month >= of(first) and first <= yesterday:
            months.append(month)
            month = month.before
    return months


def days_of(month: Month, today: date) -> Days:
    """Those of its days that are over. Raises ``ValueError`` when there is none."""
    last = min(month.last, today - timedelta(days=1))
    if last < month.first:
        raise ValueError(f"{month}: expected a month of which a day is over")
    return Days(month.first, last)


def compared(days: Days, month: Month) -> Days:
    """The days of another month to compare with: the same part of it when only a part has passed."""
    if days.last == of(days.first).last:
        return Days(month.first, month.last)
    return Days(month.first, min(month.last, month.first + (days.last - days.first)))
