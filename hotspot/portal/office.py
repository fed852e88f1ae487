"""What all who change sessions share: settings, register, journal, gate, metrics; and the two steps that all of them take."""

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import structlog

from firewall.api import Alarm, Usage
from hotspot.looks.values import By
from hotspot.portal import looks
from hotspot.portal.alarms import Alarms
from hotspot.portal.certificates import Presented
from hotspot.portal.enforcement import Enforcement
from hotspot.portal.gate import Gate
from hotspot.portal.journal import LOOK_SECONDS, Journal, JournalUnavailable, Loaded
from hotspot.portal.looks import Seen
from hotspot.portal.metrics import Metrics
from hotspot.portal.register import Client, Register
from hotspot.portal.settings import Settings
from hotspot.portal.uplink.state import Uplink
from hotspot.portal.vitals import SOFTWARE, Vitals
from hotspot.session.admission import Barrier, Standing, barrier, closed_until, line_down
from hotspot.session.allowance import NOTHING
from hotspot.session.hours import Opening, day_of, next_day, opening
from hotspot.session.limits import new_day, tune, used_today
from hotspot.session.plans import Plan
from hotspot.session.sessions import Now, Session, end, in_progress
from hotspot.session.states import EndEvent
from hotspot.session.visitor_check import Proofs, is_check
from hotspot.town.feedback import Pace

NOT_OPEN_YET = "not open yet"
INSIST: Final = 604_800.0
"""Seconds for which a browser that was here insists on TLS, at most."""

log = structlog.get_logger("journal")


