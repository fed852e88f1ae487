"""Bringing a change to its halls in stages: by call, or by itself as long as every gateway takes it; the first refusal stops it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from hotspot.hub.hub import Hub
from hotspot.hub.policy import publishing
from hotspot.hub.store import Connection, audit, policies, policy_rollouts
from hotspot.hub.store.policy_rollouts import Rollout, Taken

log = structlog.get_logger("rollouts")


async def release(connection: Connection, serial: int, stage: int, number: int, at: datetime) -> int:
    """Bring a change to the halls of a stage; ``number``: serial by which they are told. How many have had something else. In a
    transaction, under the lock."""
    rollout = await policy_rollouts.rollout(connection, serial)
    assert rollout is not None
    ids = await policy_rollouts.halls_of_stage(connection, serial, stage)
    halls = await policies.halls(connection, (), ids)
    sources = await publishing.sources(connection, halls, serial)
    wanted = {hall.name: sources.of(hall.name, hall.partner) for hall in halls}
    fresh = await publishing.give(connection, halls, wanted, dict.fromkeys(wanted, serial), number, at)
    await policy_rollouts.set_stage(connection, serial, stage, at)
    await policy_rollouts.set_state(connection, serial, "finished" if stage >= rollout.stages else "running")
    if stage >= rollout.stages:
        await _newcomers(connection, rollout, number, at)
    return fresh


async def _newcomers(connection: Connection, rollout: Rollout, number: int, at: datetime) -> None:
    """Halls that were set up during the roll-out began without the change."""
    late = [
        hall
        for hall in await policies.halls(connection)
        if hall.through is not None and hall.through < rollout.serial and publishing.reaches_hall(rollout.scopes, hall)
    ]
    sources = await publishing.sources(connection, late, rollout.serial)
    wanted = {hall.name: sources.of(hall.name, hall.partner) for hall in late}
    await publishing.give(connection, late, wanted, dict.fromkeys(wanted, rollout.serial), number, at)


async def advance(connection: Connection, rollout: Rollout, actor: str, at: datetime) -> None:
    """The next stage, also of one that had stopped. In a transaction, under the lock."""
    stage = rollout.stage + 1
    await release(connection, rollout.serial, stage, await policies.next_serial(connection), at)
    await audit.write(connection, actor, "policy.advance", subject=str(rollout.serial), detail={"stage": stage, "of": rollout.stages})


async def stop(connection: Connection, rollout: Rollout, actor: str, why: str) -> None:
    """No further stage until somebody calls for it. In a transaction, under the lock."""
    await policy_rollouts.set_state(connection, rollout.serial, "stopped", why)
    await audit.write(connection, actor, "policy.stop", subject=str(rollout.serial), detail={"stage": rollout.stage, "why": why})


def refusal(taken: Sequence[Taken]) -> str:
    """Which gateway cannot apply what its hall is given, and why; "": none says so."""
    for one in taken:
        if one.wanted and one.refused == one.wanted:
            return f"hall {one.hall}, gateway {one.gateway}: {one.error}"
    return ""


def waiting_for(taken: Sequence[Taken]) -> tuple[str, ...]:
    """Halls whose gateways have not said that they apply what they are given."""
    return tuple(dict.fromkeys(one.hall for one in taken if one.gateway is not None and one.in_force != one.wanted))


async def watch(hub: Hub) -> None:
    """One look at all roll-outs in progress."""
    async with hub.store.connection() as connection:
        running = [one for one in await policy_rollouts.rollouts(connection, True) if one.state == "running"]
    for rollout in running:
        async with hub.store.transaction() as connection:
            await policies.lock(connection)
            await _watch(connection, rollout.serial, hub.now())


async def _watch(connection: Connection, serial: int, now: datetime) -> None:
    rollout = await policy_rollouts.rollout(connection, serial)
    if rollout is None or rollout.state != "running":
        return
    taken = await policy_rollouts.taken_of_rollout(connection, serial)
    why = refusal(taken)
    if why:
        await stop(connection, rollout, "hub", why)
        log.error("roll-out stopped", change=serial, stage=rollout.stage, why=why)
    elif _is_time(rollout, now) and not waiting_for(taken):
        await advance(connection, rollout, "hub", now)
        log.info("roll-out goes on", change=serial, stage=rollout.stage + 1, stages=rollout.stages)


def _is_time(rollout: Rollout, now: datetime) -> bool:
    """May the next stage begin by itself?"""
    if rollout.wait is None or rollout.stage_at is None:
        return False
    return now >= rollout.stage_at + timedelta(seconds=rollout.wait)
