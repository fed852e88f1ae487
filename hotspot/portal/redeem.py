"""Redeem: a visitor types a voucher code. Code checked -> use and session in the journal (durable) -> kernel, as ``hotspot.portal.accept``.

A device that is online goes on with the code's plan, without being cut; one that is not begins a session.
"""

import secrets

import msgspec
import structlog
from msgspec import Struct

from hotspot.portal.accept import Entry, Refusal, open_session
from hotspot.portal.gate import GateError
from hotspot.portal.journal import JournalUnavailable, rows
from hotspot.portal.office import Office
from hotspot.portal.register import Client
from hotspot.portal.tuning import put_granted
from hotspot.portal.vouchers import Found
from hotspot.session.admission import Barrier
from hotspot.session.plans import Plan
from hotspot.session.sessions import Session, in_progress, merge_counters, seconds_left, to_grant
from hotspot.session.states import IllegalMove, State, TermsAccepted
from hotspot.session.voucher_codes import Mistyped, parse_voucher
from hotspot.session.vouchers import LEAST, Ticket, device_name, refusal, switch, used

REFUSALS = (
    "voucher_mistyped",
    "voucher_unknown",
    "voucher_withdrawn",
    "voucher_early",
    "voucher_over",
    "voucher_devices",
    "voucher_volume",
    "voucher_elsewhere",
    "voucher_tries",
    "voucher_guessing",
)
"""Codes of ``Refusal`` that are about the voucher; all others are those of ``accept``."""

log = structlog.get_logger("redeem")


class Asked(Struct, frozen=True):
    """What a visitor handed in."""

    code: str
    """As typed."""
    terms_version: str
    language: str
    family: str
    seen: Session | None = None
    """The visitor's session with what the kernel had counted when they came: the register's counters are some seconds old."""


class _Use(Struct, frozen=True):
    """One use of a code, checked."""

    plan: Plan
    before: Ticket
    after: Ticket
    earlier: int
    """Bytes that this device has used of the code."""


async def redeem(office: Office, client: Client, asked: Asked) -> Session | Refusal:
    """Let a client in on a code, or let it go on with it. Twice typed on one device is one session. The caller holds the client's lock."""
    vouchers, now = office.register.vouchers, office.now()
    office.look_at_day()
    if office.register.blocked(client, now) is not None:
        return Refusal("blocked")
    waiting = vouchers.tries.wait(client.zone, client.mac, now)
    if waiting:
        return Refusal(f"voucher_{waiting}")
    try:
        found = vouchers.find(parse_voucher(asked.code))
    except Mistyped:
        vouchers.tries.wrong(client.zone, client.mac, now, mistyped=True)
        return Refusal("voucher_mistyped")
    if found is None:
        vouchers.tries.wrong(client.zone, client.mac, now, mistyped=False)
        return Refusal("voucher_unknown")
    async with vouchers.lock(found.ticket.place):
        return await _use(office, client, asked, vouchers.at(found.ticket.place) or found)


async def _use(office: Office, client: Client, asked: Asked, found: Found) -> Session | Refusal:
    register = office.register
    current = register.session(client)
    online = current if current is not None and in_progress(current) else None
    if online is not None and online.voucher == found.ticket.place.text:
        return online
    use = _checked(office, client, found)
    if isinstance(use, Refusal):
        return use
    used_now = register.vouchers.put(use.after)  # the session's end depends on it
    if online is None:
        entry = Entry(
            event=TermsAccepted(),
            plan=use.plan,
            session_id=secrets.token_hex(8),
            terms_version=asked.terms_version,
            language=asked.language,
            family=asked.family,
            voucher=use.after.place.text,
            volume_base=-use.earlier,
            also=tuple(used_now),
        )
        result = await open_session(office, client, entry)
    else:
        result = await _go_on(office, _counted(office, online, asked.seen), use, asked)
    if isinstance(result, Refusal):
        register.vouchers.take_back(use.before, use.after)
        office.wake.set()
    return result


def _checked(office: Office, client: Client, found: Found) -> _Use | Refusal:
    """May this device use the code here and now?"""
    register, now = office.register, office.now()
    batch, ticket = found.batch, found.ticket
    plan = office.settings.plans.get(batch.plan)
    if plan is None or plan not in office.voucher_plans(client.zone):
        return Refusal("voucher_elsewhere")
    device = device_name(register.hall_key, batch, ticket.index, client.mac)
    why = refusal(ticket, batch, plan, device, now)
    if why:
        return Refusal(f"voucher_{why}")
    barrier = barrier_with_code(office, client, plan)
    if barrier is not None:
        return Refusal(barrier.code)
    after = used(ticket, batch, device, now)
    return _Use(plan, before=ticket, after=after, earlier=after.devices[device])


def barrier_with_code(office: Office, client: Client, plan: Plan) -> Barrier | None:
    """Why nobody may begin with a code now. A code is a right of its own: no pause of another plan holds it up."""
    barrier = office.barrier(client, plan, office.now())
    last = office.register.session(client)
    return None if barrier is not None and barrier.code == "pause" and last is not None and last.plan != plan.name else barrier


def _counted(office: Office, session: Session, seen: Session | None) -> Session:
    """The session in progress with the counters that were seen last: what was used until now belongs to what it leaves."""
    if seen is None or seen.id != session.id:
        return session
    counted = merge_counters(session, seen)
    office.metrics.count_bytes(session, counted)
    office.register.put(counted)
    return counted


async def _go_on(office: Office, session: Session, use: _Use, asked: Asked) -> Session | Refusal:
    """The session in progress goes on with the code: its use and the session's new plan on disk, then the kernel."""
    register, now = office.register, office.now()
    try:
        changed = switch(session, use.plan, use.after.place, use.earlier, asked.terms_version, now)
    except IllegalMove:
        return Refusal("firewall")
    terms = register.terms.shown(office.settings.terms, asked.language, now.unix)
    if asked.terms_version != terms.version:
        return Refusal("terms")  # they have changed since the form was checked
    changed = office.tuned(msgspec.structs.replace(changed, language=asked.language, terms_digest=terms.digest), use.plan, now)
    if seconds_left(changed, now) < LEAST:
        return Refusal("closed")
    if not office.gate.up:
        return Refusal("firewall")
    unsure = msgspec.structs.replace(changed, rates=None)  # until the kernel has answered: whoever looks after a crash asks it again
    try:
        accepted = [*register.terms.statements(terms), *rows.of_acceptance(unsure, now.unix)]  # the session's moment is older
        left = register.vouchers.enter(register.hall_key, session)  # what was used of another code is that code's
        await office.journal.write([*accepted, *rows.of_session(unsure), *left, *rows.of_ticket(use.after)])
    except JournalUnavailable:
        return Refusal("journal")
    register.terms.wrote(terms)
    if register.state(Client(session.zone, session.mac or ""), now) is not State.ONLINE:
        return Refusal("firewall")  # it ended while we wrote; what ended is written over ours
    grant = to_grant(changed, use.plan, office.now())
    try:
        await office.gate.link.replace(grant)
    except GateError as error:
        current = register.sessions[session.id]
        register.put(merge_counters(msgspec.structs.replace(session, rates=None), current) if in_progress(current) else current)
        log.warning("not granted with a code", zone=session.zone, plan=use.plan.name, why=type(error).__name__)
        return Refusal("firewall")
    office.enter_day(session)
    put_granted(office, changed, grant)
    await office.save()
    return register.sessions[session.id]
