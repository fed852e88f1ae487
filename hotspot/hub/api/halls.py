"""Partners and halls: who takes part."""

import zoneinfo
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound
from hotspot.hub.store import audit, tenants

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Title = Annotated[str, Meta(pattern=r"\S", max_length=200)]


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
    contact: Annotated[str, Meta(max_length=500)] = ""


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
    time_zone: Annotated[str, Meta(max_length=64)] = "Europe/Berlin"


class OfPartner(Struct, frozen=True, kw_only=True):
    """Which halls."""

    partner: Name | None = None
    """None: of all partners."""


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


async def show_partner(call: Call) -> Partner:
    """One partner."""
    async with call.hub.store.connection() as connection:
        return _partner(await call.partner(connection))


async def list_halls(call: Call) -> list[Hall]:
    """All that this user may see."""
    query: OfPartner = call.query
    async with call.hub.store.connection() as connection:
        return [_hall(found) for found in await tenants.halls(connection, call.within(query.partner))]


async def create_hall(call: Call) -> Hall:
    """A hall is set up; the next step is an enrolment token for its gateway."""
    wanted: NewHall = call.body
    try:
        zoneinfo.ZoneInfo(wanted.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise BadRequest(f'time_zone = {wanted.time_zone!r}: expected a time zone such as "Europe/Berlin"') from None
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
)  # fmt: skip
