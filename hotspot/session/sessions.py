"""One client's time on one plan, from acceptance to end.

Rule 1: within one boot CLOCK_BOOTTIME decides, which never jumps; the wall clock is asked only across boots, and then a session never gets
more than its whole length, because a gateway without a battery clock may wake up in the past.
Rule 2: a session has its own time and volume, given by its plan or by staff, and outer bounds (closing time, the day's allowance), which
``limits`` sets; the tighter one counts.
"""

import msgspec
from msgspec import Struct

from firewall.api import Grant, Rates, Usage
from hotspot.session.plans import Plan
from hotspot.session.states import (
    Adopted,
    ClosingTime,
    CodeOver,
    DayUsed,
    EndEvent,
    Event,
    Extended,
    LetIn,
    State,
    TimeUp,
    VolumeUsed,
    move,
)

CLOCK_SLACK = 5.0
"""Seconds by which ``ends_at`` may disagree with the boot clock before it is written anew (the wall clock was set)."""

ENDED_SHOWN = 3_600.0
"""Seconds for which a visitor who comes back is told why the last session ended; later it is a new visit."""
_NOT_SHOWN = ("not_granted", "blocked")
"""Ends that say nothing to the visitor: never was online, or a block that was lifted since."""


class Now(Struct, frozen=True):
    """One reading of the clocks."""

    unix: float
    """Wall clock, seconds since 1970; may jump."""
    boottime: float
    """CLOCK_BOOTTIME in seconds; never jumps, starts at 0 with each boot."""
    boot_id: str
    """Which boot ``boottime`` belongs to (``/proc/sys/kernel/random/boot_id``)."""


class Session(Struct, frozen=True, kw_only=True):
    """What the journal holds of one session."""

    id: str
    """16 random hex digits."""
    zone: str
    mac: str | None
    """None after the retention time."""
    plan: str
    terms_version: str
    """"" when staff let the device in, or when the session was rebuilt from the kernel."""
    language: str
    family: str = "other"
    """Device family as told by its probes (``apple``, ``android`` ...)."""
    accepted_at: float
    """Wall clock."""
    seconds: float
    """Whole length of the session."""
    boot_id: str
    """The boot that ``ends_boottime`` belongs to."""
    ends_boottime: float
    ends_at: float
    """Wall clock; used only after a reboot."""
    volume: int | None = None
    """Bytes at which it ends."""
    slow_after: int | None = None
    """Bytes from which it goes on at the plan's slow rates."""
    volume_base: int = 0
    """Bytes that do not count for these two: used before it got a new plan. Below 0: what its voucher's earlier sessions have used."""
    idle: float | None = None
    rates: Rates | None = None
    """What the firewall was last asked for; None: not known."""
    until_boottime: float | None = None
    """Outer bound, as ``ends_boottime``."""
    until_at: float | None = None
    """Outer bound, as ``ends_at``."""
    until_reason: str = ""
    """Which bound that is: ``closed``, ``daily`` or ``voucher``."""
    day_volume: int | None = None
    """Bytes of the session at which today's allowance is used up."""
    day_seconds: float = 0.0
    """What it used before today, as far as the daily allowance is concerned."""
    day_bytes: int = 0
    """Likewise."""
    extended: int = 0
    """How often the visitor made it longer."""
    by_staff: bool = False
    """Staff gave it its time: the daily allowance does not bound it."""
    voucher: str = ""
    """The code that it goes on, as ``hotspot.session.vouchers.Place.text``; "" without one."""
    terms_digest: str = ""
    """Which text was accepted (``hotspot.session.terms``); "" as in ``terms_version``."""
    bytes_up: int = 0
    bytes_down: int = 0
    state: State = State.ONLINE
    ended_at: float | None = None
    """Wall clock; None while in progress."""
    reason: str = ""
    """Why it ended, "" while in progress."""


def begin(
    event: Event,
    *,
    before: State,
    session_id: str,
    zone: str,
    mac: str,
    plan: Plan,
    terms_version: str,
    language: str,
    family: str,
    now: Now,
    seconds: float | None = None,
) -> Session:
    """A new session of a client whose state was ``before``; ``seconds`` overrides the plan's time. Raises ``IllegalMove``."""
    length = float(plan.seconds if seconds is None else seconds)
    return Session(
        id=session_id,
        zone=zone,
        mac=mac,
        plan=plan.name,
        terms_version=terms_version,
        language=language,
        family=family,
        accepted_at=now.unix,
        seconds=length,
        boot_id=now.boot_id,
        ends_boottime=now.boottime + length,
        ends_at=now.unix + length,
        volume=plan.ends_at_volume,
        slow_after=plan.slows_at_volume,
        idle=plan.idle,
        by_staff=isinstance(event, LetIn),
        state=move(before, event),
    )


