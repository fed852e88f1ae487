"""Alarms: what the judge looks at, what it decided, and what staff see of it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from hotspot import wire
from hotspot.hub.alarms import HUB, Change, Finding, Gateway, Key, Memory, Open, Severity, Verdict
from hotspot.hub.look_alarms import FORGOTTEN
from hotspot.hub.store import looks
from hotspot.hub.store.pool import Connection

LOOKS = timedelta(seconds=FORGOTTEN)
"""How far back what visitor, doctor and guard found matters."""
_health = msgspec.json.Decoder(wire.Health)


class Alarm(Struct, frozen=True, kw_only=True):
    """One alarm as staff see it, in force or ended."""

    id: int
    partner: str | None
    """None: the hub's own."""
    hall: str | None
    gateway: str | None
    kind: str
    subject: str
    severity: str
    detail: dict[str, Any]
    since: datetime
    raised_at: datetime
    ended_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    note: str


class Wanted(Struct, frozen=True, kw_only=True):
    """Which alarms; None: all."""

    partner: str | None = None
    hall: str | None = None
    kind: str | None = None
    before: int | None = None
    """Numbers below this."""


# What the judge looks at ------------------------------------------------------------------------------------------------------------


async def gateways(connection: Connection, after: int, most: int, since: datetime, now: datetime) -> list[Gateway]:
    """Gateways in use, by id, the next ``most`` after one; with the findings since a moment, and what visitor, doctor and guard found. One
    that was enrolled and has not spoken yet was seen at that moment."""
    rows = await connection.fetch(
        "SELECT g.hall_id, g.id AS gateway_id, coalesce(s.seen_at, g.created_at) AS seen_at, coalesce(s.clock_offset, 0) AS clock_offset, "
        "coalesce(s.health, '{}')::text AS health, m.memory::text AS memory, coalesce(w.serial, 0) AS policy_serial, "
        "least(c.refused_since, c.failing_since, r.failing_since) AS failing_since, coalesce(nullif(c.refused, ''), "
        "nullif(c.failure, ''), 'revocation: ' || r.failure, '') AS failure "
        "FROM gateways g JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id "
        "LEFT JOIN gateway_states s ON s.gateway_id = g.id LEFT JOIN hall_policies w ON w.hall_id = h.id "
        "LEFT JOIN alarm_memory m ON m.gateway_id = g.id LEFT JOIN portal_certificates c ON c.gateway_id = g.id "
        "LEFT JOIN LATERAL (SELECT failing_since, failure FROM certificate_revocations WHERE gateway_id = g.id "
        "AND failing_since IS NOT NULL ORDER BY failing_since LIMIT 1) r ON true "
        "WHERE g.id > $1 AND g.revoked_at IS NULL AND h.closed_at IS NULL AND p.left_at IS NULL ORDER BY g.id LIMIT $2",
        after,
        most,
    )
    findings: dict[int, list[Finding]] = {}
    wanted = [row["gateway_id"] for row in rows]
    for row in await connection.fetch(
        "SELECT gateway_id, kind, last, times, detail FROM findings WHERE gateway_id = ANY ($1) AND last > $2", wanted, since
    ):
        found = Finding(row["kind"], row["last"].timestamp(), row["times"], row["detail"][:500])
        findings.setdefault(row["gateway_id"], []).append(found)
    looked = await looks.verdicts(connection, wanted, now - LOOKS)
    return [
        Gateway(
            hall_id=row["hall_id"],
            id=row["gateway_id"],
            seen=row["seen_at"].timestamp(),
            health=_health.decode(row["health"]),
            clock_offset=row["clock_offset"],
            policy_wanted=row["policy_serial"],
            memory=None if row["memory"] is None else msgspec.json.decode(row["memory"], type=Memory),
            findings=tuple(findings.get(row["gateway_id"], ())),
            looks=looked.get(row["gateway_id"], ()),
            certificate_failing=None if row["failing_since"] is None else (row["failing_since"].timestamp(), row["failure"]),
        )
        for row in rows
    ]


