"""Figures, read. They are exact at any moment: what was rolled up, less the hours that have changed since, plus the quarters of those
hours, all in one snapshot (``rollup_due`` says which hours those are)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from msgspec import Struct

from hotspot.hub.spans import Span
from hotspot.hub.store.pool import Connection

SILENT: Final = timedelta(minutes=3)
"""Gateways speak at least once a minute."""
Condition = Literal["new", "silent", "faulty", "well"]
_NUMBERS: Final = "visits, ended, seconds, bytes_up, bytes_down, peak, languages, families"

# Each gives rows (hall, at, zone, plan, numbers …, sign) of halls $1 between the moments $2 and $3. Only a part with a positive sign has a
# peak that counts: peaks never fall.
_QUARTERS: Final = f"""
    SELECT hall_id, time AS at, zone, plan, {_NUMBERS}, 1 AS sign
    FROM figures_quarters WHERE hall_id = ANY($1::int[]) AND time >= $2 AND time < $3
"""  # noqa: S608  own constants
_DUE: Final = "due AS MATERIALIZED (SELECT hall_id, hour FROM rollup_due WHERE hall_id = ANY($1::int[]) AND hour >= $2 AND hour < $3)"
_HOURS: Final = f"""
    SELECT hall_id, time AS at, zone, plan, {_NUMBERS}, 1 AS sign
    FROM figures_hours WHERE hall_id = ANY($1::int[]) AND time >= $2 AND time < $3
    UNION ALL
    SELECT q.hall_id, due.hour, zone, plan, {_NUMBERS}, 1
    FROM due JOIN figures_quarters q ON q.hall_id = due.hall_id AND q.time >= due.hour AND q.time < due.hour + interval '1 hour'
    WHERE q.time >= $2 AND q.time < $3
    UNION ALL
    SELECT h.hall_id, h.time, zone, plan, {_NUMBERS}, -1
    FROM due JOIN figures_hours h ON h.hall_id = due.hall_id AND h.time = due.hour
    WHERE h.time >= $2 AND h.time < $3
"""  # noqa: S608  own constants
# Of days: the days from $4 up to and without $5; $2 and $3 are moments around those hours of them that are not rolled up.
_DAYS: Final = f"""
    SELECT hall_id, day AS at, zone, plan, {_NUMBERS}, 1 AS sign
    FROM figures_days WHERE hall_id = ANY($1::int[]) AND day >= $4 AND day < $5
    UNION ALL
    SELECT * FROM (
        SELECT q.hall_id, (due.hour AT TIME ZONE l.time_zone)::date AS at, zone, plan, {_NUMBERS}, 1
        FROM due JOIN halls l ON l.id = due.hall_id
        JOIN figures_quarters q ON q.hall_id = due.hall_id AND q.time >= due.hour AND q.time < due.hour + interval '1 hour'
        WHERE q.time >= $2 AND q.time < $3
        UNION ALL
        SELECT h.hall_id, (due.hour AT TIME ZONE l.time_zone)::date, zone, plan, {_NUMBERS}, -1
        FROM due JOIN halls l ON l.id = due.hall_id JOIN figures_hours h ON h.hall_id = due.hall_id AND h.time = due.hour
        WHERE h.time >= $2 AND h.time < $3
    ) x WHERE at >= $4 AND at < $5
"""  # noqa: S608  own constants
_FROM: Final = {
    "quarter": f"WITH parts AS ({_QUARTERS})",
    "hour": f"WITH {_DUE}, parts AS ({_HOURS})",
    "day": f"WITH {_DUE}, parts AS ({_DAYS})",
    "month": f"WITH {_DUE}, parts AS ({_DAYS})",
}
_AT: Final = {"quarter": "at", "hour": "at", "day": "at", "month": "date_trunc('month', at)::date"}
_KEY: Final = {"none": "''", "zone": "zone", "plan": "plan", "hall": "hall_id::text"}
_COUNTS: Final = {"language": "languages", "family": "families"}
_SUMS: Final = ", ".join(f"sum(sign * {name})::bigint AS {name}" for name in ("visits", "ended", "seconds", "bytes_up", "bytes_down"))


class Point(Struct, frozen=True):
    """Sums of one step and one key."""

    at: datetime | date
    """Beginning: a moment for quarters and hours, a date for days and months."""
    key: str
    """Zone, plan, language, family or the hall's id; empty when nothing is told apart."""
    visits: int
    ended: int | None = None
    """None: not known by language and family."""
    seconds: int | None = None
    bytes_up: int | None = None
    bytes_down: int | None = None
    peak: int | None = None