def adopt(usage: Usage, plan: Plan | None, now: Now) -> Session:
    """A session rebuilt from what the kernel knows; its beginning and language are lost. ``plan`` gives the limits, when it is known."""
    return Session(
        id=usage.session,
        zone=usage.zone,
        mac=usage.mac,
        plan=usage.plan,
        terms_version="",
        language="",
        accepted_at=now.unix,
        seconds=usage.seconds_left,
        boot_id=now.boot_id,
        ends_boottime=now.boottime + usage.seconds_left,
        ends_at=now.unix + usage.seconds_left,
        volume=plan.ends_at_volume if plan else None,
        slow_after=plan.slows_at_volume if plan else None,
        idle=plan.idle if plan else None,
        bytes_up=usage.bytes_up,
        bytes_down=usage.bytes_down,
        state=move(State.CAPTIVE, Adopted()),
    )


def in_progress(session: Session) -> bool:
    """True until the session has ended."""
    return session.state is State.ONLINE


def state_of(session: Session | None, blocked: bool, now: Now) -> State:
    """How a client stands, from its last session and whether a block is in force."""
    if blocked:
        return State.BLOCKED
    if session is None or session.reason in _NOT_SHOWN:
        return State.CAPTIVE
    if in_progress(session):
        return State.ONLINE
    shown = session.ended_at is not None and 0 <= now.unix - session.ended_at <= ENDED_SHOWN
    return State.ENDED if shown else State.CAPTIVE


def own_seconds_left(session: Session, now: Now) -> float:
    """Seconds until its own time is over, whatever the outer bounds say."""
    if session.boot_id == now.boot_id:
        return max(0.0, session.ends_boottime - now.boottime)
    return max(0.0, min(session.ends_at - now.unix, session.seconds))


def seconds_left(session: Session, now: Now) -> float:
    """Seconds until the session ends, 0 when it has."""
    if not in_progress(session):
        return 0.0
    own, outer = own_seconds_left(session, now), outer_seconds_left(session, now)
    return own if outer is None else min(own, outer)


def outer_seconds_left(session: Session, now: Now) -> float | None:
    """Seconds until the outer bound; None: there is none."""
    if session.until_boottime is None or session.until_at is None:
        return None
    same_boot = session.boot_id == now.boot_id
    return max(0.0, session.until_boottime - now.boottime if same_boot else session.until_at - now.unix)


def seconds_used(session: Session, now: Now) -> float:
    """Seconds of its own time that are over."""
    return max(0.0, session.seconds - own_seconds_left(session, now))


def bytes_used(session: Session) -> int:
    """Bytes so far, up and down."""
    return session.bytes_up + session.bytes_down


def volume_limit(session: Session) -> int | None:
    """Bytes at which it ends: its own volume, or what is left of today's, whichever is less."""
    return min((volume for volume in (session.volume, session.day_volume) if volume is not None), default=None)


def bytes_left(session: Session) -> int | None:
    """Bytes until the volume is used up; None when the session has no volume."""
    limit = volume_limit(session)
    return None if limit is None else max(0, limit - bytes_used(session))


def fast_bytes_left(session: Session) -> int | None:
    """Bytes until the session becomes slow, 0 when it is; None when it never does."""
    return None if session.slow_after is None else max(0, session.slow_after - bytes_used(session))


def rates_of(session: Session, plan: Plan) -> Rates:
    """The rates that the session should have now. A plan that is no longer in the settings leaves it those that it has."""
    if plan.name != session.plan and session.rates is not None:
        return session.rates
    return plan.slow if plan.slow is not None and fast_bytes_left(session) == 0 else plan.rates


def apply_usage(session: Session, usage: Usage) -> Session:
    """The session with the kernel's counters, which only grow; equal to ``session`` when nothing worth writing changed."""
    if not in_progress(session):
        return session
    changes: dict[str, int] = {}
    if usage.bytes_up > session.bytes_up:
        changes["bytes_up"] = usage.bytes_up
    if usage.bytes_down > session.bytes_down:
        changes["bytes_down"] = usage.bytes_down
    return msgspec.structs.replace(session, **changes) if changes else session


