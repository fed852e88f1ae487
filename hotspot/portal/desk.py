"""The desk: all that the pages may ask for. Web handlers know this module and nothing behind it."""

import secrets
from time import perf_counter
from typing import Final

from msgspec import Struct

from firewall.api import Usage
from hotspot.portal.accept import Entry, Refusal, open_session
from hotspot.portal.feedback import Feedback, TooMany
from hotspot.portal.gate import GateError, GateRefused, GateUnavailable
from hotspot.portal.journal import JournalUnavailable
from hotspot.portal.office import Office
from hotspot.portal.redeem import Asked, redeem
from hotspot.portal.register import Client
from hotspot.portal.settings import HallTexts, Settings, Terms
from hotspot.portal.tuning import put_granted
from hotspot.session.admission import Barrier
from hotspot.session.forms import AcceptForm, Binding, ExtendForm, VoucherForm, check_token, make_token
from hotspot.session.plans import Plan
from hotspot.session.sessions import (
    Session,
    adopt,
    apply_usage,
    bytes_left,
    can_prolong,
    fast_bytes_left,
    in_progress,
    prolong,
    seconds_left,
    to_grant,
)
from hotspot.session.states import LeftByChoice, State, TermsAccepted
from hotspot.session.visitor_check import CHECK_PLAN
from hotspot.town.feedback import Message

__all__ = ["Accepted", "Desk", "GateError", "GateUnavailable", "Refusal", "TooMany", "Visitor"]


class Visitor(Struct, frozen=True):
    """Who asks, and how it stands with them."""

    ip: str
    mac: str
    zone: str
    code: str
    """Device code as shown, ``K7F-3QX``."""
    state: State
    plan: Plan
    """Of the session, else the zone's first offer."""
    session: Session | None
    """The session in progress, or the last one when it ended a short while ago."""
    seconds_left: int | None
    """None unless ONLINE."""
    bytes_left: int | None
    """None unless ONLINE with a volume."""
    reason: str
    """Why ended (``time``, ``volume``, ``idle``, ``left``, ``kicked``, ``gone`` ...) or what staff wrote when they blocked; else ""."""
    seen_before: bool
    """Had a session that is still known."""
    can_extend: bool = False
    """The button for more time would make the session longer."""
    extended: int = 0
    """How often it did."""
    fast_left: int | None = None
    """Bytes until the session becomes slow, 0 when it is; None unless ONLINE on a plan that becomes slow."""


class Offers(Struct, frozen=True):
    """What a captive visitor can have now."""

    plans: tuple[Plan, ...]
    """The default first; empty: nothing."""
    barrier: Barrier | None = None
    """Why not, when there is nothing: of the plan that can be had first."""
    closes: float | None = None
    """Closing time (wall clock) when it comes before the first plan's time is over."""
    now: float = 0.0
    """Wall clock."""


class Accepted(Struct, frozen=True):
    """The visitor is online (or was already)."""

    visitor: Visitor


