"""Who is logged in at the console, how that ends, and how somebody who has lost their second factor gets in again."""

from datetime import datetime

from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.login import user_of, whole
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import NotFound
from hotspot.hub.store import audit, factors, people, sessions
from hotspot.hub.store.sessions import Stage


class ConsoleSession(Struct, frozen=True, kw_only=True):
    """One session at the console."""

    id: int
    client: str
    """Browser and system, as ``Firefox, Linux``; empty: not known."""
    full: bool
    """False: the second factor is still to come."""
    created_at: datetime
    used_at: datetime
    """For the last time, to five minutes."""
    expires_at: datetime
    """Whatever happens."""
    this: bool
    """It is the one that asks."""


class Ended(Struct, frozen=True, kw_only=True):
    """What is over."""

    sessions: int
    """At the console."""
    logins: int
    """Tokens of logins with a password."""


class Reset(Struct, frozen=True, kw_only=True):
    """What somebody has no more."""

    factors: int
    """Apps and passkeys; recovery codes are gone too."""
    sessions: int
    logins: int


async def _list(call: Call, name: str) -> list[ConsoleSession]:
    async with call.hub.store.connection() as connection:
        user = await user_of(connection, name)
        found = await sessions.of_user(connection, user.id, call.hub.now())
    return [
        ConsoleSession(
            id=one.id,
            client=one.client,
            full=one.stage is Stage.FULL,
            created_at=one.created_at,
            used_at=one.used_at,
            expires_at=one.expires_at,
            this=one.id == call.who.session,
        )
        for one in found
    ]


async def list_my_sessions(call: Call) -> list[ConsoleSession]:
    """Your own at the console, the newest first."""
    return await _list(call, call.who.user)


async def list_sessions(call: Call) -> list[ConsoleSession]:
    """A user's at the console, the newest first."""
    return await _list(call, call.path["user"])


async def end_my_session(call: Call) -> None:
    """One of your own is over, at once."""
    whole(call)
    async with call.hub.store.transaction() as connection:
        user = await user_of(connection, call.who.user, lock=True)
        if not await sessions.end(connection, user.id, int(call.path["session"])):
            raise NotFound(f"session = {call.path['session']!r}: expected the number of a session of yours that lasts")
        await audit.write(connection, call.actor, "user.sessions_end", partner=user.partner, subject=user.name, detail={"sessions": 1})


async def end_my_sessions(call: Call) -> Ended:
    """All other sessions and logins of yours are over, at once; the one that asks goes on."""
    whole(call)
    return await _end(call, call.who.user, call.who.session, call.who.token)


async def end_sessions(call: Call) -> Ended:
    """All sessions and logins of a user are over, at once."""
    return await _end(call, call.path["user"])


async def _end(call: Call, name: str, but_session: int = 0, but_token: int = 0) -> Ended:
    async with call.hub.store.transaction() as connection:
        user = await user_of(connection, name, lock=True)
        ended = Ended(
            sessions=await sessions.end_all(connection, user.id, but=but_session),
            logins=await people.revoke_tokens(connection, user.id, call.hub.now(), logins=True, but=but_token),
        )
        detail = {"sessions": ended.sessions, "logins": ended.logins}
        await audit.write(connection, call.actor, "user.sessions_end", partner=user.partner, subject=user.name, detail=detail)
    return ended


async def reset_factors(call: Call) -> Reset:
    """Somebody has lost their second factor: apps, passkeys and recovery codes are gone, sessions and logins are over. With their password
    they get as far as setting up another one, if their role needs it."""
    async with call.hub.store.transaction() as connection:
        user = await user_of(connection, call.path["user"], lock=True)
        done = Reset(
            factors=await factors.remove_all(connection, user.id),
            sessions=await sessions.end_all(connection, user.id),
            logins=await people.revoke_tokens(connection, user.id, call.hub.now(), logins=True),
        )
        detail = {"factors": done.factors, "sessions": done.sessions, "logins": done.logins}
        await audit.write(connection, call.actor, "user.factors_reset", partner=user.partner, subject=user.name, detail=detail)
    return done


OPERATIONS = (
    Operation(
        name="listMySessions", method="GET", path="/me/sessions", summary="Where you are logged in at the console", subject="me",
        permission=Permission.SEE, handler=list_my_sessions, reply=list[ConsoleSession],
    ),
    Operation(
        name="endMySession", method="DELETE", path="/me/sessions/{session}", summary="One of your sessions ends", subject="me",
        permission=Permission.SEE, handler=end_my_session, status=204,
    ),
    Operation(
        name="endMySessions", method="DELETE", path="/me/sessions", summary="All other sessions and logins of yours end", subject="me",
        permission=Permission.SEE, handler=end_my_sessions, reply=Ended,
    ),
    Operation(
        name="listSessions", method="GET", path="/users/{user}/sessions", summary="Where a user is logged in at the console",
        subject="users", permission=Permission.ADMIN, handler=list_sessions, reply=list[ConsoleSession], host_only=True,
    ),
    Operation(
        name="endSessions", method="DELETE", path="/users/{user}/sessions", summary="All sessions and logins of a user end",
        subject="users", permission=Permission.ADMIN, handler=end_sessions, reply=Ended, host_only=True,
    ),
    Operation(
        name="resetFactors", method="DELETE", path="/users/{user}/factors", summary="A user's second factors are gone", subject="users",
        permission=Permission.ADMIN, handler=reset_factors, reply=Reset, host_only=True,
    ),
)  # fmt: skip
