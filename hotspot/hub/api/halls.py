"""Partners and halls: who takes part."""

import zoneinfo
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound
from hotspot.hub.store import Connection, audit, credentials, people, tenants

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$(?!\n)")]
"""``$`` alone would let a line end through behind the name."""
Title = Annotated[str, Meta(pattern=r"\S", max_length=200)]
Contact = Annotated[str, Meta(max_length=500)]
TimeZone = Annotated[str, Meta(max_length=64)]


class Partner(Struct, frozen=True, kw_only=True):
    """A town that takes part."""

    name: str
    title: str
    contact: str
    created_at: datetime
    left_at: datetime | None


class NewPartner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A town that joins."""

    name: Name
    title: Title
    """As ``Gemeinde Kleinheim``."""
    contact: Contact = ""
    """Whom the host asks there."""


class ChangedPartner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different about a partner; what is not said stays."""

    title: Title | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class Left(Struct, frozen=True, kw_only=True):
    """What ended with a partner or a hall, by name."""

    halls: list[str]
    gateways: list[str]
    """They may not speak to the hub any more; their halls go on with their last policy until somebody switches them off."""
    users: list[str]


class Hall(Struct, frozen=True, kw_only=True):
    """A hall of a partner."""

    name: str
    partner: str
    title: str
    time_zone: str
    created_at: datetime
    closed_at: datetime | None


class NewHall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hall that is set up."""

    name: Name
    partner: Name
    title: Title
    """As ``Rathaus Kleinheim``."""
    time_zone: TimeZone = "Europe/Berlin"
    """Whose days its figures are of."""


class ChangedHall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different about a hall; what is not said stays."""

    title: Title | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET


class OfPartner(Struct, frozen=True, kw_only=True):
    """Which halls."""

    partner: Name | None = None
    """None: of all partners."""
    after: Annotated[str, Meta(max_length=40)] = ""
    """Name of the last one of the page before."""
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 10_000


def _partner(found: tenants.Partner) -> Partner:
    return Partner(**{name: getattr(found, name) for name in Partner.__struct_fields__})


def _hall(found: tenants.Hall) -> Hall:
    return Hall(**{name: getattr(found, name) for name in Hall.__struct_fields__})


async def list_partners(call: Call) -> list[Partner]:
    """All that this user may see."""
    async with call.hub.store.connection() as connection:
        return [_partner(found) for found in await tenants.partners(connection, call.who.partner)]


async def create_partner(call: Call) -> Partner:
    """A town joins."""
    wanted: NewPartner = call.body
    async with call.hub.store.transaction() as connection:
        try:
            await tenants.add_partner(connection, wanted.name, wanted.title.strip(), wanted.contact.strip())
        except tenants.Taken:
            raise Conflict(f"name = {wanted.name!r}: expected a name that no partner has") from None
        await audit.write(connection, call.actor, "partner.create", partner=wanted.name, detail={"title": wanted.title})
        found = await tenants.partner(connection, wanted.name)
    assert found is not None
    return _partner(found)


async def change_partner(call: Call) -> Partner:
    """Another title or contact; the name stays for ever."""
    wanted: ChangedPartner = call.body
    async with call.hub.store.transaction() as connection:
        before = await call.partner(connection)
        title = before.title if wanted.title is UNSET else wanted.title.strip()
        contact = before.contact if wanted.contact is UNSET else wanted.contact.strip()
        await tenants.change_partner(connection, before.id, title, contact)
        detail = {"title": title, "contact": "changed" if contact != before.contact else "as before"}
        await audit.write(connection, call.actor, "partner.change", partner=before.name, detail=detail)
        return _partner(await call.partner(connection))


async def leave(call: Call) -> Left:
    """The agreement with a town has ended: its halls are closed, its gateways are revoked, its people get in no more. What is stored stays
    until it is erased."""
    now = call.hub.now()
    async with call.hub.store.transaction() as connection:
        partner = await call.partner(connection)
        if not await tenants.leave(connection, partner.id, now):
            raise Conflict(f"partner = {partner.name!r}: expected one that takes part")
        halls = [hall for hall in await tenants.halls(connection, partner.name) if hall.closed_at is None]
        gateways = [name for hall in halls for name in await _close(connection, hall, now)]
        users = await people.disable_of_partner(connection, partner.id, now)
        left = Left(halls=[hall.name for hall in halls], gateways=gateways, users=users)
        counts = {"halls": len(halls), "gateways": len(gateways), "users": len(users)}
        await audit.write(connection, call.actor, "partner.leave", partner=partner.name, detail=counts)
    return left


async def show_partner(call: Call) -> Partner:
    """One partner."""
    async with call.hub.store.connection() as connection:
        return _partner(await call.partner(connection))


async def list_halls(call: Call) -> list[Hall]:
    """All that this user may see."""
    query: OfPartner = call.query
    async with call.hub.store.connection() as connection:
        return [_hall(found) for found in await tenants.halls(connection, call.within(query.partner), query.after, query.limit)]