def sources(step: str) -> str:
    """The beginning of a query whose rows ``parts`` are those of ``arguments``."""
    return _FROM[step]


async def arguments(connection: Connection, halls: Sequence[int], span: Span, step: str) -> list[object]:
    """$1 and further of ``sources``. Of days and months those hours that are not rolled up are nearly always of today: with bounds around
    just these, a hundred parts of the tables need no plan. An hour that has changed since is as it was before that."""
    if step not in ("day", "month"):
        return [halls, span.begins, span.ends]
    margin = timedelta(hours=26)
    due = await connection.fetchrow(
        "SELECT min(hour) AS first, max(hour) AS last FROM rollup_due WHERE hall_id = ANY($1::int[]) AND hour >= $2 AND hour < $3",
        halls,
        span.begins - margin,
        span.ends + margin,
    )
    if due is None or due["first"] is None:
        return [halls, span.begins, span.begins, span.first, span.last]
    return [halls, due["first"], due["last"] + timedelta(hours=1), span.first, span.last]


async def points(connection: Connection, halls: Sequence[int], span: Span, step: str, by: str, most: int) -> list[Point]:
    """Figures of these halls together, by time and key; ``most`` + 1 of them at most. ``step``: ``quarter`` | ``hour`` | ``day`` |
    ``month``; ``by``: ``none`` | ``zone`` | ``plan`` | ``hall`` | ``language`` | ``family``."""
    at = _AT[step]
    if by in _COUNTS:
        chosen = f"SELECT {at} AS at, c.key, sum(sign * c.value::bigint)::bigint AS visits"
        source = f"FROM parts CROSS JOIN LATERAL jsonb_each_text({_COUNTS[by]}) c"
        having = "HAVING sum(sign * c.value::bigint) > 0"
    else:
        chosen = f"SELECT {at} AS at, {_KEY[by]} AS key, {_SUMS}, max(peak) FILTER (WHERE sign > 0) AS peak"
        source, having = "FROM parts", ""
    given = await arguments(connection, halls, span, step)
    rows = await connection.fetch(f"{_FROM[step]} {chosen} {source} GROUP BY 1, 2 {having} ORDER BY 1, 2 LIMIT {most + 1}", *given)
    return [Point(**row) for row in rows]


class Devices(Struct, frozen=True):
    """Different devices of a day."""

    day: date
    devices: int


async def devices(connection: Connection, hall: int, first: date, last: date) -> list[Devices]:
    """By day, without ``last``; a hall with two gateways counts a device that met both twice."""
    rows = await connection.fetch(
        "SELECT day, sum(devices)::bigint AS devices FROM devices_days WHERE hall_id = $1 AND day >= $2 AND day < $3 "
        "GROUP BY day ORDER BY day",
        hall,
        first,
        last,
    )
    return [Devices(**row) for row in rows]


class Today(Struct, frozen=True):
    """A hall's day so far, by its own calendar."""

    hall_id: int
    visits: int
    ended: int
    seconds: int
    bytes_up: int
    bytes_down: int


# The day so far at $2. $3 to $4 and $5 to $6 hold it in every time zone: bounds that are plain values, so that of a hundred parts of the
# tables only those few are planned for.
_TODAY: Final = f"""
    WITH places AS MATERIALIZED (
        SELECT id, time_zone, ($2::timestamptz AT TIME ZONE time_zone)::date AS today FROM halls WHERE id = ANY($1::int[])
    ), due AS MATERIALIZED (
        SELECT d.hall_id, d.hour FROM rollup_due d JOIN places p ON p.id = d.hall_id AND (d.hour AT TIME ZONE p.time_zone)::date = p.today
        WHERE d.hour >= $3 AND d.hour < $4
    ), parts AS (
        SELECT f.hall_id, visits, ended, seconds, bytes_up, bytes_down, 1 AS sign
        FROM places p JOIN figures_days f ON f.hall_id = p.id AND f.day = p.today
        WHERE f.day BETWEEN $5 AND $6
        UNION ALL
        SELECT q.hall_id, visits, ended, seconds, bytes_up, bytes_down, 1
        FROM due JOIN figures_quarters q ON q.hall_id = due.hall_id AND q.time >= due.hour AND q.time < due.hour + interval '1 hour'
        WHERE q.time >= $3 AND q.time < $4
        UNION ALL
        SELECT h.hall_id, visits, ended, seconds, bytes_up, bytes_down, -1
        FROM due JOIN figures_hours h ON h.hall_id = due.hall_id AND h.time = due.hour
        WHERE h.time >= $3 AND h.time < $4
    )
    SELECT hall_id, {_SUMS} FROM parts GROUP BY hall_id
"""  # noqa: S608  own constants


