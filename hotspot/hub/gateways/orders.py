"""What became of orders: a gateway answers; only answers to its own orders are taken, of a kind that fits, without what is not asked."""

from typing import Any, Final

import msgspec
import structlog

from hotspot import control, wire
from hotspot.hub.hub import Hub
from hotspot.hub.store import orders
from hotspot.hub.store.tenants import Gateway

_REPLIES: Final[dict[str, Any]] = {
    "status": control.StatusIs | control.Refused,
    "sessions": control.SessionsAre | control.Refused,
    "kick": control.Done | control.Refused,
    "block": control.Done | control.Refused,
    "unblock": control.Done | control.Refused,
    "allow": control.Done | control.Refused,
}
"""Kind of an order -> what may be answered."""
LONGEST_MESSAGE: Final = 500
"""Characters of a refusal's text."""

log = structlog.get_logger("orders")


async def take(hub: Hub, gateway: Gateway, answers: wire.Answers) -> None:
    """Write down the answers to that gateway's open orders; others are passed over: they came before, or are none of its business."""
    replies = {answer.id: answer.reply for answer in answers.answers}
    async with hub.store.transaction() as connection:
        asked = await orders.asked(connection, gateway.id, list(replies))
        checked = {order_id: checked_reply(kind, replies[order_id]) for order_id, kind in asked.items()}
        await orders.answer(connection, gateway.id, checked, hub.now())
    if len(asked) < len(replies):
        log.info("answers passed over", gateway=gateway.name, number=len(replies) - len(asked))


def checked_reply(kind: str, reply: dict[str, Any]) -> dict[str, Any]:
    """A reply as the hub keeps it: only what belongs to this kind of order, or a refusal that says that it made no sense."""
    try:
        read: control.AnyReply = msgspec.convert(reply, _REPLIES[kind])
    except msgspec.ValidationError as error:
        read = control.Refused("bad_reply", f"the gateway's answer cannot be read: {error}"[:LONGEST_MESSAGE])
    if isinstance(read, control.Refused):
        read = control.Refused(read.code[:32], read.message[:LONGEST_MESSAGE])
    built: dict[str, Any] = msgspec.to_builtins(read)
    return built
