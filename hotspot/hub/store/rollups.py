"""Hours made of quarters, days of hours: again for every hour that has changed, however late its numbers came."""

from datetime import datetime, timedelta

from msgspec import Struct

from hotspot.hub.store import totals
from hotspot.hub.store.pool import Connection

_TAKE = """
    DELETE FROM rollup_due WHERE (hall_id, hour) IN (
        SELECT hall_id, hour FROM rollup_due WHERE hour <= $1 ORDER BY hour, hall_id LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING hall_id, hour
"""
_SUMS = """
    least(sum(visits), 1::bigint << 60)::bigint, least(sum(ended), 1::bigint << 60)::bigint, least(sum(seconds), 1::bigint << 60)::bigint,
    least(sum(bytes_up), 1::bigint << 60)::bigint, least(sum(bytes_down), 1::bigint << 60)::bigint, max(peak),
    counts_sum(languages), counts_sum(families)
"""
_SET = """
    DO UPDATE SET visits = excluded.visits, ended = excluded.ended, seconds = excluded.seconds, bytes_up = excluded.bytes_up,
        bytes_down = excluded.bytes_down, peak = excluded.peak, languages = excluded.languages, families = excluded.families
"""
_COLUMNS = "zone, plan, visits, ended, seconds, bytes_up, bytes_down, peak, languages, families"
_HOURS = f"""
    INSERT INTO figures_hours (hall_id, time, {_COLUMNS})
    SELECT q.hall_id, due.hour, q.zone, q.plan, {_SUMS}
    FROM unnest($1::int[], $2::timestamptz[]) AS due (hall, hour)
    JOIN figures_quarters q ON q.hall_id = due.hall AND q.time >= due.hour AND q.time < due.hour + interval '1 hour'
    WHERE q.time >= $3 AND q.time < $4
    GROUP BY q.hall_id, due.hour, q.zone, q.plan ORDER BY 1, 2, 3, 4
    ON CONFLICT (hall_id, time, zone, plan) {_SET}
"""  # noqa: S608  own constants
_DAYS = f"""
    INSERT INTO figures_days (hall_id, day, {_COLUMNS})
    SELECT h.hall_id, due.day, h.zone, h.plan, {_SUMS}
    FROM (
        SELECT DISTINCT x.hall, l.time_zone, (x.hour AT TIME ZONE l.time_zone)::date AS day
        FROM unnest($1::int[], $2::timestamptz[]) AS x (hall, hour) JOIN halls l ON l.id = x.hall
    ) due
    JOIN figures_hours h ON h.hall_id = due.hall
        AND h.time >= due.day::timestamp AT TIME ZONE due.time_zone AND h.time < (due.day + 1)::timestamp AT TIME ZONE due.time_zone
    WHERE h.time >= $3 AND h.time < $4
    GROUP BY h.hall_id, due.day, h.zone, h.plan ORDER BY 1, 2, 3, 4
    ON CONFLICT (hall_id, day, zone, plan) {_SET}
"""  # noqa: S608  own constants
_MARGIN = timedelta(days=2)
_LOCK = 0x72_6F_6C_6C


class Due(Struct, frozen=True):
    """An hour of a hall to be made anew."""

    hall_id: int
    hour: datetime


async def waiting(connection: Connection, until: datetime) -> list[datetime]:
    """The different hours that are due, up to ``until``: for their partitions."""
    return [row["hour"] for row in await connection.fetch("SELECT DISTINCT hour FROM rollup_due WHERE hour <= $1", until)]


async def make(connection: Connection, until: datetime, most: int) -> int:
    """Make up to ``most`` hours that are due and began at ``until`` or before, and their days; returns how many there were. In one
    transaction of its own: an hour leaves the list when it is made, and not before. One at a time: two that make hours of one day would not
    see each other's."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    taken = [Due(row["hall_id"], row["hour"]) for row in await connection.fetch(_TAKE, until, most)]
    if taken:
        halls, hours = [one.hall_id for one in taken], [one.hour for one in taken]
        await connection.execute(_HOURS, halls, hours, min(hours), max(hours) + timedelta(hours=1))
        span = set(halls), (min(hours) - _MARGIN).date(), (max(hours) + _MARGIN).date()
        before = await totals.of_days(connection, *span)
        await connection.execute(_DAYS, halls, hours, min(hours) - _MARGIN, max(hours) + _MARGIN)
        await totals.grow(connection, before, await totals.of_days(connection, *span))
    return len(taken)
