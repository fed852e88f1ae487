"""Rows become a monthly report (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from hotspot.hub.reports.availability import SERVING, Availability, Stretch, Trouble, availability, common, joined
from hotspot.hub.reports.months import Days
from hotspot.hub.reports.values import ComparedWith, CountedByName, FeedbackOfReport, HallOfReport, OutageOfHall, SumsOfDays, VisitsOfDay

NOTHING: Final = SumsOfDays(visits=0, devices=0, seconds=0, bytes_up=0, bytes_down=0, peak=0)
OTHERS: Final = 8
"""Names that are told of languages; the rest is one more."""


class HallRow(Struct, frozen=True, kw_only=True):
    """A hall of the town."""

    id: int
    name: str
    title: str
    time_zone: str
    created_at: datetime
    closed_at: datetime | None


class Presence(Struct, frozen=True, kw_only=True):
    """A gateway that a hall has or had."""

    hall_id: int
    heard_at: datetime
    """For the first time."""
    revoked_at: datetime | None


class DayRow(Struct, frozen=True, kw_only=True):
    """Figures of a hall and day."""

    hall_id: int
    day: date
    visits: int
    seconds: int
    bytes_up: int
    bytes_down: int
    peak: int


def summed(rows: Iterable[DayRow], devices: int) -> SumsOfDays:
    """Together."""
    found = list(rows)
    return SumsOfDays(
        visits=sum(row.visits for row in found),
        devices=devices,
        seconds=sum(row.seconds for row in found),
        bytes_up=sum(row.bytes_up for row in found),
        bytes_down=sum(row.bytes_down for row in found),
        peak=max((row.peak for row in found), default=0),
    )


def span_of(days: Days, time_zone: str, now: datetime) -> Stretch:
    """The same days as moments, by the clocks of a hall; not beyond now."""
    zone = ZoneInfo(time_zone)
    # in UTC: between two moments of one zone Python counts by the clocks on the wall, also where they were set back
    begins, ends = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (days.first, days.after))
    return Stretch(begins, min(ends, now))


def measured(hall: HallRow, presences: Iterable[Presence], span: Stretch) -> list[Stretch]:
    """When the hall had a gateway that had been heard of."""
    end = span.ends if hall.closed_at is None else min(span.ends, hall.closed_at)
    there = (Stretch(each.heard_at, end if each.revoked_at is None else min(end, each.revoked_at)) for each in presences)
    return common([span], joined(there))


class Judged(Struct, frozen=True):
    """A hall's availability and outages in the month."""

    availability: Availability | None
    outages: tuple[OutageOfHall, ...]


def judged(hall: HallRow, presences: Sequence[Presence], troubles: Sequence[Trouble], days: Days, now: datetime) -> Judged:
    """Of one hall."""
    span = span_of(days, hall.time_zone, now)
    there = measured(hall, presences, span)
    outages = []
    for trouble in sorted(troubles, key=lambda one: one.begins):
        within = common(there, joined([Stretch(trouble.begins, trouble.ends or span.ends)]))
        if trouble.kind in SERVING and within:
            outages.append(OutageOfHall(
                hall=hall.name, title=hall.title, kind=trouble.kind, begins=max(trouble.begins, within[0].begins), ends=trouble.ends,
                seconds=round(sum(each.seconds for each in within)), note=trouble.note,
            ))  # fmt: skip
    return Judged(availability(there, troubles, span.ends), tuple(outages))


def took_part(hall: HallRow, days: Days, sums: SumsOfDays) -> bool:
    """Does the hall belong into the report of these days?"""
    zone = ZoneInfo(hall.time_zone)
    created = hall.created_at.astimezone(zone).date()
    closed = None if hall.closed_at is None else hall.closed_at.astimezone(zone).date()
    return sums.visits > 0 or (created <= days.last and (closed is None or closed >= days.first))


def halls_of(
    halls: Iterable[HallRow], rows: Mapping[int, Sequence[DayRow]], devices: Mapping[int, int], judgements: Mapping[int, Judged], days: Days
) -> list[HallOfReport]:
    """By title; without those that were closed before or set up later."""
    found = []
    for hall in halls:
        sums = summed(rows.get(hall.id, ()), devices.get(hall.id, 0))
        if took_part(hall, days, sums):
            judgement = judgements.get(hall.id)
            share = None if judgement is None else judgement.availability
            found.append(HallOfReport(hall=hall.name, title=hall.title, sums=sums, availability=share))
    return sorted(found, key=lambda one: (one.title.casefold(), one.hall))


def by_day(rows: Iterable[DayRow], days: Days) -> list[VisitsOfDay]:
    """Every day, also those on which nobody came."""
    visits: dict[date, int] = {}
    for row in rows:
        visits[row.day] = visits.get(row.day, 0) + row.visits
    return [VisitsOfDay(day=day, visits=visits.get(day, 0)) for day in days.each()]


def ranked(counts: Mapping[str, int], most: int | None = None) -> list[CountedByName]:
    """Most first; beyond ``most`` they are one, without a name."""
    names = sorted((name for name in counts if counts[name] > 0), key=lambda name: (-counts[name], name))
    kept = names if most is None or len(names) <= most + 1 else names[:most]
    found = [CountedByName(name=name, number=counts[name]) for name in kept]
    if len(kept) < len(names):
        found.append(CountedByName(name="", number=sum(counts[name] for name in names[len(kept) :])))
    return found


def comparison(month: str, days: Days, sums: SumsOfDays, since: date | None) -> ComparedWith | None:
    """None when the town had not begun by then: a part of a month says nothing about the whole of another."""
    if since is None or since > days.first:
        return None
    return ComparedWith(month=month, from_=days.first, to=days.last, sums=sums)


def feedback(counts: Iterable[tuple[str, bool, int]]) -> FeedbackOfReport:
    """From rows of kind, whether they were dealt with, and how many."""
    rows = list(counts)
    kinds: dict[str, int] = {}
    for kind, _, number in rows:
        kinds[kind] = kinds.get(kind, 0) + number
    done = sum(number for _, is_done, number in rows if is_done)
    return FeedbackOfReport(kinds=ranked(kinds), done=done, open=sum(kinds.values()) - done)
