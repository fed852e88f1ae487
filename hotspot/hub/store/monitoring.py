"""What is told to monitoring: gateways, totals and alarms as they are now, all of one moment."""

import asyncpg
import msgspec

from hotspot import wire
from hotspot.hub.look_alarms import well
from hotspot.hub.metrics import AlarmNow, BackupNow, GatewayNow, HubNow, ZoneTotal
from hotspot.hub.store import looks, marks
from hotspot.hub.store.pool import Connection

_health = msgspec.json.Decoder(wire.Health)


async def gateways(connection: Connection, partner: str | None, hall: str | None = None) -> list[GatewayNow]:
    """Gateways in use that have spoken, all or those of a partner or a hall; of the others there is nothing to say but the alarm
    ``silent``."""
    rows = await connection.fetch(
        "SELECT p.name AS partner, h.name AS hall, g.name AS gateway, s.seen_at, s.report_at, s.clock_offset, "
        "coalesce(w.serial, 0) AS policy_serial, s.health::text AS health, "
        "v.at AS visit_at, coalesce(v.amiss::text, '[]') AS amiss, v.content -> 'visited' AS visited "
        "FROM gateway_states s JOIN gateways g ON g.id = s.gateway_id JOIN halls h ON h.id = g.hall_id "
        "JOIN partners p ON p.id = h.partner_id LEFT JOIN hall_policies w ON w.hall_id = h.id "
        "LEFT JOIN looks v ON v.gateway_id = g.id AND v.by = 'visit' "
        "WHERE g.revoked_at IS NULL AND h.closed_at IS NULL AND p.left_at IS NULL AND ($1::text IS NULL OR p.name = $1) "
        "AND ($2::text IS NULL OR h.name = $2) ORDER BY g.name",
        partner,
        hall,
    )
    return [_gateway(row) for row in rows]


def _gateway(row: asyncpg.Record) -> GatewayNow:
    amiss = looks.amiss_of(row["amiss"])
    visited = well(amiss, [str(each["zone"]) for each in row["visited"] or ()]) if row["visit_at"] is not None else {}
    return GatewayNow(
        partner=row["partner"],
        hall=row["hall"],
        gateway=row["gateway"],
        seen_at=row["seen_at"],
        report_at=row["report_at"],
        clock_offset=row["clock_offset"],
        policy_serial=row["policy_serial"],
        health=_health.decode(row["health"]),
        visit_at=row["visit_at"],
        visit_ok=row["visit_at"] is not None and not amiss,
        visited=visited,
    )


_TOTALS = """
    WITH due AS MATERIALIZED (SELECT hall_id, hour FROM rollup_due), parts AS (
        SELECT hall_id, zone, visits::float8, seconds::float8, bytes_up::float8, bytes_down::float8 FROM totals
        UNION ALL
        SELECT q.hall_id, q.zone, q.visits::float8, q.seconds::float8, q.bytes_up::float8, q.bytes_down::float8
        FROM due JOIN figures_quarters q ON q.hall_id = due.hall_id AND q.time >= due.hour AND q.time < due.hour + interval '1 hour'
        WHERE q.time >= $2 AND q.time < $3
        UNION ALL
        SELECT h.hall_id, h.zone, -h.visits::float8, -h.seconds::float8, -h.bytes_up::float8, -h.bytes_down::float8
        FROM figures_hours h JOIN due ON h.hall_id = due.hall_id AND h.time = due.hour WHERE h.time >= $2 AND h.time < $3
    )
    SELECT p.name AS partner, h.name AS hall, s.zone, s.visits, s.seconds, s.bytes_up, s.bytes_down FROM (
        SELECT hall_id, zone, sum(visits) AS visits, sum(seconds) AS seconds, sum(bytes_up) AS bytes_up, sum(bytes_down) AS bytes_down
        FROM parts GROUP BY 1, 2
    ) s JOIN halls h ON h.id = s.hall_id JOIN partners p ON p.id = h.partner_id WHERE $1::text IS NULL OR p.name = $1 ORDER BY 2, 3
"""


async def totals(connection: Connection, partner: str | None) -> list[ZoneTotal]:
    """What every zone ever had, to the last report: the totals of what was rolled up, less the hours that have changed since, plus the
    quarters of those hours. In a snapshot."""
    span = await connection.fetchrow("SELECT min(hour) AS first, max(hour) + interval '1 hour' AS last FROM rollup_due")
    assert span is not None
    rows = await connection.fetch(_TOTALS, partner, span["first"], span["last"])
    return [ZoneTotal(**dict(row)) for row in rows]


async def alarms(connection: Connection, partner: str | None) -> list[AlarmNow]:
    """How many alarms there are of each gateway, kind and severity."""
    rows = await connection.fetch(
        "SELECT coalesce(p.name, '') AS partner, coalesce(h.name, '') AS hall, coalesce(g.name, '') AS gateway, a.kind, a.severity, "
        "count(*) AS number FROM alarms a LEFT JOIN halls h ON h.id = a.hall_id LEFT JOIN partners p ON p.id = h.partner_id "
        "LEFT JOIN gateways g ON g.id = a.gateway_id WHERE a.raised_at IS NOT NULL AND ($1::text IS NULL OR p.name = $1) "
        "GROUP BY 1, 2, 3, 4, 5 ORDER BY 2, 3, 4, 5",
        partner,
    )
    return [AlarmNow(**dict(row)) for row in rows]


async def hub(connection: Connection) -> HubNow:
    """The hub itself."""
    row = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM halls h JOIN partners p ON p.id = h.partner_id WHERE h.closed_at IS NULL AND p.left_at IS NULL) "
        "AS halls, "
        "(SELECT count(*) FROM gateways g JOIN halls h ON h.id = g.hall_id WHERE g.revoked_at IS NULL AND h.closed_at IS NULL) "
        "AS gateways, "
        "pg_database_size(current_database()) AS database_bytes, (SELECT count(*) FROM channel_events) AS events_waiting, "
        "(SELECT count(*) FROM channels WHERE failing_since IS NOT NULL) AS channels_failing, "
        "coalesce((SELECT (detail ->> 'failures')::int FROM marks WHERE name = 'remote write'), 0) AS remote_write_failures"
    )
    assert row is not None
    starts = await marks.read(connection, marks.STARTS)
    return HubNow(
        **dict(row),
        starts=0 if starts is None else starts.detail["count"],
        backup=await backups(connection),
    )


async def backups(connection: Connection) -> BackupNow:
    """What is known of the hub's backups. One that was made since the last that failed is as good as any."""
    made, tried = await marks.read(connection, marks.BACKUP), await marks.read(connection, marks.BACKUP_TRIED)
    return BackupNow(
        at=None if made is None else made.at,
        size=0 if made is None else made.detail["size"],
        failed=tried is not None and tried.detail["failed"] and (made is None or tried.at >= made.at),
    )
