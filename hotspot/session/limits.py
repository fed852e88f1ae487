"""What bounds a session from outside, and what a changed plan means for one in progress.

Rule 1: closing time, the day's allowance and the end of a voucher code end a session; all are looked at again and again, so that they
follow the clock, the settings and what the client uses elsewhere. Rule 2: no change of the settings ends a session by itself: a limit that
is over already is not applied. Rule 3: time that was given at acceptance stays given; rates, volume and idle time follow the plan.
"""

import msgspec

from hotspot.session.allowance import Spent
from hotspot.session.hours import Opening
from hotspot.session.plans import Plan
from hotspot.session.sessions import (
    CLOCK_SLACK,
    Now,
    Session,
    bytes_used,
    fast_bytes_left,
    outer_seconds_left,
    rates_of,
    seconds_left,
    seconds_used,
    volume_limit,
)
from hotspot.session.states import ClosingTime, CodeOver, DayUsed

LEAST = 1.0
"""Seconds: a bound nearer than this is over already (``firewall.api.PositiveSeconds``)."""


def tune(session: Session, plan: Plan, openings: tuple[Opening, ...], spent: Spent, now: Now, code_left: float | None = None) -> Session:
    """The session with the limits that hold now. ``openings``: the hours of its zone and plan, as far as there are any; ``spent``: what
    ended sessions of this client have used of the plan today; ``code_left``: seconds until its voucher code is over, None when that is not
    known. The same value when nothing changed."""
    return _bound_in_time(_bound_in_volume(session, plan, spent), plan, openings, spent, now, code_left)


def _bound_in_volume(session: Session, plan: Plan, spent: Spent) -> Session:
    used, own = session.bytes_up + session.bytes_down, plan.volume
    at = None if own is None else session.volume_base + own
    ends, slow_after = (at, None) if plan.slow is None else (None, at)
    if ends is not None and ends <= used:
        ends = session.volume
    day = None if plan.daily_volume is None or session.by_staff else session.day_bytes + plan.daily_volume - spent.bytes
    if day is not None and day <= used:
        day = session.day_volume
    if (session.volume, session.slow_after, session.day_volume, session.idle) == (ends, slow_after, day, plan.idle):
        return session
    return msgspec.structs.replace(session, volume=ends, slow_after=slow_after, day_volume=day, idle=plan.idle)


def _bound_in_time(session: Session, plan: Plan, openings: tuple[Opening, ...], spent: Spent, now: Now, code_left: float | None) -> Session:
    if not openings and plan.daily_seconds is None and session.until_at is None and code_left is None:
        return session
    bounds: list[tuple[float, str]] = [
        (opening.closes - now.unix, ClosingTime.reason) for opening in openings if opening.open and opening.closes is not None
    ]
    outer = outer_seconds_left(session, now)
    if outer is not None and outer < LEAST:
        return session  # its end is a moment away: it is not put off
    if outer is not None and session.until_reason == ClosingTime.reason and any(not opening.open for opening in openings):
        bounds.append((outer, ClosingTime.reason))  # closed meanwhile by another clock or other hours: what was said stays
    if plan.daily_seconds is not None and not session.by_staff:
        rest = plan.daily_seconds - spent.seconds - (seconds_used(session, now) - session.day_seconds)
        keeps = outer is not None and rest < LEAST and session.until_reason == DayUsed.reason  # used up elsewhere: what was said stays
        bounds.append((outer if keeps and outer is not None else rest, DayUsed.reason))
    if session.voucher:
        stays = code_left is None and session.until_reason == CodeOver.reason  # the code was lost with its file: what was said stays
        left = outer if stays else code_left
        bounds += [] if left is None else [(left, CodeOver.reason)]
    tightest = min((bound for bound in bounds if bound[0] >= LEAST), default=None)
    if tightest is None:
        return session if outer is None else msgspec.structs.replace(session, until_boottime=None, until_at=None, until_reason="")
    seconds, reason = tightest
    if outer is not None and reason == session.until_reason and abs(outer - seconds) <= CLOCK_SLACK and session.boot_id == now.boot_id:
        return session
    return msgspec.structs.replace(session, until_boottime=now.boottime + seconds, until_at=now.unix + seconds, until_reason=reason)


def needs_replace(before: Session, after: Session, plan: Plan, now: Now) -> bool:
    """Must the firewall be told? ``before`` is what it was last told."""
    if rates_of(after, plan) != before.rates:
        return True
    return after is not before and (
        (volume_limit(after), after.idle) != (volume_limit(before), before.idle)
        or abs(seconds_left(after, now) - seconds_left(before, now)) > CLOCK_SLACK / 2
    )


def new_day(session: Session, now: Now) -> Session:
    """The session at the start of a day: what it used until now belongs to the days before."""
    return msgspec.structs.replace(session, day_seconds=seconds_used(session, now), day_bytes=bytes_used(session))


def used_today(session: Session, now: Now) -> tuple[float, int]:
    """Seconds and bytes of the session that belong to today."""
    return max(0.0, seconds_used(session, now) - session.day_seconds), max(0, bytes_used(session) - session.day_bytes)


def soonest_slow(session: Session, plan: Plan) -> float | None:
    """Seconds after which the session can have become slow at the earliest, at full speed both ways; None: it cannot."""
    left = fast_bytes_left(session)
    if not left or plan.slow is None:
        return None
    return left * 8 / (plan.rates.ceil_down + plan.rates.ceil_up)
