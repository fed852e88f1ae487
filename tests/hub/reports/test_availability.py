"""Availability, checked against counting every minute one by one."""

from datetime import UTC, datetime, timedelta
from random import Random

from hotspot.hub.reports.availability import SERVING, Availability, Stretch, Trouble, availability, begin_of, common, joined, together
from hotspot.hub.reports.making import HallRow, Presence, judged, measured, span_of
from hotspot.hub.reports.months import Days

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Minutes after ``BEGIN``."""
    return BEGIN + timedelta(minutes=minutes)


def trouble(begins: float, ends: float | None, kind: str = "silent") -> Trouble:
    """An alarm."""
    over = None if ends is None else at(ends)
    return Trouble(hall_id=1, kind=kind, severity="urgent", begins=at(begins), ends=over, note="")


def test_every_minute_counted() -> None:
    """Any number of alarms, in any order, one in the other, before and after the time."""
    random = Random("availability")
    for _ in range(200):
        long = random.randrange(1, 500)
        there = joined(
            Stretch(at(a), at(a + random.randrange(0, 300))) for a in random.choices(range(-100, long), k=random.randrange(1, 4))
        )
        there = common([Stretch(at(0), at(long))], there)
        found = [
            trouble(a, None if random.random() < 0.1 else a + random.randrange(0, 90), random.choice((*SERVING, "pool", "disk")))
            for a in random.choices(range(-100, long + 50), k=random.randrange(0, 12))
        ]
        minutes = [m for m in range(long) if any(one.begins <= at(m) < one.ends for one in there)]
        away = [m for m in minutes if any(t.kind in SERVING and t.begins <= at(m) < (t.ends or at(long)) for t in found)]
        starts = [m for number, m in enumerate(away) if number == 0 or away[number - 1] != m - 1]
        expected = Availability(measured=60 * len(minutes), away=60 * len(away), outages=len(starts)) if there else None
        assert availability(there, found, at(long)) == expected


def test_silence_begins_with_the_last_word() -> None:
    """Not when it was noticed; what has no last word begins when it was found."""
    assert begin_of("silent", {"seen": at(5).timestamp()}, at(8)) == at(5)
    assert begin_of("silent", {}, at(8)) == at(8)
    assert begin_of("silent", {"seen": "?"}, at(8)) == at(8)
    assert begin_of("wan_down", {"seen": at(5).timestamp()}, at(8)) == at(8)


def test_halls_count_by_their_time() -> None:
    """A hall that was there for an hour does not weigh as much as one that was there for ten."""
    one, ten = Availability(measured=3_600, away=1_800, outages=1), Availability(measured=36_000, away=0, outages=0)
    assert together([one, None, ten]) == Availability(measured=39_600, away=1_800, outages=1)
    assert together([None]) is None
    assert together([one, ten]).share == 1 - 1_800 / 39_600  # type: ignore[union-attr]


def hall(closed: datetime | None = None) -> HallRow:
    """One in Germany."""
    return HallRow(id=1, name="h", title="H", time_zone="Europe/Berlin", created_at=BEGIN, closed_at=closed)


def test_measured_is_while_there_was_a_gateway() -> None:
    """From the first word of the first one to the end of the last one, without the time between two; up to the hall's end and to now."""
    span = span_of(Days(BEGIN.date(), BEGIN.date()), "Europe/Berlin", at(10_000))
    assert (span.begins, span.seconds) == (BEGIN - timedelta(hours=2), 86_400)
    first = Presence(hall_id=1, heard_at=at(60), revoked_at=at(120))
    second = Presence(hall_id=1, heard_at=at(180), revoked_at=None)
    assert measured(hall(), [first, second], span) == [Stretch(at(60), at(120)), Stretch(at(180), span.ends)]
    assert measured(hall(at(240)), [first, second], span) == [Stretch(at(60), at(120)), Stretch(at(180), at(240))]
    assert measured(hall(), [], span) == []
    assert span_of(Days(BEGIN.date(), BEGIN.date()), "Europe/Berlin", at(30)).ends == at(30)


def test_outages_of_a_month() -> None:
    """As long as they lie in it; one that goes on has no end; warnings are none."""
    there = [Presence(hall_id=1, heard_at=at(-10_000), revoked_at=None)]
    days = Days(BEGIN.date(), BEGIN.date())
    found = judged(hall(), there, [trouble(-600, -60), trouble(100, 110, "pool"), trouble(200, None), trouble(5_000, 5_001)], days, at(300))
    assert [(one.begins, one.ends, one.seconds) for one in found.outages] == [
        (BEGIN - timedelta(hours=2), at(-60), 3_600),
        (at(200), None, 6_000),
    ]
    assert found.availability == Availability(measured=420 * 60, away=9_600, outages=2)
