"""Gateways: tokens with which they enrol, how they are, and how they are shut out."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from hotspot import wire
from hotspot.hub.access import Permission
from hotspot.hub.alarms import Limits
from hotspot.hub.api.halls import Name
from hotspot.hub.api.looks import Look, looks
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import Conflict, NotFound
from hotspot.hub.store import audit, credentials, gateways, tenants
from hotspot.hub.store import looks as stored
from hotspot.hub.tokens import hashed, make

DAY: Final = 86_400
GatewayName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$(?!\n)")]


class NewEnrolment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the token is for."""

    seconds: Annotated[int, Meta(ge=60, le=90 * DAY)] = 7 * DAY
    """How long it can be used."""
    replaces: GatewayName | None = None
    """A gateway of the hall whose box is replaced: the new box goes on under its name, and the old one is shut out as soon as the token is
    used."""


class Enrolment(Struct, frozen=True, kw_only=True):
    """A one-time token; the token itself is not kept."""

    name: str
    hall: str
    state: str
    """``open`` | ``used`` | ``withdrawn`` | ``expired``."""
    replaces: str | None
    gateway: str | None
    """That was enrolled with it."""
    created_at: datetime
    created_by: str
    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None
    tried_again_at: datetime | None
    """When it was shown again after its use: somebody else has it, or an answer was lost."""


class Token(Struct, frozen=True, kw_only=True):
    """A one-time token, shown this once."""

    enrolment: Enrolment
    token: str
    line: str
    """To be run on the gateway."""


class Credential(Struct, frozen=True, kw_only=True):
    """A credential that a gateway has or had; the credential itself is not kept."""

    made: datetime
    used: datetime | None
    """For the first time."""
    ended: datetime | None
    why: str
    """``rotated`` | ``superseded`` (by others, unused) | ``replaced`` (with the box) | ``revoked`` | empty."""


class Gateway(Struct, frozen=True, kw_only=True):
    """A box in a hall."""

    name: str
    hall: str
    partner: str
    state: str
    """``ok`` | ``degraded`` (it says that something is amiss) | ``silent`` (for 3 minutes) | ``new`` (has never spoken) | ``revoked``."""
    faults: list[str]
    """What it says is amiss."""
    software: str
    """Version."""
    online: int
    """Visitors in session when it last spoke."""
    created_at: datetime
    enrolled_at: datetime | None
    """Since when the present box speaks under this name."""
    revoked_at: datetime | None
    seen_at: datetime | None
    report_at: datetime | None
    clock_offset: float
    """Seconds by which its clock is ahead of the hub's."""
    backlog: int
    """Reports that wait there."""
    policy: int
    """Serial of the policy in force there; 0: none yet."""
    policy_refused: int
    """Serial of the policy that it cannot apply; 0: none."""
    policy_error: str
    certificate_until: datetime | None
    """End of the portal's certificate, as it said last; None: it has none."""
    credential_made: datetime | None
    rotates: bool
    """It is to get another credential with its next report."""


class GatewayInFull(Struct, frozen=True, kw_only=True):
    """A box with all that it last said of itself."""

    gateway: Gateway
    health: dict[str, Any]
    """``hotspot.wire.Health``; empty: it has never spoken."""
    credentials: list[Credential]
    """The newest first."""
    looks: list[Look]
    """What the synthetic visitor, the doctor and the LAN guard found last, of those that run there."""


class WhichGateways(Struct, frozen=True, kw_only=True):
    """Which gateways; a page of them, by name."""

    partner: Name | None = None
    hall: Name | None = None
    after: Annotated[str, Meta(pattern=r"^[a-z0-9-]{0,48}$(?!\n)")] = ""
    """Name of the last one of the page before."""
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 1_000


# Enrolment --------------------------------------------------------------------------------------------------------------------------


