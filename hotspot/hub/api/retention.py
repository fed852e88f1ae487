"""What was erased because its time was up: the proof that retention is kept."""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.audit import Moment
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.store import retention


class Wanted(Struct, frozen=True, kw_only=True):
    """Which entries."""

    since: Moment | None = None
    """Without it: of the last year."""
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1_000


class ErasedInTime(Struct, frozen=True, kw_only=True):
    """Something that was erased."""

    at: datetime
    rule: str
    """Key of ``[retention]`` in the hub's settings."""
    seconds: float
    """Its value then."""
    subject: str
    """Table."""
    begins: datetime | None
    """What the rows were of: from here (null: from the beginning) …"""
    ends: datetime | None
    """… to here."""
    rows: int


async def list_erased(call: Call) -> list[ErasedInTime]:
    """The newest first."""
    wanted: Wanted = call.query
    since = wanted.since or call.hub.now() - timedelta(days=366)
    async with call.hub.store.connection() as connection:
        found = await retention.log(connection, since, wanted.limit)
    return [ErasedInTime(**{name: getattr(one, name) for name in ErasedInTime.__struct_fields__}) for one in found]


OPERATIONS = (
    Operation(
        name="listErased", method="GET", path="/erased", summary="What was erased because its time was up", subject="data protection",
        permission=Permission.SEE, handler=list_erased, query=Wanted, reply=list[ErasedInTime], host_only=True,
    ),
)  # fmt: skip
