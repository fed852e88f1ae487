"""May a client begin a session on a plan now, and if not, why and until when?"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from hotspot.session.allowance import LEAST_BYTES, LEAST_SECONDS, Spent
from hotspot.session.hours import Opening
from hotspot.session.plans import Plan
from hotspot.session.sessions import Session, in_progress

PAUSED_AFTER = frozenset({"time", "volume", "left"})
"""Ends that a pause follows. Not: a phone that went to sleep, what staff did, and what was our fault."""


Away = Literal["open", "closed", "last-policy"]
"""What new visitors meet while the hub is away: ``open`` lets them in, ``closed`` does not, ``last-policy`` does when there is one."""


class Barrier(Struct, frozen=True):
    """Why a client cannot begin now."""

    code: str
    """``closed``, ``pause``, ``daily`` or ``offline``."""
    until: float | None = None
    """Wall clock from which on it may try again; None: not known."""


class Standing(Struct, frozen=True):
    """What is known of a client and of the house when it asks."""

    unix: float
    """Wall clock now."""
    tomorrow: float
    """Wall clock at which the next day begins in the hall."""
    last: Session | None = None
    """Its last session in this zone."""
    pause: float = 0.0
    """Seconds of pause that the plan of its last session asks for."""


def closed_until(openings: Iterable[Opening]) -> Barrier | None:
    """The barrier when not all of these (the zone's and the plan's hours) are open; it ends when the last of them opens."""
    shut = [opening.opens for opening in openings if not opening.open]
    if not shut:
        return None
    known = [opens for opens in shut if opens is not None]
    return Barrier("closed", max(known) if len(known) == len(shut) else None)


def line_down(up: bool, closes: bool) -> Barrier | None:
    """The barrier while the line is down, where the hall lets nobody in then (``closes``); nobody knows when it ends."""
    return None if up or not closes else Barrier("offline")


def hub_away(how: Away, reached: bool, has_policy: bool, away: bool) -> bool:
    """Does the hub's absence keep new visitors out? ``reached``: it has answered at least once; ``has_policy``: a policy of it is in force;
    ``away``: it has not answered for too long. One that was never reached keeps them out at once: nobody has said yet that this hall may
    serve."""
    if how == "open" or (how == "last-policy" and has_policy):
        return False
    return away or not reached


def paused_until(standing: Standing) -> Barrier | None:
    """The barrier while the pause after the last session lasts. A wall clock that was set back ends it."""
    last = standing.last
    if last is None or in_progress(last) or last.ended_at is None or last.reason not in PAUSED_AFTER:
        return None
    over = last.ended_at + standing.pause
    return Barrier("pause", over) if last.ended_at <= standing.unix < over else None


def used_up(plan: Plan, spent: Spent, tomorrow: float) -> Barrier | None:
    """The barrier when the day's allowance has nothing worth a session left."""
    time_up = plan.daily_seconds is not None and plan.daily_seconds - spent.seconds < min(LEAST_SECONDS, plan.daily_seconds)
    volume_up = plan.daily_volume is not None and plan.daily_volume - spent.bytes < min(LEAST_BYTES, plan.daily_volume)
    return Barrier("daily", tomorrow) if time_up or volume_up else None


def barrier(plan: Plan, openings: Iterable[Opening], spent: Spent, standing: Standing) -> Barrier | None:
    """Why the client cannot begin a session on ``plan`` now; None: it can."""
    return closed_until(openings) or used_up(plan, spent, standing.tomorrow) or paused_until(standing)
