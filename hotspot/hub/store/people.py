"""Users and their API tokens."""

from datetime import datetime
from typing import Any, Final

import asyncpg
from msgspec import Struct

from hotspot.hub.access import Permission, Principal, Role, granted
from hotspot.hub.store.pool import Connection
from hotspot.hub.store.tenants import Taken

HERE: Final = "hub"
"""The program user of commands on the hub itself."""


class User(Struct, frozen=True, kw_only=True):
    """Somebody of the host or of a partner."""

    id: int
    name: str
    full_name: str
    email: str
    role: Role
    partner: str | None
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool
    second_factor: bool
    """They have an app or a passkey."""
    provider: bool
    """They are linked to somebody at an OpenID provider."""
    last_login_at: datetime | None
    """To the hour."""


class Token(Struct, frozen=True, kw_only=True):
    """One API token, without its secret."""

    id: int
    name: str
    login: bool
    """Made by a login with a password."""
    permissions: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


_USER = (
    "SELECT u.id, u.name, u.full_name, u.email, u.role, p.name AS partner, u.created_at, u.disabled_at, "
    "u.password_hash <> '' AS has_password, EXISTS (SELECT FROM factors f WHERE f.user_id = u.id) AS second_factor, "
    "EXISTS (SELECT FROM identities i WHERE i.user_id = u.id) AS provider, u.last_login_at "
    "FROM users u LEFT JOIN partners p ON p.id = u.partner_id"
)
_TOKEN = "SELECT id, name, login, permissions, created_at, expires_at, last_used_at FROM api_tokens"


async def principal(connection: Connection, token_hash: bytes, now: datetime) -> Principal | None:
    """Whose token this is; None: nobody's, or it has ended, or its user was disabled."""
    row = await connection.fetchrow(
        "SELECT t.id, t.permissions, t.last_used_at, u.name, u.role, p.name AS partner "
        "FROM api_tokens t JOIN users u ON u.id = t.user_id LEFT JOIN partners p ON p.id = u.partner_id "
        "WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > $2 AND u.disabled_at IS NULL",
        token_hash,
        now,
    )
    if row is None:
        return None
    hour = now.replace(minute=0, second=0, microsecond=0)
    if row["last_used_at"] != hour:
        await connection.execute("UPDATE api_tokens SET last_used_at = $2 WHERE id = $1", row["id"], hour)
    role = Role(row["role"])
    wanted = frozenset(Permission(name) for name in row["permissions"])
    return Principal(user=row["name"], role=role, partner=row["partner"], permissions=granted(role, wanted), token=row["id"])


async def users(
    connection: Connection, partner: str | None, after: str, limit: int, *, role: Role | None = None, search: str = ""
) -> list[User]:
    """By name, from the one after ``after``; disabled ones too. ``partner``, ``role``: only such; ``search``: only those with that in a
    name or in the address."""
    where = (
        "WHERE u.name > $1 AND ($2::text IS NULL OR p.name = $2) AND ($4::text IS NULL OR u.role = $4) "
        "AND ($5 = '' OR strpos(lower(concat_ws(' ', u.name, u.full_name, u.email)), lower($5)) > 0) ORDER BY u.name LIMIT $3"
    )
    return [_user(row) for row in await connection.fetch(f"{_USER} {where}", after, partner, limit, role and role.value, search)]


