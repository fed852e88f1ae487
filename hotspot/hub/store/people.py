"""Users and their API tokens."""

from datetime import datetime

from msgspec import Struct

from hotspot.hub.access import Permission, Principal, Role, granted
from hotspot.hub.store.pool import Connection


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


_USER = (
    "SELECT u.id, u.name, u.full_name, u.email, u.role, p.name AS partner, u.created_at, u.disabled_at "
    "FROM users u LEFT JOIN partners p ON p.id = u.partner_id"
)


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
    return Principal(user=row["name"], role=role, partner=row["partner"], permissions=granted(role, wanted))


async def user(connection: Connection, name: str) -> User | None:
    """By name."""
    row = await connection.fetchrow(f"{_USER} WHERE u.name = $1", name)
    return None if row is None else User(**{**dict(row), "role": Role(row["role"])})


async def add_user(connection: Connection, name: str, role: Role, partner_id: int | None, full_name: str = "", email: str = "") -> int:
    """Returns the id."""
    found: int = await connection.fetchval(
        "INSERT INTO users (name, role, partner_id, full_name, email) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        name,
        role.value,
        partner_id,
        full_name,
        email,
    )
    return found


async def add_token(
    connection: Connection, user_id: int, name: str, token_hash: bytes, permissions: frozenset[Permission], expires_at: datetime
) -> int:
    """Returns the id."""
    found: int = await connection.fetchval(
        "INSERT INTO api_tokens (user_id, name, token_hash, permissions, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        user_id,
        name,
        token_hash,
        sorted(permission.value for permission in permissions),
        expires_at,
    )
    return found