async def create_enrolment(call: Call) -> Token:
    """A token for one gateway of a hall. It is shown once; who has it can enrol one box, until it expires."""
    wanted: NewEnrolment = call.body
    token, name, now = make("enrolment"), secrets.token_hex(4), call.hub.now()
    async with call.hub.store.transaction() as connection:
        hall = await call.hall(connection)
        partner = await tenants.partner(connection, hall.partner)
        if hall.closed_at is not None or partner is None or partner.left_at is not None:
            raise Conflict(f"hall = {hall.name!r}: expected a hall that takes part")
        replaced: int | None = None
        if wanted.replaces is not None:
            gateway = await tenants.gateway(connection, wanted.replaces)
            if gateway is None or gateway.hall_id != hall.id:
                raise NotFound(f"replaces = {wanted.replaces!r}: expected the name of a gateway of {hall.name}")
            replaced = gateway.id
        until = now + timedelta(seconds=wanted.seconds)
        await credentials.add_enrolment(connection, name, hall.id, replaced, hashed(token), call.actor, now, until)
        detail = {"enrolment": name, "replaces": wanted.replaces, "expires": until.isoformat()}
        await audit.write(connection, call.actor, "enrolment.create", partner=hall.partner, hall=hall.name, subject=name, detail=detail)
        made = await credentials.enrolment(connection, hall.id, name)
    assert made is not None
    return Token(enrolment=_enrolment(made, now), token=token, line=f"hotspot enrol --config /etc/hotspot/portal.toml {token}")


async def list_enrolments(call: Call) -> list[Enrolment]:
    """The tokens of a hall, the newest first."""
    async with call.hub.store.connection() as connection:
        hall = await call.hall(connection)
        return [_enrolment(found, call.hub.now()) for found in await credentials.enrolments(connection, hall.id)]


async def withdraw_enrolment(call: Call) -> Enrolment:
    """The token is worth nothing any more. One that was used stays on record: what it did is undone by revoking the gateway."""
    now = call.hub.now()
    async with call.hub.store.transaction() as connection:
        hall = await call.hall(connection)
        found = await credentials.enrolment(connection, hall.id, call.path["enrolment"])
        if found is None:
            raise NotFound(f"enrolment = {call.path['enrolment']!r}: expected the name of a token of {hall.name}")
        if found.used_at is not None:
            raise Conflict(f"enrolment = {found.name!r}: expected one that was not used; revoke {found.gateway} if it should not be there")
        if found.withdrawn_at is None:
            await credentials.withdraw(connection, found.id, now)
            await audit.write(connection, call.actor, "enrolment.withdraw", partner=hall.partner, hall=hall.name, subject=found.name)
        withdrawn = await credentials.enrolment(connection, hall.id, found.name)
    assert withdrawn is not None
    return _enrolment(withdrawn, now)


def _enrolment(found: credentials.Enrolment, now: datetime) -> Enrolment:
    used = found.used_at is not None
    if used:
        state = "used"
    elif found.withdrawn_at is not None:
        state = "withdrawn"
    else:
        state = "open" if found.expires_at > now else "expired"
    same = ("name", "hall", "created_at", "created_by", "expires_at", "used_at", "withdrawn_at", "tried_again_at")
    return Enrolment(
        state=state,
        replaces=None if used else found.gateway,
        gateway=found.gateway if used else None,
        **{name: getattr(found, name) for name in same},
    )


# Gateways ---------------------------------------------------------------------------------------------------------------------------


async def list_gateways(call: Call) -> list[Gateway]:
    """All that this user may see, by name."""
    query: WhichGateways = call.query
    now = call.hub.now()
    async with call.hub.store.connection() as connection:
        found = await gateways.listed(connection, call.within(query.partner), query.hall, query.after, query.limit)
    return [_gateway(each, now) for each in found]


async def show_gateway(call: Call) -> GatewayInFull:
    """One gateway, with its health and its credentials."""
    async with call.hub.store.transaction(snapshot=True) as connection:
        gateway = await call.gateway(connection)
        seen = await gateways.one(connection, gateway.id)
        given = await credentials.of_gateway(connection, gateway.id)
        found = await stored.of_gateway(connection, gateway.id)
    return GatewayInFull(
        gateway=_gateway(seen, call.hub.now()),
        health=seen.health or {},
        credentials=[Credential(made=each.made, used=each.used, ended=each.ended, why=each.why) for each in given],
        looks=looks(found),
    )


