"""Accept: terms checked -> session in the journal (durable) -> grant in the kernel. In this order, whatever fails."""

from time import perf_counter

import msgspec
import structlog
from msgspec import Struct

from hotspot.portal.gate import GateError, GateRefused
from hotspot.portal.journal import JournalUnavailable, Statement, rows
from hotspot.portal.office import Office
from hotspot.portal.register import Client
from hotspot.session.limits import LEAST
from hotspot.session.plans import Plan
from hotspot.session.sessions import Session, begin, in_progress, rates_of, seconds_left, to_grant
from hotspot.session.states import Event, LetIn, NotGranted, State

log = structlog.get_logger("accept")


class Refusal(Struct, frozen=True):
    """The visitor is not let in (or out), and why."""

    code: str
    """``token`` | ``terms`` | ``plan`` | ``blocked`` | ``closed`` | ``pause`` | ``daily`` | ``offline`` | ``journal`` |
    ``firewall`` | ``full`` | ``unknown_client``."""


class Entry(Struct, frozen=True):
    """How a client comes in."""

    event: Event
    """``TermsAccepted`` or ``LetIn``."""
    plan: Plan
    session_id: str
    """16 random hex digits; used if the client has no session in progress."""
    terms_version: str = ""
    language: str = ""
    family: str = "other"
    seconds: float | None = None
    """Instead of the plan's time."""
    voucher: str = ""
    """The code that lets it in (``hotspot.session.vouchers.Place.text``), checked by ``hotspot.portal.redeem``."""
    volume_base: int = 0
    """As in the session."""
    also: tuple[Statement, ...] = ()
    """Written together with the session."""


async def open_session(office: Office, client: Client, entry: Entry) -> Session | Refusal:
    """Let a client in; one that is online already keeps its session. Staff may let in outside the hours, before the pause is over and
    beyond the daily allowance. The caller holds the client's lock."""
    office.look_at_day()
    register, now = office.register, office.now()
    state = register.state(client, now)
    if state is State.BLOCKED:
        return Refusal("blocked")
    current = register.session(client)
    if current is not None and in_progress(current):
        return current
    barrier = None if isinstance(entry.event, LetIn) or entry.voucher else office.barrier(client, entry.plan, now)
    if barrier is not None:
        return Refusal(barrier.code)
    session = begin(
        entry.event,
        before=state,
        session_id=entry.session_id,
        zone=client.zone,
        mac=client.mac,
        plan=entry.plan,
        terms_version=entry.terms_version,
        language=entry.language,
        family=entry.family,
        now=now,
        seconds=entry.seconds,
    )
    terms = register.terms.shown(office.settings.terms, entry.language, now.unix)
    if entry.terms_version not in ("", terms.version):
        return Refusal("terms")  # they have changed since the form was checked
    session = msgspec.structs.replace(
        session, voucher=entry.voucher, volume_base=entry.volume_base, terms_digest=terms.digest if entry.terms_version else ""
    )
    session = office.tuned(session, entry.plan, now)
    session = msgspec.structs.replace(session, rates=rates_of(session, entry.plan))
    if seconds_left(session, now) < LEAST:
        return Refusal("closed")  # it closes at this very moment
    if not office.gate.up:
        return Refusal("firewall")  # nothing to undo: better than an acceptance that comes to nothing
    try:
        accepted = register.terms.statements(terms) if entry.terms_version else []
        await office.journal.write([*accepted, *rows.of_session(session), *entry.also])
    except JournalUnavailable:
        return Refusal("journal")
    if entry.terms_version:
        register.terms.wrote(terms)
    register.opening.add(session.id)
    register.put(session, written=True)
    try:
        return await _grant(office, session, entry.plan)
    finally:
        register.opening.discard(session.id)


async def _grant(office: Office, session: Session, plan: Plan) -> Session | Refusal:
    started = perf_counter()
    try:
        await office.gate.link.allow(to_grant(session, plan, office.now()))
    except GateError as error:
        office.finish(session.id, NotGranted())
        await office.save()
        code = error.code if isinstance(error, GateRefused) else "unavailable"
        if code == "conflict":
            office.wake.set()  # the kernel has a session of this client that we do not know: the next reading adopts it
        log.warning("not granted", zone=session.zone, plan=session.plan, code=code)
        return Refusal("full" if code == "full" else "firewall")
    office.metrics.grant_seconds.observe(perf_counter() - started)
    return session
