"""A city for the console's pages: three towns with twelve halls, some weeks behind them, and something of everything that pages show."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from hotspot import wire
from hotspot.hub import passwords, watch
from hotspot.hub.access import ALLOWED, Principal, Role
from hotspot.hub.api import gateways, halls, inside, people, policy, policy_items
from hotspot.hub.api.operations import Call
from hotspot.hub.app import make_runner
from hotspot.hub.hub import Hub
from hotspot.hub.settings import Settings
from hotspot.hub.store import Store, feedback, tenants
from hotspot.lab import history
from hotspot.lab.city import PEOPLE, TOWNS
from tests.hub.fleet import Box, says

T = TypeVar("T")
ADMIN: Final = Principal(user="admin", role=Role.HOST_ADMIN, partner=None, permissions=ALLOWED[Role.HOST_ADMIN])
SILENT: Final = "bergdorf-feuerwehr"
FAULTY: Final = "bergdorf-museum"
NEW: Final = "kleinheim-bad"
"""It has no gateway yet."""
PLAN: Final = {"title": {"de": "Kostenlos", "en": "Free"}, "down": "10 Mbit/s", "up": "2 Mbit/s", "time": "2 h"}
POLICY: Final[dict[str, Any]] = {
    "plans": {"free": PLAN, "guest": {**PLAN, "title": {"de": "Gutschein", "en": "Voucher"}, "time": "8 h", "voucher": True}},
    "terms": {"version": "2026-10"},
    "zones": {"public": {"plans": ["free", "guest"]}},
}
FEEDBACK: Final = (
    ("praise", "de", "Endlich WLAN im Wartezimmer. Danke!"),
    ("problem", "de", "Im Flur vor Zimmer 12 ist kein Empfang."),
    ("idea", "en", "Could the page tell me how long I have to wait?"),
    ("problem", "tr", "Sayfa telefonumda açılmadı."),
    ("praise", "uk", "Дуже зручно, дякую."),
    ("idea", "de", "Bitte auch im Bürgerpark."),
)


WHO: Final = "admin"
"""Who looks at a page unless it says otherwise."""


@asynccontextmanager
async def serving(dsn: str, days: int = 40) -> AsyncIterator[tuple[Hub, str]]:
    """A hub on a database with all tables, the city in it, and its address on loopback: ``localhost``, where passkeys work."""
    async with Store(dsn) as store:
        hub = Hub(Settings(database=dsn), store)
        await build(hub, days)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(store.listen())
            runner = make_runner(hub, 0.1)
            await runner.setup()
            try:
                await web.TCPSite(runner, "localhost", 0).start()
                yield hub, f"http://localhost:{runner.addresses[0][1]}"
            finally:
                await runner.cleanup()
                listening.cancel()


async def done(hub: Hub, handler: Callable[[Call], Awaitable[T]], body: Any = None, **path: str) -> T:
    """Something that the administrator does."""
    return await inside.ask(hub, ADMIN, handler, path, {}, body, "127.0.0.1")


async def build(hub: Hub, days: int = 40) -> None:
    """Everything; ``days``: how long the past is."""
    await _people_and_halls(hub)
    await _state(hub, days)
    await done(hub, policy.change_policy, {"documents": [{"scope": "host", "document": POLICY}], "note": "Grundeinstellung"})
    longer = {"scope": "partner/kleinheim", "document": {"plans": {"free": {"time": "3 h"}}}}
    await done(hub, policy.change_policy, {"documents": [longer], "note": "Längere Sitzungen im Bürgeramt"})
    await done(hub, policy_items.make_batch, {"plan": "guest", "count": 20, "valid": "30 d"}, hall="kleinheim-rathaus")
    court = {"scope": "partner/kleinheim", "what": "verboten.example", "reason": "court", "case_number": "3 O 112/26"}
    await done(hub, policy_items.add_block, court)
    await done(hub, gateways.create_enrolment, {}, hall=NEW)
    await watch.run(hub)


async def _people_and_halls(hub: Hub) -> None:
    for town, (title, places) in TOWNS.items():
        await done(hub, halls.create_partner, {"name": town, "title": title, "contact": f"it@{town}.example"})
        for name, (hall_title, _) in places.items():
            await done(hub, halls.create_hall, {"partner": town, "name": name, "title": hall_title})
    for name, (role, partner) in PEOPLE.items():
        user = {"name": name, "role": role.value, "full_name": f"{name.title()} Muster", "email": f"{name}@stadt.example"}
        await done(hub, people.create_user, user if partner is None else {**user, "partner": partner})
    hashed = await passwords.hashed("ein langes Kennwort")
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE users SET password_hash = $1", hashed)


async def _state(hub: Hub, days: int) -> None:
    """Gateways that have spoken, their past, and what visitors said."""
    now = hub.now()
    places: list[history.Place] = []
    async with hub.store.transaction() as connection:
        for number, hall in enumerate(await tenants.halls(connection, None)):
            size = TOWNS[hall.partner][1][hall.name][1]
            places.append(history.Place(hall.id, 0, hall.time_zone, size))
            await connection.execute("INSERT INTO zones (hall_id, name) VALUES ($1, 'public')", hall.id)
            if hall.name == NEW:
                continue
            gateway = await connection.fetchval("INSERT INTO gateways (hall_id, name) VALUES ($1, $2) RETURNING id", hall.id, hall.name)
            zones = (wire.ZoneHealth("public", online=int(size * 2), pool_used=int(size * 3), pool_size=500),)
            health = wire.Health(
                software="0.1.0", started=now.timestamp() - 90_000, zones=zones, accepts=320, disk_free=20 * 10**9, disk_size=32 * 10**9,
                certificate_until=now.timestamp() + 60 * 86_400, policy=1,
            )  # fmt: skip
            if hall.name == FAULTY:
                health = msgspec.structs.replace(health, internet=False, faults=("the line to the Internet is down",))
            seen = now - (timedelta(hours=3) if hall.name == SILENT else timedelta(seconds=20))
            await says(connection, Box(hall.id, gateway, hall.name), seen, health)
            kind, language, text = FEEDBACK[number % len(FEEDBACK)]
            said = wire.Feedback(f"{number:016x}", now.timestamp() - number * 5_000, "public", kind, language, text)
            await feedback.insert(connection, hall.id, [said])
    async with hub.store.connection() as connection:
        await history.fill(connection, places, now, days)
