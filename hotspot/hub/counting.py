"""What deliveries add to the figures (pure): which of their reports are new, what their rows come to, what is odd about them.

Rule 1: a report is counted when its stream and number have not come before; whoever is first, wins. Rule 2: a report is taken whole or not
at all. Rule 3: numbers are only ever entered for the hall of the gateway that showed its credential.
"""

from collections.abc import Mapping
from datetime import date, tzinfo
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from hotspot import wire
from hotspot.hub import bounds, clocks, seen
from hotspot.looks.values import By, Look

REPEATED_FROM: Final = 2 * wire.MOST_REPORTS
"""A known report so far behind the newest of its stream is not one whose answer was lost: the gateway has gone back to an old state."""
HOUR: Final = 3_600


class Sender(Struct, frozen=True):
    """Whose delivery it is."""

    hall_id: int
    gateway_id: int
    zone: tzinfo
    """Of the hall."""
    names: frozenset[tuple[str, str]]
    """Kind and name of what may be told apart there; the rest is counted together (``hotspot.hub.bounds``)."""


class Stream(Struct):
    """What is known of one start of a portal. Changed while a batch is counted, and written back with it."""

    hall_id: int
    start: int
    seen: seen.Seen
    first_at: float
    """When it was first heard of, by the hub's clock."""
    same_start: bool = False
    """There is another stream of this gateway with the same number of its start."""
    twin_at: float | None = None
    """Such a one was first heard of then, after this one."""
    next_at: float | None = None
    """A stream of a later start was first heard of then."""
    last_at: float = 0.0
    """Of what was taken in this batch; 0: nothing."""


class Cell(Struct):
    """What is added to a hall's quarter, zone and plan."""

    visits: int = 0
    ended: int = 0
    seconds: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    peak: int = 0
    languages: dict[str, int] = msgspec.field(default_factory=dict)
    families: dict[str, int] = msgspec.field(default_factory=dict)


class State(Struct, frozen=True):
    """How a gateway is."""

    hall_id: int
    at: float
    offset: float
    health: wire.Health | None


Finding = tuple[int, int, str]
"""Hall, gateway, kind."""


