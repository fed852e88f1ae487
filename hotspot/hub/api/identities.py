"""Who a user is at the city's OpenID provider. Only an administrator links a user to somebody there: names and addresses can be chosen."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.login import user_of
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import Conflict, NotFound
from hotspot.hub.store import audit, identities, people, sessions
from hotspot.hub.store.tenants import Taken

Subject = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,255}$(?!\n)")]


class Identity(Struct, frozen=True, kw_only=True):
    """Somebody at a provider."""

    issuer: str
    """The provider."""
    subject: str
    """Who they are there: ``sub``, which is theirs for good."""
    linked_at: datetime


class NewIdentity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who a user is at the provider of the hub's settings."""

    subject: Subject
    """``sub``: the provider's staff know it, and whoever is not let in is shown their own."""


async def show_identity(call: Call) -> Identity:
    """Who a user is at the provider."""
    async with call.hub.store.connection() as connection:
        user = await user_of(connection, call.path["user"])
        found = await identities.of_user(connection, user.id)
    if found is None:
        raise NotFound(f"user = {user.name!r}: expected one who is linked to an account of the provider")
    return Identity(issuer=found.issuer, subject=found.subject, linked_at=found.linked_at)


async def link_user(call: Call) -> Identity:
    """A user logs in with an account of the provider from now on, and with no other one of it."""
    wanted: NewIdentity = call.body
    settings = call.hub.settings.oidc
    if settings is None:
        raise Conflict("oidc: expected an OpenID provider in the hub's settings")
    now = call.hub.now()
    async with call.hub.store.transaction() as connection:
        user = await user_of(connection, call.path["user"], lock=True)
        try:
            await identities.link(connection, user.id, settings.issuer, wanted.subject, now)
        except Taken:
            raise Conflict("subject: expected that of somebody whom no other user is linked to") from None
        await audit.write(connection, call.actor, "user.link", partner=user.partner, subject=user.name)
    return Identity(issuer=settings.issuer, subject=wanted.subject, linked_at=now)


async def unlink_user(call: Call) -> None:
    """The provider lets that user in no more; sessions and logins are over."""
    async with call.hub.store.transaction() as connection:
        user = await user_of(connection, call.path["user"], lock=True)
        if not await identities.unlink(connection, user.id):
            raise NotFound(f"user = {user.name!r}: expected one who is linked to an account of the provider")
        await sessions.end_all(connection, user.id)
        await people.revoke_tokens(connection, user.id, call.hub.now(), logins=True)
        await audit.write(connection, call.actor, "user.unlink", partner=user.partner, subject=user.name)


_ADMIN = Permission.ADMIN
OPERATIONS = (
    Operation(
        name="showIdentity", method="GET", path="/users/{user}/identity", summary="Who a user is at the OpenID provider", subject="users",
        permission=_ADMIN, handler=show_identity, reply=Identity, host_only=True,
    ),
    Operation(
        name="linkUser", method="PUT", path="/users/{user}/identity", summary="A user logs in with an account of the OpenID provider",
        subject="users", permission=_ADMIN, handler=link_user, body=NewIdentity, reply=Identity, host_only=True,
    ),
    Operation(
        name="unlinkUser", method="DELETE", path="/users/{user}/identity", summary="The OpenID provider lets a user in no more",
        subject="users", permission=_ADMIN, handler=unlink_user, status=204, host_only=True,
    ),
)  # fmt: skip
