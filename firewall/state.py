"""What the running daemon knows. Changed by ``turns`` (requests), ``keeper`` (kernel against wanted) and ``daemon`` (clock, events)."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import structs

from firewall.api import BlockedPlace, Ended, Rates, Usage
from firewall.grants import Grants, Held
from firewall.kernel.neighbours import Link
from firewall.leases import Leases
from firewall.metering import Meter
from firewall.presence import Presence
from firewall.settings import Settings
from firewall.shaper import Slots

MOST_ENDED = 40_000
"""Ended sessions that are remembered until somebody asks: a day of a very busy hall."""


class Blocked(NamedTuple):
    """A place of a block list, and until when (CLOCK_BOOTTIME seconds)."""

    place: BlockedPlace
    until: float | None

    def left(self, now: float) -> BlockedPlace | None:
        """The same place for the time that is left; None: it is over."""
        if self.until is None:
            return self.place
        return structs.replace(self.place, seconds=self.until - now) if self.until > now else None


@dataclass
class State:
    """All that the daemon knows while it runs; what must survive it is in the kernel."""

    settings: Settings
    epoch: str
    slots: Slots
    grants: Grants
    meters: dict[str, Meter] = field(default_factory=dict)
    """By session."""
    presence: Presence = field(default_factory=Presence)
    leases: dict[str, Leases] = field(default_factory=dict)
    """By zone, where its settings name a file."""
    blocked: dict[str, tuple[Blocked, ...]] = field(default_factory=dict)
    """The block list of each zone, as last set."""
    links: dict[str, Link] = field(default_factory=dict)
    """Interfaces that are there, by name."""
    classes: dict[str, dict[int, tuple[str, Rates]]] = field(default_factory=dict)
    """Interface -> slot -> for which zone and rates its class in the kernel was made. An interface without a tree of ours is missing."""
    boarding: dict[str, dict[int, None]] = field(default_factory=dict)
    """Interface -> slots in use whose class is still to be made, the longest waiting first. Their clients share the class ``BOARDING``."""
    ended: deque[Ended] = field(default_factory=lambda: deque(maxlen=MOST_ENDED))
    counts: Counter[str] = field(default_factory=Counter)
    drift: Counter[str] = field(default_factory=Counter)
    ready: bool = False
    numbered: int = 0

    def lan_index(self, zone: str) -> int:
        """Interface index of the zone's LAN, 0 while it is not there."""
        link = self.links.get(self.settings.zones[zone].lan)
        return link.index if link is not None else 0

    def usage(self, held: Held, now: float) -> Usage:
        """What a session has used, as last read."""
        return self._usage(held, self.meters[held.grant.session], now, self.lan_index(held.grant.zone))

    def portions(self, size: int) -> Iterator[list[Held]]:
        """The grants in force at this moment, so many at a time."""
        held = list(self.grants)
        return (held[start : start + size] for start in range(0, len(held), size))

    def usages(self, grants: Iterable[Held], now: float) -> list[Usage]:
        """What these sessions have used, as last read."""
        index = {zone: self.lan_index(zone) for zone in self.settings.zones}
        return [
            self._usage(held, meter, now, index[held.grant.zone])
            for held in grants
            if (meter := self.meters.get(held.grant.session)) is not None
        ]

    def quiet(self, held: Held, now: float, lan_index: int) -> float:
        """Seconds since a client was last heard of."""
        meter, heard = self.meters.get(held.grant.session), self.presence.heard(lan_index, held.grant.mac)
        return max(0.0, now - (heard if meter is None else max(meter.changed, heard)))

    def _usage(self, held: Held, meter: Meter, now: float, lan_index: int) -> Usage:
        grant = held.grant
        heard = max(meter.changed, self.presence.heard(lan_index, grant.mac))
        return Usage(
            grant.session,
            grant.zone,
            grant.plan,
            grant.mac,
            meter.read_up + meter.carried_up,
            meter.read_down + meter.carried_down,
            max(0.0, held.ends - now),
            max(0.0, now - heard),
        )

    def note_end(self, held: Held, reason: str, now: float) -> Ended:
        """Remember that a session ended, with its final usage."""
        self.numbered += 1
        ended = Ended(self.numbered, reason, self.usage(held, now))
        self.meters.pop(held.grant.session, None)
        self.ended.append(ended)
        return ended

    def ended_after(self, number: int) -> tuple[Ended, ...]:
        """The remembered ends after a number, oldest first."""
        newer = self.numbered - number
        return tuple(self.ended)[-newer:] if newer > 0 else ()