class Batch:
    """Counts deliveries one after the other; what has come of all of them is in its attributes."""

    def __init__(self, streams: Mapping[tuple[int, str], Stream], keep: float, keep_days: float) -> None:
        """``streams`` by gateway and name: all that the deliveries mention. ``keep``: seconds that quarters are kept; ``keep_days``: that
        the devices of a day are."""
        self.streams = streams
        self.keep = keep
        self.keep_days = keep_days
        self.cells: dict[tuple[int, int, str, str], Cell] = {}
        """By hall, quarter (seconds since 1970), zone and plan."""
        self.due: dict[tuple[int, int], float] = {}
        """Hall and hour that have changed, and when."""
        self.devices: dict[tuple[int, date, int], int] = {}
        """By hall, day and gateway."""
        self.findings: dict[Finding, str] = {}
        self.feedback: dict[int, list[wire.Feedback]] = {}
        self.states: dict[int, State] = {}
        """By gateway."""
        self.looks: dict[tuple[int, By], tuple[int, float, Look]] = {}
        """By gateway and program: the hall, when it was made by the hub's clock, and the look."""
        self.zones: dict[tuple[int, str], float] = {}
        """Hall and zone that were told, and when."""

    def add(self, sender: Sender, delivery: wire.Delivery, now: float) -> wire.Receipt:
        """One delivery that came at ``now``; returns what to answer when all is durable."""
        taken = known = 0
        refused: list[wire.Refused] = []
        for report in delivery.reports:
            stream = self.streams[sender.gateway_id, report.stream]
            if seen.has(stream.seen, report.seq):
                known += 1
                if seen.highest(stream.seen) - report.seq >= REPEATED_FROM:
                    self._find(sender, "restored", "it repeats reports from long ago")
                continue
            fault = bounds.fault(report)
            if not fault and seen.full(stream.seen):
                fault = f"seq = {report.seq}: expected reports without so many gaps between them"
                self._find(sender, "gaps", f"more than {seen.MOST_RUNS} gaps in one stream")
            if fault:
                refused.append(wire.Refused(report.stream, report.seq, f"cannot take report {report.seq}: {fault}"))
                self._find(sender, "refused", fault)
                continue
            self._take(sender, stream, report, delivery.sent, now)
            taken += 1
        self._state(sender, delivery, now)
        return wire.Receipt(taken=taken, known=known, refused=tuple(refused))

    def _find(self, sender: Sender, kind: str, detail: str) -> None:
        self.findings[sender.hall_id, sender.gateway_id, kind] = detail

    def _state(self, sender: Sender, delivery: wire.Delivery, now: float) -> None:
        offset = clocks.offset(delivery.sent, now)
        if abs(offset) > clocks.TOLERANCE:
            self._find(sender, "clock", f"{offset:+.0f} s")
        health = None if delivery.health is None else self._named(sender, bounds.health(delivery.health))
        before = self.states.get(sender.gateway_id)
        if health is None and before is not None:
            health = before.health
        self.states[sender.gateway_id] = State(sender.hall_id, now, offset, health)
        for look in bounds.looks(delivery.health) if delivery.health else ():
            self.looks[sender.gateway_id, look.by] = (sender.hall_id, min(now, max(0.0, look.at - offset)), look)
        for zone in () if delivery.health is None else health.zones if health else ():
            self.zones[sender.hall_id, zone.zone] = now

    def _named(self, sender: Sender, health: wire.Health) -> wire.Health:
        """With no more names of zones than a hall may have: each of them may be the subject of an alarm."""
        zones: dict[str, wire.ZoneHealth] = {}
        for zone in health.zones:
            name = self._name(sender, "zone", zone.zone)
            zones.setdefault(name, replace(zone, zone=name))
        other = bounds.OTHER["zone"]
        alarms = (one if not one.zone or ("zone", one.zone) in sender.names else replace(one, zone=other) for one in health.alarms)
        return replace(health, zones=tuple(zones.values()), alarms=tuple(alarms))

    def _take(self, sender: Sender, stream: Stream, report: wire.Report, sent: wire.Moment, now: float) -> None:
        self._compare(sender, stream, report, sent, now)
        stream.seen = seen.with_number(stream.seen, report.seq)
        stream.last_at = now
        moved, closed = clocks.shift(report.closed, sent, now), clocks.truly(report.closed, sent, now)
        if moved:
            self._find(sender, "clock", f"{-moved:+d} s")
        for row in report.rows:
            quarter = clocks.place(row.quarter, moved, closed, now, now - self.keep)
            self._enter(sender, quarter, row, now)
        for told in report.days:
            day = clocks.place_day(date.fromisoformat(told.day), moved, closed, now, now - self.keep_days, sender.zone)
            key = (sender.hall_id, day, sender.gateway_id)
            self.devices[key] = max(told.devices, self.devices.get(key, 0))
        if report.feedback:
            self.feedback.setdefault(sender.hall_id, []).extend(map(bounds.feedback, report.feedback))

    def _compare(self, sender: Sender, stream: Stream, report: wire.Report, sent: wire.Moment, now: float) -> None:
        """Is there another gateway with this credential, or an older state of this one?"""
        if stream.same_start and not stream.seen:
            self._find(sender, "restored", f"start {stream.start} came twice")
        closed = clocks.truly(report.closed, sent, now)
        later = stream.next_at is not None and closed is not None and closed > stream.next_at + clocks.TOLERANCE
        if stream.twin_at is not None or later:
            self._find(sender, "twin", f"start {stream.start} goes on beside another one")

    def _enter(self, sender: Sender, quarter: int, row: wire.Row, now: float) -> None:
        zone, plan = self._name(sender, "zone", row.zone), self._name(sender, "plan", row.plan)
        key = (sender.hall_id, quarter, zone, plan)
        cell = self.cells.get(key)
        if cell is None:
            cell = self.cells[key] = Cell()
            self.due[sender.hall_id, quarter - quarter % HOUR] = now
            self.zones[sender.hall_id, zone] = now
        cell.visits += row.visits
        cell.ended += row.ended
        cell.seconds += row.seconds
        cell.bytes_up += row.bytes_up
        cell.bytes_down += row.bytes_down
        cell.peak = max(cell.peak, row.peak)
        for language, visits in row.languages.items():
            if visits:
                name = self._name(sender, "language", language)
                cell.languages[name] = cell.languages.get(name, 0) + visits
        for family, visits in row.families.items():
            if visits:
                name = family if family in bounds.KNOWN_FAMILIES else bounds.OTHER_FAMILY
                cell.families[name] = cell.families.get(name, 0) + visits

    def _name(self, sender: Sender, kind: str, name: str) -> str:
        if (kind, name) in sender.names:
            return name
        self._find(sender, "names", f"more than {bounds.MOST_NAMES[kind]} different names of the kind {kind}")
        return bounds.OTHER[kind]
