"""Attempts to log in, by whom and from where: what the door needs to slow down those who guess. Names and addresses are kept as SHA-256."""

from datetime import datetime
from hashlib import sha256
from typing import Final

from msgspec import Struct

from hotspot.hub.store.pool import Connection

_LOCK: Final = 0x6C6F_6769
"""Class of the advisory locks on a name or a source."""


class Tries(Struct, frozen=True):
    """What is known when somebody tries to log in."""

    failures: int
    """Of this name from this source, in a row."""
    failed_at: datetime | None
    """The last of them."""
    of_source: int
    """Failures of this source with any name, since the moment that was asked for."""
    of_name: int
    """Failures of this name from anywhere, since then."""
    trusted: bool
    """This name has logged in from this source before."""


async def tries(connection: Connection, name: str, source: str, since: datetime) -> Tries:
    """Before an attempt. Others with this name, or from this source, wait until the transaction ends: those that come at the same time
    would not see each other's failures."""
    for number in sorted({_lock_of(_hashed(name)), _lock_of(_hashed(source))}):
        await connection.execute("SELECT pg_advisory_xact_lock($1, $2)", _LOCK, number)
    row = await connection.fetchrow(
        "SELECT coalesce(max(failures) FILTER (WHERE name_hash = $1 AND source_hash = $2), 0)::integer AS failures, "
        "max(failed_at) FILTER (WHERE name_hash = $1 AND source_hash = $2) AS failed_at, "
        "coalesce(sum(failures) FILTER (WHERE source_hash = $2 AND failed_at > $3), 0)::integer AS of_source, "
        "coalesce(sum(failures) FILTER (WHERE name_hash = $1 AND failed_at > $3), 0)::integer AS of_name, "
        "coalesce(bool_or(succeeded_at IS NOT NULL) FILTER (WHERE name_hash = $1 AND source_hash = $2), false) AS trusted "
        "FROM login_attempts WHERE name_hash = $1 OR source_hash = $2",
        _hashed(name),
        _hashed(source),
        since,
    )
    assert row is not None
    return Tries(**dict(row))


async def failed(connection: Connection, name: str, source: str, at: datetime, since: datetime) -> None:
    """One more failure; those in a row begin anew when the last one was before ``since``. At most 1,000,000 are counted."""
    await connection.execute(
        "INSERT INTO login_attempts AS known (name_hash, source_hash, failures, failed_at) VALUES ($1, $2, 1, $3) "
        "ON CONFLICT (name_hash, source_hash) DO UPDATE SET failed_at = $3, "
        "failures = CASE WHEN known.failed_at > $4 THEN least(known.failures, 999999) + 1 ELSE 1 END",
        _hashed(name),
        _hashed(source),
        at,
        since,
    )


async def succeeded(connection: Connection, name: str, source: str, at: datetime) -> None:
    """This name is known from this source."""
    await connection.execute(
        "INSERT INTO login_attempts (name_hash, source_hash, succeeded_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (name_hash, source_hash) DO UPDATE SET failures = 0, failed_at = NULL, succeeded_at = $3",
        _hashed(name),
        _hashed(source),
        at,
    )


async def passed(connection: Connection, name: str, source: str) -> None:
    """The password was right, but a second factor is still to come: it is no failure, and this name is not known from this source yet."""
    await connection.execute(
        "UPDATE login_attempts SET failures = 0, failed_at = NULL WHERE name_hash = $1 AND source_hash = $2", _hashed(name), _hashed(source)
    )


async def forget(connection: Connection, failed_before: datetime, succeeded_before: datetime) -> int:
    """Delete what is too old to count; returns how many rows."""
    rows = await connection.fetch(
        "DELETE FROM login_attempts "
        "WHERE (failed_at IS NULL OR failed_at < $1) AND (succeeded_at IS NULL OR succeeded_at < $2) RETURNING 1",
        failed_before,
        succeeded_before,
    )
    return len(rows)


def _lock_of(hashed: bytes) -> int:
    return int.from_bytes(hashed[:4], "big", signed=True)


def _hashed(text: str) -> bytes:
    return sha256(text.encode()).digest()
