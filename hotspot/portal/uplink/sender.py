"""The sender: closes reports, delivers them with the state of the gateway, the oldest first, and gives way when the hub is away.

A delivery goes out at every interval, also when there is nothing to report: without it the hub would not know a quiet hall from a dead one.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from msgspec.structs import replace

from hotspot import wire
from hotspot.looks.values import By
from hotspot.portal.journal import JournalUnavailable
from hotspot.portal.office import Office
from hotspot.portal.settings_hub import LEAST_KEEP
from hotspot.portal.uplink.backoff import Backoff
from hotspot.portal.uplink.counting import moment
from hotspot.portal.uplink.health import health
from hotspot.portal.uplink.link import HubRefused, HubUnavailable, Link
from hotspot.portal.uplink.outbox import MERGED_FROM, Outbox, Waiting
from hotspot.portal.uplink.poll import lost_contact, made_contact

FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds between two tries while the hub is away."""
SOON = 10.0
"""Seconds: the first delivery after a start comes within so many, each hall at another moment."""
SECONDS = 60.0
"""Until a delivery is over."""
TIDY_SECONDS = 600.0
"""Between two looks at the outbox's size."""
LOOKS_SECONDS = 3_600.0
"""After so many seconds a look that the hub has got is told again."""
SCARCE = 100_000_000
"""Bytes: with less left on the disk reports make room for acceptances, which find it inside the journal's file."""
_FAULTY = frozenset({"bad_request", "too_large"})
"""Refusals that are about what was sent."""

log = structlog.get_logger("uplink")


