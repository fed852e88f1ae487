"""Who a user is at an OpenID provider: issuer and subject, which stay the same whatever else changes."""

from datetime import datetime

import asyncpg
from msgspec import Struct

from hotspot.hub.store.pool import Connection
from hotspot.hub.store.tenants import Taken


class Identity(Struct, frozen=True):
    """Of one user."""

    issuer: str
    subject: str
    linked_at: datetime


async def user_with(connection: Connection, issuer: str, subject: str) -> str | None:
    """The name of the user who is that; None: nobody is."""
    found: str | None = await connection.fetchval(
        "SELECT u.name FROM identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = $1 AND i.subject = $2", issuer, subject
    )
    return found


async def of_user(connection: Connection, user_id: int) -> Identity | None:
    """None: the user logs in here only."""
    row = await connection.fetchrow("SELECT issuer, subject, linked_at FROM identities WHERE user_id = $1", user_id)
    return None if row is None else Identity(**dict(row))


async def link(connection: Connection, user_id: int, issuer: str, subject: str, now: datetime) -> None:
    """The user is that from now on, and nothing else. Raises ``Taken`` when another user is, inside a transaction only as its last
    statement."""
    try:
        await connection.execute(
            "INSERT INTO identities (user_id, issuer, subject, linked_at) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (user_id) DO UPDATE SET issuer = $2, subject = $3, linked_at = $4",
            user_id,
            issuer,
            subject,
            now,
        )
    except asyncpg.UniqueViolationError:
        raise Taken(subject) from None


async def unlink(connection: Connection, user_id: int) -> bool:
    """False: the user was linked to nothing."""
    return await connection.fetchval("DELETE FROM identities WHERE user_id = $1 RETURNING true", user_id) is not None
