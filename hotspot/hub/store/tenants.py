"""Partners, halls, gateways and zones."""

from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct

from hotspot.hub.store.pool import Connection


class Taken(Exception):
    """There is one of that name."""


class Partner(Struct, frozen=True, kw_only=True):
    """A town."""

    id: int
    name: str
    title: str
    contact: str
    created_at: datetime
    left_at: datetime | None


class Hall(Struct, frozen=True, kw_only=True):
    """A town hall."""

    id: int
    partner_id: int
    partner: str
    name: str
    title: str
    time_zone: str
    created_at: datetime
    closed_at: datetime | None


class Gateway(Struct, frozen=True, kw_only=True):
    """A box."""

    id: int
    hall_id: int
    hall: str
    partner: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


_PARTNER = "SELECT id, name, title, contact, created_at, left_at FROM partners"
_HALL = (
    "SELECT h.id, h.partner_id, p.name AS partner, h.name, h.title, h.time_zone, h.created_at, h.closed_at "
    "FROM halls h JOIN partners p ON p.id = h.partner_id"
)
_GATEWAY = (
    "SELECT g.id, g.hall_id, h.name AS hall, p.name AS partner, g.name, g.created_at, g.revoked_at "
    "FROM gateways g JOIN halls h ON h.id = g.hall_id JOIN partners p ON p.id = h.partner_id"
)


async def partners(connection: Connection, only: str | None = None) -> list[Partner]:
    """All partners, or the one of that name, by name."""
    return [_as(Partner, row) for row in await connection.fetch(f"{_PARTNER} WHERE $1::text IS NULL OR name = $1 ORDER BY name", only)]


async def partner(connection: Connection, name: str) -> Partner | None:
    """By name."""
    row = await connection.fetchrow(f"{_PARTNER} WHERE name = $1", name)
    return None if row is None else _as(Partner, row)


async def add_partner(connection: Connection, name: str, title: str, contact: str) -> None:
    """Raises ``Taken``."""
    try:
        await connection.execute("INSERT INTO partners (name, title, contact) VALUES ($1, $2, $3)", name, title, contact)
    except asyncpg.UniqueViolationError:
        raise Taken(name) from None


async def change_partner(connection: Connection, partner_id: int, title: str, contact: str) -> None:
    """What can be changed about a partner."""
    await connection.execute("UPDATE partners SET title = $2, contact = $3 WHERE id = $1", partner_id, title, contact)


async def leave(connection: Connection, partner_id: int, at: datetime) -> bool:
    """Its agreement has ended. False: it had before."""
    return bool(
        await connection.fetchval("UPDATE partners SET left_at = $2 WHERE id = $1 AND left_at IS NULL RETURNING true", partner_id, at)
    )


async def halls(connection: Connection, partner: str | None = None, after: str = "", limit: int | None = None) -> list[Hall]:
    """All halls, or those of a partner, by name, from the one after ``after``; closed ones too."""
    where = "WHERE ($1::text IS NULL OR p.name = $1) AND h.name > $2 ORDER BY h.name LIMIT $3"
    return [_as(Hall, row) for row in await connection.fetch(f"{_HALL} {where}", partner, after, limit)]


async def hall(connection: Connection, name: str) -> Hall | None:
    """By name."""
    row = await connection.fetchrow(f"{_HALL} WHERE h.name = $1", name)
    return None if row is None else _as(Hall, row)


async def add_hall(connection: Connection, partner_id: int, name: str, title: str, time_zone: str) -> None:
    """Raises ``Taken``."""
    try:
        await connection.execute(
            "INSERT INTO halls (partner_id, name, title, time_zone) VALUES ($1, $2, $3, $4)", partner_id, name, title, time_zone
        )
    except asyncpg.UniqueViolationError:
        raise Taken(name) from None


async def change_hall(connection: Connection, hall_id: int, title: str, time_zone: str) -> None:
    """What can be changed about a hall."""
    await connection.execute("UPDATE halls SET title = $2, time_zone = $3 WHERE id = $1", hall_id, title, time_zone)


async def has_reported(connection: Connection, hall_id: int) -> bool:
    """Did a gateway of this hall ever report?"""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT 1 FROM streams WHERE hall_id = $1)", hall_id))


async def close_hall(connection: Connection, hall_id: int, at: datetime) -> bool:
    """It takes part no more. False: it did not before."""
    return bool(
        await connection.fetchval("UPDATE halls SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL RETURNING true", hall_id, at)
    )


async def gateways(connection: Connection, partner: str | None = None, hall: str | None = None) -> list[Gateway]:
    """Gateways by name, revoked ones too."""
    where = "WHERE ($1::text IS NULL OR p.name = $1) AND ($2::text IS NULL OR h.name = $2) ORDER BY g.name"
    return [_as(Gateway, row) for row in await connection.fetch(f"{_GATEWAY} {where}", partner, hall)]


async def gateway(connection: Connection, name: str) -> Gateway | None:
    """By name."""
    row = await connection.fetchrow(f"{_GATEWAY} WHERE g.name = $1", name)
    return None if row is None else _as(Gateway, row)


def _as(kind: type[Any], row: asyncpg.Record) -> Any:
    return kind(**{name: row[name] for name in kind.__struct_fields__})
