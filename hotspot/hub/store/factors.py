"""Second factors and recovery codes. Whatever may happen once only is one statement that finds its row or does not."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from hotspot.hub.store.pool import Connection


class Kind(StrEnum):
    """What somebody has beside their password."""

    TOTP = "totp"
    """An app that shows codes."""
    PASSKEY = "passkey"


class Factor(Struct, frozen=True, kw_only=True):
    """One second factor."""

    id: int
    kind: Kind
    name: str
    created_at: datetime
    used_at: datetime | None
    """To the hour."""
    key: bytes
    """Of an app: what both sides know; of a passkey: its public key (COSE)."""
    last_step: int
    credential_id: bytes | None
    sign_count: int


_FACTOR: Final = "SELECT id, kind, name, created_at, used_at, key, last_step, credential_id, sign_count FROM factors"


async def of_user(connection: Connection, user_id: int) -> list[Factor]:
    """The oldest first."""
    return [
        Factor(**{**dict(row), "kind": Kind(row["kind"])})
        for row in await connection.fetch(f"{_FACTOR} WHERE user_id = $1 ORDER BY id", user_id)
    ]


async def add_app(connection: Connection, user_id: int, name: str, key: bytes, step: int, now: datetime) -> bool:
    """An app whose code of ``step`` was right. False: there is one already."""
    made = await connection.fetchval(
        "INSERT INTO factors (user_id, kind, name, created_at, key, last_step) VALUES ($1, 'totp', $2, $3, $4, $5) "
        "ON CONFLICT (user_id) WHERE kind = 'totp' DO NOTHING RETURNING id",
        user_id,
        name,
        now,
        key,
        step,
    )
    return made is not None


async def add_passkey(
    connection: Connection, user_id: int, name: str, credential_id: bytes, public_key: bytes, sign_count: int, now: datetime
) -> bool:
    """A passkey that has shown what it is. False: somebody has it already."""
    made = await connection.fetchval(
        "INSERT INTO factors (user_id, kind, name, created_at, key, credential_id, sign_count) VALUES ($1, 'passkey', $2, $3, $4, $5, $6) "
        "ON CONFLICT (credential_id) DO NOTHING RETURNING id",
        user_id,
        name,
        now,
        public_key,
        credential_id,
        sign_count,
    )
    return made is not None


async def use_app(connection: Connection, factor: int, step: int, now: datetime) -> bool:
    """The code of that step is used up, with all before it. False: it was already."""
    used = await connection.fetchval(
        "UPDATE factors SET last_step = $2, used_at = date_trunc('hour', $3::timestamptz) WHERE id = $1 AND last_step < $2 RETURNING id",
        factor,
        step,
        now,
    )
    return used is not None


async def use_passkey(connection: Connection, factor: int, sign_count: int, now: datetime) -> bool:
    """It has signed. False: it is gone, or another signature with this count was quicker."""
    used = await connection.fetchval(
        "UPDATE factors SET sign_count = $2, used_at = date_trunc('hour', $3::timestamptz) "
        "WHERE id = $1 AND (sign_count < $2 OR ($2 = 0 AND sign_count = 0)) RETURNING id",
        factor,
        sign_count,
        now,
    )
    return used is not None


async def remove(connection: Connection, user_id: int, factor: int) -> str | None:
    """One factor of a user is gone; its name, or None when they have none of that number."""
    name: str | None = await connection.fetchval("DELETE FROM factors WHERE user_id = $1 AND id = $2 RETURNING name", user_id, factor)
    return name


async def remove_all(connection: Connection, user_id: int) -> int:
    """All factors of a user, and their recovery codes, are gone; returns how many factors."""
    await connection.execute("DELETE FROM recovery_codes WHERE user_id = $1", user_id)
    return len(await connection.fetch("DELETE FROM factors WHERE user_id = $1 RETURNING id", user_id))


# Recovery codes ---------------------------------------------------------------------------------------------------------------------


async def give_codes(connection: Connection, user_id: int, hashes: Sequence[bytes], now: datetime) -> None:
    """These codes, and none of before."""
    await connection.execute("DELETE FROM recovery_codes WHERE user_id = $1", user_id)
    await connection.execute(
        "INSERT INTO recovery_codes (user_id, code_hash, created_at) SELECT $1, unnest($2::bytea[]), $3", user_id, list(hashes), now
    )


async def codes_left(connection: Connection, user_id: int) -> int:
    """How many a user has."""
    found: int = await connection.fetchval("SELECT count(*) FROM recovery_codes WHERE user_id = $1", user_id)
    return found


async def use_code(connection: Connection, user_id: int, code_hash: bytes) -> bool:
    """The code is used up. False: they have none like it."""
    used = await connection.fetchval("DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2 RETURNING true", user_id, code_hash)
    return used is not None


# What is going on in a session --------------------------------------------------------------------------------------------------------


async def new_key(connection: Connection, session: int, fresh: bytes) -> bytes | None:
    """The key of the app that is being set up in a session: the one from before, else ``fresh``. None: the session is over."""
    found: bytes | None = await connection.fetchval(
        "UPDATE console_sessions SET new_key = coalesce(new_key, $2) WHERE id = $1 RETURNING new_key", session, fresh
    )
    return found


async def forget_new_key(connection: Connection, session: int) -> None:
    """It is set up, or shall not be."""
    await connection.execute("UPDATE console_sessions SET new_key = NULL WHERE id = $1", session)


async def challenge(connection: Connection, session: int, fresh: bytes) -> bytes | None:
    """What a passkey has to sign in a session: what it was asked before and did not answer, so that two windows agree, else ``fresh``.
    None: the session is over."""
    found: bytes | None = await connection.fetchval(
        "UPDATE console_sessions SET challenge = coalesce(challenge, $2) WHERE id = $1 RETURNING challenge", session, fresh
    )
    return found


async def take_challenge(connection: Connection, session: int) -> bytes | None:
    """The same when the answer is there: nobody gets it again. None: there is none."""
    found: bytes | None = await connection.fetchval(
        "WITH before AS (SELECT id, challenge FROM console_sessions WHERE id = $1 FOR UPDATE) "
        "UPDATE console_sessions s SET challenge = NULL FROM before WHERE s.id = before.id RETURNING before.challenge",
        session,
    )
    return found