async def user(connection: Connection, name: str, *, lock: bool = False) -> User | None:
    """By name. ``lock``: nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(f"{_USER} WHERE u.name = $1" + (" FOR UPDATE OF u" if lock else ""), name)
    return None if row is None else _user(row)


async def add_user(connection: Connection, name: str, role: Role, partner_id: int | None, full_name: str = "", email: str = "") -> int:
    """Returns the id. Raises ``Taken``, inside a transaction only as its last statement."""
    try:
        found: int = await connection.fetchval(
            "INSERT INTO users (name, role, partner_id, full_name, email) VALUES ($1, $2, $3, $4, $5) RETURNING id",
            name,
            role.value,
            partner_id,
            full_name,
            email,
        )
    except asyncpg.UniqueViolationError:
        raise Taken(name) from None
    return found


async def change_user(
    connection: Connection, user_id: int, role: Role, partner_id: int | None, full_name: str, email: str, disabled_at: datetime | None
) -> None:
    """All that can be changed about a user, but the password."""
    await connection.execute(
        "UPDATE users SET role = $2, partner_id = $3, full_name = $4, email = $5, disabled_at = $6 WHERE id = $1",
        user_id,
        role.value,
        partner_id,
        full_name,
        email,
        disabled_at,
    )


async def administrators(connection: Connection) -> list[str]:
    """Names of the host's administrators that are not disabled, without ``HERE``. Nobody else changes one of them until the transaction
    ends."""
    rows = await connection.fetch(
        "SELECT name FROM users WHERE role = 'host-admin' AND disabled_at IS NULL AND name <> $1 ORDER BY id FOR UPDATE", HERE
    )
    return [row["name"] for row in rows]


async def lock(connection: Connection) -> None:
    """Nobody else makes or changes users until the transaction ends."""
    await connection.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")


async def ways_of_administrators(connection: Connection, now: datetime) -> list[str]:
    """Names of the host's administrators who can get in: by a password, or by a token in force that lets them administer.
    ``HERE`` is nobody who could be asked."""
    rows = await connection.fetch(
        "SELECT name FROM users u WHERE role = 'host-admin' AND disabled_at IS NULL AND (password_hash <> '' "
        "OR u.name <> $2 AND EXISTS (SELECT 1 FROM api_tokens t WHERE t.user_id = u.id AND revoked_at IS NULL AND expires_at > $1 "
        "AND 'admin' = ANY (permissions))) ORDER BY name",
        now,
        HERE,
    )
    return [row["name"] for row in rows]


async def disable_of_partner(connection: Connection, partner_id: int, at: datetime) -> list[str]:
    """Nobody of a partner gets in any more, and who is in is out; returns whom that concerns."""
    rows = await connection.fetch(
        "UPDATE users SET disabled_at = $2 WHERE partner_id = $1 AND disabled_at IS NULL RETURNING name", partner_id, at
    )
    await connection.execute("DELETE FROM console_sessions s USING users u WHERE s.user_id = u.id AND u.partner_id = $1", partner_id)
    return sorted(row["name"] for row in rows)


async def note_login(connection: Connection, user_id: int, now: datetime) -> None:
    """Somebody has logged in."""
    await connection.execute("UPDATE users SET last_login_at = date_trunc('hour', $2::timestamptz) WHERE id = $1", user_id, now)


async def password_hash(connection: Connection, name: str) -> str:
    """Of a user that is not disabled; ``""``: there is none, or no such user."""
    found: str | None = await connection.fetchval("SELECT password_hash FROM users WHERE name = $1 AND disabled_at IS NULL", name)
    return found or ""


async def set_password(connection: Connection, user_id: int, hash_: str) -> None:
    """``hash_`` as ``hotspot.hub.passwords`` makes it; ``""``: no password."""
    await connection.execute("UPDATE users SET password_hash = $2 WHERE id = $1", user_id, hash_)


# Tokens -----------------------------------------------------------------------------------------------------------------------------


async def tokens(connection: Connection, user_id: int, now: datetime) -> list[Token]:
    """Those of a user that are in force, the oldest first."""
    rows = await connection.fetch(f"{_TOKEN} WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY id", user_id, now)
    return [Token(**{**dict(row), "permissions": tuple(map(Permission, row["permissions"]))}) for row in rows]


async def forget_ended_tokens(connection: Connection, user_id: int, now: datetime) -> None:
    """Those of a user that open nothing any more."""
    await connection.execute("DELETE FROM api_tokens WHERE user_id = $1 AND expires_at <= $2", user_id, now)


async def add_token(
    connection: Connection,
    user_id: int,
    name: str,
    token_hash: bytes,
    permissions: frozenset[Permission],
    expires_at: datetime,
    *,
    login: bool = False,
) -> int:
    """Returns the id. Raises ``Taken`` when a token in force has that name, inside a transaction only as its last statement."""
    await connection.execute(
        "UPDATE api_tokens SET revoked_at = expires_at WHERE user_id = $1 AND name = $2 AND revoked_at IS NULL AND expires_at <= now()",
        user_id,
        name,
    )
    try:
        found: int = await connection.fetchval(
            "INSERT INTO api_tokens (user_id, name, token_hash, permissions, expires_at, login) "
            "VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            user_id,
            name,
            token_hash,
            sorted(permission.value for permission in permissions),
            expires_at,
            login,
        )
    except asyncpg.UniqueViolationError:
        raise Taken(name) from None
    return found


async def revoke_token(connection: Connection, user_id: int, name: str, at: datetime) -> bool:
    """It is of no use any more. False: the user has none of that name in force."""
    done = await connection.fetchval(
        "UPDATE api_tokens SET revoked_at = $3 WHERE user_id = $1 AND name = $2 AND revoked_at IS NULL RETURNING id", user_id, name, at
    )
    return done is not None


async def revoke_by_id(connection: Connection, token_id: int, at: datetime) -> None:
    """The token that was shown."""
    await connection.execute("UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", token_id, at)


async def revoke_tokens(connection: Connection, user_id: int, at: datetime, *, logins: bool, but: int = 0) -> int:
    """All of a user's tokens (``logins``: those of logins only), but one; returns how many."""
    rows = await connection.fetch(
        "UPDATE api_tokens SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 "
        "AND (login OR NOT $3) AND id <> $4 RETURNING id",
        user_id,
        at,
        logins,
        but,
    )
    return len(rows)


async def forget_logins(connection: Connection, before: datetime) -> int:
    """Delete tokens of logins that ended before then; returns how many."""
    rows = await connection.fetch("DELETE FROM api_tokens WHERE login AND expires_at < $1 RETURNING id", before)
    return len(rows)


def _user(row: Any) -> User:
    return User(**{**dict(row), "role": Role(row["role"])})
