"""Orders that were begun and are wanted no more, as their key or names are not: what the authority has signed of them must be looked at.

A process may be killed after the authority was asked to sign and before it has the certificate. That one is public all the same
(transparency logs), and good for whoever knows its key.
"""

from datetime import datetime

from msgspec import Struct

from hotspot.hub.store.pool import Connection


class Left(Struct, frozen=True, kw_only=True):
    """One of them, with whose it is."""

    id: int
    gateway_id: int
    gateway: str
    hall: str
    partner: str
    order_url: str
    left_at: datetime
    next_try_at: datetime
    tries: int


async def leave(connection: Connection, gateway: int) -> None:
    """The order that a gateway has open is left. It is looked at when nobody is at work on it any more."""
    await connection.execute(
        "INSERT INTO certificate_orders_left (gateway_id, order_url, left_at, next_try_at) "
        "SELECT gateway_id, order_url, now(), greatest(now(), held_until) FROM portal_certificates "
        "WHERE gateway_id = $1 AND order_url <> ''",
        gateway,
    )


async def claim(connection: Connection, now: datetime, until: datetime) -> Left | None:
    """The one that is due longest, of gateways in use or not; nobody else gets it before a moment."""
    row = await connection.fetchrow(
        "WITH mine AS (UPDATE certificate_orders_left SET next_try_at = $2 WHERE id = (SELECT id FROM certificate_orders_left "
        "WHERE next_try_at <= $1 ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *) "
        "SELECT l.id, l.gateway_id, l.order_url, l.left_at, l.next_try_at, l.tries, g.name AS gateway, h.name AS hall, p.name AS partner "
        "FROM mine l JOIN gateways g ON g.id = l.gateway_id JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id",
        now,
        until,
    )
    return None if row is None else Left(**dict(row))


async def again(connection: Connection, left: Left, at: datetime, tries: int) -> None:
    """It is looked at at that moment."""
    await connection.execute("UPDATE certificate_orders_left SET next_try_at = $2, tries = $3 WHERE id = $1", left.id, at, tries)


async def done(connection: Connection, left: Left) -> None:
    """There is nothing more to be seen."""
    await connection.execute("DELETE FROM certificate_orders_left WHERE id = $1", left.id)
