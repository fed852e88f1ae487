"""Carries out what ``hotspot.session.boot`` decides: at each connection to the firewall, and with each reading of usage."""

import asyncio

import structlog

from firewall.api import Ended, UsageRead
from hotspot.portal.gate import GateError, GateRefused, GateUnavailable, Link
from hotspot.portal.journal import JournalUnavailable
from hotspot.portal.office import Office
from hotspot.portal.register import Client
from hotspot.portal.settings import Settings
from hotspot.portal.tuning import Tuning, put_granted
from hotspot.session import boot
from hotspot.session.sessions import Now, Session, apply_usage, in_progress, merge_counters, rebase, seconds_left, to_grant
from hotspot.session.states import Lost, end_event

SPARE_CLASSES = 64
"""Per plan: visitors who can be let in before the shaper has to make more."""
AT_ONCE = 256
"""Grants asked for together after a reboot; the daemon puts them into few transactions."""
FOLLOWED_AT_ONCE = 200
"""Sessions whose usage is taken down in one turn of the loop: at most 3 ms in which no page is served."""
_FOR_GOOD = frozenset({"ceiling", "bad_request", "unknown"})
"""Refusals that will not change by asking again."""

log = structlog.get_logger("recovery")


class Recovery:
    """Keeps journal and kernel of one mind. ``ended`` events are recorded once: by the daemon's epoch and number."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._epoch = ""
        self._number = 0
        self._prepared: Settings | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.tuning = Tuning(office)

    async def connected(self, link: Link) -> None:
        """A new connection: block list, classes ahead, events on, then compare everything. Raises ``GateError``."""
        await self._office.enforcement.connected(link)
        await self.prepare(link)
        self._load_mark()
        self._office.look_at_day()  # what is opened again has today's allowance
        epoch = await link.watch(self._number)
        if epoch != self._epoch:
            self._epoch, self._number = epoch, 0
        await self.read(link)

    async def prepare(self, link: Link) -> None:
        """Classes ahead for every plan on offer. Raises ``GateUnavailable``; a plan that the firewall refuses is only told."""
        self._prepared = settings = self._office.settings
        for zone in settings.zones.values():
            for name in (*zone.plans, *zone.voucher_plans):
                try:
                    await link.prepare(zone.name, settings.plans[name].rates, SPARE_CLASSES)
                except GateRefused as error:
                    log.warning("plan cannot be prepared", zone=zone.name, plan=name, code=error.code, field=error.field)

    async def read(self, link: Link) -> None:
        """Read usage and compare; after a reload also make classes for new plans. Raises ``GateError``."""
        if self._prepared is not self._office.settings:
            await self.prepare(link)
        settled = self._office.register.settled()  # what changes while the answer is on its way is not compared
        await self._compare(await link.read_usage(self._number), settled, link)
        if self._office.register.counting is not None:
            self._office.register.counting.read()
        await self.tuning.run(link)
        await self._office.save()

    async def events(self) -> None:
        """Record ``Ended`` events as they come, until cancelled."""
        while True:
            epoch, event = await self._office.gate.events.get()
            if epoch != self._epoch or event.number <= self._number:
                continue
            if event.reason == boot.VANISHED:
                self._office.wake.set()  # time may be left: the next reading, at once, decides
                continue
            await self._record(event)

    async def _record(self, event: Ended) -> None:
        session = self._office.register.sessions.get(event.usage.session)
        if session is not None and session.mac is not None:
            async with self._office.register.lock(Client(session.zone, session.mac)):
                self._office.finish(session.id, end_event(event.reason), event.usage)
        self._mark(event.number)
        if self._office.gate.events.empty():  # many end at closing time: they share a commit
            await self._office.save()

    async def _compare(self, read: UsageRead, settled: set[str], link: Link) -> None:
        office, now = self._office, self._office.now()
        register = office.register
        closed = await self._closed(read, settled)
        blocked = {(client.zone, client.mac) for client in register.blocks if register.blocked(client, now) is not None}
        followed = await self._follow(read, settled, now)
        known = [session for session in register.in_progress() if session.id in settled and session.id not in followed]
        comparable = closed.keys() | {session.id for session in known} | followed
        usages = [usage for usage in read.usages if usage.session in comparable or usage.session not in register.sessions]
        decided = boot.decide(known, closed, blocked, usages, read.ended, office.settings.plans, now, followed)
        for session in decided.adopt:
            register.put(session)
        for session in decided.update:
            office.metrics.count_bytes(register.sessions[session.id], session)
            register.put(session)
        for session in decided.finish:
            office.over(register.sessions[session.id], session)
        if read.ended:
            self._mark(max(event.number for event in read.ended))
        async with asyncio.TaskGroup() as tasks:
            for session in decided.allow:
                tasks.create_task(self._allow(session, link))
            for session_id, reason in decided.revoke:
                tasks.create_task(self._revoke(session_id, reason, link))
        for how, number in (("allowed", decided.allow), ("adopted", decided.adopt), ("revoked", decided.revoke)):
            if number:
                office.metrics.recovered.labels(how).inc(len(number))
                log.info("kernel and journal brought together", how=how, sessions=len(number))
        await office.save()

    async def _follow(self, read: UsageRead, settled: set[str], now: Now) -> set[str]:
        """Take down what the sessions have used that both sides know, which is nearly all of them; a few in each turn of the loop."""
        office, followed = self._office, set()
        for number, usage in enumerate(read.usages, 1):
            if number % FOLLOWED_AT_ONCE == 0:
                await asyncio.sleep(0)
            session = office.register.sessions.get(usage.session)
            if session is not None and session.id in settled and in_progress(session):
                newer = rebase(apply_usage(session, usage), now)
                if newer is not session:
                    office.metrics.count_bytes(session, newer)
                    office.register.put(newer)
                followed.add(session.id)
        return followed

    async def _closed(self, read: UsageRead, settled: set[str]) -> dict[str, str]:
        """Sessions of the kernel that had ended by the register, or by the journal when they are no longer in memory."""
        sessions = self._office.register.sessions
        closed = {}
        for usage in read.usages:
            session = sessions.get(usage.session)
            if session is not None:
                if not in_progress(session) and session.id not in settled:
                    closed[session.id] = session.reason
                continue
            try:
                rows = await self._office.journal.read("SELECT reason FROM sessions WHERE id = ? AND ended_at > 0", (usage.session,))
            except JournalUnavailable:
                break  # what is unknown is adopted, never cut
            if rows:
                closed[usage.session] = rows[0][0]
        return closed

    async def _allow(self, session: Session, link: Link) -> None:
        office = self._office
        async with self._slots, office.register.lock(Client(session.zone, session.mac or "")):
            current, plan = office.register.sessions.get(session.id), office.plan_of(session)
            if current is None or not in_progress(current):
                return  # left or kicked meanwhile
            if plan is None or seconds_left(session, office.now()) < boot.MIN_SECONDS:
                office.finish(session.id, Lost())
                return
            session = office.tuned(merge_counters(session, current), plan, office.now())
            office.register.put(session)
            try:
                grant = to_grant(session, plan, office.now())
                await link.allow(grant)
                put_granted(office, session, grant)
            except GateRefused as error:
                log.warning("session not opened again", zone=session.zone, plan=session.plan, code=error.code, field=error.field)
                if error.code in _FOR_GOOD:
                    office.finish(session.id, Lost())
            except GateUnavailable:
                return  # the next connection tries again

    async def _revoke(self, session_id: str, reason: str, link: Link) -> None:
        try:
            final = await link.revoke(session_id, reason)
        except GateError as error:
            log.warning("session not closed", why=type(error).__name__)
            return
        self._office.finish(session_id, end_event(reason), final)

    def _mark(self, number: int) -> None:
        self._number = max(self._number, number)
        self._office.register.note("ended_mark", f"{self._epoch} {self._number}")

    def _load_mark(self) -> None:
        mark = self._office.register.ended_mark.rpartition(" ")
        if not self._epoch and mark[0] and mark[2].isdigit():
            self._epoch, self._number = mark[0], int(mark[2])