async def hall_findings(connection: Connection, since: datetime) -> dict[Key, Finding]:
    """What the hub noticed of halls as a whole since a moment."""
    rows = await connection.fetch("SELECT hall_id, kind, last, times, detail FROM findings WHERE gateway_id = $1 AND last > $2", HUB, since)
    return {
        Key(row["hall_id"], HUB, row["kind"]): Finding(row["kind"], row["last"].timestamp(), row["times"], row["detail"][:500])
        for row in rows
    }


async def remember(connection: Connection, memories: Sequence[tuple[int, int, Memory]]) -> None:
    """Of gateways (hall, gateway)."""
    await connection.executemany(
        "INSERT INTO alarm_memory (hall_id, gateway_id, memory) VALUES ($1, $2, $3) "
        "ON CONFLICT (gateway_id) DO UPDATE SET memory = excluded.memory",
        [(hall, gateway, msgspec.to_builtins(memory)) for hall, gateway, memory in memories],
    )


async def opened(connection: Connection, lately: datetime) -> dict[Key, Open]:
    """The alarms that there are, with how often each ended since a moment."""
    rows = await connection.fetch(
        "SELECT a.*, coalesce(e.times, 0) AS times FROM alarms a LEFT JOIN (SELECT hall_id, gateway_id, kind, subject, count(*) AS times "
        "FROM alarms_ended WHERE ended_at > $1 GROUP BY 1, 2, 3, 4) e USING (hall_id, gateway_id, kind, subject)",
        lately,
    )
    return {
        _key(row): Open(
            severity=Severity(row["severity"]),
            detail=row["detail"],
            since=row["since"].timestamp(),
            raised=_unix(row["raised_at"]),
            well_since=_unix(row["well_since"]),
            acknowledged=_unix(row["acknowledged_at"]),
            ended_lately=row["times"],
        )
        for row in rows
    }


async def acknowledged(connection: Connection, since: datetime) -> dict[Key, float]:
    """When staff last acknowledged each alarm, also those that have ended since a moment."""
    rows = await connection.fetch(
        "SELECT hall_id, gateway_id, kind, subject, max(acknowledged_at) AS at FROM ("
        "SELECT hall_id, gateway_id, kind, subject, acknowledged_at FROM alarms WHERE acknowledged_at IS NOT NULL "
        "UNION ALL SELECT hall_id, gateway_id, kind, subject, acknowledged_at FROM alarms_ended "
        "WHERE ended_at > $1 AND acknowledged_at IS NOT NULL) every GROUP BY 1, 2, 3, 4",
        since,
    )
    return {_key(row): row["at"].timestamp() for row in rows}


def _key(row: Any) -> Key:
    return Key(row["hall_id"], row["gateway_id"], row["kind"], row["subject"])


