"""The hub watches: every few seconds it looks at all gateways and at itself, raises and ends alarms, and puts down who is to be told."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from msgspec.structs import replace

from hotspot.hub import machines, own_alarms
from hotspot.hub.alarms import (
    WARNING,
    Change,
    Found,
    Gateway,
    Key,
    Memory,
    Open,
    Verdict,
    amiss,
    judge,
    matters,
    noticed,
    remembered,
    silence,
)
from hotspot.hub.hub import Hub
from hotspot.hub.notifications import Event, concerns
from hotspot.hub.store import Connection, alarms, channels, marks, monitoring
from hotspot.hub.store.pool import notify

PULSE = "pulse"
GAP: Final = timedelta(seconds=90)
"""A longer pause between two looks means that the hub was away itself: then silence counts from its return."""
LATELY: Final = timedelta(hours=6)
"""How long an alarm that ended makes the next one of its kind slower to end."""
MEMORY: Final = timedelta(hours=25)
"""How far back findings and acknowledgements matter."""
BATCH = 250
BREATH: Final = 50
"""Gateways after which others get a turn: reports are being answered meanwhile."""
IDLE: Final = 3.0
"""Times as long as a full batch took, nothing is looked at: reports do not wait, though a look at 30,000 gateways takes ten seconds."""
FAILING: Final = timedelta(minutes=2)
"""How long a channel or the push of metrics may fail until that is an alarm."""
REMOTE_WRITE = "remote write"
"""Name of the mark with the state of the push."""

log = structlog.get_logger("alarms")


async def run(hub: Hub) -> None:
    """One look, in one transaction."""
    now = hub.now()
    machine = await asyncio.to_thread(machines.look, hub.settings.machine)
    async with hub.store.transaction() as connection:
        since = await _pulse(connection, now)
        opened = await alarms.opened(connection, now - LATELY)
        found = await _look(hub, connection, now, since, opened)
        found.update(await _itself(connection, now))
        for kind, subject, what in own_alarms.amiss(machine, await monitoring.backups(connection), now.timestamp(), hub.settings.alarms):
            found[alarms.hub_key(kind, subject)] = what
        changes = judge(found, opened, now.timestamp())
        if changes:
            await _write(connection, changes, now)


async def _pulse(connection: Connection, now: datetime) -> float:
    """Since when the hub watches without a gap."""
    mark = await marks.read(connection, PULSE)
    since = float(mark.detail["since"]) if mark is not None and now - mark.at <= GAP else now.timestamp()
    await marks.write(connection, PULSE, now, {"since": since})
    return since


async def _look(hub: Hub, connection: Connection, now: datetime, since: float, opened: Mapping[Key, Open]) -> dict[Key, Found]:
    """What is amiss at the gateways; what they said last counts on while they are silent."""
    seen = await alarms.acknowledged(connection, now - MEMORY)
    of_gateway: dict[int, list[Key]] = {}
    for key in opened:
        of_gateway.setdefault(key.gateway_id, []).append(key)
    found: dict[Key, Found] = {}
    memories: list[tuple[int, int, Memory]] = []
    after, clock = 0, asyncio.get_running_loop().time
    began = clock()
    while batch := await alarms.gateways(connection, after, BATCH, now - MEMORY, now):
        after = batch[-1].id
        for number, gateway in enumerate(batch, 1):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            looked = replace(gateway, memory=remembered(gateway, now.timestamp()))
            if looked.memory is not None and looked.memory != gateway.memory:
                memories.append((gateway.hall_id, gateway.id, looked.memory))
            what = amiss(looked, now.timestamp(), hub.settings.alarms, since, seen)
            found.update(_frozen(looked, of_gateway.get(gateway.id, ()), opened) if what is None else what)
        await asyncio.sleep((clock() - began) * IDLE if len(batch) == BATCH else 0)
        began = clock()
    for key, finding in (await alarms.hall_findings(connection, now - MEMORY)).items():
        if matters(key, finding.last, now.timestamp(), seen):
            found[key] = noticed(finding)
    await alarms.remember(connection, memories)
    return found


def _frozen(gateway: Gateway, keys: Iterable[Key], opened: Mapping[Key, Open]) -> dict[Key, Found]:
    """A silent gateway's alarms stay as they are."""
    return {key: Found(opened[key].severity, opened[key].detail, raises=False) for key in keys} | silence(gateway)


async def _itself(connection: Connection, now: datetime) -> dict[Key, Found]:
    """What is amiss at the hub itself."""
    failing = {
        alarms.hub_key("channel", row.name): row.failure
        for row in await channels.channels(connection)
        if row.failing_since is not None and now - row.failing_since >= FAILING
    }
    pushed = await marks.read(connection, REMOTE_WRITE)
    if pushed is not None and pushed.detail.get("why") and now.timestamp() - pushed.detail["since"] >= FAILING.total_seconds():
        failing[alarms.hub_key("remote_write")] = pushed.detail["why"]
    return {key: Found(WARNING, {"text": why}) for key, why in failing.items()}


async def _write(connection: Connection, changes: list[Change], now: datetime) -> None:
    """Verdicts, and events for the channels that they concern."""
    ending = await alarms.by_key(connection, [change.key for change in changes if change.verdict is Verdict.END])
    await alarms.carry_out(connection, changes, now)
    told = {change.key: change.verdict for change in changes if change.verdict in (Verdict.RAISE, Verdict.WORSEN)}
    rising = await alarms.by_key(connection, list(told))
    if not (ending or rising):
        return
    events = [_event(alarm, "raised", now, told[key] is Verdict.WORSEN) for key, alarm in rising.items()]
    events += [_event(alarm, "ended", now, False) for alarm in ending.values()]
    for event in events:
        log.info(event.what, kind=event.alarm["kind"], severity=event.severity, hall=event.alarm["hall"], gateway=event.alarm["gateway"])
    rows = await channels.channels(connection)
    await channels.enqueue(connection, [(row.id, event) for row in rows for event in events if _wants(row, event)])
    await notify(connection, "alarms")


def _wants(row: channels.Row, event: Event) -> bool:
    """Does an event concern a channel? The end of what was raised before it was there does not."""
    of_it = row.partner is None or row.partner == event.alarm["partner"]
    return of_it and concerns(row.rules, event.severity) and row.created_at.isoformat() <= event.alarm["raised_at"]


def _event(alarm: alarms.Alarm, what: str, now: datetime, again: bool) -> Event:
    told: dict[str, Any] = {
        "kind": alarm.kind,
        "partner": alarm.partner,
        "hall": alarm.hall,
        "gateway": alarm.gateway,
        "subject": alarm.subject,
        "detail": alarm.detail,
        "since": alarm.since.isoformat(),
        "raised_at": alarm.raised_at.isoformat(),
    }
    if again:
        told["again"] = True
    return Event(alarm_id=alarm.id, what=what, severity=alarm.severity, at=now, alarm=told)
