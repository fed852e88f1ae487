"""Where something is said at all: the scopes that have documents, and the zones that there are."""

from datetime import datetime

from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.policy_halls import OfPartnerPolicy
from hotspot.hub.policy.documents import LOCKED
from hotspot.hub.store import Connection, policies


class PolicyScope(Struct, frozen=True, kw_only=True):
    """One scope that says something."""

    scope: str
    serial: int
    """Of its last change."""
    author: str
    at: datetime
    note: str
    sections: list[str]
    """Sections of the settings that it says something of, and ``locked``."""


class HallZones(Struct, frozen=True, kw_only=True):
    """The zones of one hall."""

    hall: str
    partner: str
    zones: list[str]
    """As its gateways told."""


async def list_documents(call: Call) -> list[PolicyScope]:
    """Every scope whose document is not empty, without what it says: the host's, and those of all partners or of one."""
    query: OfPartnerPolicy = call.query
    async with call.hub.store.transaction(snapshot=True) as connection:
        partner = call.within(query.partner)
        found = await _halls(connection, partner)
        partners, ids = (None, None) if partner is None else (sorted({one.partner_id for one in found}), [one.id for one in found])
        documents = await policies.documents(connection, None, partners, ids)
    halls = {one.name for one in found}
    return [
        PolicyScope(
            scope=one.scope,
            serial=one.serial,
            author=one.author,
            at=one.at,
            note=one.note,
            sections=[key for key, value in one.document.items() if value not in ({}, []) or key == LOCKED],
        )
        for one in documents
        if one.document and _is_open(one.scope, halls, partner)
    ]


async def _halls(connection: Connection, partner: str | None) -> list[policies.Hall]:
    return [one for one in await policies.halls(connection) if partner in (None, one.partner)]


def _is_open(scope: str, halls: set[str], partner: str | None) -> bool:
    """Not one of a hall that is closed, or of another partner."""
    level, _, name = scope.partition("/")
    if level == "host":
        return True
    return partner in (None, name) if level == "partner" else name.partition("/")[0] in halls


async def list_zones(call: Call) -> list[HallZones]:
    """All halls that are not closed, each with its zones."""
    query: OfPartnerPolicy = call.query
    async with call.hub.store.connection() as connection:
        found = await _halls(connection, call.within(query.partner))
    return [HallZones(hall=one.name, partner=one.partner, zones=list(one.zones)) for one in found]


OPERATIONS = (
    Operation(
        name="listPolicyDocuments", method="GET", path="/policy/documents", summary="Which scopes say something", subject="policy",
        permission=Permission.SEE, handler=list_documents, query=OfPartnerPolicy, reply=list[PolicyScope],
    ),
    Operation(
        name="listZones", method="GET", path="/zones", summary="Which zones there are", subject="policy",
        permission=Permission.SEE, handler=list_zones, query=OfPartnerPolicy, reply=list[HallZones],
    ),
)  # fmt: skip
