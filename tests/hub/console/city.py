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
from hotspot.hub.api import channels, gateways, halls, identities, inside, login, people, policy, policy_items
from hotspot.hub.api.operations import Call
from hotspot.hub.app import make_runner
from hotspot.hub.hub import Hub
from hotspot.hub.oidc.settings import OpenId
from hotspot.hub.settings import Mail, Settings
from hotspot.hub.store import Store, factors, feedback, tenants
from hotspot.hub.store import people as store_people
from hotspot.lab import history
from hotspot.lab.city import PEOPLE, TOWNS
from tests.hub.console import faces, looks_there, papers
from tests.hub.fleet import Box, says

T = TypeVar("T")
ADMIN: Final = Principal(user="admin", role=Role.HOST_ADMIN, partner=None, permissions=ALLOWED[Role.HOST_ADMIN])
SILENT: Final = "bergdorf-feuerwehr"
FAULTY: Final = "bergdorf-museum"
APP_KEY: Final = b"a key that tests know"[:20]
"""Of the administrator's authenticator app."""
PROVIDER: Final = OpenId(
    issuer="http://127.0.0.1:9", client_id="wlan-hub", callback="http://localhost/login/oidc/callback", label="Stadt Musterstadt"
)
"""Nobody answers there."""
MAIL: Final = Mail(server="127.0.0.1", port=9, sender="wlan@stadt.example", starttls=False)
"""Nobody answers there, either."""
NEW: Final = "kleinheim-bad"
"""It has no gateway yet."""
PLAN: Final = {"title": {"de": "Kostenlos", "en": "Free"}, "down": "10 Mbit/s", "up": "2 Mbit/s", "time": "2 h"}
POLICY: Final[dict[str, Any]] = {
    "plans": {"free": PLAN, "guest": {**PLAN, "title": {"de": "Gutschein", "en": "Voucher"}, "time": "8 h", "voucher": True}},
    "terms": {"version": "2026-10"},
    "zones": {"public": {"plans": ["free", "guest"]}},
}
HOURS: Final = {"open": ["Mon-Wed,Fri 08:00-12:30", "Thu 08:00-12:30, 14:00-18:00"], "closed": ["12-24", "2026-12-28..2026-12-31"]}
FEEDBACK: Final = (
    ("idea", "de", "Endlich WLAN im Wartezimmer. Danke!"),
    ("complaint", "de", "Im Flur vor Zimmer 12 ist kein Empfang."),
    ("idea", "en", "Could the page tell me how long I have to wait?"),
    ("damage", "tr", "Sayfa telefonumda açılmadı."),
    ("idea", "uk", "Дуже зручно, дякую."),
    ("idea", "de", "Bitte auch im Bürgerpark."),
)


WHO: Final = "admin"
"""Who looks at a page unless it says otherwise."""


@asynccontextmanager
async def serving(dsn: str, days: int = 75) -> AsyncIterator[tuple[Hub, str]]:
    """A hub on a database with all tables, the city in it, and its address on loopback: ``localhost``, where passkeys work."""
    async with Store(dsn) as store:
        hub = Hub(Settings(database=dsn, oidc=PROVIDER, mail=MAIL), store)
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


async def build(hub: Hub, days: int = 75) -> None:
    """Everything; ``days``: how long the past is."""
    await people_and_halls(hub)
    await _state(hub, days)
    await done(hub, policy.change_policy, {"documents": [{"scope": "host", "document": POLICY}], "note": "Grundeinstellung"})
    longer = {"scope": "partner/kleinheim", "document": {"plans": {"free": {"time": "3 h"}}}}
    await done(hub, policy.change_policy, {"documents": [longer], "note": "Längere Sitzungen im Bürgeramt"})
    open_ = {"scope": "hall/musterstadt-rathaus", "document": {"hours": {"hall": HOURS}, "hall": {"hours": "hall"}}}
    await done(hub, policy.change_policy, {"documents": [open_], "note": "Öffnungszeiten"})
    await faces.brand(hub)
    await done(hub, policy_items.make_batch, {"plan": "guest", "count": 20, "valid": "30 d"}, hall="kleinheim-rathaus")
    court = {"scope": "partner/kleinheim", "what": "verboten.example", "reason": "court", "case_number": "3 O 112/26"}
    await done(hub, policy_items.add_block, court)
    await papers.lay_out(hub)
    await done(hub, gateways.create_enrolment, {}, hall=NEW)
    await watch.run(hub)
    await look(hub)
    await watch.run(hub)
    await _alarms(hub)
    await _factors(hub)
    await done(hub, identities.link_user, {"subject": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}, user="betrieb")
    await _seen_to(hub)


async def look(hub: Hub) -> None:
    """Visitor, doctor and guard of the hall with a fault look, now: what they found grows old within minutes, tests may run for longer."""
    async with hub.store.transaction() as connection:
        faulty = await tenants.gateway(connection, FAULTY)
        assert faulty is not None
        await looks_there.fill(connection, faulty.hall_id, faulty.id, hub.now())


SEEN_TO: Final = (
    ("kleinheim-rathaus", "wan_down", 12, 3.5, "Leitung vom Anbieter repariert (Bagger am Ortsrand)."),
    ("kleinheim-schule", "silent", 5, 0.4, "Steckdose war abgeschaltet; Hausmeister informiert."),
)
"""Outages that somebody saw to: gateway, kind, how many days ago they began, for how many hours, what was done."""