async def today(connection: Connection, halls: Sequence[int], now: datetime) -> dict[int, Today]:
    """The day so far of these halls; one without any figures is missing."""
    begins, ends, day = now - timedelta(hours=26), now + timedelta(hours=27), timedelta(days=1)
    rows = await connection.fetch(_TODAY, halls, now, begins, ends, (now - day).date(), (now + day).date())
    return {row["hall_id"]: Today(**row) for row in rows}


_TREND: Final = f"""
    WITH {_DUE}, parts AS ({_DAYS}), sums AS (SELECT hall_id, at, sum(sign * visits)::bigint AS visits FROM parts GROUP BY 1, 2)
    SELECT hall_id, array_agg(at - $4::date ORDER BY at) AS days, array_agg(visits ORDER BY at) AS visits FROM sums GROUP BY 1
"""  # noqa: S608  own constants


async def trend(connection: Connection, halls: Sequence[int], first: date, days: int) -> dict[int, tuple[int, ...]]:
    """Visits of each hall on so many days from ``first`` on, by its own calendar; a hall without any figures is missing."""
    margin = timedelta(hours=26)
    begins = datetime(first.year, first.month, first.day, tzinfo=UTC)
    span = begins - margin, begins + timedelta(days=days) + margin
    found = {}
    for row in await connection.fetch(_TREND, halls, *span, first, first + timedelta(days=days)):
        visits = [0] * days
        for day, number in zip(row["days"], row["visits"], strict=True):
            visits[day] = number
        found[row["hall_id"]] = tuple(visits)
    return found


class Seen(Struct, frozen=True):
    """How the gateways of a hall are, taken together."""

    hall_id: int
    gateways: int
    """That may speak to the hub."""
    seen_at: datetime | None
    """When the one that was heard of longest ago last spoke; None: one never did."""
    online: int
    """Sessions in progress."""
    well: bool
    """Firewall, journal and Internet of all of them."""
    faults: int
    warnings: int

    def condition(self, now: datetime) -> Condition:
        """How the hall is, as far as its gateways say it, or say nothing."""
        if self.seen_at is None:
            return "new"
        if now - self.seen_at > SILENT:
            return "silent"
        return "well" if self.well and not self.faults else "faulty"


_SEEN: Final = """
    SELECT g.hall_id, count(*) AS gateways,
        CASE WHEN count(s.seen_at) = count(*) THEN min(s.seen_at) END AS seen_at,
        coalesce(sum((SELECT sum((z ->> 'online')::bigint) FROM jsonb_array_elements(s.health -> 'zones') z)), 0)::bigint AS online,
        coalesce(bool_and((s.health ->> 'firewall')::boolean AND (s.health ->> 'journal')::boolean
            AND (s.health ->> 'internet')::boolean), true) AS well,
        coalesce(sum(jsonb_array_length(s.health -> 'faults')), 0)::bigint AS faults,
        coalesce(sum(jsonb_array_length(s.health -> 'warnings')), 0)::bigint AS warnings
    FROM gateways g LEFT JOIN gateway_states s ON s.gateway_id = g.id
    WHERE g.hall_id = ANY($1::int[]) AND g.revoked_at IS NULL GROUP BY g.hall_id
"""


async def seen(connection: Connection, halls: Sequence[int]) -> dict[int, Seen]:
    """How the gateways of these halls were when they last spoke; a hall without gateways is missing."""
    return {row["hall_id"]: Seen(**row) for row in await connection.fetch(_SEEN, halls)}


class OfWeek(Struct, frozen=True):
    """An hour of the week."""

    weekday: int
    """1: Monday … 7: Sunday."""
    hour: int
    """Its beginning, by the clocks of the hall."""
    visits: int


_WEEK: Final = f"""
    {_FROM["hour"]}, local AS (
        SELECT p.at AT TIME ZONE l.time_zone AS at, sign * visits AS visits FROM parts p JOIN halls l ON l.id = p.hall_id
    )
    SELECT extract(isodow FROM at)::int AS weekday, extract(hour FROM at)::int AS hour, sum(visits)::bigint AS visits
    FROM local WHERE at::date >= $4 AND at::date < $5 GROUP BY 1, 2 HAVING sum(visits) > 0 ORDER BY 1, 2
"""  # noqa: S608  own constants


async def week(connection: Connection, halls: Sequence[int], span: Span) -> list[OfWeek]:
    """Visits of these halls on the days of a span by weekday and hour, those hours in which there were any."""
    margin = timedelta(hours=26)
    rows = await connection.fetch(_WEEK, halls, span.begins - margin, span.ends + margin, span.first, span.last)
    return [OfWeek(**row) for row in rows]