class Office:
    """Holds the parts; decides nothing."""

    def __init__(self, settings: Settings, now: Callable[[], Now], look_seconds: float = LOOK_SECONDS) -> None:
        self.settings = settings
        self.now: Final = now
        self.metrics: Final = Metrics()
        self.register: Final = Register(None if settings.hub is None else now)
        self.journal: Final = Journal(settings.state_dir / "journal.db", self, look_seconds)
        self.gate: Final = Gate(settings.firewall_socket, self.metrics.firewall_up.set, self.alarm)
        self.enforcement: Final = Enforcement(self.register.blocklist, settings.zones, settings.blocked_names, now)
        self.alarms: Final = Alarms()
        self.pace: Final = Pace()
        """Of messages to the town."""
        self.uplink: Final = Uplink(now())
        self.started: Final = now().unix
        """Wall clock."""
        self.vitals = Vitals()
        self.proofs: Final = Proofs(self.started)
        self.looks: dict[By, Seen] = {}
        self.looking: tuple[By, ...] | None = None
        """What visitor, doctor and LAN guard found last."""
        self.metrics.software.labels(SOFTWARE).set(1)
        if settings.hub is not None:
            self.metrics.with_hub()
        self.internet_up = True
        self.presented = Presented()
        """The certificate that phones are shown."""
        self.settings_fault = ""
        """Why the settings file is not in force; "": it is."""
        self.terms_fault = ""
        """What is wrong with the terms in force, beside what visitors accepted before; "": nothing."""
        self.closed_zones: dict[str, str] = dict.fromkeys(settings.zones, NOT_OPEN_YET)
        """Zones whose listeners are not open, and why."""
        self.doors_changed: Final = asyncio.Event()
        self.wake: Final = asyncio.Event()
        """Set when something waits to be written."""

    # Told by the journal ------------------------------------------------------------------------------------------------------------

    def opened(self, loaded: Loaded, how: str) -> None:
        """The journal was opened: memory and file learn from each other."""
        why = "removed" if how == "new" and self.register.loaded_once else how
        first = not self.register.loaded_once
        self.register.load(loaded)
        if first:
            self.terms_fault = self.register.terms.objection(self.settings.terms)
            if self.terms_fault:
                log.error("terms changed without a new version", why=self.terms_fault)
        if why:
            self.metrics.journal_fresh.labels(why).inc()
            log.info("fresh journal", why=why, sessions=len(self.register.in_progress()))
        self.wake.set()
        self.uplink.applied.set()

    def health(self, ok: bool, kind: str, why: str) -> None:
        """The journal became well or unwell."""
        self.metrics.journal_ok.set(ok)
        if ok:
            log.info("journal well")
            self.wake.set()
            self.uplink.applied.set()
        else:
            self.metrics.journal_faults.labels(kind).inc()
            log.error("journal unwell", kind=kind, why=why)

    def committed(self, seconds: float, writes: int) -> None:
        """One commit."""
        self.metrics.journal_commit_seconds.observe(seconds)
        self.metrics.journal_writes.inc(writes)

    # Told by the firewall -----------------------------------------------------------------------------------------------------------

    def alarm(self, alarm: Alarm) -> None:
        """The firewall noticed something that staff should know."""
        self.metrics.alarms.labels(alarm.zone, alarm.kind).inc()
        if self.alarms.tell(alarm.kind, alarm.zone, self.register.code(Client(alarm.zone, alarm.mac)), self.now().unix):
            log.warning("alarm", kind=alarm.kind, zone=alarm.zone)

    # Told by the service ------------------------------------------------------------------------------------------------------------

    def settings_judged(self, fault: str) -> None:
        """The settings file was read: ``fault`` is why it cannot be used, "" when it is in force."""
        self.settings_fault = fault
        self.metrics.settings_ok.set(not fault)

    # For all ------------------------------------------------------------------------------------------------------------------------

    def plans(self, zone: str) -> tuple[Plan, ...]:
        """The plans on offer in a zone, the default first."""
        return tuple(self.settings.plans[name] for name in self.settings.zones[zone].plans)

    def voucher_plans(self, zone: str) -> tuple[Plan, ...]:
        """The plans of a zone for those who have a voucher code."""
        return tuple(self.settings.plans[name] for name in self.settings.zones[zone].voucher_plans)

    def plan_of(self, session: Session) -> Plan | None:
        """The session's plan; the zone's default when it is no longer in the settings; None when the zone is not."""
        if session.zone not in self.settings.zones:
            return None
        return self.settings.plans.get(session.plan) or self.plans(session.zone)[0]

    def openings(self, zone: str, plan: Plan, now: Now) -> tuple[Opening, ...]:
        """How the hours of a zone and a plan are now; empty when there are none. A zone that is not in the settings has none."""
        known = self.settings.zones.get(zone)
        each = (known.hours if known is not None else None, plan.hours)
        return tuple(opening(hours, now.unix) for hours in each if hours is not None)

    def opening(self, zone: str) -> Opening:
        """Can somebody begin now as far as hours go? A zone whose hours are on is closed all the same while every plan on offer has hours
        of its own and none is open; it opens with the first of them."""
        shut = [closed_until(self.openings(zone, plan, self.now())) for plan in self.plans(zone)]
        if None in shut:
            return Opening(open=True)
        moments = [barrier.until for barrier in shut if barrier is not None and barrier.until is not None]
        return Opening(open=False, opens=min(moments, default=None))

    def barrier(self, client: Client, plan: Plan, now: Now) -> Barrier | None:
        """Why this client cannot begin a session on a plan now; None: it can. Opening hours are told first, then the line: with it down
        (or the hub away, which is told as that) nobody waits for a pause to be over."""
        found, line = self._barrier_of(client, plan, now), line_down(self.internet_up, self.settings.internet.closes)
        line = line or (Barrier("offline") if self.hub_closes(now) else None)
        return found if line is None or (found is not None and found.code == "closed") else line

    def _barrier_of(self, client: Client, plan: Plan, now: Now) -> Barrier | None:
        openings = self.openings(client.zone, plan, now)
        last = self.register.session(client)
        if not plan.has_daily and last is None:
            return closed_until(openings)  # nearly everybody
        of_last = self.settings.plans.get(last.plan) if last is not None else None
        standing = Standing(
            unix=now.unix,
            tomorrow=next_day(now.unix, self.settings.hall.time_zone) if plan.has_daily else now.unix,
            last=last,
            pause=of_last.pause if of_last is not None else 0.0,
        )
        return barrier(plan, openings, self.register.ledger.spent(client.mac, plan.name) if plan.has_daily else NOTHING, standing)

    def hub_closes(self, now: Now) -> bool:
        """Is nobody new let in because the hub is away?"""
        hub = self.settings.hub
        return hub is not None and self.uplink.closes(hub.away, hub.away_after, self.settings.policy is not None, now)

    def tuned(self, session: Session, plan: Plan, now: Now) -> Session:
        """The session with the limits that hold now: closing time, the day's allowance, the plan as it is in the settings."""
        spent = self.register.ledger.spent(session.mac, plan.name) if plan.has_daily and session.mac is not None else NOTHING
        code_left = self.register.vouchers.left(session, now)
        return tune(session, plan, self.openings(session.zone, plan, now), spent, now, code_left)

    def look_at_day(self) -> None:
        """When a new day has begun in the hall, everybody's daily allowance is whole again."""
        now = self.now()
        day = day_of(now.unix, self.settings.hall.time_zone)
        if day == self.register.ledger.day:
            return
        if self.register.counting is None:
            self.register.ledger.turn(day)
        else:
            self.register.counting.turn(day)
        for session in self.register.in_progress():
            plan = self.settings.plans.get(session.plan)
            if plan is not None and plan.has_daily:
                self.register.put(new_day(session, now))

    @property
    def serving(self) -> bool:
        """True when a new visitor of any zone can be let in."""
        return self.gate.up and self.journal.ok and len(self.closed_zones) < len(self.settings.zones)

    @property
    def certificate_fault(self) -> str:
        """Why phones refuse the portal's certificate in some zone; "": they do not, or there is none."""
        return self.presented.fault(self.now().unix)

    def address(self, portal_url: str) -> str:
        """Where visitors are sent: the portal's address, without TLS as long as phones would refuse its certificate. Port 80 of the
        gateway is always the portal's."""
        parts = urlsplit(portal_url)
        if parts.scheme != "https" or not self.presented.fault(self.now().unix, parts.hostname or ""):
            return portal_url
        return urlunsplit(("http", parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}"), parts.path, parts.query, ""))

    @property
    def insist(self) -> int:
        """Seconds for which browsers may be told to insist on TLS: those that were cannot come to the page without it, so never beyond the
        end of the certificate, less a day. With one of the hub's, which may be missing at any time, not at all."""
        if self.certificate_fault or (self.settings.hub is not None and self.settings.hub.certificate):
            return 0
        return int(max(0.0, min(INSIST, self.presented.ends - self.now().unix - 86_400.0)))

    def faults(self) -> tuple[str, ...]:
        """What is amiss, for people: empty when all is well."""
        faults = []
        if not self.gate.up:
            faults.append("firewall does not answer")
        if not self.journal.ok:
            faults.append(f"journal cannot be written ({self.journal.kind or 'not open yet'})")
        faults += [f"{what} is not in force: {why}" for what, why in self.enforcement.faults.items()]
        faults += [f"zone {zone} is not served ({why})" for zone, why in self.closed_zones.items()]
        if not self.internet_up:
            faults.append("Internet not reachable")
        if self.settings_fault:
            faults.append(f"{self.settings_fault} (the last good settings are in force)")
        if self.hub_closes(self.now()):
            faults.append("hub away: nobody new is let in")
        if self.uplink.refused:
            faults.append(f"{self.uplink.error} (the settings from before are in force)")
        if self.terms_fault:
            faults.append(self.terms_fault)
        if self.certificate_fault:
            faults.append(f"{self.certificate_fault}: pages are served without TLS")
        return tuple(faults)

    def warnings(self) -> tuple[str, ...]:
        """What somebody should see to, though the portal does all that it should."""
        warnings = warnings_of(self.settings)
        if self.settings.hub is not None and self.uplink.is_away(self.settings.hub.away_after, self.now()):
            warnings += (f"hub away: {self.uplink.trouble or 'it has not answered yet'}",)
        if self.uplink.set_aside:
            warnings += (f"{self.uplink.set_aside} reports were refused by the hub and are set aside: see the log",)
        if self.uplink.lost:
            warnings += (f"{self.uplink.lost} reports were given up: their space on the disk was used up before the hub took them",)
        return warnings + looks.warnings(self.looks, self.now().unix)

    def finish(self, session_id: str, event: EndEvent, final: Usage | None = None) -> Session | None:
        """A session ended; None when that is known already. To be followed by ``save``."""
        session = self.register.sessions.get(session_id)
        if session is None or not in_progress(session):
            return None
        ended = end(session, event, self.now(), final)
        self.over(session, ended)
        return ended

    def over(self, session: Session, ended: Session) -> None:
        """Take down that ``session`` has ended: counted, and entered as used today. To be followed by ``save``."""
        self.metrics.count_bytes(session, ended)
        if not is_check(ended):
            self.metrics.ended.labels(ended.zone, ended.plan, ended.reason).inc()
        self.register.put(ended)
        self.enter_day(session, ended)
        if ended.voucher:
            self.register.vouchers.enter(self.register.hall_key, ended)

    def enter_day(self, session: Session, ended: Session | None = None) -> None:
        """Enter as used today what a session has used of its plan; ``ended``: with its last counters."""
        now, plan = self.now(), self.settings.plans.get(session.plan)
        if plan is not None and plan.has_daily and session.mac is not None and not session.by_staff:
            seconds, _ = used_today(session, now)
            _, count = used_today(ended or session, now)
            self.register.ledger.enter(session.mac, plan.name, seconds, count)

    async def save(self) -> bool:
        """Write what is not on disk yet; False when the journal is unwell, then it waits."""
        unwritten = self.register.unwritten()
        if not unwritten:
            return True
        try:
            await self.journal.write([statement for several in unwritten.values() for statement in several])
        except JournalUnavailable:
            return False  # told through ``health``
        self.register.wrote(unwritten)
        return True


def warnings_of(settings: Settings) -> tuple[str, ...]:
    """What somebody should see to before visitors do."""
    missing, policy, warnings = settings.legal.missing, settings.policy, []
    if missing:
        warnings.append(f"legal pages are not complete: {', '.join(missing)} missing in the settings")
    if policy is not None and policy.passed_over:
        warnings.append(f"policy {policy.serial} of the hub is about zones that are not here: {', '.join(policy.passed_over)}")
    return tuple(warnings)