async def _seen_to(hub: Hub) -> None:
    now = hub.now()
    async with hub.store.transaction() as connection:
        for number, (gateway, kind, days, hours, note) in enumerate(SEEN_TO):
            began, over = now - timedelta(days=days), now - timedelta(days=days, hours=-hours)
            await connection.execute(
                "INSERT INTO alarms_ended (hall_id, ended_at, id, gateway_id, kind, subject, severity, detail, since, raised_at, "
                "acknowledged_by, note, well_since) SELECT hall_id, $2, $3, id, $4, '', 'urgent', '{}', $5, $5, 'betrieb', $6, $7 "
                "FROM gateways WHERE name = $1",
                gateway, over + timedelta(minutes=1), 2_000_000 + number, kind, began, note, over,
            )  # fmt: skip


async def people_and_halls(hub: Hub) -> None:
    """The three towns, their halls, and one user of each role; all have the same password."""
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
            heard = "INSERT INTO streams (hall_id, gateway_id, stream, start, first_at, last_at) VALUES ($1, $2, $3, 1, $4, $5)"
            await connection.execute(heard, hall.id, gateway, f"{gateway:032x}", now - timedelta(days=days), now)
            seen = now - (timedelta(hours=3) if hall.name == SILENT else timedelta(seconds=20))
            await says(connection, Box(hall.id, gateway, hall.name), seen, health)
            kind, language, text = FEEDBACK[number % len(FEEDBACK)]
            said = wire.Feedback(f"{number:016x}", now.timestamp() - number * 5_000, "public", kind, language, text)
            await feedback.insert(connection, hall.id, [said])
    async with hub.store.connection() as connection:
        await history.fill(connection, places, now, days)


async def _factors(hub: Hub) -> None:
    """The administrator has an app, a passkey and recovery codes, and a token for a program; nobody else has."""
    now = hub.now()
    async with hub.store.transaction() as connection:
        admin = await store_people.user(connection, "admin")
        assert admin is not None
        await factors.add_app(connection, admin.id, "", APP_KEY, 0, now - timedelta(days=30))
        await factors.add_passkey(connection, admin.id, "Dienst-Laptop", b"a passkey", b"its key", 0, now - timedelta(days=12))
        await factors.give_codes(connection, admin.id, [bytes([number]) * 32 for number in range(9)], now)
    await done(hub, login.create_my_token, {"name": "grafana", "permissions": ["metrics", "see"]})


ALARMS: Final[tuple[tuple[str, str, str, str, dict[str, Any], timedelta, str], ...]] = (
    (SILENT, "silent", "", "urgent", {}, timedelta(hours=3), ""),
    (FAULTY, "wan_down", "", "urgent", {}, timedelta(minutes=25), ""),
    ("musterstadt-bibliothek", "pool", "public", "warning", {"percent": 93}, timedelta(hours=5), "betrieb"),
)
"""In force: hall, kind, subject, severity, detail, since when, and who sees to it."""


async def _alarms(hub: Hub) -> None:
    """Some in force, more than a page of past ones, and who is told of them."""
    now = hub.now()
    async with hub.store.transaction() as connection:
        for hall, kind, subject, severity, detail, ago, seen in ALARMS:
            await connection.execute(
                "INSERT INTO alarms (hall_id, gateway_id, kind, subject, severity, detail, since, raised_at, acknowledged_at, "
                "acknowledged_by, note) SELECT g.hall_id, g.id, $2, $3, $4, $5, $6, $6, $7, $8, $9 FROM gateways g WHERE g.name = $1 "
                "ON CONFLICT (hall_id, gateway_id, kind, subject) DO UPDATE SET raised_at = excluded.raised_at, since = excluded.since",
                hall, kind, subject, severity, {"seen": (now - ago).timestamp()} if kind == "silent" else detail, now - ago,
                now - ago / 2 if seen else None, seen,
                "Das Netz wird am Freitag vergrößert." if seen else "",
            )  # fmt: skip
        for number in range(60):
            began = now - timedelta(hours=11 * number + 9)
            await connection.execute(
                "INSERT INTO alarms_ended (hall_id, ended_at, id, gateway_id, kind, subject, severity, detail, since, raised_at, "
                "acknowledged_by, note) SELECT hall_id, $2, $3, id, $4, '', $5, $6, $7, $7, '', '' "
                "FROM gateways ORDER BY name OFFSET $1 LIMIT 1",
                number % 10, began + timedelta(minutes=7 + 3 * number), 1_000_000 - number, ("wan_down", "silent", "disk")[number % 3],
                ("urgent", "urgent", "warning")[number % 3], ({}, {"seen": began.timestamp()}, {"percent": 8})[number % 3], began,
            )  # fmt: skip
    mail = {"name": "it-team", "kind": "mail", "recipients": ["it@stadt.example"], "quiet_from": "22:00", "quiet_until": "06:00"}
    await done(hub, channels.create_channel, mail)
    hook = {"name": "kleinheim-chat", "kind": "webhook", "url": "https://chat.kleinheim.example/hook", "partner": "kleinheim"}
    await done(hub, channels.create_channel, hook)
