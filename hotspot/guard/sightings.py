"""What was seen and has not ended (pure): one sighting for each danger and place, however often."""

from collections.abc import Iterator

from hotspot.looks.values import MOST_FINDINGS, Finding
from hotspot.looks.words_guard import GUARD

QUIET = 300.0
"""Seconds without a further sighting after which a finding ends …"""
LONGER = {"repeater": 3600.0}
"""… and of what is seen only now and then."""
SEVERAL = "*"
"""Instead of a place, when there are more of them than fit."""
_ROOM = MOST_FINDINGS - len(GUARD)
"""The rest is for the sightings at several places."""


class Sighting:
    """One danger at one place."""

    __slots__ = ("first", "last", "times", "values")

    def __init__(self, now: float, values: dict[str, str]) -> None:
        self.first, self.last, self.times, self.values = now, now, 0, values


class Sightings:
    """Of one interface."""

    def __init__(self, zone: str, interface: str) -> None:
        self._zone, self._interface = zone, interface
        self._all: dict[tuple[str, str], Sighting] = {}
        self.changes = 0
        """How often a finding came or went."""

    def note(self, kind: str, now: float, port: str, **values: str) -> None:
        """Seen at ``port``; "": nobody knows where."""
        key = (kind, port)
        if key not in self._all and len(self._all) >= _ROOM:
            key = (kind, SEVERAL)
        sighting = self._all.get(key)
        if sighting is None:
            sighting = self._all[key] = Sighting(now, {"interface": self._interface, "port": port_text(key[1])})
            self.changes += 1
        sighting.last = now
        sighting.times += 1
        sighting.values.update(values)

    def end(self, now: float) -> None:
        """Forget what has been quiet."""
        over = [key for key, sighting in self._all.items() if sighting.last <= now - LONGER.get(key[0], QUIET)]
        for key in over:
            del self._all[key]
        self.changes += len(over)

    def findings(self, now: float, unix: float) -> Iterator[Finding]:
        """For the look, with times of the wall clock, which is ``unix`` at ``now``."""
        for (kind, _), sighting in self._all.items():
            yield Finding(
                kind=kind,
                severity=GUARD[kind].severity,
                zone=self._zone[:32],
                values={**sighting.values, "times": str(sighting.times)},
                first=max(0.0, unix - (now - sighting.first)),
                times=sighting.times,
            )


def port_text(port: str) -> str:
    """A place for people."""
    return port[:32] or "?"
