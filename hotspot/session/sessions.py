"""One client's time on one plan, from acceptance to end.

Rule: within one boot CLOCK_BOOTTIME decides, which never jumps; the wall clock is asked only across boots, and then a session never gets
more than its whole length, because a gateway without a battery clock may wake up in the past.
"""

import msgspec
from msgspec import Struct

from firewall.api import Grant, Usage
from hotspot.session.plans import Plan
from hotspot.session.states import Adopted, EndEvent, Event, Extended, State, move

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
    idle: float | None = None
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
        volume=plan.volume,
        idle=plan.idle,
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
        volume=plan.volume if plan else None,
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


def seconds_left(session: Session, now: Now) -> float:
    """Seconds until the session ends, 0 when it has."""
    if not in_progress(session):
        return 0.0
    if session.boot_id == now.boot_id:
        return max(0.0, session.ends_boottime - now.boottime)
    return max(0.0, min(session.ends_at - now.unix, session.seconds))


def bytes_left(session: Session) -> int | None:
    """Bytes until the volume is used up; None when the session has no volume."""
    if session.volume is None:
        return None
    return max(0, session.volume - session.bytes_up - session.bytes_down)


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
    ends_at = now.unix + seconds_left(session, now)
    if session.boot_id != now.boot_id:
        return msgspec.structs.replace(session, boot_id=now.boot_id, ends_boottime=now.boottime + ends_at - now.unix, ends_at=ends_at)
    return session if abs(ends_at - session.ends_at) <= CLOCK_SLACK else msgspec.structs.replace(session, ends_at=ends_at)


def extend(session: Session, plan: Plan, seconds: float, now: Now) -> Session:
    """The session on ``plan`` with ``seconds`` from now on; counters go on. Raises ``IllegalMove`` when it has ended."""
    used = max(0.0, session.seconds - seconds_left(session, now))
    return msgspec.structs.replace(
        session,
        state=move(session.state, Extended()),
        plan=plan.name,
        seconds=used + seconds,
        boot_id=now.boot_id,
        ends_boottime=now.boottime + seconds,
        ends_at=now.unix + seconds,
        volume=None if plan.volume is None else plan.volume + session.bytes_up + session.bytes_down,
        idle=plan.idle,
    )


def end(session: Session, event: EndEvent, now: Now, final: Usage | None = None) -> Session:
    """The ended session with its final usage. Raises ``IllegalMove`` when it has ended before."""
    state = move(session.state, event)
    counted = session if final is None else apply_usage(session, final)
    return msgspec.structs.replace(counted, state=state, ended_at=now.unix, reason=event.reason)


def to_grant(session: Session, plan: Plan, now: Now) -> Grant:
    """What the firewall is asked for: the time left, the bytes so far, the plan's rates. The session must have at least 1 s left."""
    if session.mac is None:
        raise ValueError(f"cannot grant session {session.id}: its client is no longer known")
    return Grant(
        zone=session.zone,
        mac=session.mac,
        session=session.id,
        plan=session.plan,
        rates=plan.rates,
        seconds=seconds_left(session, now),
        volume=session.volume,
        idle=session.idle,
        bytes_up=session.bytes_up,
        bytes_down=session.bytes_down,
    )
