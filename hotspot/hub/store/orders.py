"""Live orders: what staff want done in a hall now. The only place of the hub with device codes, and only for a short time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from hotspot.hub.store.pool import Connection, notify

OPEN_AT_ONCE = 100
"""Orders of a gateway that wait for an answer."""
CODES_KEPT = timedelta(minutes=4)
"""After their answer, orders whose answers list device codes are erased; the job that does it comes every half minute."""
LISTING = ("sessions", "status")
"""Kinds of orders whose answers list device codes."""


class Order(Struct, frozen=True, kw_only=True):
    """One order with what became of it."""

    id: str
    gateway: str
    partner: str
    kind: str
    created_at: datetime
    expires_at: datetime
    delivered_at: datetime | None
    answered_at: datetime | None
    reply: dict[str, Any] | None


class Wanted(Struct, frozen=True, kw_only=True):
    """One order for its gateway."""

    id: str
    gateway_id: int
    request: dict[str, Any]
    expires_at: datetime
    delivered: bool


async def add(
    connection: Connection,
    order_id: str,
    hall_id: int,
    gateway_id: int,
    kind: str,
    request: dict[str, Any],
    by: str,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """An order, which its gateway hears of when the transaction is committed. False: too many of that gateway are open."""
    await connection.execute("SELECT 1 FROM gateways WHERE id = $1 FOR UPDATE", gateway_id)
    waiting: int = await connection.fetchval(
        "SELECT count(*) FROM orders WHERE gateway_id = $1 AND answered_at IS NULL AND expires_at > $2", gateway_id, now
    )
    if waiting >= OPEN_AT_ONCE:
        return False
    await connection.execute(
        "INSERT INTO orders (id, hall_id, gateway_id, kind, request, ordered_by, created_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        order_id, hall_id, gateway_id, kind, request, by, now, expires_at,
    )  # fmt: skip
    await notify(connection, f"gateway {gateway_id}")
    return True


async def order(connection: Connection, order_id: str, now: datetime) -> Order | None:
    """By id; what is to be erased is not shown, even if the job is late."""
    row = await connection.fetchrow(
        "SELECT o.id, g.name AS gateway, p.name AS partner, o.kind, o.created_at, o.expires_at, o.delivered_at, o.answered_at, o.reply "
        "FROM orders o JOIN gateways g ON g.id = o.gateway_id JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id "
        "WHERE o.id = $1 AND NOT (o.kind = ANY ($2) AND coalesce(o.answered_at < $3, false))",
        order_id,
        LISTING,
        now - CODES_KEPT,
    )
    return None if row is None else Order(**dict(row))


async def open_for(connection: Connection, gateway_ids: Sequence[int], now: datetime) -> list[Wanted]:
    """What these gateways are to do, the oldest first."""
    rows = await connection.fetch(
        "SELECT id, gateway_id, request, expires_at, delivered_at IS NOT NULL AS delivered FROM orders "
        "WHERE gateway_id = ANY ($1::int[]) AND answered_at IS NULL AND expires_at > $2 ORDER BY created_at, id",
        gateway_ids,
        now,
    )
    return [Wanted(**dict(row)) for row in rows]


async def delivered(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """They are on their way to their gateways."""
    await connection.execute("UPDATE orders SET delivered_at = $2 WHERE id = ANY ($1::text[]) AND delivered_at IS NULL", ids, now)


async def asked(connection: Connection, gateway_id: int, ids: Sequence[str]) -> dict[str, str]:
    """Of these ids those that are orders of that gateway without an answer, with their kinds."""
    rows = await connection.fetch(
        "SELECT id, kind FROM orders WHERE gateway_id = $1 AND id = ANY ($2::text[]) AND answered_at IS NULL", gateway_id, ids
    )
    return {row["id"]: row["kind"] for row in rows}


async def answer(connection: Connection, gateway_id: int, replies: Mapping[str, dict[str, Any]], now: datetime) -> None:
    """What became of orders of that gateway. Each is answered once: the first answer stays."""
    for order_id in sorted(replies):
        done = await connection.fetchval(
            "UPDATE orders SET reply = $3, answered_at = $4, delivered_at = coalesce(delivered_at, $4) "
            "WHERE id = $2 AND gateway_id = $1 AND answered_at IS NULL RETURNING true",
            gateway_id,
            order_id,
            replies[order_id],
            now,
        )
        if done:
            await notify(connection, f"order {order_id}")


async def erase(connection: Connection, now: datetime, before: datetime) -> int:
    """Erase what was ordered before ``before``, and listings of device codes sooner; returns how many."""
    done = await connection.fetch(
        "DELETE FROM orders WHERE created_at < $1 OR (kind = ANY ($2) AND answered_at < $3) RETURNING 1",
        before,
        LISTING,
        now - CODES_KEPT,
    )
    return len(done)
