"""Erasure of a partner that has left, or of a hall that is closed: all of its rows, in one transaction, with the numbers on record."""

from msgspec import Struct

from hotspot.hub.store import Connection, audit, erasure, tenants
from hotspot.hub.store.ownership import Scope, of_hall, of_partner
from hotspot.hub.store.pool import notify


class NotYet(Exception):
    """It still takes part; the text says what has to be done before."""


class Erased(Struct, frozen=True):
    """What is gone."""

    subject: str
    """``partner kleinheim`` or ``hall kleinheim-rathaus``."""
    rows: dict[str, int]
    """By table."""


async def erase_partner(connection: Connection, partner: tenants.Partner, actor: str) -> Erased:
    """Raises ``NotYet`` for a partner that has not left."""
    if partner.left_at is None:
        raise NotYet(f"{partner.name} takes part: export what it wants to keep, then let it leave (hotspot hub partner leave)")
    return await _erase(connection, await of_partner(connection, partner.id, partner.name), "partner", partner.name, actor)


async def erase_hall(connection: Connection, hall: tenants.Hall, actor: str) -> Erased:
    """Raises ``NotYet`` for a hall that is not closed."""
    if hall.closed_at is None:
        raise NotYet(f"{hall.name} is open: export what is to be kept, then close it (hotspot hub hall close)")
    return await _erase(connection, of_hall(hall.id, hall.name), "hall", hall.name, actor)


async def _erase(connection: Connection, scope: Scope, kind: str, name: str, actor: str) -> Erased:
    """The entry in the audit log is the host's (it names no partner in its column), so that the next erasure does not take it."""
    told = await erasure.gateways(connection, scope)
    rows = await erasure.erase(connection, scope)
    await audit.write(connection, actor, f"{kind}.erase", subject=name, detail={"rows": rows})
    for gateway in told:
        await notify(connection, f"credential {gateway}")
    return Erased(f"{kind} {name}", rows)
