"""The audit log: every change, written in the transaction that makes it."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from hotspot.hub.store.pool import Connection


class Entry(Struct, frozen=True, kw_only=True):
    """One change."""

    id: int
    at: datetime
    actor: str
    action: str
    partner: str | None
    hall: str | None
    subject: str
    detail: dict[str, Any]


class Wanted(Struct, frozen=True, kw_only=True):
    """Which entries; what is None does not matter."""

    since: datetime | None = None
    until: datetime | None = None
    """Before this moment."""
    partner: str | None = None
    hall: str | None = None
    actor: str | None = None
    action: str | None = None
    """As ``hall.create``; ``hall.`` stands for all that begin so."""
    subject: str | None = None
    before: tuple[datetime, int] | None = None
    """Older than the entry with this moment and id."""


async def write(
    connection: Connection,
    actor: str,
    action: str,
    *,
    partner: str | None = None,
    hall: str | None = None,
    subject: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """One entry. ``actor``: ``user anna``, ``gateway rathaus-1``, ``hub``; never anything of a visitor in ``detail``."""
    await connection.execute(
        "INSERT INTO audit (actor, action, partner, hall, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)",
        actor,
        action,
        partner,
        hall,
        subject,
        detail or {},
    )


async def entries(connection: Connection, wanted: Wanted, limit: int) -> list[Entry]:
    """The newest first."""
    at, number = wanted.before if wanted.before is not None else (None, None)
    rows = await connection.fetch(
        "SELECT id, at, actor, action, partner, hall, subject, detail FROM audit "
        "WHERE ($1::timestamptz IS NULL OR at >= $1) AND ($2::timestamptz IS NULL OR at < $2) "
        "AND ($3::text IS NULL OR partner = $3) AND ($4::text IS NULL OR hall = $4) AND ($5::text IS NULL OR actor = $5) "
        "AND ($6::text IS NULL OR action = $6 OR (right($6, 1) = '.' AND starts_with(action, $6))) "
        "AND ($7::timestamptz IS NULL OR (at, id) < ($7, $8::bigint)) AND ($10::text IS NULL OR subject = $10) "
        "ORDER BY at DESC, id DESC LIMIT $9",
        wanted.since,
        wanted.until,
        wanted.partner,
        wanted.hall,
        wanted.actor,
        wanted.action,
        at,
        number,
        limit,
        wanted.subject,
    )
    return [Entry(**dict(row)) for row in rows]
