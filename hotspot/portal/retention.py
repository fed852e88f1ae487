"""Retention: some time after the end of a session nothing in the hall says any more which device it was."""

import asyncio

import structlog

from hotspot.portal.feedback import erase
from hotspot.portal.journal import JournalUnavailable
from hotspot.portal.office import Office
from hotspot.town.feedback import Rules

LONGEST_WAIT = 60.0
"""Seconds between two looks; a shorter retention time is looked at more often."""

log = structlog.get_logger("retention")


async def forget(office: Office) -> int:
    """Forget what is due now, in memory and in the journal; returns how many sessions lost their MAC there."""
    now = office.now()
    before = now.unix - office.settings.retention
    office.register.forget(before, now)
    office.alarms.forget(before)
    office.pace.forget(now.boottime)
    await office.save()
    await office.journal.write(erase(office.settings.feedback or Rules(), now.unix))  # also when the form was taken away meanwhile
    return await office.journal.forget(before, now.unix)


async def run(office: Office) -> None:
    """Until cancelled."""
    while True:
        try:
            forgotten = await forget(office)
        except JournalUnavailable:
            forgotten = 0  # told by the journal's health; the next look tries again
        if forgotten:
            log.info("clients forgotten", sessions=forgotten)
        await asyncio.sleep(min(LONGEST_WAIT, office.settings.retention / 4))
