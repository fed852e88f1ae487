"""Upkeep of the figures: hours and days are made, parts of tables too, and what is too old is erased."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from hotspot.hub import bounds
from hotspot.hub.hub import Hub
from hotspot.hub.store import partitions, places, retention, rollups

ROLLUP_SECONDS: Final = 15.0
UPKEEP_SECONDS: Final = 600.0
SETTLED: Final = timedelta(hours=1, minutes=2)
"""After the beginning of an hour: then most gateways have reported its last quarter, and it is made once instead of sixty times."""
AT_ONCE: Final = 200
"""Hours in one transaction: late reports of the same hours wait for it."""

log = structlog.get_logger("upkeep")


async def roll_up(hub: Hub) -> None:
    """Make all hours and days that are due."""
    await roll_up_until(hub, hub.now() - SETTLED)


async def roll_up_until(hub: Hub, until: datetime) -> int:
    """Those of hours that began at ``until`` or before; returns how many hours were made."""
    made = 0
    async with hub.store.connection() as connection:
        hours = {hour.date() for hour in await rollups.waiting(connection, until)}
        days = {hour + timedelta(days=off) for hour in hours for off in (-1, 0, 1)}
        await partitions.ensure_days(connection, "figures_hours", hours)
        await partitions.ensure_days(connection, "figures_days", days)
        while True:
            async with connection.transaction():
                number = await rollups.make(connection, until, AT_ONCE)
            made += number
            if number < AT_ONCE:
                return made


async def upkeep(hub: Hub) -> None:
    """The same as a job."""
    await keep_up(hub)


async def keep_up(hub: Hub) -> int:
    """Make the parts of the time to come, and erase what the settings say; returns how many rows that were."""
    now = hub.now()
    async with hub.store.connection() as connection:
        made = await partitions.ahead(connection, now)
    if made:
        log.info("parts made", parts=len(made))
    return await erase(hub, now)


async def erase(hub: Hub, now: datetime) -> int:
    """Erase everything whose time is up; returns how many rows that were."""
    erased = 0
    async with hub.store.connection() as connection:
        for growing in partitions.GROWING:
            seconds = float(getattr(hub.settings.retention, growing.rule))
            for part in await retention.expired(connection, growing, now, seconds):
                rows = await retention.drop(connection, growing, part, now, seconds)
                if rows is None:
                    log.warning("cannot erase a part yet: its table is busy", part=part.name)
                    break
                log.info("erased", part=part.name, rows=rows, rule=growing.rule)
                erased += rows
            erased += await retention.empty_default(connection, growing, now, seconds)
        await places.forget_names(connection, now - timedelta(seconds=bounds.NAMES_SECONDS))
    return erased
