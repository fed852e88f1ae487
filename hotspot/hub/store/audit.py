"""The audit log: every change, written in the transaction that makes it."""

from typing import Any

from hotspot.hub.store.pool import Connection


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
