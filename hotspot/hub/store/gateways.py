"""How gateways are, for staff."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from hotspot.hub.store.pool import Connection


class Seen(Struct, frozen=True, kw_only=True):
    """A gateway with what it last said."""

    id: int
    name: str
    hall: str
    partner: str
    created_at: datetime
    enrolled_at: datetime | None
    revoked_at: datetime | None
    rotate_from: datetime | None
    credential_made: datetime | None
    """Of the newest one that was used and has not ended."""
    seen_at: datetime | None
    report_at: datetime | None
    clock_offset: float | None
    software: str
    health: dict[str, Any] | None
    """``hotspot.wire.Health``."""


_SEEN = (
    "SELECT g.id, g.name, h.name AS hall, p.name AS partner, g.created_at, g.enrolled_at, g.revoked_at, g.rotate_from, "
    "(SELECT max(c.created_at) FROM credentials c WHERE c.gateway_id = g.id AND c.ended_at IS NULL AND c.first_used_at IS NOT NULL) "
    "AS credential_made, s.seen_at, s.report_at, s.clock_offset, coalesce(nullif(s.health ->> 'software', ''), g.software) AS software, "
    "s.health FROM gateways g JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id "
    "LEFT JOIN gateway_states s ON s.gateway_id = g.id"
)


async def listed(connection: Connection, partner: str | None, hall: str | None, after: str, limit: int) -> list[Seen]:
    """By name, those after ``after``; revoked ones too."""
    rows = await connection.fetch(
        f"{_SEEN} WHERE ($1::text IS NULL OR p.name = $1) AND ($2::text IS NULL OR h.name = $2) AND g.name > $3 ORDER BY g.name LIMIT $4",
        partner,
        hall,
        after,
        limit,
    )
    return [Seen(**dict(row)) for row in rows]


async def one(connection: Connection, gateway_id: int) -> Seen:
    """One that is there."""
    row = await connection.fetchrow(f"{_SEEN} WHERE g.id = $1", gateway_id)
    assert row is not None
    return Seen(**dict(row))
