"""Journal against kernel: after a reboot, a restart of either process, or whatever somebody did to the kernel, what is to be done?

Rule 1: a session that the kernel has is never cut, unless it was ended or blocked on purpose.
Rule 2: a session with time and volume left that the kernel lacks is opened again, with what it used so far.
Rule 3: every other session of the journal is finished, once, with the reason that the firewall gave or that its own limits give.
Rule 4: doing it twice changes nothing.
"""

from collections.abc import Iterable, Mapping, Set

from msgspec import Struct

from firewall.api import Ended, Usage
from hotspot.session.plans import Plan
from hotspot.session.sessions import Now, Session, adopt, apply_usage, bytes_left, end, rebase, seconds_left
from hotspot.session.states import Blocked, EndEvent, Lost, TimeUp, VolumeUsed, end_event

MIN_SECONDS = 1.0
"""A grant is at least this long (``firewall.api.PositiveSeconds``)."""
VANISHED = "gone"
"""The firewall's reason for a grant that somebody took out of the kernel: not an end if there is time left."""


class Recovery(Struct, frozen=True):
    """What is to be done."""

    adopt: tuple[Session, ...] = ()
    """In the kernel, unknown to the journal: written into it."""
    update: tuple[Session, ...] = ()
    """Known to both, with newer counters or another boot."""
    finish: tuple[Session, ...] = ()
    """Ended, with reason and final usage."""
    allow: tuple[Session, ...] = ()
    """To be opened again in the kernel."""
    revoke: tuple[tuple[str, str], ...] = ()
    """Session id and reason: in the kernel, but ended or blocked on purpose."""


def decide(
    known: Iterable[Session],
    closed: Mapping[str, str],
    blocked: Set[tuple[str, str]],
    usages: Iterable[Usage],
    ended: Iterable[Ended],
    plans: Mapping[str, Plan],
    now: Now,
    followed: Set[str] = frozenset(),
) -> Recovery:
    """Compare. ``known``: sessions in progress by the journal, but for those in ``followed``, whose usage is seen to already; ``closed``:
    reasons of sessions that ended by the journal; ``blocked``: zone and MAC of blocked clients; ``usages`` and ``ended``: from one
    ``UsageRead`` of the firewall."""
    kernel = {usage.session: usage for usage in usages}
    ends = {event.usage.session: event for event in ended}
    taken = {(usage.zone, usage.mac) for usage in kernel.values()}
    known = sorted(known, key=lambda session: (session.accepted_at, session.id), reverse=True)
    update: list[Session] = []
    finish: list[Session] = []
    allow: list[Session] = []
    for session in known:
        usage = kernel.get(session.id)
        client = (session.zone, session.mac)
        if usage is not None:
            newer = rebase(apply_usage(session, usage), now)
            if newer != session:
                update.append(newer)
            continue
        event = ends.get(session.id)
        counted = session if event is None else apply_usage(session, event.usage)
        reason = _why_over(counted, event, client in taken, client in blocked, now)
        if reason is not None:
            finish.append(end(counted, reason, now))
        else:
            taken.add((session.zone, session.mac or ""))
            allow.append(rebase(counted, now))
    names = {session.id for session in known} | closed.keys() | followed
    adopted = [adopt(usage, plans.get(usage.plan), now) for usage in kernel.values() if usage.session not in names]
    revoke = [
        (usage.session, closed.get(usage.session, Blocked.reason))
        for usage in kernel.values()
        if usage.session in closed or (usage.zone, usage.mac) in blocked
    ]
    return Recovery(adopt=tuple(adopted), update=tuple(update), finish=tuple(finish), allow=tuple(allow), revoke=tuple(revoke))


def _why_over(session: Session, event: Ended | None, taken: bool, blocked: bool, now: Now) -> EndEvent | None:
    """Why a session that the kernel lacks is over; None: it has time and volume left."""
    if event is not None and event.reason != VANISHED:
        return end_event(event.reason)
    if blocked:
        return Blocked()
    if seconds_left(session, now) < MIN_SECONDS:
        return TimeUp()
    if bytes_left(session) == 0:
        return VolumeUsed()
    if taken or session.mac is None:
        return Lost()
    return None
