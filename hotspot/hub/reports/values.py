"""What a monthly report says, as values: times are seconds, sizes bytes, days of the halls' calendars."""

from datetime import date, datetime

import msgspec
from msgspec import Struct

from hotspot.hub.reports.availability import Availability


class SumsOfDays(Struct, frozen=True, kw_only=True):
    """What came together over some days."""

    visits: int
    """Sessions begun."""
    devices: int
    """The daily counts of different devices, added up: one that came on three days is in it three times."""
    seconds: int
    """Time online, over all sessions."""
    bytes_up: int
    """From visitors to the Internet."""
    bytes_down: int
    peak: int
    """Most sessions at once in one zone and plan of one hall."""


class ComparedWith(Struct, frozen=True, kw_only=True):
    """Other days, to compare with."""

    month: str
    from_: date = msgspec.field(name="from")
    to: date
    """Part of them."""
    sums: SumsOfDays


class VisitsOfDay(Struct, frozen=True, kw_only=True):
    """One day."""

    day: date
    visits: int


class VisitsOfMonth(Struct, frozen=True, kw_only=True):
    """One month, as far as it is over."""

    month: str
    visits: int


class VisitsOfHour(Struct, frozen=True, kw_only=True):
    """An hour of the week."""

    weekday: int
    """1: Monday … 7: Sunday."""
    hour: int
    """Its beginning, by the clocks of the hall."""
    visits: int
    """Over all such days of the month."""


class CountedByName(Struct, frozen=True, kw_only=True):
    """Something counted by name."""

    name: str
    number: int


class HallOfReport(Struct, frozen=True, kw_only=True):
    """One hall's part of it."""

    hall: str
    title: str
    sums: SumsOfDays
    availability: Availability | None
    """None: it had no gateway that spoke, or the alarms of that time are not kept any more."""


class OutageOfHall(Struct, frozen=True, kw_only=True):
    """Time in which visitors of a hall were not served, as far as it lies in the month."""

    hall: str
    title: str
    kind: str
    """Of the alarm: ``silent`` | ``wan_down`` | ``firewall_down`` | ``journal``."""
    begins: datetime
    ends: datetime | None
    """None: it is not over."""
    seconds: int
    """Of it in this month."""
    note: str
    """What somebody wrote when they saw to it."""


class FeedbackOfReport(Struct, frozen=True, kw_only=True):
    """What visitors told the town: numbers only."""

    kinds: list[CountedByName]
    done: int
    open: int


class MonthlyReport(Struct, frozen=True, kw_only=True):
    """A town's month."""

    partner: str
    title: str
    month: str
    """As ``2026-10``."""
    from_: date = msgspec.field(name="from")
    to: date
    """The last day that is in it: of the month that goes on, yesterday."""
    partial: bool
    """The month is not over."""
    time_zone: str
    made_at: datetime
    sums: SumsOfDays
    before: ComparedWith | None
    """The month before; of a part of a month the same days of it. None: the town did not take part all that time."""
    year_before: ComparedWith | None
    days: list[VisitsOfDay]
    """Every day."""
    months: list[VisitsOfMonth]
    """Up to thirteen, the oldest first; the last one is this."""
    hours: list[VisitsOfHour] | None
    """Those in which somebody came. None: figures by the hour are not kept any more."""
    languages: list[CountedByName]
    """Visits by language of the page, most first."""
    families: list[CountedByName]
    """Visits by device family, most first."""
    halls: list[HallOfReport]
    """That took part in the month, by title."""
    availability: Availability | None
    """Of all halls together, each by its time."""
    outages: list[OutageOfHall] | None
    """In order of time. None: alarms of that time are not kept any more."""
    other_alarms: list[CountedByName]
    """Further alarms by kind, which visitors did not notice; notices are left out."""
    feedback: FeedbackOfReport | None
    """None: messages of that time are not kept any more."""