async def create_hall(call: Call) -> Hall:
    """A hall is set up; the next step is an enrolment token for its gateway."""
    wanted: NewHall = call.body
    _check_time_zone(wanted.time_zone)
    async with call.hub.store.transaction() as connection:
        partner = await tenants.partner(connection, wanted.partner)
        if partner is None or partner.left_at is not None:
            raise NotFound(f"partner = {wanted.partner!r}: expected the name of a partner that takes part")
        try:
            await tenants.add_hall(connection, partner.id, wanted.name, wanted.title.strip(), wanted.time_zone)
        except tenants.Taken:
            raise Conflict(f"name = {wanted.name!r}: expected a name that no hall has") from None
        await audit.write(connection, call.actor, "hall.create", partner=partner.name, hall=wanted.name, detail={"title": wanted.title})
        found = await tenants.hall(connection, wanted.name)
    assert found is not None
    return _hall(found)


def _check_time_zone(name: str) -> None:
    """Raises ``BadRequest``."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise BadRequest(f'time_zone = {name!r}: expected a time zone such as "Europe/Berlin"') from None


async def change_hall(call: Call) -> Hall:
    """Another title, or, before its first report, another time zone; the name stays for ever."""
    wanted: ChangedHall = call.body
    async with call.hub.store.transaction() as connection:
        before = await call.hall(connection)
        title = before.title if wanted.title is UNSET else wanted.title.strip()
        time_zone = before.time_zone if wanted.time_zone is UNSET else wanted.time_zone
        _check_time_zone(time_zone)
        if time_zone != before.time_zone and await tenants.has_reported(connection, before.id):
            raise Conflict(f"time_zone = {time_zone!r}: expected {before.time_zone}: the days of its figures were made in that zone")
        await tenants.change_hall(connection, before.id, title, time_zone)
        detail = {"title": title, "time_zone": time_zone}
        await audit.write(connection, call.actor, "hall.change", partner=before.partner, hall=before.name, detail=detail)
        return _hall(await call.hall(connection))


async def close(call: Call) -> Left:
    """A hall takes part no more: its gateways are revoked. What is stored stays until it is erased."""
    now = call.hub.now()
    async with call.hub.store.transaction() as connection:
        hall = await call.hall(connection)
        gateways = await _close(connection, hall, now)
        await audit.write(connection, call.actor, "hall.close", partner=hall.partner, hall=hall.name, detail={"gateways": gateways})
    return Left(halls=[hall.name], gateways=gateways, users=[])


async def _close(connection: Connection, hall: tenants.Hall, now: datetime) -> list[str]:
    """Returns the gateways that were revoked. Raises ``Conflict`` for a hall that somebody else has closed in this moment."""
    if not await tenants.close_hall(connection, hall.id, now):
        raise Conflict(f"hall = {hall.name!r}: expected one that is open")
    gateways = [gateway for gateway in await tenants.gateways(connection, hall=hall.name) if gateway.revoked_at is None]
    for gateway in gateways:
        await credentials.revoke(connection, gateway.id, now)
    return [gateway.name for gateway in gateways]


async def show_hall(call: Call) -> Hall:
    """One hall."""
    async with call.hub.store.connection() as connection:
        return _hall(await call.hall(connection))


_SEE, _ADMIN = Permission.SEE, Permission.ADMIN
OPERATIONS = (
    Operation(
        name="listPartners", method="GET", path="/partners", summary="The towns that take part", subject="partners",
        permission=_SEE, handler=list_partners, reply=list[Partner],
    ),
    Operation(
        name="createPartner", method="POST", path="/partners", summary="A town joins", subject="partners",
        permission=_ADMIN, handler=create_partner, body=NewPartner, reply=Partner, status=201, host_only=True,
    ),
    Operation(
        name="showPartner", method="GET", path="/partners/{partner}", summary="One town", subject="partners",
        permission=_SEE, handler=show_partner, reply=Partner,
    ),
    Operation(
        name="changePartner", method="PATCH", path="/partners/{partner}", summary="Change a town's title or contact", subject="partners",
        permission=_ADMIN, handler=change_partner, body=ChangedPartner, reply=Partner, host_only=True,
    ),
    Operation(
        name="partnerLeaves", method="POST", path="/partners/{partner}/leave", summary="A town's agreement has ended", subject="partners",
        permission=_ADMIN, handler=leave, reply=Left, host_only=True,
    ),
    Operation(
        name="listHalls", method="GET", path="/halls", summary="The halls", subject="halls",
        permission=_SEE, handler=list_halls, query=OfPartner, reply=list[Hall],
    ),
    Operation(
        name="createHall", method="POST", path="/halls", summary="A hall is set up", subject="halls",
        permission=_ADMIN, handler=create_hall, body=NewHall, reply=Hall, status=201, host_only=True,
    ),
    Operation(
        name="showHall", method="GET", path="/halls/{hall}", summary="One hall", subject="halls",
        permission=_SEE, handler=show_hall, reply=Hall,
    ),
    Operation(
        name="changeHall", method="PATCH", path="/halls/{hall}", summary="Change a hall's title or time zone", subject="halls",
        permission=_ADMIN, handler=change_hall, body=ChangedHall, reply=Hall, host_only=True, faults=(Conflict,),
    ),
    Operation(
        name="closeHall", method="POST", path="/halls/{hall}/close", summary="A hall takes part no more", subject="halls",
        permission=_ADMIN, handler=close, reply=Left, host_only=True,
    ),
)  # fmt: skip
