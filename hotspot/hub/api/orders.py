"""Live orders: what a gateway is to do now, and what it answered."""

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from hotspot import control
from hotspot.hub.access import Permission
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound, TooMany
from hotspot.hub.store import audit, orders
from hotspot.session.codes import parse_code

RECHECK: Final = 2.0
"""Seconds after which the database is asked although no signal came."""

Code = Annotated[str, Meta(min_length=6, max_length=32)]
Zone = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,15}$(?!\n)")] | None
Wait = Annotated[float, Meta(ge=0, le=30)]
Seconds = Annotated[float, Meta(ge=1, le=31_622_400)] | None
Valid = Annotated[float, Meta(ge=5, le=3_600)]


class _Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="order"):
    """What all orders have."""

    wait: Wait = 5.0
    """Seconds to wait for the gateway's answer; without one until then the order's state is ``pending`` or ``sent``."""
    valid: Valid = 60.0
    """Seconds for which the order is wanted; a gateway that is away for longer never hears of it."""


class End(_Order, frozen=True, tag="end"):
    """End a session; the visitor may accept again."""

    code: Code
    """Device code, as the visitor reads it from their screen: ``K7F-3QX``."""
    zone: Zone = None
    """For a device that is known in several zones; null: where it was last."""


class Block(_Order, frozen=True, tag="block"):
    """End the session, if any, and keep the device out."""

    code: Code
    zone: Zone = None
    reason: Annotated[str, Meta(max_length=200)] = ""
    """Shown to the visitor."""
    seconds: Seconds = None
    """From now; null: until it is lifted."""


class Unblock(_Order, frozen=True, tag="unblock"):
    """Lift a block; the visitor may accept again."""

    code: Code
    zone: Zone = None


class Allow(_Order, frozen=True, tag="allow"):
    """Let a device in without an acceptance; lifts a block."""

    code: Code
    zone: Zone = None
    plan: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$(?!\n)")] | None = None
    """Null: the zone's first plan; of one that is online: the plan it has."""
    seconds: Seconds = None
    """Null: the plan's time."""


class Status(_Order, frozen=True, tag="status"):
    """How the gateway is. The answer is erased after 5 minutes: its alarms name device codes."""


class Sessions(_Order, frozen=True, tag="sessions"):
    """The sessions in progress, by device code. The answer is erased after 5 minutes."""


AnyOrder = End | Block | Unblock | Allow | Status | Sessions


class Order(Struct, frozen=True, kw_only=True):
    """An order and what became of it."""

    id: str
    gateway: str
    order: str
    state: str
    """``pending`` | ``sent`` (on its way) | ``done`` | ``refused`` (by the gateway; ``answer`` says why) | ``expired`` (never answered)."""
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    answer: dict[str, Any] | None
    """As the hall's own command line would get it."""


async def give_order(call: Call) -> Order:
    """Tell a gateway to do something now. Answered when the gateway has answered, or after ``wait`` seconds."""
    wanted: AnyOrder = call.body
    request = _request(wanted)
    hub, order_id, now = call.hub, secrets.token_hex(16), call.hub.now()
    with hub.signals.awaited(f"order {order_id}") as heard:
        async with hub.store.transaction() as connection:
            gateway = await call.gateway(connection)
            if gateway.revoked_at is not None:
                raise Conflict(f"gateway = {gateway.name!r}: expected one that is not revoked")
            kind = request["type"]
            until = now + timedelta(seconds=wanted.valid)
            if not await orders.add(connection, order_id, gateway.hall_id, gateway.id, kind, request, call.actor, now, until):
                raise TooMany(f"{orders.OPEN_AT_ONCE} orders wait for {gateway.name} already", 30.0)
            # Without the device code: the audit log is kept for years.
            action, detail = f"order.{_NAMES[kind]}", {"order": order_id, "valid": wanted.valid}
            await audit.write(
                connection, call.actor, action, partner=gateway.partner, hall=gateway.hall, subject=gateway.name, detail=detail
            )
        return await _answered(call, order_id, heard, wanted.wait)


async def show_order(call: Call) -> Order:
    """What became of an order. Orders are erased after an hour, those that list devices after 5 minutes."""
    return await _read(call, call.path["order"])


async def _answered(call: Call, order_id: str, heard: asyncio.Event, seconds: float) -> Order:
    """The order once it is answered, or as it is when the time is up or the process stops."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while True:
        left = until - loop.time()
        if left > 0:
            try:
                async with asyncio.timeout(min(left, RECHECK)):
                    await heard.wait()
            except TimeoutError:
                pass
            else:
                heard.clear()
        found = await _read(call, order_id)
        if left <= 0 or found.answered_at is not None or call.hub.signals.stopping:
            return found


async def _read(call: Call, order_id: str) -> Order:
    now = call.hub.now()
    async with call.hub.store.connection() as connection:
        found = await orders.order(connection, order_id, now)
    if found is None or not call.who.sees(found.partner):
        raise NotFound(f"order = {order_id!r}: expected an order of the last hour")
    if found.reply is not None:
        state = "refused" if found.reply.get("type") == "refused" else "done"
    elif found.expires_at <= now:
        state = "expired"
    else:
        state = "pending" if found.delivered_at is None else "sent"
    return Order(
        id=found.id,
        gateway=found.gateway,
        order=_NAMES[found.kind],
        state=state,
        created_at=found.created_at,
        expires_at=found.expires_at,
        sent_at=found.delivered_at,
        answered_at=found.answered_at,
        answer=found.reply,
    )


_NAMES: Final = {"kick": "end", "block": "block", "unblock": "unblock", "allow": "allow", "status": "status", "sessions": "sessions"}
"""As the hall's control socket names it -> as the API does."""


def _request(wanted: AnyOrder) -> dict[str, Any]:
    """As the gateway reads it. Raises ``BadRequest`` for what is no device code."""
    match wanted:
        case End():
            request: control.AnyRequest = control.Kick(_code(wanted.code), wanted.zone)
        case Block():
            request = control.Block(_code(wanted.code), wanted.reason, wanted.seconds, wanted.zone)
        case Unblock():
            request = control.Unblock(_code(wanted.code), wanted.zone)
        case Allow():
            request = control.Allow(_code(wanted.code), wanted.plan, wanted.seconds, wanted.zone)
        case Status():
            request = control.Status()
        case _:
            request = control.Sessions()
    built: dict[str, Any] = msgspec.to_builtins(request)
    return built


def _code(text: str) -> str:
    try:
        return parse_code(text)
    except ValueError as error:
        raise BadRequest(f"code: {error}") from None


OPERATIONS = (
    Operation(
        name="giveOrder", method="POST", path="/gateways/{gateway}/orders", summary="A gateway is to do something now", subject="orders",
        permission=Permission.OPERATE, handler=give_order, body=AnyOrder, reply=Order, status=201, faults=(Conflict, TooMany),
        largest=8_192,
    ),
    Operation(
        name="showOrder", method="GET", path="/orders/{order}", summary="What became of an order", subject="orders",
        permission=Permission.OPERATE, handler=show_order, reply=Order,
    ),
)  # fmt: skip