class Sender:
    """One per portal with a hub."""

    def __init__(self, office: Office, link: Link, draw: Callable[[], float] = random.random) -> None:
        """``draw`` as in ``Backoff``."""
        self.outbox: Final = Outbox(office.journal)
        self._office, self._link, self._draw = office, link, draw
        self._backoff = Backoff(draw, FIRST_WAIT, LONGEST_WAIT)
        self._tidied: float | None = None
        """Boot clock."""
        self._told: dict[By, tuple[float, float]] = {}
        """Which looks the hub has: when they were made, and by the boot clock when it got them."""

    async def run(self) -> None:
        """Until cancelled."""
        hub = self._office.settings.hub
        wait = SOON if hub is None else min(SOON, hub.report_every)
        wait *= self._draw()
        while True:
            await asyncio.sleep(wait)
            wait = await self.turn()

    async def turn(self) -> float:
        """Close, deliver all that waits; returns how many seconds to wait."""
        office, begun = self._office, self._office.now().boottime
        hub = office.settings.hub
        every = 60.0 if hub is None else hub.report_every
        try:
            await self._close()
            await self._tidy()
        except JournalUnavailable:
            pass  # told by the journal's health, which this delivery carries to the hub
        try:
            await self._deliver_all()
        except HubUnavailable as error:
            self._missed(error)
            return max(min(every, LONGEST_WAIT), self._backoff.wait(error.retry_after))
        except HubRefused as error:
            self._missed(error)
            return max(min(every, LONGEST_WAIT), self._backoff.wait())
        self._backoff.reset()
        return max(0.0, every - (office.now().boottime - begun))

    def _missed(self, error: HubUnavailable | HubRefused) -> None:
        self._office.metrics.deliveries.labels("refused" if isinstance(error, HubRefused) else "unavailable").inc()
        self._office.metrics.hub_up.set(0)
        lost_contact(self._office, error)

    # The outbox ---------------------------------------------------------------------------------------------------------------------

    async def _close(self) -> None:
        """What was counted becomes reports on disk. Raises ``JournalUnavailable``."""
        office, counting = self._office, self._office.register.counting
        if counting is None or not office.journal.ok:
            return
        counting.close()
        await office.save()
        waiting = await self._look()
        if waiting.feedback and not waiting.reports:
            counting.empty_report()
            await office.save()

    async def _look(self) -> Waiting:
        waiting, uplink, metrics = await self.outbox.waiting(), self._office.uplink, self._office.metrics
        uplink.backlog, uplink.set_aside = waiting.reports, waiting.refused
        uplink.lost, uplink.lost_at = await self.outbox.lost(), await self.outbox.lost_at()
        metrics.report_backlog.set(uplink.backlog)
        metrics.report_refused.set(uplink.set_aside)
        metrics.report_lost.set(uplink.lost)
        return waiting

    async def _tidy(self) -> None:
        """Raises ``JournalUnavailable``."""
        hub, now = self._office.settings.hub, self._office.now()
        due = self._tidied is None or now.boottime - self._tidied >= TIDY_SECONDS or self._office.uplink.backlog >= MERGED_FROM
        if hub is not None and due:
            self._tidied = now.boottime
            vitals = self._office.vitals
            scarce = vitals.disk_size and vitals.disk_free < SCARCE
            await self.outbox.tidy(min(hub.keep, LEAST_KEEP) if scarce else hub.keep, hub.keep_for, now.unix)
            await self._look()

    # Deliveries ---------------------------------------------------------------------------------------------------------------------

    async def _deliver_all(self) -> None:
        """One delivery after the other, until nothing waits. Raises ``HubUnavailable``, ``HubRefused``."""
        state: wire.Health | None = self._state()
        try:
            while True:
                reports = await self.outbox.next()
                if not reports and state is None:
                    return
                await self._deliver(reports, state)
                state = None
                await self._look()
        except JournalUnavailable:
            if state is not None:
                await self._deliver((), self._state())  # the hub is to know

    def _state(self) -> wire.Health:
        """How the gateway is; of the looks those that the hub has not got, or long ago: it may have been restored meanwhile."""
        state, now = health(self._office), self._office.now().boottime
        since = {by: at for by, (at, told) in self._told.items() if now - told < LOOKS_SECONDS}
        return replace(state, looks=tuple(look for look in state.looks if since.get(look.by) != look.at))

    def _told_looks(self, state: wire.Health) -> None:
        self._told |= {look.by: (look.at, self._office.now().boottime) for look in state.looks}

    async def _deliver(self, reports: Sequence[wire.Report], state: wire.Health | None) -> None:
        """Until the hub has these reports, or they are set aside. Raises as ``_deliver_all``, and ``JournalUnavailable``: then they are
        sent again."""
        delivery = wire.Delivery(sent=moment(self._office.now()), reports=tuple(reports), health=state)
        try:
            receipt = await self._link.post(wire.REPORTS, delivery, wire.Receipt, timeout=SECONDS)
        except HubRefused as refused:
            if refused.problem.code not in _FAULTY or (state is None and not reports):
                raise
            await self._deliver_parts(reports, state, refused)
            return
        if state is not None:
            self._told_looks(state)
        made_contact(self._office)
        self._office.metrics.hub_up.set(1)
        self._office.metrics.deliveries.labels("taken").inc()
        await self._receipted(reports, receipt)

    async def _deliver_parts(self, reports: Sequence[wire.Report], state: wire.Health | None, refused: HubRefused) -> None:
        """Something in a delivery cannot be taken: find out what, and let the rest through."""
        if state is not None and state.looks:
            log.warning("delivery refused, tried without what visitor, doctor and guard found", why=str(refused))
            self._told_looks(state)  # these ones never again: a hall shall not count as silent because of them
            await self._deliver(reports, replace(state, looks=()))
        elif state is not None:
            log.warning("delivery refused, tried without the gateway's state", why=str(refused))
            await self._deliver(reports, None)
        elif len(reports) > 1:
            half = len(reports) // 2
            await self._deliver(reports[:half], None)
            await self._deliver(reports[half:], None)
        else:
            await self._set_aside([wire.Refused(report.stream, report.seq, str(refused)) for report in reports])

    async def _set_aside(self, refused: Sequence[wire.Refused]) -> None:
        await self.outbox.refuse(refused)
        for one in refused:
            log.error("report set aside", stream=one.stream, seq=one.seq, why=one.message)

    async def _receipted(self, reports: Sequence[wire.Report], receipt: wire.Receipt) -> None:
        refused = {(one.stream, one.seq) for one in receipt.refused}
        taken = [report for report in reports if (report.stream, report.seq) not in refused]
        if taken:
            await self.outbox.taken(taken, self._office.now().unix)
        if receipt.refused:
            await self._set_aside(receipt.refused)
        self._office.uplink.name_policy(receipt.policy)
        if receipt.again and await self.outbox.again(receipt.again):
            log.warning("the hub was restored from a backup: reports are sent again")
        if receipt.rotate:
            await self._rotate()

    async def _rotate(self) -> None:
        try:
            await self._link.rotate()
        except (HubUnavailable, HubRefused, OSError) as error:
            log.warning("credential not rotated", why=str(error))  # the next receipt asks again
