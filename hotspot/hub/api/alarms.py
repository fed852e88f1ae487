"""Alarms: what is amiss now, what was, and who sees to it. A partner's people see those of their halls."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct

from hotspot.hub.access import Permission
from hotspot.hub.alarm_texts import say
from hotspot.hub.api.audit import Moment
from hotspot.hub.api.halls import Name
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import Conflict, NotFound
from hotspot.hub.store import Connection, alarms, audit
from hotspot.hub.store.pool import notify

Kind = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$(?!\n)")]


class Alarm(Struct, frozen=True, kw_only=True):
    """One alarm."""

    id: int
    partner: str | None
    """None: of the hub itself."""
    hall: str | None
    gateway: str | None
    """None: of the hall as a whole, or of the hub."""
    kind: str
    """``silent``, ``wan_down``, ``firewall_down``, ``journal``, ``accept_errors``, ``pool``, ``certificate``, ``disk``, ``drift`` …"""
    subject: str
    """A zone, a channel; "" when it is of the gateway as a whole."""
    severity: str
    """``notice`` | ``warning`` | ``urgent``."""
    text: str
    """What it says, in English."""
    german: str
    """The same in German."""
    detail: dict[str, Any]
    """The numbers of the text."""
    since: datetime
    """The condition holds."""
    raised_at: datetime
    """It had held long enough to be told."""
    ended_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    note: str
    """Of who acknowledged it."""


class InForce(Struct, frozen=True, kw_only=True):
    """Which alarms; what is not said does not matter."""

    partner: Name | None = None
    hall: Name | None = None
    kind: Kind | None = None


class Past(InForce, frozen=True, kw_only=True):
    """Which alarms that have ended."""

    since: Moment | None = None
    """Ended at or after; None: in the last 30 days."""
    until: Moment | None = None
    """Ended before; None: now."""
    before: Annotated[int, Meta(ge=1, le=2**62)] | None = None
    """``id`` of the last one of the page before."""
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class Acknowledgement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody sees to it."""

    note: Annotated[str, Meta(max_length=500)] = ""


def _alarm(found: alarms.Alarm) -> Alarm:
    words = say(found.kind, found.detail)
    fields = {name: getattr(found, name) for name in alarms.Alarm.__struct_fields__}
    return Alarm(**fields, text=words.english, german=words.german)


async def list_alarms(call: Call) -> list[Alarm]:
    """All that are in force, the gravest first."""
    query: InForce = call.query
    wanted = alarms.Wanted(partner=call.within(query.partner), hall=query.hall, kind=query.kind)
    async with call.hub.store.connection() as connection:
        return [_alarm(found) for found in await alarms.in_force(connection, wanted)]


async def list_past_alarms(call: Call) -> list[Alarm]:
    """Those that have ended, the newest first; ``retention.alarms`` says how long they are kept."""
    query: Past = call.query
    until = query.until or call.hub.now()
    wanted = alarms.Wanted(partner=call.within(query.partner), hall=query.hall, kind=query.kind, before=query.before)
    async with call.hub.store.connection() as connection:
        found = await alarms.ended(connection, wanted, query.since or until - timedelta(days=30), until, query.limit)
    return [_alarm(each) for each in found]


async def show_alarm(call: Call) -> Alarm:
    """One alarm, in force or ended."""
    async with call.hub.store.connection() as connection:
        return _alarm(await _found(call, connection))


async def acknowledge_alarm(call: Call) -> Alarm:
    """Somebody sees to it. An alarm of an event (an old image, a twin) ends with that; one of a state ends when that is over."""
    wanted: Acknowledgement = call.body
    async with call.hub.store.transaction() as connection:
        found = await _found(call, connection)
        if found.ended_at is not None:
            raise Conflict(f"alarm {found.id} has ended")
        await alarms.acknowledge(connection, found.id, call.hub.now(), call.who.user, wanted.note.strip())
        detail = {"kind": found.kind, "gateway": found.gateway, "note": wanted.note.strip()}
        await audit.write(
            connection, call.actor, "alarm.acknowledge", partner=found.partner, hall=found.hall, subject=f"{found.id}", detail=detail
        )
        await notify(connection, "alarms")
        return _alarm(await _found(call, connection))


async def _found(call: Call, connection: Connection) -> alarms.Alarm:
    """The alarm of the path. Raises ``NotFound``, also for one that is none of this user's business."""
    found = await alarms.alarm(connection, int(call.path["alarm"]))
    if found is None or not (call.who.partner is None or call.who.partner == found.partner):
        raise NotFound(f"alarm = {call.path['alarm']}: expected the number of an alarm that is still kept")
    return found


_SEE, _OPERATE = Permission.SEE, Permission.OPERATE
OPERATIONS = (
    Operation(
        name="listAlarms", method="GET", path="/alarms", summary="What is amiss now", subject="alarms",
        permission=_SEE, handler=list_alarms, query=InForce, reply=list[Alarm],
    ),
    Operation(
        name="listPastAlarms", method="GET", path="/alarms/past", summary="Alarms that have ended", subject="alarms",
        permission=_SEE, handler=list_past_alarms, query=Past, reply=list[Alarm],
    ),
    Operation(
        name="showAlarm", method="GET", path="/alarms/{alarm}", summary="One alarm", subject="alarms",
        permission=_SEE, handler=show_alarm, reply=Alarm,
    ),
    Operation(
        name="acknowledgeAlarm", method="POST", path="/alarms/{alarm}/acknowledge", summary="Somebody sees to it", subject="alarms",
        permission=_OPERATE, handler=acknowledge_alarm, body=Acknowledgement, reply=Alarm, faults=(Conflict,),
    ),
)  # fmt: skip
