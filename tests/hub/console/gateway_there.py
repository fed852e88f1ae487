"""A gateway that answers orders: put beside the hub's database, for pages that show what became of an order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from hotspot.hub.api import orders as api
from hotspot.hub.hub import Hub
from hotspot.hub.store import orders
from tests.hub.console.city import done

Reply = Callable[[dict[str, Any]], dict[str, Any]]
SESSIONS: Final = tuple(
    {
        "code": code, "zone": "public", "plan": plan, "accepted_at": 1_795_000_000.0 + 700 * number, "seconds_left": 7_000 - 650 * number,
        "bytes_up": 3 * 10**6 * number, "bytes_down": 90 * 10**6 * number, "volume": 10**9 if number == 2 else None,
        "by_staff": number == 1,
    }
    for number, (code, plan) in enumerate([("K7F-3QX", "free"), ("M2W-8RT", "guest"), ("Q9P-4HB", "free"), ("X3D-7NK", "free")])
)  # fmt: skip
"""As a gateway lists them."""


async def answered(hub: Hub, gateway: str, body: dict[str, Any], reply: dict[str, Any] | None) -> str:
    """An order that was answered so (None: not yet); its number."""
    order = await done(hub, api.give_order, {**body, "wait": 0}, gateway=gateway)
    if reply is not None:
        async with hub.store.transaction() as connection:
            gateway_id = await connection.fetchval("SELECT id FROM gateways WHERE name = $1", gateway)
            await orders.answer(connection, gateway_id, {order.id: reply}, hub.now())
    return order.id


def carried_out(request: dict[str, Any]) -> dict[str, Any]:
    """As a gateway that knows the devices of ``SESSIONS`` answers."""
    if request["type"] == "sessions":
        return {"type": "sessions", "sessions": [*SESSIONS]}
    if request["code"] not in {row["code"] for row in SESSIONS}:
        return {"type": "refused", "code": "unknown", "message": "no device with this code"}
    states = {"kick": "ended", "block": "blocked", "unblock": "captive", "allow": "online"}
    left = 3_600 if request["type"] == "allow" else None
    return {"type": "done", "code": request["code"], "state": states[request["type"]], "seconds_left": left}


@asynccontextmanager
async def there(hub: Hub, gateway: str, reply: Reply = carried_out) -> AsyncIterator[list[dict[str, Any]]]:
    """A gateway that answers every order; the requests that it got."""
    got: list[dict[str, Any]] = []
    async with hub.store.connection() as connection:
        gateway_id = await connection.fetchval("SELECT id FROM gateways WHERE name = $1", gateway)

    async def serve() -> None:
        with hub.signals.awaited(f"gateway {gateway_id}") as heard:
            while True:
                async with hub.store.transaction() as connection:
                    for wanted in await orders.open_for(connection, [gateway_id], hub.now()):
                        got.append(wanted.request)
                        await orders.answer(connection, gateway_id, {wanted.id: reply(wanted.request)}, hub.now())
                await heard.wait()
                heard.clear()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(serve())
        yield got
        task.cancel()
