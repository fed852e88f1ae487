"""Who am I: log in with a password, change it, and make tokens for programs."""

from datetime import datetime, timedelta
from secrets import token_hex
from typing import Annotated, Final

from msgspec import Meta, Struct

from hotspot.hub import logins as pace
from hotspot.hub import passwords
from hotspot.hub.access import ALLOWED, Permission, Role
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import BadRequest, CodeWanted, Conflict, Forbidden, NotFound, TooMany, Unauthorized
from hotspot.hub.factors import second
from hotspot.hub.store import Connection, audit, people, sessions
from hotspot.hub.store import logins as attempts
from hotspot.hub.store.tenants import Taken
from hotspot.hub.tokens import hashed, make

LOGIN_LASTS: Final = timedelta(hours=12)
"""A working day."""
LONGEST_DAYS: Final = 366
"""Days that a token is good at most."""

UserName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$(?!\n)")]
TokenName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$(?!\n)")]
Password = Annotated[str, Meta(max_length=passwords.MOST)]


class Credentials(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name and its password, and a code for whoever has a second factor."""

    name: Annotated[str, Meta(max_length=200)]
    password: Password
    code: Annotated[str, Meta(max_length=100)] = ""
    """Of an authenticator app, or a recovery code. Where one is missing the answer is 401 with the code ``code_wanted``."""


class Issued(Struct, frozen=True, kw_only=True):
    """A new token; it is not shown again."""

    token: str
    """For ``Authorization: Bearer``."""
    name: str
    expires_at: datetime
    permissions: tuple[Permission, ...]


class Me(Struct, frozen=True, kw_only=True):
    """Whose token was shown, and what it can do."""

    user: str
    full_name: str
    role: Role
    partner: str | None
    """None: of the host."""
    permissions: tuple[Permission, ...]
    """Of this token."""


class Token(Struct, frozen=True, kw_only=True):
    """A token in force, without its secret."""

    name: str
    login: bool
    """Made by a login with a password."""
    permissions: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    """To the hour."""


class NewToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token for a program."""

    name: TokenName
    """What it is for, as ``grafana``."""
    permissions: Annotated[tuple[Permission, ...], Meta(min_length=1, max_length=20)]
    days: Annotated[int, Meta(ge=1, le=LONGEST_DAYS)] = 90
    """Until it expires."""


class NewPassword(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another password for oneself."""

    old: Password
    new: Password
    """12 to 200 characters."""


# Passwords --------------------------------------------------------------------------------------------------------------------------


async def login(call: Call) -> Issued:
    """A token for 12 hours with all that the role may. Whoever fails five times waits longer with each further time, up to a minute. The
    host's people need a second factor, which they set up at the console."""
    wanted: Credentials = call.body
    stored = await verified(call, wanted.name, wanted.password)
    fresh = await passwords.hashed(wanted.password) if passwords.outdated(stored) else ""
    how = await _second(call, wanted)
    now, secret, name = call.hub.now(), make("token"), f"login {token_hex(4)}"
    async with call.hub.store.transaction() as connection:
        user = await people.user(connection, wanted.name, lock=True)
        if user is None or await people.password_hash(connection, user.name) != stored:
            raise Unauthorized(_WRONG)  # disabled or changed in this moment
        if fresh:
            await people.set_password(connection, user.id, fresh)
        await second.succeeded(connection, user.name, call.source, now)
        permissions = ALLOWED[user.role]
        await people.add_token(connection, user.id, name, hashed(secret), permissions, now + LOGIN_LASTS, login=True)
        await people.note_login(connection, user.id, now)
        detail = {"at": "api", "by": how}
        await audit.write(connection, f"user {user.name}", "user.login", partner=user.partner, subject=user.name, detail=detail)
    return Issued(token=secret, name=name, expires_at=now + LOGIN_LASTS, permissions=tuple(sorted(permissions)))


_WRONG: Final = "name, password: expected those of a user who may log in"


async def _second(call: Call, wanted: Credentials) -> str:
    """How the second step was done, when the password was right. Raises ``Unauthorized``, ``TooMany``, and ``Forbidden`` for whoever has to
    set up a second factor first: that takes a browser."""
    async with call.hub.store.transaction() as connection:
        user = await people.user(connection, wanted.name)
        if user is None:
            raise Unauthorized(_WRONG)
        await attempts.passed(connection, user.name, call.source)
    if user.second_factor:
        if not wanted.code:
            raise CodeWanted("code: expected the one that your authenticator app shows, or a recovery code")
        return await second.by_code(call.hub, user, wanted.code, call.source)
    if user.role.needs_second_factor:
        where = call.hub.settings.url or "the hub's address"
        raise Forbidden(f"role {user.role.value} needs a second factor: log in at the console once ({where}) and set it up there")
    return "password"


async def verified(call: Call, name: str, password: str) -> str:
    """The hash of a password that is right. Raises ``TooMany`` and ``Unauthorized``. The attempt counts as failed until it is not: those
    that come at the same time would all be free otherwise."""
    now = call.hub.now()
    async with call.hub.store.transaction() as connection:
        tries = await attempts.tries(connection, name, call.source, now - pace.WINDOW)
        seconds = pace.wait(tries, now)
        if seconds:
            raise TooMany(f"too many failures: try again in {seconds:.0f} s", seconds)
        await attempts.failed(connection, name, call.source, now, now - pace.WINDOW)
        stored = await people.password_hash(connection, name)
        if stored and tries.failures + 1 == pace.FREE:  # staff shall see it; for a name that nobody has there is nobody to tell
            await audit.write(connection, "hub", "user.login_slowed", subject=name, detail={"failures": pace.FREE})
    try:
        right = await passwords.verified(stored, password)
    except passwords.Busy:
        raise TooMany("too many logins at once: try again in a moment") from None
    if not right:
        raise Unauthorized(_WRONG)
    return stored


async def change_password(call: Call) -> None:
    """The old one is asked for; all other logins end."""
    wanted: NewPassword = call.body
    fault = passwords.fault(wanted.new, call.who.user)
    if fault:
        raise BadRequest(f"new: expected {fault}")
    try:
        await verified(call, call.who.user, wanted.old)
    except Unauthorized:
        raise Forbidden("old: expected your password") from None
    await give_password(call, call.who.user, wanted.new, but=call.who.token, but_session=call.who.session)


async def give_password(call: Call, name: str, password: str, but: int = 0, but_session: int = 0) -> None:
    """Store a password that is good enough, and end the user's logins (but one). Raises ``NotFound`` and ``TooMany``."""
    try:
        stored = await passwords.hashed(password)
    except passwords.Busy:
        raise TooMany("too many logins at once: try again in a moment") from None
    now = call.hub.now()
    async with call.hub.store.transaction() as connection:
        user = await user_of(connection, name, lock=True)
        await people.set_password(connection, user.id, stored)
        ended = await people.revoke_tokens(connection, user.id, now, logins=True, but=but)
        ended += await sessions.end_all(connection, user.id, but=but_session)
        if but or but_session:
            await attempts.succeeded(connection, user.name, call.source, now)
        await audit.write(connection, call.actor, "user.password", partner=user.partner, subject=user.name, detail={"logins_ended": ended})


async def user_of(connection: Connection, name: str, *, lock: bool = False) -> people.User:
    """Raises ``NotFound``."""
    user = await people.user(connection, name, lock=lock)
    if user is None:
        raise NotFound(f"user = {name!r}: expected the name of a user")
    return user


# Tokens -----------------------------------------------------------------------------------------------------------------------------


async def logout(call: Call) -> None:
    """The token that was shown is of no use any more."""
    async with call.hub.store.transaction() as connection:
        await people.revoke_by_id(connection, call.who.token, call.hub.now())
        await audit.write(connection, call.actor, "user.logout", partner=call.who.partner, subject=call.who.user)


async def me(call: Call) -> Me:
    """Whose token this is."""
    async with call.hub.store.connection() as connection:
        user = await user_of(connection, call.who.user)
    permissions = tuple(sorted(call.who.permissions))
    return Me(user=user.name, full_name=user.full_name, role=user.role, partner=user.partner, permissions=permissions)


async def list_tokens_of(call: Call, name: str) -> list[Token]:
    """A user's tokens in force."""
    async with call.hub.store.connection() as connection:
        user = await user_of(connection, name)
        found = await people.tokens(connection, user.id, call.hub.now())
    return [Token(**{field: getattr(token, field) for field in Token.__struct_fields__}) for token in found]


async def create_token_of(call: Call, name: str) -> Issued:
    """A token for a user, never with more than the role, nor than the token that asks for it."""
    wanted: NewToken = call.body
    now, secret = call.hub.now(), make("token")
    until = now + timedelta(days=wanted.days)
    asked = frozenset(wanted.permissions)
    permissions = tuple(sorted(asked))
    async with call.hub.store.transaction() as connection:
        user = await user_of(connection, name, lock=True)
        if user.disabled_at is not None:
            raise Conflict(f"user = {name!r}: expected one who is not disabled")
        excess = asked - (ALLOWED[user.role] & call.who.permissions)
        if excess:
            named = ", ".join(sorted(excess))
            raise Forbidden(f"permissions: expected no more than role {user.role.value} and your own token have: not {named}")
        try:
            await people.add_token(connection, user.id, wanted.name, hashed(secret), asked, until)
        except Taken:
            raise Conflict(f"name = {wanted.name!r}: expected a name that no token of {name} in force has") from None
        detail = {"token": wanted.name, "permissions": permissions, "days": wanted.days}
        await audit.write(connection, call.actor, "token.create", partner=user.partner, subject=user.name, detail=detail)
    return Issued(token=secret, name=wanted.name, expires_at=until, permissions=permissions)


async def revoke_token_of(call: Call, name: str) -> None:
    """A token is of no use any more, at once."""
    token = call.path["token"]
    async with call.hub.store.transaction() as connection:
        user = await user_of(connection, name)
        if not await people.revoke_token(connection, user.id, token, call.hub.now()):
            raise NotFound(f"token = {token!r}: expected the name of a token of {name} in force")
        await audit.write(connection, call.actor, "token.revoke", partner=user.partner, subject=user.name, detail={"token": token})


async def list_my_tokens(call: Call) -> list[Token]:
    """Your own, in force."""
    return await list_tokens_of(call, call.who.user)


async def create_my_token(call: Call) -> Issued:
    """A token for a program of yours. One that was made for a part of what you may cannot make others: they would outlive it."""
    whole(call)
    return await create_token_of(call, call.who.user)


async def revoke_my_token(call: Call) -> None:
    """One of your own is of no use any more, at once."""
    whole(call)
    await revoke_token_of(call, call.who.user)


def whole(call: Call) -> None:
    """Raises ``Forbidden`` for a token that may less than its user."""
    if call.who.permissions != ALLOWED[call.who.role]:
        raise Forbidden("this token may only a part of what you may: log in to manage tokens")


OPERATIONS = (
    Operation(
        name="login", method="POST", path="/login", summary="A name and a password for a token", subject="me",
        permission=None, handler=login, body=Credentials, reply=Issued, faults=(Unauthorized, Forbidden, TooMany), largest=4_096,
    ),
    Operation(
        name="logout", method="POST", path="/logout", summary="This token ends", subject="me",
        permission=None, any_token=True, handler=logout, status=204,
    ),
    Operation(
        name="me", method="GET", path="/me", summary="Whose token this is, and what it can do", subject="me",
        permission=None, any_token=True, handler=me, reply=Me,
    ),
    Operation(
        name="changeMyPassword", method="PUT", path="/me/password", summary="Another password", subject="me",
        permission=Permission.SEE, handler=change_password, body=NewPassword, status=204, faults=(TooMany,), largest=4_096,
    ),
    Operation(
        name="listMyTokens", method="GET", path="/me/tokens", summary="Your tokens", subject="me",
        permission=Permission.SEE, handler=list_my_tokens, reply=list[Token],
    ),
    Operation(
        name="createMyToken", method="POST", path="/me/tokens", summary="A token for a program of yours", subject="me",
        permission=Permission.SEE, handler=create_my_token, body=NewToken, reply=Issued, status=201,
    ),
    Operation(
        name="revokeMyToken", method="DELETE", path="/me/tokens/{token}", summary="One of your tokens ends", subject="me",
        permission=Permission.SEE, handler=revoke_my_token, status=204,
    ),
)  # fmt: skip
