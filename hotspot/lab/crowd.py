"""The visitors of a simulated hall: they come when it is open, stay, move bytes and go (pure: chance and time come from outside).

They come as often as in the past that ``history`` makes up, so that a hall's figures go on where its past ends; at night somewhat oftener.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from hotspot import control, wire
from hotspot.lab import history
from hotspot.session.codes import code_of

ZONE: Final = "public"
PLANS: Final = {"free": 8, "day": 2}
"""With their shares."""
STAY: Final = 900.0
"""Seconds, on average."""
LONGEST: Final = 7_200.0
OUTSIDE: Final = 0.25
"""Share of an open hour's visitors that there is at any hour, on the bench before the house: who looks at night sees something, too."""


class Guest(Struct):
    """Somebody online."""

    code: str
    plan: str
    since: float
    until: float
    rate: int
    """Bytes in a second."""
    up: int = 0
    down: int = 0


class Crowd:
    """Who comes, stays and goes in one hall."""

    def __init__(self, size: float, time_zone: str, chance: random.Random, unix: float) -> None:
        """``size``: visitors in an hour in which it is open. Those who are there already at ``unix`` were counted before."""
        self._size, self._zone, self._chance = size, ZoneInfo(time_zone), chance
        self._at = unix
        self.online: list[Guest] = []
        for _ in range(history.poisson(self._hourly(unix) * STAY / 3_600, chance)):
            self._arrive(unix)

    def pass_until(self, unix: float) -> tuple[wire.Row, ...]:
        """What the time up to ``unix`` adds to the figures; it is a few seconds, and all of them count to the quarter of their end."""
        seconds = int(unix - self._at)
        if seconds <= 0:
            return ()
        self._at += seconds
        stayed = list(self.online)
        left = [guest for guest in stayed if guest.until <= unix]
        self.online = [guest for guest in stayed if guest.until > unix]
        came = [self._arrive(unix) for _ in range(history.poisson(self._hourly(unix) * seconds / 3_600, self._chance))]
        rows = []
        for plan in PLANS:
            moved = [guest for guest in stayed if guest.plan == plan]
            for guest in moved:
                guest.down += int(guest.rate * seconds)
                guest.up += int(guest.rate * seconds) // 11
            rows.append(self._row(unix, plan, moved, _of(left, plan), _of(came, plan), seconds))
        return tuple(row for row in rows if row is not None)

    def _row(self, unix: float, plan: str, stayed: Sequence[Guest], left: int, came: int, seconds: int) -> wire.Row | None:
        if not stayed and not came:
            return None
        return wire.Row(
            quarter=int(unix) // wire.QUARTER * wire.QUARTER,
            zone=ZONE,
            plan=plan,
            visits=came,
            ended=left,
            seconds=len(stayed) * seconds,
            bytes_up=sum(int(guest.rate * seconds) // 11 for guest in stayed),
            bytes_down=sum(int(guest.rate * seconds) for guest in stayed),
            peak=max(len(stayed), _of(self.online, plan)),
            languages=history.spread(came, history.LANGUAGES, self._chance),
            families=history.spread(came, history.FAMILIES, self._chance),
        )

    def _arrive(self, unix: float) -> Guest:
        chance = self._chance
        plan = chance.choices(list(PLANS), list(PLANS.values()))[0]
        stay = min(chance.expovariate(1 / STAY), LONGEST)
        guest = Guest(code_of(chance.randbytes(16), ""), plan, unix, unix + stay, chance.randrange(8_000, 60_000))
        self.online.append(guest)
        return guest

    def _hourly(self, unix: float) -> float:
        """Visitors in an hour like this one."""
        local = datetime.fromtimestamp(unix, self._zone)
        return max(history.rate(local.date(), local.hour, self._size, history.holidays(local.year)), OUTSIDE * self._size)

    def answer(self, request: Mapping[str, object], unix: float) -> control.AnyReply:
        """An order of the hub, carried out as far as made-up visitors can."""
        kind = request.get("type")
        if kind == "status":
            zone = control.ZoneStatus(zone=ZONE, online=len(self.online), plans=tuple(PLANS))
            return control.StatusIs(ok=True, faults=(), firewall=True, journal=True, internet=True, zones=(zone,))
        if kind == "sessions":
            rows = (
                control.SessionRow(one.code, ZONE, one.plan, one.since, int(one.until - unix), one.up, one.down, None, False)
                for one in self.online
            )
            return control.SessionsAre(tuple(rows))
        found = next((guest for guest in self.online if guest.code == request.get("code")), None)
        if found is None:
            return control.Refused("unknown", f"cannot {kind}: device {request.get('code')} is not in session here")
        if kind in ("kick", "block"):
            found.until = unix  # the next report tells of its end
            return control.Done(found.code, "ended" if kind == "kick" else "blocked")
        return control.Refused("state", f"cannot {kind}: these visitors are made up")


def _of(guests: Sequence[Guest], plan: str) -> int:
    return sum(guest.plan == plan for guest in guests)
