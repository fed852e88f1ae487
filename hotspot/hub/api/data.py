"""Data protection: what is stored, a partner's or hall's data handed over, and erased."""

from collections.abc import AsyncIterator
from typing import Annotated

from msgspec import Meta, Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation, Pieces
from hotspot.hub.api.problems import BadRequest, Conflict
from hotspot.hub.data import erase, inventory
from hotspot.hub.data.export import zipped
from hotspot.hub.store import audit
from hotspot.hub.store.ownership import of_hall, of_partner

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class Confirmed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An erasure cannot be undone."""

    confirm: Name
    """The name of what is to be erased, once more."""


async def list_inventory(call: Call) -> list[inventory.Column]:
    """Every column with purpose, legal basis, retention and source, in German; times of deletion are those of this hub's settings."""
    return list(inventory.listed(call.hub.settings.retention))


async def export_partner(call: Call) -> Pieces:
    """A ZIP file: ``contents.json``, one CSV file for each table, the files of the policy. No keys, no hashes of secrets."""
    async with call.hub.store.transaction() as connection:
        partner = await call.partner(connection)
        await audit.write(connection, call.actor, "partner.export", partner=partner.name)

    async def pieces() -> AsyncIterator[bytes]:
        async with call.hub.store.transaction(snapshot=True) as connection:
            scope = await of_partner(connection, partner.id, partner.name)
            async for piece in zipped(connection, scope, f"partner {partner.name}", call.hub.now()):
                yield piece

    return Pieces(pieces(), "application/zip", f"{partner.name}.zip")


async def export_hall(call: Call) -> Pieces:
    """The same of one hall."""
    async with call.hub.store.transaction() as connection:
        hall = await call.hall(connection)
        await audit.write(connection, call.actor, "hall.export", partner=hall.partner, hall=hall.name)

    async def pieces() -> AsyncIterator[bytes]:
        async with call.hub.store.transaction(snapshot=True) as connection:
            async for piece in zipped(connection, of_hall(hall.id, hall.name), f"hall {hall.name}", call.hub.now()):
                yield piece

    return Pieces(pieces(), "application/zip", f"{hall.name}.zip")


async def erase_partner(call: Call) -> erase.Erased:
    """All rows of a partner that has left, with its halls, gateways, users and its part of the audit log; one entry stays, with numbers."""
    async with call.hub.store.transaction() as connection:
        partner = await call.partner(connection)
        _check(call, partner.name)
        try:
            return await erase.erase_partner(connection, partner, call.actor)
        except erase.NotYet as error:
            raise Conflict(str(error)) from None


async def erase_hall(call: Call) -> erase.Erased:
    """All rows of a hall that is closed; one entry stays in the audit log, with numbers."""
    async with call.hub.store.transaction() as connection:
        hall = await call.hall(connection)
        _check(call, hall.name)
        try:
            return await erase.erase_hall(connection, hall, call.actor)
        except erase.NotYet as error:
            raise Conflict(str(error)) from None


def _check(call: Call, name: str) -> None:
    wanted: Confirmed = call.body
    if wanted.confirm != name:
        raise BadRequest(f"confirm = {wanted.confirm!r}: expected {name}, the name of what is to be erased for good")


_SUBJECT = "data protection"
_ADMIN = Permission.ADMIN
OPERATIONS = (
    Operation(
        name="listInventory", method="GET", path="/data/inventory", summary="What the hub stores, and why", subject=_SUBJECT,
        permission=Permission.SEE, handler=list_inventory, reply=list[inventory.Column],
    ),
    Operation(
        name="exportPartner", method="GET", path="/partners/{partner}/export", summary="Everything of a town", subject=_SUBJECT,
        permission=_ADMIN, handler=export_partner, reply=Pieces, media_type="application/zip", host_only=True,
    ),
    Operation(
        name="exportHall", method="GET", path="/halls/{hall}/export", summary="Everything of a hall", subject=_SUBJECT,
        permission=_ADMIN, handler=export_hall, reply=Pieces, media_type="application/zip", host_only=True,
    ),
    Operation(
        name="erasePartner", method="POST", path="/partners/{partner}/erasure", summary="A town's data is erased", subject=_SUBJECT,
        permission=_ADMIN, handler=erase_partner, body=Confirmed, reply=erase.Erased, host_only=True, faults=(Conflict,),
    ),
    Operation(
        name="eraseHall", method="POST", path="/halls/{hall}/erasure", summary="A hall's data is erased", subject=_SUBJECT,
        permission=_ADMIN, handler=erase_hall, body=Confirmed, reply=erase.Erased, host_only=True, faults=(Conflict,),
    ),
)  # fmt: skip
