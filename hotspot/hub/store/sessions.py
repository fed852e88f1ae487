"""Sessions at the console: who is logged in, how far, and for how long."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from hotspot.hub.access import ALLOWED, Principal, Role
from hotspot.hub.store import people
from hotspot.hub.store.pool import Connection

LASTS: Final = timedelta(hours=12)
"""A working day: then the password is asked for again."""
IDLE: Final = timedelta(hours=2)
"""Without a request."""
STEP: Final = timedelta(minutes=5)
"""How much of ``IDLE`` has to be gone before it is written that a session is used: reading pages shall not write."""
HALFWAY: Final = timedelta(minutes=10)
"""For the second factor."""
ENROLLING: Final = timedelta(minutes=30)
"""For setting one up: whoever has no app for it yet has to find and install one."""


class Stage(StrEnum):
    """How far somebody has come."""

    PASSWORD = "password"
    """The password was right, the second factor is still to come."""
    ENROL = "enrol"
    """The password was right, and their role needs a second factor that they have not got yet."""
    FULL = "full"


class Session(Struct, frozen=True, kw_only=True):
    """One session, without its secret."""

    id: int
    user_id: int
    user: str
    full_name: str
    role: Role
    partner: str | None
    stage: Stage
    client: str
    created_at: datetime
    expires_at: datetime
    idle_until: datetime

    @property
    def used_at(self) -> datetime:
        """For the last time, to a few minutes (``STEP``)."""
        return max(self.created_at, self.idle_until - IDLE)

    @property
    def principal(self) -> Principal:
        """Who that is: one who may nothing until the session is full."""
        permissions = ALLOWED[self.role] if self.stage is Stage.FULL else frozenset()
        return Principal(user=self.user, role=self.role, partner=self.partner, permissions=permissions, session=self.id)


_SESSION: Final = (
    "SELECT s.id, s.user_id, u.name AS user, u.full_name, u.role, p.name AS partner, s.stage, s.client, s.created_at, s.expires_at, "
    "s.idle_until FROM console_sessions s JOIN users u ON u.id = s.user_id LEFT JOIN partners p ON p.id = u.partner_id"
)


async def begin(connection: Connection, user_id: int, secret_hash: bytes, stage: Stage, client: str, now: datetime) -> None:
    """A new session."""
    lasts, idle = {Stage.FULL: (LASTS, IDLE), Stage.PASSWORD: (HALFWAY, HALFWAY), Stage.ENROL: (ENROLLING, ENROLLING)}[stage]
    await connection.execute(
        "INSERT INTO console_sessions (user_id, secret_hash, stage, client, created_at, expires_at, idle_until) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        user_id,
        secret_hash,
        stage.value,
        client,
        now,
        now + lasts,
        now + idle,
    )
    if stage is Stage.FULL:
        await people.note_login(connection, user_id, now)


async def find(connection: Connection, secret_hash: bytes, now: datetime) -> Session | None:
    """The session of a cookie, which is thereby used; None: there is none, it has ended, or its user was disabled."""
    row = await connection.fetchrow(
        f"{_SESSION} WHERE s.secret_hash = $1 AND s.expires_at > $2 AND s.idle_until > $2 AND u.disabled_at IS NULL", secret_hash, now
    )
    if row is None:
        return None
    found = Session(**{**dict(row), "role": Role(row["role"]), "stage": Stage(row["stage"])})
    if found.stage is Stage.FULL and found.idle_until < now + IDLE - STEP:
        await connection.execute("UPDATE console_sessions SET idle_until = $2 WHERE id = $1", found.id, now + IDLE)
    return found


async def of_user(connection: Connection, user_id: int, now: datetime) -> list[Session]:
    """Those that last, the newest first."""
    rows = await connection.fetch(
        f"{_SESSION} WHERE s.user_id = $1 AND s.expires_at > $2 AND s.idle_until > $2 ORDER BY s.id DESC", user_id, now
    )
    return [Session(**{**dict(row), "role": Role(row["role"]), "stage": Stage(row["stage"])}) for row in rows]


async def standing(connection: Connection, numbers: Sequence[int], now: datetime) -> dict[int, tuple[Role, str | None]]:
    """Those of some sessions that last, with role and partner of their users; looking at them does not use them."""
    rows = await connection.fetch(
        f"{_SESSION} WHERE s.id = ANY ($1::int[]) AND s.stage = 'full' AND s.expires_at > $2 AND s.idle_until > $2 "
        "AND u.disabled_at IS NULL",
        numbers,
        now,
    )
    return {row["id"]: (Role(row["role"]), row["partner"]) for row in rows}


async def end(connection: Connection, user_id: int, session: int) -> bool:
    """One session of a user is over. False: they have none of that number."""
    return (
        await connection.fetchval("DELETE FROM console_sessions WHERE user_id = $1 AND id = $2 RETURNING id", user_id, session) is not None
    )


async def end_all(connection: Connection, user_id: int, but: int = 0) -> int:
    """All of a user's sessions, but one; returns how many."""
    return len(await connection.fetch("DELETE FROM console_sessions WHERE user_id = $1 AND id <> $2 RETURNING id", user_id, but))


async def forget(connection: Connection, now: datetime) -> int:
    """Delete what has ended; returns how many."""
    return len(await connection.fetch("DELETE FROM console_sessions WHERE expires_at <= $1 OR idle_until <= $1 RETURNING id", now))
