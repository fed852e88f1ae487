"""When a channel is told of alarms, and what (pure): one message for many alarms, nothing for what came and went, quiet at night.

An alarm is told after a moment in which others may join it, so that three hundred halls that lose their line are one message. After a
message comes a pause. At night only what is urgent goes out, the rest in the morning; that something is well again can always wait.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from hotspot.hub.alarms import Severity

SETTLE: Final = {True: timedelta(seconds=45), False: timedelta(seconds=120)}
"""How long the first alarm of a message waits for others; True: an urgent one."""
CALM: Final = timedelta(seconds=25)
"""It goes on waiting while the last one is younger than this: they are still coming …"""
LONGEST: Final = timedelta(seconds=150)
"""… but never longer than this."""
PAUSE: Final = {True: timedelta(minutes=2), False: timedelta(minutes=15)}
"""After a message until the next; True: with something urgent."""
ATTEMPTS: Final = (15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0)
"""Seconds after a failed attempt; then every hour …"""
GIVE_UP: Final = timedelta(days=1)
"""… until the message is this old."""
LISTED: Final = 1_000
"""Alarms that one message names; the others are only counted."""


class Channel(Struct, frozen=True, kw_only=True):
    """What decides when a channel is told."""

    lowest: str = Severity.WARNING.value
    quiet_from: time | None = None
    quiet_until: time | None = None
    time_zone: str = "Europe/Berlin"


class Event(Struct, frozen=True, kw_only=True):
    """An alarm was raised (or became graver), or ended."""

    id: int = 0
    alarm_id: int
    what: str
    """``raised`` | ``ended``."""
    severity: str
    at: datetime
    alarm: dict[str, Any]
    """``kind``, ``partner``, ``hall``, ``gateway``, ``subject``, ``detail``, ``since``."""

    @property
    def urgent(self) -> bool:
        """Does it go out at night?"""
        return self.what == "raised" and self.severity == Severity.URGENT


class Plan(Struct, frozen=True):
    """What to do with a channel's events now."""

    tell: tuple[Event, ...] = ()
    forget: tuple[Event, ...] = ()
    """Came and went before anybody was told."""


def concerns(channel: Channel, severity: str) -> bool:
    """Is a channel told of alarms this grave?"""
    return Severity(severity).rank >= Severity(channel.lowest).rank


def quiet(channel: Channel, now: datetime) -> bool:
    """Is it night there? ``now`` knows its time zone."""
    if channel.quiet_from is None or channel.quiet_until is None:
        return False
    clock = now.astimezone(ZoneInfo(channel.time_zone)).time()
    if channel.quiet_from <= channel.quiet_until:
        return channel.quiet_from <= clock < channel.quiet_until
    return clock >= channel.quiet_from or clock < channel.quiet_until


def plan(channel: Channel, events: Sequence[Event], now: datetime, last: datetime | None) -> Plan:
    """What a channel is told now; ``last``: when its last message was made."""
    gone = _came_and_went(events)
    waiting = [event for event in events if event not in gone]
    night = quiet(channel, now)
    ready = [event for event in waiting if event.urgent or not night]
    if not ready:
        return Plan(forget=gone)
    urgent = any(event.urgent for event in ready)
    decisive = [event.at for event in ready if event.urgent is urgent]
    oldest, newest = min(decisive), max(decisive)
    settled = now - oldest >= LONGEST or (now - oldest >= SETTLE[urgent] and now - newest >= CALM)
    paused = last is not None and now - last < PAUSE[urgent]
    return Plan(forget=gone) if paused or not settled else Plan(tell=tuple(ready), forget=gone)


def _came_and_went(events: Sequence[Event]) -> tuple[Event, ...]:
    """All events of alarms whose raising and ending both wait. An alarm that became graver was raised twice."""
    ended = {event.alarm_id for event in events if event.what == "ended"}
    first: dict[int, Event] = {}
    for event in events:
        first.setdefault(event.alarm_id, event)
    whole = {number for number in ended if first[number].what == "raised" and not first[number].alarm.get("again")}
    return tuple(event for event in events if event.alarm_id in whole)


def next_attempt(attempts: int, made: datetime, now: datetime) -> datetime | None:
    """When to try again after that many failed attempts; None: never."""
    if now - made >= GIVE_UP:
        return None
    return now + timedelta(seconds=ATTEMPTS[attempts - 1] if attempts <= len(ATTEMPTS) else 3_600.0)


def body(events: Sequence[Event], now: datetime) -> dict[str, Any]:
    """A message as JSON: what was raised and what ended, the gravest first, each alarm once, with counts of all of them."""
    latest = {event.alarm_id: event for event in events}  # graver ones replace themselves
    groups = {
        what: sorted(
            (event for event in latest.values() if event.what == what), key=lambda event: (-Severity(event.severity).rank, event.at)
        )
        for what in ("raised", "ended")
    }
    kinds: dict[str, int] = {}
    for event in groups["raised"]:
        kinds[event.alarm["kind"]] = kinds.get(event.alarm["kind"], 0) + 1
    return {
        "at": now.isoformat(),
        "urgent": any(event.urgent for event in latest.values()),
        "counts": {"raised": len(groups["raised"]), "ended": len(groups["ended"]), "kinds": kinds},
        **{
            what: [
                {"id": event.alarm_id, "severity": event.severity, "at": event.at.isoformat(), **event.alarm} for event in group[:LISTED]
            ]
            for what, group in groups.items()
        },
    }
