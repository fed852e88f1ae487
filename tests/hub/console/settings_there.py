"""Drafts and roll-outs for pages that show them."""

from typing import Any

from hotspot.hub.api import policy, policy_halls
from hotspot.hub.hub import Hub
from hotspot.hub.policy import changes
from hotspot.hub.policy.scopes import parse
from hotspot.hub.store import drafts, people, policies
from tests.hub.console import city


async def draft(hub: Hub, who: str, scope: str, document: dict[str, Any], base: int | None = None) -> str:
    """Where somebody's draft is looked at; ``base``: the version that was edited, else the newest one."""
    async with hub.store.transaction() as connection:
        user = await people.user(connection, who)
        newest = await policies.document(connection, scope)
        assert user is not None
        _, place = await changes.locate(connection, parse(scope))
        serial = 0 if newest is None else newest.serial
        id_ = f"{abs(hash((who, scope))):032x}"[-32:]
        kept = await drafts.keep(connection, id_, user.id, scope, place, serial if base is None else base, document, {}, hub.now())
    return f"/settings/drafts/{kept}"


async def good(hub: Hub) -> str:
    """One that can be applied."""
    long = "Bitte melden Sie sich im Bürgerbüro. " * 20
    document = {"hall": {"contact": "Bürgerbüro, Erdgeschoss"}, "plans": {"free": {"time": "3 h", "volume": "1 GB"}, "guest": None},
                "zones": {"public": {"plans": ["free"]}}, "internet": {"message": {"de": long[:480]}}}  # fmt: skip
    return await draft(hub, "admin", "partner/bergdorf", document)


async def bad(hub: Hub) -> str:
    """One that no gateway would take."""
    return await draft(hub, "admin", "hall/bergdorf-rathaus", {"plans": {"free": {"down": "<b>schnell</b>"}}, "nonsense": {"a": 1}})


async def late(hub: Hub) -> str:
    """One whose document somebody else has changed meanwhile."""
    return await draft(hub, "admin", "partner/kleinheim", {"plans": {"free": {"time": "4 h", "volume": "2 GB"}}}, base=0)


async def on_its_way(hub: Hub, partner: str, hall: str) -> int:
    """A change that only one hall of a town has so far; its serial."""
    document = {"hall": {"town": f"Gemeinde {partner.title()}"}}
    change = {
        "documents": [{"scope": f"partner/{partner}", "document": document}],
        "note": "Name der Gemeinde",
        "stages": [{"halls": [hall]}],
    }
    return (await city.done(hub, policy.change_policy, change)).serial


async def arrived(hub: Hub) -> str:
    """Where a change is looked at that has reached all of its halls."""
    found = await city.done(hub, policy_halls.list_rollouts)
    if not found:
        serial = await on_its_way(hub, "bergdorf", "bergdorf-rathaus")
        await city.done(hub, policy_halls.advance_rollout, serial=str(serial))
    else:
        serial = found[0].serial
    return f"/settings/rollouts/{serial}"


async def change(hub: Hub, below: str = "") -> str:
    """Where the change of Kleinheim's plan is looked at."""
    async with hub.store.connection() as connection:
        found = await policies.changes(connection, "partner/kleinheim", None, None, 100)
    serial = next(one.serial for one in found if one.kind != "item")
    return f"/settings/history/{serial}{below}"
