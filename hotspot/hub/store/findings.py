"""What was odd about a gateway: written where it is seen, read by those who make alarms of it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from hotspot.hub.store.pool import Connection

UNBROKEN = "1 hour"
"""A finding that comes again within that time goes on; later it is a new one."""


class Finding(Struct, frozen=True):
    """One observation. ``gateway_id`` 0: of the hall."""

    hall_id: int
    gateway_id: int
    kind: str
    """``clock`` | ``restored`` | ``twin`` | ``refused`` | ``names`` | ``gaps`` | ``streams`` …"""
    detail: str


class Found(Struct, frozen=True):
    """What is known of it."""

    hall_id: int
    gateway_id: int
    kind: str
    since: datetime
    last: datetime
    times: int
    detail: str


async def record(connection: Connection, findings: Sequence[Finding], now: datetime) -> None:
    """Write observations down, in the transaction in which they were made; one of a kind at most for each gateway."""
    rows = sorted((one.hall_id, one.gateway_id, one.kind, one.detail[:500]) for one in findings)
    halls, gateways, kinds, details = ([row[at] for row in rows] for at in range(4))
    await connection.execute(
        "INSERT INTO findings AS f (hall_id, gateway_id, kind, since, last, times, detail) "
        "SELECT hall, gateway, kind, $5, $5, 1, detail FROM unnest($1::int[], $2::int[], $3::text[], $4::text[]) "
        "AS x (hall, gateway, kind, detail) ORDER BY hall, gateway, kind "
        "ON CONFLICT (hall_id, gateway_id, kind) DO UPDATE SET last = greatest(f.last, excluded.last), times = f.times + 1, "
        "detail = excluded.detail, since = CASE WHEN excluded.last - f.last > $6::text::interval THEN excluded.since ELSE f.since END",
        halls,
        gateways,
        kinds,
        details,
        now,
        UNBROKEN,
    )


async def current(connection: Connection, since: datetime) -> list[Found]:
    """Everything that was seen after ``since``."""
    rows = await connection.fetch(
        "SELECT hall_id, gateway_id, kind, since, last, times, detail FROM findings WHERE last > $1 ORDER BY hall_id, gateway_id, kind",
        since,
    )
    return [Found(**row) for row in rows]
