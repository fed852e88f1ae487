"""Drafts: changes of the policy that somebody prepares at the console, one for each user and scope."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec
from msgspec import Struct

from hotspot.hub.store.policies import Place
from hotspot.hub.store.pool import Connection

LASTS: Final = timedelta(days=7)
"""From the last change of it until it is forgotten."""


class Draft(Struct, frozen=True, kw_only=True):
    """One draft."""

    id: str
    scope: str
    base: int
    """Serial of the version that is edited; 0: there was none."""
    document: dict[str, Any]
    """The whole new version."""
    files: dict[str, str]
    """Name -> SHA-256."""
    note: str
    created_at: datetime
    changed_at: datetime
    expires_at: datetime


_DRAFT: Final = "SELECT id, scope, base, document, files, note, created_at, changed_at, expires_at FROM policy_drafts"


async def keep(
    connection: Connection, id_: str, user_id: int, scope: str, place: Place, base: int,
    document: Mapping[str, Any], files: Mapping[str, str], now: datetime,
) -> str:  # fmt: skip
    """A new draft, or what is new in the one that the user has for this scope; its id, which then is not ``id_``."""
    found: str = await connection.fetchval(
        "INSERT INTO policy_drafts (id, user_id, scope, partner_id, hall_id, base, document, files, created_at, changed_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) ON CONFLICT (user_id, scope) DO UPDATE SET "
        "base = excluded.base, document = excluded.document, files = excluded.files, changed_at = excluded.changed_at, "
        "expires_at = excluded.expires_at RETURNING id",
        id_,
        user_id,
        scope,
        place.partner_id,
        place.hall_id,
        base,
        msgspec.json.encode(document).decode(),
        msgspec.json.encode(files).decode(),
        now,
        now + LASTS,
    )
    return found


async def find(connection: Connection, user_id: int, id_: str, now: datetime) -> Draft | None:
    """One of a user's drafts."""
    row = await connection.fetchrow(f"{_DRAFT} WHERE user_id = $1 AND id = $2 AND expires_at > $3", user_id, id_, now)
    return None if row is None else _draft(row)


async def of_scope(connection: Connection, user_id: int, scope: str, now: datetime) -> Draft | None:
    """The one that a user has for a scope."""
    row = await connection.fetchrow(f"{_DRAFT} WHERE user_id = $1 AND scope = $2 AND expires_at > $3", user_id, scope, now)
    return None if row is None else _draft(row)


async def of_user(connection: Connection, user_id: int, now: datetime) -> list[Draft]:
    """All of a user, the newest first."""
    rows = await connection.fetch(f"{_DRAFT} WHERE user_id = $1 AND expires_at > $2 ORDER BY changed_at DESC, id", user_id, now)
    return [_draft(row) for row in rows]


async def set_note(connection: Connection, user_id: int, id_: str, note: str) -> None:
    """Why the change is made, to be kept while it is not applied."""
    await connection.execute("UPDATE policy_drafts SET note = $3 WHERE user_id = $1 AND id = $2", user_id, id_, note)


async def drop(connection: Connection, user_id: int, id_: str) -> bool:
    """Forget one. False: there is none."""
    return await connection.fetchval("DELETE FROM policy_drafts WHERE user_id = $1 AND id = $2 RETURNING id", user_id, id_) is not None


async def forget(connection: Connection, now: datetime) -> int:
    """Forget those whose time is up; how many."""
    return len(await connection.fetch("DELETE FROM policy_drafts WHERE expires_at <= $1 RETURNING id", now))


def _draft(row: asyncpg.Record) -> Draft:
    return Draft(**{**dict(row), "document": msgspec.json.decode(row["document"]), "files": msgspec.json.decode(row["files"])})
