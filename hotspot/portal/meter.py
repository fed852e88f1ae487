"""The meter: reads usage every few seconds into the journal, so that a power cut loses no more than that."""

import asyncio

import structlog

from hotspot.portal.gate import GateError
from hotspot.portal.office import Office
from hotspot.portal.recovery import Recovery

log = structlog.get_logger("meter")


class Meter:
    """One reading, one comparison and one commit per interval; when nothing changed, nothing is written."""

    def __init__(self, office: Office, recovery: Recovery) -> None:
        self._office = office
        self._recovery = recovery

    async def run(self) -> None:
        """Until cancelled."""
        wake = self._office.wake
        while True:
            interval, soon = self._office.settings.usage_interval, self._recovery.tuning.next_look()
            try:
                async with asyncio.timeout(interval if soon is None else min(interval, soon)):
                    await wake.wait()
            except TimeoutError:
                pass
            wake.clear()
            await self.read()

    async def read(self) -> None:
        """One reading; without a firewall only what waits is written."""
        office = self._office
        if office.gate.up:
            try:
                await self._recovery.read(office.gate.link)
            except GateError as error:
                log.warning("usage not read", why=str(error))
        await office.save()
        office.metrics.count_online(office.register.in_progress())
        office.metrics.blocklist.set(office.register.blocklist.count(office.now().unix))
