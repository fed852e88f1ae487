"""What visitors told the town: ideas, complaints, damage. A partner's people see that of their halls."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.alarms import Kind
from hotspot.hub.api.export import MEDIA_TYPE, csv_bytes
from hotspot.hub.api.halls import Name
from hotspot.hub.api.operations import Call, Operation, Pieces
from hotspot.hub.api.problems import NotFound
from hotspot.hub.store import Connection, audit, feedback
from hotspot.hub.store.feedback import Count, Message

_AT_ONCE = 500


class Filter(Struct, frozen=True, kw_only=True):
    """Which messages; what is not said does not matter."""

    partner: Name | None = None
    hall: Name | None = None
    kind: Kind | None = None
    language: Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$(?!\n)")] | None = None
    """Of the page that it was written on."""
    since: datetime | None = None
    """Came at this moment or later."""
    until: datetime | None = None
    """Came before this moment."""
    done: bool | None = None
    """``true``: dealt with; ``false``: not yet."""


class Wanted(Filter, frozen=True, kw_only=True):
    """Which messages, and how many at once."""

    before: Annotated[int, Meta(ge=1, le=2**62)] | None = None
    """``number`` of the last one of the page before."""
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class FeedbackStatus(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a message was dealt with."""

    done: bool
    note: Annotated[str, Meta(max_length=500)] = ""


def _wanted(call: Call, query: Filter, before: int | None) -> feedback.Wanted:
    return feedback.Wanted(
        partner=call.within(query.partner),
        hall=query.hall,
        kind=query.kind,
        language=query.language,
        done=query.done,
        since=query.since,
        until=query.until,
        before=before,
    )


async def list_feedback(call: Call) -> list[Message]:
    """The newest first."""
    query: Wanted = call.query
    async with call.hub.store.connection() as connection:
        return await feedback.messages(connection, _wanted(call, query, query.before), query.limit)


async def count_feedback(call: Call) -> list[Count]:
    """How many there are, by kind, language and whether they were dealt with."""
    async with call.hub.store.connection() as connection:
        return await feedback.counts(connection, _wanted(call, call.query, None))


async def export_feedback(call: Call) -> Pieces:
    """All messages as CSV, the newest first."""
    query: Filter = call.query
    _wanted(call, query, None)

    async def pieces() -> AsyncIterator[bytes]:
        yield csv_bytes([Message.__struct_fields__])
        before = None
        while True:
            async with call.hub.store.connection() as connection:
                found = await feedback.messages(connection, _wanted(call, query, before), _AT_ONCE)
            if not found:
                return
            yield csv_bytes([[getattr(message, name) for name in Message.__struct_fields__] for message in found])
            before = found[-1].number

    return Pieces(pieces(), MEDIA_TYPE, "feedback.csv")


async def show_feedback(call: Call) -> Message:
    """One message."""
    async with call.hub.store.connection() as connection:
        return await _found(call, connection)


async def set_feedback(call: Call) -> Message:
    """A message was dealt with, or was not after all."""
    wanted: FeedbackStatus = call.body
    async with call.hub.store.transaction() as connection:
        found = await _found(call, connection)
        at, by = (call.hub.now(), call.who.user) if wanted.done else (None, "")
        await feedback.mark(connection, found.number, at, by, wanted.note.strip())
        action = "feedback.done" if wanted.done else "feedback.reopen" if found.done_at is not None else "feedback.note"
        await audit.write(connection, call.actor, action, partner=found.partner, hall=found.hall, subject=f"{found.number}")
        return await _found(call, connection)


async def _found(call: Call, connection: Connection) -> Message:
    """The message of the path. Raises ``NotFound``, also for one that is none of this user's business."""
    found = await feedback.message(connection, int(call.path["message"]))
    if found is None or not call.who.sees(found.partner):
        raise NotFound(f"message = {call.path['message']}: expected the number of a message that is still kept")
    return found


_SEE, _OPERATE = Permission.SEE, Permission.OPERATE
OPERATIONS = (
    Operation(
        name="listFeedback", method="GET", path="/feedback", summary="What visitors told the town", subject="feedback",
        permission=_SEE, handler=list_feedback, query=Wanted, reply=list[Message],
    ),
    Operation(
        name="exportFeedback", method="GET", path="/feedback.csv", summary="The same as CSV", subject="feedback",
        permission=_SEE, handler=export_feedback, query=Filter, reply=Pieces, media_type=MEDIA_TYPE,
    ),
    Operation(
        name="countFeedback", method="GET", path="/feedback/counts", summary="How many messages there are", subject="feedback",
        permission=_SEE, handler=count_feedback, query=Filter, reply=list[Count],
    ),
    Operation(
        name="showFeedback", method="GET", path="/feedback/{message}", summary="One message", subject="feedback",
        permission=_SEE, handler=show_feedback, reply=Message,
    ),
    Operation(
        name="setFeedback", method="PUT", path="/feedback/{message}/status", summary="A message was dealt with", subject="feedback",
        permission=_OPERATE, handler=set_feedback, body=FeedbackStatus, reply=Message,
    ),
)  # fmt: skip