class Desk:
    """The portal as the pages see it, over all zones."""

    def __init__(self, office: Office) -> None:
        self._office: Final = office
        self._feedback: Final = Feedback(office)

    @property
    def settings(self) -> Settings:
        """As last (re)loaded."""
        return self._office.settings

    def address(self, portal_url: str) -> str:
        """As ``Office.address``."""
        return self._office.address(portal_url)

    @property
    def insist(self) -> int:
        """As ``Office.insist``."""
        return self._office.insist

    @property
    def terms(self) -> Terms:
        """The terms in force."""
        return self._office.settings.terms

    @property
    def hall(self) -> HallTexts:
        """What the pages say about the hall."""
        return self._office.settings.hall

    @property
    def now(self) -> float:
        """Wall clock."""
        return self._office.now().unix

    def plans(self, zone: str) -> tuple[Plan, ...]:
        """The plans on offer in a zone, the default first."""
        return self._office.plans(zone)

    def has_vouchers(self, zone: str) -> bool:
        """Are there plans for those who have a voucher code?"""
        return bool(self._office.settings.zones[zone].voucher_plans)

    def offers(self, visitor: Visitor) -> Offers:
        """What this visitor can have now, and when there is nothing, why."""
        office, now = self._office, self._office.now()
        client, plans = Client(visitor.zone, visitor.mac), self.plans(visitor.zone)
        barriers = [(plan, office.barrier(client, plan, now)) for plan in plans]
        open_now = tuple(plan for plan, barrier in barriers if barrier is None)
        if not open_now:
            found = [barrier for _, barrier in barriers if barrier is not None]
            return Offers((), min(found, key=lambda one: float("inf") if one.until is None else one.until), now=now.unix)
        closings = [each.closes for each in office.openings(visitor.zone, open_now[0], now) if each.closes is not None]
        soon = [closes for closes in closings if closes - now.unix < open_now[0].seconds]
        return Offers(open_now, closes=min(soon, default=None), now=now.unix)

    @property
    def firewall_up(self) -> bool:
        """Does it answer?"""
        return self._office.gate.up

    async def firewall_back(self, seconds: float) -> bool:
        """Wait until the firewall answers (again); False when it does not, so many seconds after it was lost."""
        return await self._office.gate.back(seconds)

    async def visitor(self, ip: str) -> Visitor | None:
        """Who has this address; None: no neighbour has it. Raises ``GateUnavailable`` while the firewall does not answer."""
        try:
            found = await self._office.gate.link.whois(ip)
        except GateRefused as error:
            if error.code == "bad_request":
                return None  # not an address that a neighbour could have
            raise GateUnavailable(str(error)) from error
        if found.mac is None or found.zone not in self._office.settings.zones:
            return None
        client = Client(found.zone, found.mac)
        self._office.register.saw(client, self._office.now())
        return self._visitor(client, ip, found.usage)

    def token(self, visitor: Visitor) -> str:
        """CSRF token for this visitor's forms, bound to client, address and the terms in force."""
        return make_token(self._office.register.csrf_key, self._binding(visitor, self.terms.version), self._office.now())

    async def accept(self, visitor: Visitor, form: AcceptForm, language: str, family: str, proof: str = "") -> Accepted | Refusal:
        """The visitor accepted: journal, then kernel. Twice tapped is one session. ``proof``: of a test visit of the hall's own; one that
        is not good changes nothing, and nobody is told."""
        started = perf_counter()
        client = Client(visitor.zone, visitor.mac)
        before = self._office.register.state(client, self._office.now())
        plan = self._checked(visitor, form)
        ours = isinstance(plan, Plan) and self._is_ours(visitor, proof)
        if ours:
            plan = CHECK_PLAN
        if isinstance(plan, Plan):
            entry = Entry(
                event=TermsAccepted(),
                plan=plan,
                session_id=secrets.token_hex(8),
                terms_version="" if ours else form.terms,  # no person has accepted
                language=language,
                family=family,
            )
            async with self._office.register.lock(client):
                result = await open_session(self._office, client, entry)
        else:
            result = plan
        outcome = result.code if isinstance(result, Refusal) else "again" if before is State.ONLINE else "online"
        if not ours:
            self._office.metrics.accepts.labels(visitor.zone, outcome).inc()
        if isinstance(result, Refusal):
            if ours:
                self._office.proofs.give_back(proof)
            return result
        if not ours:
            self._office.metrics.accept_seconds.observe(perf_counter() - started)
        return Accepted(visitor=self._visitor(client, visitor.ip, None))

    async def redeem(self, visitor: Visitor, form: VoucherForm, language: str, family: str) -> Accepted | Refusal:
        """The visitor accepted and has a voucher code: journal, then kernel. Twice tapped is one session."""
        office, client = self._office, Client(visitor.zone, visitor.mac)
        result: Session | Refusal
        if not check_token(office.register.csrf_key, form.token, self._binding(visitor, form.terms), office.now()):
            result = Refusal("token")
        elif form.terms != self.terms.version:
            result = Refusal("terms")
        else:
            async with office.register.lock(client):
                result = await redeem(office, client, Asked(form.code, form.terms, language, family, visitor.session))
        office.metrics.vouchers.labels(visitor.zone, result.code if isinstance(result, Refusal) else "online").inc()
        return result if isinstance(result, Refusal) else Accepted(visitor=self._visitor(client, visitor.ip, None))

    async def leave(self, visitor: Visitor, token: str) -> Visitor | Refusal:
        """The visitor leaves; the kernel is shut when this returns."""
        office, client = self._office, Client(visitor.zone, visitor.mac)
        if not check_token(office.register.csrf_key, token, self._binding(visitor, self.terms.version), office.now()):
            return Refusal("token")
        async with office.register.lock(client):
            session = office.register.session(client)
            if session is not None and in_progress(session):
                try:
                    final: Usage | None = await office.gate.link.revoke(session.id, LeftByChoice.reason)
                except GateRefused as error:
                    if error.code != "unknown":
                        return Refusal("firewall")
                    final = None  # the kernel has ended it a moment ago
                except GateUnavailable:
                    return Refusal("firewall")
                office.finish(session.id, LeftByChoice(), final)
                await office.save()
        return self._visitor(client, visitor.ip, None)

    async def extend(self, visitor: Visitor, form: ExtendForm) -> Visitor | Refusal:
        """The visitor wants more time; the kernel gives it when this returns. What cannot be made longer (any more) stays as it is."""
        office, client = self._office, Client(visitor.zone, visitor.mac)
        if not check_token(office.register.csrf_key, form.token, self._binding(visitor, self.terms.version), office.now()):
            return Refusal("token")
        async with office.register.lock(client):
            session, now = office.register.session(client), office.now()
            plan = office.plan_of(session) if session is not None else None
            if session is not None and plan is not None and session.extended == form.step and can_prolong(session, plan, now):
                longer = office.tuned(prolong(session, plan, now), plan, now)
                grant = to_grant(longer, plan, now)
                try:
                    await office.gate.link.replace(grant)
                except GateError:
                    return Refusal("firewall")
                put_granted(office, longer, grant)
                office.metrics.prolonged.labels(visitor.zone, plan.name).inc()
                await office.save()
        return self._visitor(client, visitor.ip, None)

    async def tell(self, visitor: Visitor, token: str, message: Message, language: str) -> int | TooMany | Refusal | None:
        """The visitor tells the town something: the number of the message, once it is on disk; None when it is there without one."""
        office = self._office
        if not check_token(office.register.csrf_key, token, self._binding(visitor, self.terms.version), office.now()):
            return Refusal("token")
        try:
            return await self._feedback.take(Client(visitor.zone, visitor.mac), message, language, secrets.token_hex(8))
        except JournalUnavailable:
            return Refusal("journal")

    def told(self, visitor: Visitor) -> int | None:
        """The number of the message that the visitor sent lately."""
        return self._feedback.last(Client(visitor.zone, visitor.mac))

    def internet(self, zone: str) -> bool:
        """The last check of the WAN."""
        return self._office.internet_up and zone in self._office.settings.zones

    def _is_ours(self, visitor: Visitor, proof: str) -> bool:
        """Is it a test visit of the hall's own? Its proof is used up."""
        office = self._office
        return bool(proof) and office.proofs.take(office.settings.visitor_key, visitor.mac, proof, office.now().unix)

    def _checked(self, visitor: Visitor, form: AcceptForm) -> Plan | Refusal:
        """The plan that the form asks for, or what is wrong with the form. The token was made for the terms that the form names."""
        if not check_token(self._office.register.csrf_key, form.token, self._binding(visitor, form.terms), self._office.now()):
            return Refusal("token")
        if form.terms != self.terms.version:
            return Refusal("terms")
        offered = self.plans(visitor.zone)
        if form.plan is None:
            return offered[0]
        return next((plan for plan in offered if plan.name == form.plan), Refusal("plan"))

    def _binding(self, visitor: Visitor, terms_version: str) -> Binding:
        return Binding(zone=visitor.zone, mac=visitor.mac, ip=visitor.ip, terms_version=terms_version)

    def _visitor(self, client: Client, ip: str, usage: Usage | None) -> Visitor:
        office, now = self._office, self._office.now()
        state, session = office.register.state(client, now), office.register.session(client)
        block = office.register.blocked(client, now)
        if usage is not None and block is None and (session is None or usage.session not in office.register.sessions):
            session, state = adopt(usage, office.settings.plans.get(usage.plan), now), State.ONLINE  # the next reading writes it down
        if session is not None and usage is not None and usage.session == session.id:
            session = apply_usage(session, usage)
        plan = (office.plan_of(session) if session is not None and state is State.ONLINE else None) or self.plans(client.zone)[0]
        ended = session is not None and state is State.ENDED
        return Visitor(
            ip=ip,
            mac=client.mac,
            zone=client.zone,
            code=office.register.code(client),
            state=state,
            plan=plan,
            session=session if state in (State.ONLINE, State.ENDED) else None,
            seconds_left=int(seconds_left(session, now)) if session is not None and state is State.ONLINE else None,
            bytes_left=bytes_left(session) if session is not None and state is State.ONLINE else None,
            reason=block.reason if block is not None else session.reason if session is not None and ended else "",
            seen_before=session is not None,
            can_extend=session is not None and state is State.ONLINE and can_prolong(session, plan, now),
            extended=session.extended if session is not None else 0,
            fast_left=fast_bytes_left(session) if session is not None and state is State.ONLINE else None,
        )
