"""Tuning: sessions in progress follow their plan, the clock and the settings, through ``Replace``: nobody is cut.

After each reading of usage every session is looked at (``hotspot.session.limits``): closing time, the day's allowance, the slower class
after the volume, and rates or limits that a reload has changed.
"""

import asyncio
from typing import Final

import msgspec
import structlog

from firewall.api import Grant
from hotspot.portal.gate import GateRefused, GateUnavailable, Link
from hotspot.portal.office import Office
from hotspot.portal.register import Client
from hotspot.portal.settings import Settings
from hotspot.session.limits import LEAST, needs_replace, soonest_slow
from hotspot.session.plans import Plan
from hotspot.session.sessions import Session, in_progress, merge_counters, rates_of, seconds_left, to_grant

AT_ONCE = 256
"""Requests that wait for an answer together; the daemon puts them into few transactions."""
LOOKED_AT = 100
"""Sessions looked at in one turn of the loop: a millisecond in which no page is served."""
SHORTEST_LOOK = 0.25
"""Seconds: a session that nears its volume is read this often, so at 10 Mbit/s it goes on fast for at most 0.3 MB too long."""

log = structlog.get_logger("tuning")


class Tuning:
    """One per portal."""

    def __init__(self, office: Office) -> None:
        self._office: Final = office
        self._slots: Final = asyncio.Semaphore(AT_ONCE)
        self._refused: dict[str, tuple[object, ...]] = {}
        """Session -> terms that the firewall does not grant; they are not asked for again."""
        self._fine: dict[str, Session] = {}
        """Sessions as they were when nothing was to be done, where only a change of theirs or of the settings can bring something to do."""
        self._settings: Settings | None = None

    async def run(self, link: Link) -> None:
        """Look at every settled session once."""
        office, now = self._office, self._office.now()
        office.look_at_day()
        settled = office.register.settled()
        self._refused = {name: terms for name, terms in self._refused.items() if name in settled}
        fine = self._fine if self._settings is office.settings else {}
        self._fine, self._settings = {}, office.settings
        changed: list[Session] = []
        for number, name in enumerate(settled, 1):
            if number % LOOKED_AT == 0:
                await asyncio.sleep(0)
            session = office.register.sessions.get(name)
            if session is not None and fine.get(name) is session:
                self._fine[name] = session
                continue
            plan = None if session is None else office.settings.plans.get(session.plan)
            if session is not None and plan is not None and session.mac is not None and in_progress(session):
                tuned = office.tuned(session, plan, now)
                if needs_replace(session, tuned, plan, now) and self._refused.get(name) != _terms(tuned, plan):
                    changed.append(session)
                elif tuned is not session and name not in self._refused:
                    office.register.put(tuned)
                elif tuned is session and not plan.has_daily and not office.openings(session.zone, plan, now):
                    self._fine[name] = session  # the clock alone changes nothing for it
        if not changed:
            return
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._replace(session, link)) for session in changed]
        done = sum(task.result() for task in asked)
        office.metrics.tuned.inc(done)
        log.info("sessions tuned", sessions=done, refused=len(asked) - done)

    def next_look(self) -> float | None:
        """Seconds until a session can become slow; None: none does so."""
        plans = self._office.settings.plans
        soon = [
            seconds
            for session in self._office.register.in_progress()
            if session.slow_after is not None
            and (plan := plans.get(session.plan)) is not None
            and (seconds := soonest_slow(session, plan)) is not None
        ]
        return max(SHORTEST_LOOK, min(soon)) if soon else None

    async def _replace(self, seen: Session, link: Link) -> bool:
        """Give one session its new terms; True when the firewall has them."""
        office = self._office
        async with self._slots, office.register.lock(Client(seen.zone, seen.mac or "")):
            session, now = office.register.sessions.get(seen.id), office.now()
            plan = office.settings.plans.get(seen.plan)
            if session is None or plan is None or not in_progress(session) or session.plan != seen.plan:
                return False  # ended, or staff gave it another plan meanwhile
            tuned = office.tuned(session, plan, now)
            if seconds_left(tuned, now) < LEAST:
                return False  # ends at this moment
            grant = to_grant(tuned, plan, now)
            try:
                await link.replace(grant)
            except GateRefused as error:
                if error.code in ("ceiling", "bad_request"):
                    self._refused[session.id] = _terms(tuned, plan)
                log.warning("session not tuned", zone=session.zone, plan=session.plan, code=error.code, field=error.field)
                return False
            except GateUnavailable:
                return False  # the next connection looks again
            put_granted(office, tuned, grant)
            return True


def put_granted(office: Office, session: Session, grant: Grant) -> None:
    """Take down what the firewall has answered for; counters that were read meanwhile stay. A session that ended meanwhile stays ended."""
    current = office.register.sessions.get(session.id)
    if current is not None and in_progress(current):
        office.register.put(merge_counters(msgspec.structs.replace(session, rates=grant.rates), current))


def _terms(session: Session, plan: Plan) -> tuple[object, ...]:
    """What the firewall is asked for, without what changes by itself."""
    return rates_of(session, plan), session.volume, session.day_volume, session.idle, session.until_at
