"""What is added to the policy one by one and goes to the halls at once: entries of block lists, batches of vouchers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from hotspot.hub.store.policies import Place
from hotspot.hub.store.pool import Connection


class Item(Struct, frozen=True, kw_only=True):
    """One of them."""

    id: str
    section: str
    """``blocklist`` or ``vouchers``."""
    number: int
    scope: str
    partner_id: int | None
    hall_id: int | None
    item: dict[str, Any]
    """As the policy has it."""
    serial: int
    made_by: str
    made_at: datetime
    ends_at: datetime | None
    withdrawn_by: str
    withdrawn_at: datetime | None
    withdrawn_why: str


_ITEM = (
    "SELECT id, section, number, scope, partner_id, hall_id, item, serial, made_by, made_at, ends_at, "
    "withdrawn_by, withdrawn_at, withdrawn_why FROM policy_items "
)


async def wanted(connection: Connection, partner_ids: Sequence[int] | None = None, hall_ids: Sequence[int] | None = None) -> list[Item]:
    """All that are in force, or those of the host, of these partners and of these halls."""
    rows = await connection.fetch(
        f"{_ITEM} WHERE withdrawn_serial IS NULL AND ($1::int[] IS NULL OR partner_id IS NULL OR partner_id = ANY ($1)) "
        "AND ($2::int[] IS NULL OR hall_id IS NULL OR hall_id = ANY ($2)) ORDER BY made_at, id",
        partner_ids,
        hall_ids,
    )
    return [_item(row) for row in rows]


async def listed(connection: Connection, section: str, scope: str | None, partner: str | None, everything: bool) -> list[Item]:
    """Of one section, the newest first: of a scope, or of the host and a partner, or all; ``everything``: withdrawn ones too."""
    rows = await connection.fetch(
        f"{_ITEM} WHERE section = $1 AND ($2::text IS NULL OR scope = $2) AND (withdrawn_serial IS NULL OR $4) "  # noqa: S608  own
        "AND ($3::text IS NULL OR partner_id IS NULL OR partner_id = (SELECT p.id FROM partners p WHERE p.name = $3)) "
        "ORDER BY made_at DESC, id LIMIT 5000",
        section,
        scope,
        partner,
        everything,
    )
    return [_item(row) for row in rows]


async def item(connection: Connection, section: str, id_: str) -> Item | None:
    """By its id."""
    row = await connection.fetchrow(f"{_ITEM} WHERE section = $1 AND id = $2", section, id_)
    return None if row is None else _item(row)


async def next_number(connection: Connection, section: str, scope: str) -> int:
    """Of the next one of a scope."""
    found: int = await connection.fetchval(
        "SELECT coalesce(max(number), 0) + 1 FROM policy_items WHERE section = $1 AND scope = $2", section, scope
    )
    return found


async def add(connection: Connection, new: Item, place: Place) -> None:
    """One more; the withdrawal of ``new`` is not looked at."""
    await connection.execute(
        "INSERT INTO policy_items (id, section, number, scope, partner_id, hall_id, item, serial, made_by, made_at, ends_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.id,
        new.section,
        new.number,
        new.scope,
        place.partner_id,
        place.hall_id,
        msgspec.json.encode(new.item).decode(),
        new.serial,
        new.made_by,
        new.made_at,
        new.ends_at,
    )


async def withdraw(connection: Connection, ids: Sequence[str], serial: int, by: str, at: datetime, why: str) -> None:
    """They are wanted no longer."""
    await connection.execute(
        "UPDATE policy_items SET withdrawn_serial = $2, withdrawn_by = $3, withdrawn_at = $4, withdrawn_why = $5 "
        "WHERE id = ANY ($1) AND withdrawn_serial IS NULL",
        ids,
        serial,
        by,
        at,
        why,
    )


async def over(connection: Connection, now: datetime) -> list[Item]:
    """Those in force whose time has come."""
    return [_item(row) for row in await connection.fetch(f"{_ITEM} WHERE withdrawn_serial IS NULL AND ends_at <= $1 ORDER BY id", now)]


def _item(row: asyncpg.Record) -> Item:
    return Item(**{**dict(row), "item": msgspec.json.decode(row["item"])})
