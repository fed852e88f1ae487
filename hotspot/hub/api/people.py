"""Users: who may work with the hub, as what, and for which partner. For the host's administrators."""

from datetime import datetime
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from hotspot.hub import passwords
from hotspot.hub.access import Permission, Role
from hotspot.hub.api.halls import Name
from hotspot.hub.api.login import (
    Issued,
    NewToken,
    Password,
    Token,
    UserName,
    create_token_of,
    give_password,
    list_tokens_of,
    revoke_token_of,
    user_of,
)
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound, TooMany
from hotspot.hub.store import Connection, audit, people, sessions, tenants

FullName = Annotated[str, Meta(max_length=200)]
Email = Annotated[str, Meta(pattern=r"^([^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190})?$(?!\n)", max_length=255)]
_CHANGED: Final = ("role", "partner", "full_name", "email", "disabled")


class User(Struct, frozen=True, kw_only=True):
    """Somebody of the host or of a partner."""

    name: str
    full_name: str
    email: str
    role: Role
    partner: str | None
    """None: of the host."""
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool
    """False: only tokens."""
    second_factor: bool
    """They have an authenticator app or a passkey."""
    provider: bool
    """They log in with the city's OpenID provider."""
    last_login_at: datetime | None
    """To the hour; None: never."""


