"""The audit log: who changed what and when. A partner's people see the entries of their partner."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.export import MEDIA_TYPE, csv_bytes
from hotspot.hub.api.halls import Name
from hotspot.hub.api.operations import Call, Operation, Pieces
from hotspot.hub.store import audit

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE: Final = 1_000
"""Entries of one query when all are wanted."""

Moment = Annotated[datetime, Meta(tz=True)]


class Entry(Struct, frozen=True, kw_only=True):
    """One change."""

    at: datetime
    actor: str
    """``user anna`` | ``gateway rathaus-1`` | ``hub``."""
    action: str
    """As ``hall.create``."""
    partner: str | None
    hall: str | None
    subject: str
    """What it was done to, by name."""
    detail: dict[str, Any]


class Filter(Struct, frozen=True, kw_only=True):
    """Which entries; what is not said does not matter."""

    since: Moment | None = None
    until: Moment | None = None
    """Before this moment."""
    partner: Name | None = None
    hall: Name | None = None
    actor: Annotated[str, Meta(max_length=100)] | None = None
    """As ``user anna``."""
    action: Annotated[str, Meta(max_length=60)] | None = None
    """As ``hall.create``; ``hall.`` stands for all that begin so."""
    subject: Annotated[str, Meta(max_length=200)] | None = None
    """What it was done to, by its exact name."""


class Wanted(Filter, frozen=True, kw_only=True):
    """Which entries, and how many at once."""

    cursor: Annotated[str, Meta(pattern=r"^[0-9]{1,16}-[0-9]{1,18}$(?!\n)")] | None = None
    """``next`` of the page before."""
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class Page(Struct, frozen=True, kw_only=True):
    """Some entries, the newest first."""

    entries: list[Entry]
    next: str | None
    """``cursor`` of the next page; None: this was the last one."""


async def list_audit(call: Call) -> Page:
    """The newest first; pages stay as they are while new entries come."""
    query: Wanted = call.query
    wanted = _wanted(call, query, _position(query.cursor))
    async with call.hub.store.connection() as connection:
        found = await audit.entries(connection, wanted, query.limit + 1)
    more = len(found) > query.limit
    found = found[: query.limit]
    return Page(entries=[_entry(entry) for entry in found], next=_cursor(found[-1]) if more else None)


async def export_audit(call: Call) -> Pieces:
    """All entries as CSV, the newest first."""
    query: Filter = call.query
    wanted = _wanted(call, query, None)

    async def pieces() -> AsyncIterator[bytes]:
        yield csv_bytes([Entry.__struct_fields__])
        before = None
        while True:
            async with call.hub.store.connection() as connection:
                found = await audit.entries(connection, msgspec.structs.replace(wanted, before=before), _AT_ONCE)
            if not found:
                return
            yield csv_bytes([[getattr(entry, name) for name in Entry.__struct_fields__] for entry in found])
            before = (found[-1].at, found[-1].id)

    return Pieces(pieces(), MEDIA_TYPE, "audit.csv")


def _wanted(call: Call, query: Filter, before: tuple[datetime, int] | None) -> audit.Wanted:
    return audit.Wanted(
        since=query.since,
        until=query.until,
        partner=call.within(query.partner),
        hall=query.hall,
        actor=query.actor,
        action=query.action,
        subject=query.subject,
        before=before,
    )


def _entry(entry: audit.Entry) -> Entry:
    return Entry(**{name: getattr(entry, name) for name in Entry.__struct_fields__})


def _cursor(entry: audit.Entry) -> str:
    """Microseconds since 1970 and number: exact, and of no meaning to anybody else."""
    return f"{(entry.at - _EPOCH) // timedelta(microseconds=1)}-{entry.id}"


def _position(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    moment, _, number = cursor.partition("-")
    return _EPOCH + timedelta(microseconds=int(moment)), int(number)


OPERATIONS = (
    Operation(
        name="listAudit", method="GET", path="/audit", summary="Who changed what and when", subject="audit",
        permission=Permission.EDIT, handler=list_audit, query=Wanted, reply=Page,
    ),
    Operation(
        name="exportAudit", method="GET", path="/audit.csv", summary="The same as CSV", subject="audit",
        permission=Permission.EDIT, handler=export_audit, query=Filter, reply=Pieces, media_type=MEDIA_TYPE,
    ),
)  # fmt: skip
