"""Somebody whom the provider has let in becomes a user of the hub: the one who is that, or a new one; with the role that the provider says.

Nobody becomes a user that is there already because a name or an e-mail address is the same: whoever may write their own address at the
provider would be whom they like. Only an administrator of the hub links a user to somebody there.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from hotspot.hub.oidc import claims as said
from hotspot.hub.oidc.settings import OpenId, RoleOf
from hotspot.hub.store import Connection, audit, identities, people, sessions, tenants

HUB = "hub"
"""Who acts, in the audit log: nobody of the hub's people does."""


class Refusal(StrEnum):
    """Why somebody whom the provider knows does not get in."""

    UNKNOWN = "unknown"
    """They are no user, and nothing that the provider says gives a role."""
    NO_ROLE = "no-role"
    """They were one; the provider does not say so any more."""
    NO_PARTNER = "no-partner"
    """The role is of a partner that does not take part."""
    DISABLED = "disabled"


async def arrive(connection: Connection, settings: OpenId, claims: Mapping[str, Any], now: datetime) -> people.User | Refusal:
    """The user, made or changed as the provider says; to be called in a transaction."""
    rule = said.role_of(settings, claims)
    await people.lock(connection)  # so that two first logins of somebody make one user
    name = await identities.user_with(connection, settings.issuer, claims["sub"])
    if name is None:
        return Refusal.UNKNOWN if rule is None else await _new(connection, settings, rule, claims, now)
    user = await people.user(connection, name, lock=True)
    assert user is not None
    if user.disabled_at is not None:
        return await _refused(connection, user, Refusal.DISABLED, now)
    if not settings.roles:
        return user  # roles are given at the console
    if rule is None:
        return await _refused(connection, user, Refusal.NO_ROLE, now)
    return await _followed(connection, user, rule, claims, now)


async def _new(connection: Connection, settings: OpenId, rule: RoleOf, claims: Mapping[str, Any], now: datetime) -> people.User | Refusal:
    partner_id = await _partner_id(connection, rule)
    if isinstance(partner_id, Refusal):
        return partner_id
    for name in said.user_names(claims):
        if await people.user(connection, name) is None:
            break
    user_id = await people.add_user(connection, name, rule.role, partner_id, said.full_name(claims), said.email(claims))
    await identities.link(connection, user_id, settings.issuer, claims["sub"], now)
    detail = {"role": rule.role.value, "by": "provider"}
    await audit.write(connection, HUB, "user.create", partner=rule.partner, subject=name, detail=detail)
    made = await people.user(connection, name)
    assert made is not None
    return made


async def _followed(
    connection: Connection, user: people.User, rule: RoleOf, claims: Mapping[str, Any], now: datetime
) -> people.User | Refusal:
    """Role, partner, name and address are those that the provider says."""
    partner_id = await _partner_id(connection, rule)
    if isinstance(partner_id, Refusal):
        return await _refused(connection, user, partner_id, now)
    full_name, email = said.full_name(claims) or user.full_name, said.email(claims) or user.email
    await people.change_user(connection, user.id, rule.role, partner_id, full_name, email, None)
    if (rule.role, rule.partner) != (user.role, user.partner):
        await _out(connection, user, now)
        detail = {"role": rule.role.value, "partner": rule.partner, "by": "provider"}
        await audit.write(connection, HUB, "user.change", partner=rule.partner or user.partner, subject=user.name, detail=detail)
    changed = await people.user(connection, user.name)
    assert changed is not None
    return changed


async def _partner_id(connection: Connection, rule: RoleOf) -> int | Refusal | None:
    if rule.partner is None:
        return None
    partner = await tenants.partner(connection, rule.partner)
    return Refusal.NO_PARTNER if partner is None or partner.left_at is not None else partner.id


async def _refused(connection: Connection, user: people.User, why: Refusal, now: datetime) -> Refusal:
    """What they have still open ends."""
    await _out(connection, user, now)
    await audit.write(connection, HUB, "user.provider_refused", partner=user.partner, subject=user.name, detail={"why": why.value})
    return why


async def _out(connection: Connection, user: people.User, now: datetime) -> None:
    await sessions.end_all(connection, user.id)
    await people.revoke_tokens(connection, user.id, now, logins=False)