async def revoke_gateway(call: Call) -> Gateway:
    """The gateway is shut out at once: its credentials end, what it has open is cut. Its hall goes on with the policy that it has; the box
    comes back only with a fresh token (``replaces``)."""
    now = call.hub.now()
    async with call.hub.store.transaction() as connection:
        gateway = await call.gateway(connection)
        if gateway.revoked_at is None:
            await credentials.revoke(connection, gateway.id, now)
            await audit.write(connection, call.actor, "gateway.revoke", partner=gateway.partner, hall=gateway.hall, subject=gateway.name)
        seen = await gateways.one(connection, gateway.id)
    return _gateway(seen, now)


async def rotate_gateway(call: Call) -> Gateway:
    """The gateway gets another credential with its next report; the present one ends when the new one is used."""
    now = call.hub.now()
    async with call.hub.store.transaction() as connection:
        gateway = await call.gateway(connection)
        if gateway.revoked_at is not None:
            raise Conflict(f"gateway = {gateway.name!r}: expected one that is not revoked")
        await credentials.ask_rotation(connection, gateway.id, now)
        await audit.write(connection, call.actor, "gateway.rotate", partner=gateway.partner, hall=gateway.hall, subject=gateway.name)
        seen = await gateways.one(connection, gateway.id)
    return _gateway(seen, now)


def _gateway(seen: gateways.Seen, now: datetime) -> Gateway:
    health = msgspec.convert(seen.health or {}, wire.Health)
    faults = list(health.faults)
    if seen.revoked_at is not None:
        state = "revoked"
    elif seen.seen_at is None:
        state = "new"
    elif (now - seen.seen_at).total_seconds() > Limits().silent:
        state = "silent"
    else:
        state = "ok" if health.firewall and health.journal and health.internet and not faults else "degraded"
    same = ("name", "hall", "partner", "software", "created_at", "enrolled_at", "revoked_at", "seen_at", "report_at", "credential_made")
    return Gateway(
        state=state,
        faults=faults,
        online=sum(zone.online for zone in health.zones),
        clock_offset=seen.clock_offset or 0.0,
        backlog=health.backlog,
        policy=health.policy,
        policy_refused=health.policy_refused,
        policy_error=health.policy_error,
        certificate_until=None if health.certificate_until is None else datetime.fromtimestamp(health.certificate_until, now.tzinfo),
        rotates=seen.rotate_from is not None and seen.credential_made is not None and seen.credential_made < seen.rotate_from,
        **{name: getattr(seen, name) for name in same},
    )


_SEE, _ADMIN = Permission.SEE, Permission.ADMIN
OPERATIONS = (
    Operation(
        name="createEnrolment", method="POST", path="/halls/{hall}/enrolments", summary="A token for a new gateway", subject="gateways",
        permission=_ADMIN, handler=create_enrolment, body=NewEnrolment, reply=Token, status=201, host_only=True, faults=(Conflict,),
    ),
    Operation(
        name="listEnrolments", method="GET", path="/halls/{hall}/enrolments", summary="The tokens of a hall", subject="gateways",
        permission=_ADMIN, handler=list_enrolments, reply=list[Enrolment], host_only=True,
    ),
    Operation(
        name="withdrawEnrolment", method="DELETE", path="/halls/{hall}/enrolments/{enrolment}", summary="A token is withdrawn",
        subject="gateways", permission=_ADMIN, handler=withdraw_enrolment, reply=Enrolment, host_only=True, faults=(Conflict,),
    ),
    Operation(
        name="listGateways", method="GET", path="/gateways", summary="The gateways", subject="gateways",
        permission=_SEE, handler=list_gateways, query=WhichGateways, reply=list[Gateway],
    ),
    Operation(
        name="showGateway", method="GET", path="/gateways/{gateway}", summary="One gateway", subject="gateways",
        permission=_SEE, handler=show_gateway, reply=GatewayInFull,
    ),
    Operation(
        name="revokeGateway", method="POST", path="/gateways/{gateway}/revoke", summary="A gateway is shut out", subject="gateways",
        permission=_ADMIN, handler=revoke_gateway, reply=Gateway, host_only=True,
    ),
    Operation(
        name="rotateGateway", method="POST", path="/gateways/{gateway}/rotate", summary="A gateway gets another credential",
        subject="gateways", permission=_ADMIN, handler=rotate_gateway, reply=Gateway, host_only=True, faults=(Conflict,),
    ),
)  # fmt: skip
