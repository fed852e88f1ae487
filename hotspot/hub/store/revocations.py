"""Certificates that the authority is still to revoke. Each has a row of its own: it waits for nothing that its gateway does, is or asks
for, and keeps nothing waiting."""

from datetime import datetime
from enum import IntEnum

from msgspec import Struct

from hotspot.hub.store.pool import Connection


class Reason(IntEnum):
    """Why, in numbers of RFC 5280, 5.3.1."""

    KEY = 1
    """Others may know the key."""
    NAMES = 5
    """Not all its names are the gateway's any more; the key is as good as before."""


class Revocation(Struct, frozen=True, kw_only=True):
    """One of them, with whose it is."""

    id: int
    gateway_id: int
    gateway: str
    hall: str
    partner: str
    chain: str
    reason: int
    wanted_at: datetime
    next_try_at: datetime
    tries: int
    failing_since: datetime | None
    failure: str


async def want(connection: Connection, gateway: int, chain: str, reason: Reason, now: datetime) -> None:
    """It is to be revoked; nothing new when it is already, but that a key that others may know is the graver reason."""
    await connection.execute(
        "WITH there AS (UPDATE certificate_revocations SET reason = least(reason, $4) WHERE gateway_id = $1 AND chain = $2 RETURNING 1) "
        "INSERT INTO certificate_revocations (gateway_id, chain, wanted_at, next_try_at, reason) SELECT $1, $2, $3, $3, $4 "
        "WHERE NOT EXISTS (SELECT 1 FROM there)",
        gateway,
        chain,
        now,
        int(reason),
    )


async def claim(connection: Connection, now: datetime, until: datetime) -> Revocation | None:
    """The one that is due longest, of gateways in use or not; nobody else gets it before a moment."""
    row = await connection.fetchrow(
        "WITH mine AS (UPDATE certificate_revocations SET next_try_at = $2 WHERE id = (SELECT id FROM certificate_revocations "
        "WHERE next_try_at <= $1 ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *) "
        "SELECT r.*, g.name AS gateway, h.name AS hall, p.name AS partner FROM mine r JOIN gateways g ON g.id = r.gateway_id "
        "JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id",
        now,
        until,
    )
    return None if row is None else Revocation(**dict(row))


async def again(connection: Connection, revocation: Revocation, at: datetime) -> None:
    """It was not tried: another process may."""
    await connection.execute("UPDATE certificate_revocations SET next_try_at = $2 WHERE id = $1", revocation.id, at)


async def failed(connection: Connection, revocation: Revocation, why: str, now: datetime, next_try: datetime, *, counts: bool) -> None:
    """It did not work."""
    await connection.execute(
        "UPDATE certificate_revocations SET failure = $2, failing_since = coalesce(failing_since, $3), next_try_at = $4, "
        "tries = tries + $5 WHERE id = $1",
        revocation.id,
        why,
        now,
        next_try,
        int(counts),
    )


async def done(connection: Connection, revocation: Revocation) -> None:
    """It is revoked, or over: it is nobody's certificate any more."""
    await connection.execute("DELETE FROM certificate_revocations WHERE id = $1", revocation.id)
    await connection.execute(
        "UPDATE portal_certificates SET chain = '', ready = false, look_at = NULL WHERE gateway_id = $1 AND chain = $2",
        revocation.gateway_id,
        revocation.chain,
    )