def merge_counters(session: Session, other: Session) -> Session:
    """The session with the higher counters of two versions of it."""
    return msgspec.structs.replace(
        session, bytes_up=max(session.bytes_up, other.bytes_up), bytes_down=max(session.bytes_down, other.bytes_down)
    )


def rebase(session: Session, now: Now) -> Session:
    """The session as it goes on in this boot, with the same time left, and with the wall clock as it is set now."""
    own, outer = own_seconds_left(session, now) if in_progress(session) else 0.0, outer_seconds_left(session, now)
    same_boot = session.boot_id == now.boot_id
    if same_boot and abs(now.unix + own - session.ends_at) <= CLOCK_SLACK:
        return session
    return msgspec.structs.replace(
        session,
        boot_id=now.boot_id,
        ends_boottime=session.ends_boottime if same_boot else now.boottime + own,
        ends_at=now.unix + own,
        until_boottime=session.until_boottime if same_boot or outer is None else now.boottime + outer,
        until_at=None if outer is None else now.unix + outer,
    )


def extend(session: Session, plan: Plan, seconds: float, now: Now) -> Session:
    """The session on ``plan`` with ``seconds`` from now on, by staff; counters go on. Raises ``IllegalMove`` when it has ended."""
    base = bytes_used(session)
    return msgspec.structs.replace(
        session,
        state=move(session.state, Extended()),
        plan=plan.name,
        seconds=seconds_used(session, now) + seconds,
        boot_id=now.boot_id,
        ends_boottime=now.boottime + seconds,
        ends_at=now.unix + seconds,
        volume=None if plan.ends_at_volume is None else plan.ends_at_volume + base,
        slow_after=None if plan.slows_at_volume is None else plan.slows_at_volume + base,
        volume_base=base,
        idle=plan.idle,
        by_staff=True,
        voucher="",
    )


def can_prolong(session: Session, plan: Plan, now: Now) -> bool:
    """Does the visitor's button make the session longer?"""
    if not in_progress(session) or plan.name != session.plan or plan.extension < 1 or session.extended >= plan.extensions:
        return False
    outer = outer_seconds_left(session, now)
    return outer is None or outer > own_seconds_left(session, now)


def prolong(session: Session, plan: Plan, now: Now) -> Session:
    """The session with the plan's extension, by its visitor. Raises ``IllegalMove`` when it has ended."""
    session = rebase(session, now)
    return msgspec.structs.replace(
        session,
        state=move(session.state, Extended()),
        seconds=session.seconds + plan.extension,
        ends_boottime=session.ends_boottime + plan.extension,
        ends_at=session.ends_at + plan.extension,
        extended=session.extended + 1,
    )


def end(session: Session, event: EndEvent, now: Now, final: Usage | None = None) -> Session:
    """The ended session with its final usage. Raises ``IllegalMove`` when it has ended before."""
    state = move(session.state, event)
    counted = session if final is None else apply_usage(session, final)
    return msgspec.structs.replace(counted, state=state, ended_at=now.unix, reason=why_ended(session, event).reason)


def why_ended(session: Session, event: EndEvent) -> EndEvent:
    """What the kernel calls the end of time or volume, by the bound that it was."""
    if isinstance(event, TimeUp) and session.until_boottime is not None and session.until_boottime < session.ends_boottime:
        return {DayUsed.reason: DayUsed(), CodeOver.reason: CodeOver()}.get(session.until_reason, ClosingTime())
    if isinstance(event, VolumeUsed) and session.day_volume is not None and session.day_volume == volume_limit(session):
        return event if session.day_volume == session.volume else DayUsed()
    return event


def to_grant(session: Session, plan: Plan, now: Now) -> Grant:
    """What the firewall is asked for: the time left, the bytes so far, the rates that fit them. The session must have at least 1 s left."""
    if session.mac is None:
        raise ValueError(f"cannot grant session {session.id}: its client is no longer known")
    return Grant(
        zone=session.zone,
        mac=session.mac,
        session=session.id,
        plan=session.plan,
        rates=rates_of(session, plan),
        seconds=seconds_left(session, now),
        volume=volume_limit(session),
        idle=session.idle,
        bytes_up=session.bytes_up,
        bytes_down=session.bytes_down,
    )