class NewUser(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who shall work with the hub, or a program that does."""

    name: UserName
    role: Role
    partner: Name | None = None
    """For the roles of a partner, and only for these."""
    full_name: FullName = ""
    email: Email = ""


class ChangedUser(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different about a user; what is not said stays."""

    role: Role | UnsetType = UNSET
    partner: Name | UnsetType | None = UNSET
    full_name: FullName | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    """True: gets in no more, and all tokens end."""


class GivenPassword(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A password for somebody."""

    password: Password
    """12 to 200 characters."""


class UsersWanted(Struct, frozen=True, kw_only=True):
    """Which users."""

    partner: Name | None = None
    """None: of the host and of all partners."""
    role: Role | None = None
    search: Annotated[str, Meta(max_length=100)] = ""
    """Something of the user name, the full name or the address."""
    after: Annotated[str, Meta(max_length=40)] = ""
    """Name of the last one of the page before."""
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 1_000


def _user(found: people.User) -> User:
    return User(**{name: getattr(found, name) for name in User.__struct_fields__})


async def list_users(call: Call) -> list[User]:
    """By name, disabled ones too."""
    query: UsersWanted = call.query
    async with call.hub.store.connection() as connection:
        listed = await people.users(connection, query.partner, query.after, query.limit, role=query.role, search=query.search.strip())
        return [_user(found) for found in listed]


async def create_user(call: Call) -> User:
    """Somebody may work with the hub; the next step is a password or a token."""
    wanted: NewUser = call.body
    async with call.hub.store.transaction() as connection:
        partner_id = await _partner_id(connection, wanted.role, wanted.partner)
        try:
            await people.add_user(connection, wanted.name, wanted.role, partner_id, wanted.full_name, wanted.email)
        except tenants.Taken:
            raise Conflict(f"name = {wanted.name!r}: expected a name that no user has") from None
        detail = {"role": wanted.role.value}
        await audit.write(connection, call.actor, "user.create", partner=wanted.partner, subject=wanted.name, detail=detail)
        return _user(await user_of(connection, wanted.name))


async def _partner_id(connection: Connection, role: Role, name: str | None) -> int | None:
    """Raises ``BadRequest`` when role and partner do not fit, ``NotFound`` for a partner that does not take part."""
    if role.of_partner != (name is not None):
        raise BadRequest(f"partner = {name!r}: expected {'the name of a partner' if role.of_partner else 'none'} with role {role.value}")
    if name is None:
        return None
    partner = await tenants.partner(connection, name)
    if partner is None or partner.left_at is not None:
        raise NotFound(f"partner = {name!r}: expected the name of a partner that takes part")
    return partner.id


async def show_user(call: Call) -> User:
    """One user."""
    async with call.hub.store.connection() as connection:
        return _user(await user_of(connection, call.path["user"]))


async def change_user(call: Call) -> User:
    """Another role, partner, name or address, or none of the hub's business any more. One administrator has to remain."""
    wanted: ChangedUser = call.body
    given = {name: value for name in _CHANGED if (value := getattr(wanted, name)) is not UNSET}
    now = call.hub.now()
    async with call.hub.store.transaction() as connection:
        administrators = await people.administrators(connection)  # first, so that two who do this to each other take turns
        before = await user_of(connection, call.path["user"], lock=True)
        role: Role = given.get("role", before.role)
        partner: str | None = given.get("partner", before.partner if role.of_partner else None)
        disabled_at = before.disabled_at
        if "disabled" in given:
            disabled_at = (before.disabled_at or now) if given["disabled"] else None
        if administrators == [before.name] and (role is not Role.HOST_ADMIN or disabled_at is not None):
            raise Conflict(f"user = {before.name!r}: expected not the last administrator: make another one first")
        if (role, partner) != (before.role, before.partner) or (before.disabled_at is not None and disabled_at is None):
            partner_id = await _partner_id(connection, role, partner)
        else:
            partner_id = None if partner is None else await _id_of(connection, partner)
        full_name, email = given.get("full_name", before.full_name), given.get("email", before.email)
        await people.change_user(connection, before.id, role, partner_id, full_name, email, disabled_at)
        if before.disabled_at is None and disabled_at is not None:
            await people.revoke_tokens(connection, before.id, now, logins=False)
        if (role, partner) != (before.role, before.partner) or disabled_at is not None:
            await sessions.end_all(connection, before.id)
        # the log of changes names what changed; a person's name and address are not repeated in it
        detail = {name: given[name] if name in ("role", "partner", "disabled") else "changed" for name in given}
        await audit.write(connection, call.actor, "user.change", partner=partner or before.partner, subject=before.name, detail=detail)
        return _user(await user_of(connection, before.name))


async def _id_of(connection: Connection, partner: str) -> int | None:
    found = await tenants.partner(connection, partner)
    return None if found is None else found.id


async def set_password(call: Call) -> None:
    """Give somebody a password; their logins end."""
    wanted: GivenPassword = call.body
    fault = passwords.fault(wanted.password, call.path["user"])
    if fault:
        raise BadRequest(f"password: expected {fault}")
    await give_password(call, call.path["user"], wanted.password)


async def list_tokens(call: Call) -> list[Token]:
    """A user's tokens in force."""
    return await list_tokens_of(call, call.path["user"])


async def create_token(call: Call) -> Issued:
    """A token for a user, never with more than the role, nor than the token that asks for it."""
    return await create_token_of(call, call.path["user"])


async def revoke_token(call: Call) -> None:
    """A token is of no use any more, at once."""
    await revoke_token_of(call, call.path["user"])


_ADMIN = Permission.ADMIN
OPERATIONS = (
    Operation(
        name="listUsers", method="GET", path="/users", summary="The users", subject="users",
        permission=_ADMIN, handler=list_users, query=UsersWanted, reply=list[User], host_only=True,
    ),
    Operation(
        name="createUser", method="POST", path="/users", summary="A new user", subject="users",
        permission=_ADMIN, handler=create_user, body=NewUser, reply=User, status=201, host_only=True,
    ),
    Operation(
        name="showUser", method="GET", path="/users/{user}", summary="One user", subject="users",
        permission=_ADMIN, handler=show_user, reply=User, host_only=True,
    ),
    Operation(
        name="changeUser", method="PATCH", path="/users/{user}", summary="Change or disable a user", subject="users",
        permission=_ADMIN, handler=change_user, body=ChangedUser, reply=User, host_only=True,
    ),
    Operation(
        name="setPassword", method="PUT", path="/users/{user}/password", summary="Give a user a password", subject="users",
        permission=_ADMIN, handler=set_password, body=GivenPassword, status=204, host_only=True, faults=(TooMany,), largest=4_096,
    ),
    Operation(
        name="listTokens", method="GET", path="/users/{user}/tokens", summary="A user's tokens", subject="users",
        permission=_ADMIN, handler=list_tokens, reply=list[Token], host_only=True,
    ),
    Operation(
        name="createToken", method="POST", path="/users/{user}/tokens", summary="A token for a user", subject="users",
        permission=_ADMIN, handler=create_token, body=NewToken, reply=Issued, status=201, host_only=True,
    ),
    Operation(
        name="revokeToken", method="DELETE", path="/users/{user}/tokens/{token}", summary="A user's token ends", subject="users",
        permission=_ADMIN, handler=revoke_token, status=204, host_only=True,
    ),
)  # fmt: skip
