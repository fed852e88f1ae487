"""What monthly reports are made from, fetched: devices, hours of the week, alarms, feedback, and which gateways a hall had."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from hotspot.hub.reports.availability import Stretch, Trouble, begin_of
from hotspot.hub.reports.making import DayRow, Presence
from hotspot.hub.reports.months import Days
from hotspot.hub.reports.values import VisitsOfHour
from hotspot.hub.spans import Span
from hotspot.hub.store import figures
from hotspot.hub.store.pool import Connection

_MANY: Final = 1_000_000
"""Rows; there are fewer days of halls than that in any report."""
_MARGIN: Final = timedelta(days=2)
"""An alarm of silence begins up to a day before the silence is noticed."""

_ALARM: Final = "id, hall_id, kind, severity, detail, since, note"
_ALARMS: Final = f"""
    SELECT {_ALARM}, coalesce(well_since, ended_at) AS ends FROM alarms_ended
    WHERE hall_id = ANY($1::int[]) AND ended_at >= $2 AND since < $3
    UNION ALL
    SELECT {_ALARM}, well_since AS ends FROM alarms WHERE hall_id = ANY($1::int[]) AND raised_at IS NOT NULL AND since < $3
    ORDER BY since, id
"""  # noqa: S608  own constants


async def first_day(connection: Connection, halls: Sequence[int]) -> date | None:
    """The first day with figures of any of these halls that is still kept."""
    found: date | None = await connection.fetchval("SELECT min(day) FROM figures_days WHERE hall_id = ANY($1::int[])", halls)
    return found


def _span(days: Days, whole: Stretch) -> Span:
    return Span(whole.begins, whole.ends, days.first, days.after)


async def days(connection: Connection, halls: Sequence[int], wanted: Days, whole: Stretch) -> list[DayRow]:
    """Figures of each hall and day; ``whole``: the days as moments, roughly."""
    # A hall's name is not told apart together with days of 400 halls and years, but of a month it is.
    rows = await figures.points(connection, halls, _span(wanted, whole), "day", "hall", _MANY)
    return [
        DayRow(
            hall_id=int(row.key),
            day=row.at,
            visits=row.visits,
            seconds=row.seconds or 0,
            bytes_up=row.bytes_up or 0,
            bytes_down=row.bytes_down or 0,
            peak=row.peak or 0,
        )
        for row in rows
    ]


async def visits_by_month(connection: Connection, halls: Sequence[int], wanted: Days, whole: Stretch) -> dict[date, int]:
    """By the first day of each month."""
    rows = await figures.points(connection, halls, _span(wanted, whole), "month", "none", _MANY)
    return {row.at: row.visits for row in rows}


async def visits_by(connection: Connection, halls: Sequence[int], wanted: Days, whole: Stretch, by: str) -> dict[str, int]:
    """By ``language`` or ``family``."""
    found: dict[str, int] = {}
    for row in await figures.points(connection, halls, _span(wanted, whole), "month", by, _MANY):
        found[row.key] = found.get(row.key, 0) + row.visits
    return found


async def hours_of_week(connection: Connection, halls: Sequence[int], wanted: Days, whole: Stretch) -> list[VisitsOfHour]:
    """Visits by weekday and hour, by the clocks of each hall."""
    rows = await figures.week(connection, halls, _span(wanted, whole))
    return [VisitsOfHour(weekday=row.weekday, hour=row.hour, visits=row.visits) for row in rows]


async def devices(connection: Connection, halls: Sequence[int], wanted: Days) -> dict[int, int]:
    """The daily counts of each hall, added up."""
    rows = await connection.fetch(
        "SELECT hall_id, sum(devices)::bigint AS devices FROM devices_days WHERE hall_id = ANY($1::int[]) AND day >= $2 AND day < $3 "
        "GROUP BY hall_id",
        halls,
        wanted.first,
        wanted.after,
    )
    return {row["hall_id"]: row["devices"] for row in rows}


async def presences(connection: Connection, halls: Sequence[int]) -> list[Presence]:
    """Gateways that were ever heard of; revoked ones too."""
    rows = await connection.fetch(
        "SELECT g.hall_id, min(s.first_at) AS heard_at, g.revoked_at FROM gateways g JOIN streams s ON s.gateway_id = g.id "
        "AND s.hall_id = g.hall_id WHERE g.hall_id = ANY($1::int[]) GROUP BY g.id ORDER BY heard_at",
        halls,
    )
    return [Presence(**dict(row)) for row in rows]


async def troubles(connection: Connection, halls: Sequence[int], whole: Stretch) -> list[Trouble]:
    """Alarms that were told and lie at least partly in that time, in order."""
    rows = await connection.fetch(_ALARMS, halls, whole.begins, whole.ends + _MARGIN)
    found = []
    for row in rows:
        begins: datetime = begin_of(row["kind"], row["detail"], row["since"])
        if begins < whole.ends and (row["ends"] is None or row["ends"] > whole.begins):
            found.append(
                Trouble(
                    hall_id=row["hall_id"], kind=row["kind"], severity=row["severity"], begins=begins, ends=row["ends"], note=row["note"]
                )
            )
    return found


async def feedback(connection: Connection, halls: Sequence[int], whole: Stretch) -> Iterable[tuple[str, bool, int]]:
    """Kind, whether they were dealt with, how many: of messages that came in that time."""
    rows = await connection.fetch(
        "SELECT kind, done_at IS NOT NULL AS done, count(*) AS number FROM feedback "
        "WHERE hall_id = ANY($1::int[]) AND at >= $2 AND at < $3 GROUP BY 1, 2 ORDER BY 1, 2",
        halls,
        whole.begins,
        whole.ends,
    )
    return [(row["kind"], row["done"], row["number"]) for row in rows]