def _unix(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _moment(unix: float | None) -> datetime | None:
    return None if unix is None else datetime.fromtimestamp(unix, UTC)


# What it decided --------------------------------------------------------------------------------------------------------------------


async def carry_out(connection: Connection, changes: Iterable[Change], now: datetime) -> None:
    """Write verdicts down, in the caller's transaction."""
    begun, gone, ended = [], [], []
    for change in changes:
        key = (change.key.hall_id, change.key.gateway_id, change.key.kind, change.key.subject)
        if change.verdict in (Verdict.END, Verdict.DROP):
            gone.append(key)
            if change.verdict is Verdict.END:
                ended.append((*key, now))
            continue
        alarm = change.open
        moments = (_moment(alarm.since), _moment(alarm.raised), _moment(alarm.well_since), _moment(alarm.acknowledged))
        begun.append((*key, alarm.severity.value, dict(alarm.detail), *moments))
    await connection.executemany(
        "INSERT INTO alarms AS a (hall_id, gateway_id, kind, subject, severity, detail, since, raised_at, well_since, acknowledged_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (hall_id, gateway_id, kind, subject) DO UPDATE SET "
        "severity = excluded.severity, detail = excluded.detail, raised_at = excluded.raised_at, well_since = excluded.well_since, "
        "acknowledged_at = CASE WHEN a.severity = excluded.severity THEN a.acknowledged_at ELSE excluded.acknowledged_at END",
        begun,
    )
    await connection.executemany(
        "INSERT INTO alarms_ended (hall_id, ended_at, id, gateway_id, kind, subject, severity, detail, since, raised_at, acknowledged_at, "
        "acknowledged_by, note, well_since) SELECT hall_id, $5, id, gateway_id, kind, subject, severity, detail, since, raised_at, "
        "acknowledged_at, acknowledged_by, note, well_since FROM alarms WHERE (hall_id, gateway_id, kind, subject) = ($1, $2, $3, $4)",
        ended,
    )
    await connection.executemany("DELETE FROM alarms WHERE (hall_id, gateway_id, kind, subject) = ($1, $2, $3, $4)", gone)


# What staff see ---------------------------------------------------------------------------------------------------------------------

_COLUMNS = (
    "a.id, p.name AS partner, h.name AS hall, g.name AS gateway, a.kind, a.subject, a.severity, a.detail, a.since, a.raised_at, "
    "a.acknowledged_at, a.acknowledged_by, a.note"
)
_NAMES = "LEFT JOIN halls h ON h.id = a.hall_id LEFT JOIN partners p ON p.id = h.partner_id LEFT JOIN gateways g ON g.id = a.gateway_id"
_WHERE = "($1::text IS NULL OR p.name = $1) AND ($2::text IS NULL OR h.name = $2) AND ($3::text IS NULL OR a.kind = $3)"
_OPEN = f"SELECT {_COLUMNS}, NULL::timestamptz AS ended_at FROM alarms a {_NAMES} WHERE a.raised_at IS NOT NULL"  # noqa: S608  our own
_ENDED = f"SELECT {_COLUMNS}, a.ended_at FROM alarms_ended a {_NAMES}"  # noqa: S608  our own


async def in_force(connection: Connection, wanted: Wanted) -> list[Alarm]:
    """The gravest first, then the newest."""
    order = "ORDER BY array_position(ARRAY['urgent', 'warning', 'notice'], a.severity), a.raised_at DESC, a.id DESC"
    return _alarms(await connection.fetch(f"{_OPEN} AND {_WHERE} {order}", wanted.partner, wanted.hall, wanted.kind))


async def ended(connection: Connection, wanted: Wanted, since: datetime, until: datetime, most: int) -> list[Alarm]:
    """Those that ended between two moments, the highest number first."""
    rows = await connection.fetch(
        f"{_ENDED} WHERE {_WHERE} AND a.ended_at >= $4 AND a.ended_at < $5 AND ($6::bigint IS NULL OR a.id < $6) "
        "ORDER BY a.id DESC LIMIT $7",
        wanted.partner,
        wanted.hall,
        wanted.kind,
        since,
        until,
        wanted.before,
        most,
    )
    return _alarms(rows)


async def alarm(connection: Connection, number: int) -> Alarm | None:
    """One, in force or ended."""
    found = await connection.fetch(f"{_OPEN} AND a.id = $1", number) or await connection.fetch(f"{_ENDED} WHERE a.id = $1", number)
    return _alarms(found)[0] if found else None


async def by_key(connection: Connection, keys: Sequence[Key]) -> dict[Key, Alarm]:
    """Alarms in force by what they are of."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS}, NULL::timestamptz AS ended_at, a.hall_id, a.gateway_id FROM alarms a {_NAMES} "  # noqa: S608  our own
        "JOIN unnest($1::int[], $2::int[], $3::text[], $4::text[]) AS k (hall_id, gateway_id, kind, subject) "
        "ON (a.hall_id, a.gateway_id, a.kind, a.subject) = (k.hall_id, k.gateway_id, k.kind, k.subject) WHERE a.raised_at IS NOT NULL",
        [key.hall_id for key in keys],
        [key.gateway_id for key in keys],
        [key.kind for key in keys],
        [key.subject for key in keys],
    )
    return {_key(row): found for row, found in zip(rows, _alarms(rows), strict=True)}


async def acknowledge(connection: Connection, number: int, at: datetime, by: str, note: str) -> None:
    """Somebody sees to it."""
    await connection.execute("UPDATE alarms SET acknowledged_at = $2, acknowledged_by = $3, note = $4 WHERE id = $1", number, at, by, note)


def _alarms(rows: Iterable[Any]) -> list[Alarm]:
    return [Alarm(**{name: row[name] for name in Alarm.__struct_fields__}) for row in rows]


def hub_key(kind: str, subject: str = "") -> Key:
    """An alarm of the hub itself."""
    return Key(HUB, HUB, kind, subject)
