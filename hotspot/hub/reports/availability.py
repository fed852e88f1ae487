"""How much of the time a hall served its visitors (pure), from the alarms that there were."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

SERVING: Final = ("silent", "wan_down", "firewall_down", "journal")
"""Kinds of alarms while which a hall counts as away: its gateway is not heard, or nobody (new) gets online."""


class Stretch(Struct, frozen=True, order=True):
    """A stretch of time."""

    begins: datetime
    ends: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.ends - self.begins).total_seconds()


class Trouble(Struct, frozen=True, kw_only=True):
    """An alarm as it was."""

    hall_id: int
    kind: str
    severity: str
    begins: datetime
    ends: datetime | None
    """None: it is not over."""
    note: str
    """What somebody wrote when they saw to it."""


class Availability(Struct, frozen=True, kw_only=True):
    """How much of a time a hall served."""

    measured: int
    """Seconds in which it had a gateway that had been heard of."""
    away: int
    """Seconds of these in which a gateway was not heard, or told that visitors are not served."""
    outages: int
    """How many stretches that were."""

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return 1 - self.away / self.measured if self.measured else 0.0


def begin_of(kind: str, detail: dict[str, Any], since: datetime) -> datetime:
    """When what an alarm tells of began: silence begins with the last word, not when it was noticed."""
    seen = detail.get("seen")
    if kind == "silent" and isinstance(seen, int | float):
        return min(since, datetime.fromtimestamp(seen, UTC))
    return since


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time without overlaps, in order."""
    found: list[Stretch] = []
    for each in sorted(each for each in stretches if each.ends > each.begins):
        if found and each.begins <= found[-1].ends:
            found[-1] = Stretch(found[-1].begins, max(found[-1].ends, each.ends))
        else:
            found.append(each)
    return found


def common(left: Sequence[Stretch], right: Sequence[Stretch]) -> list[Stretch]:
    """The time that is in both."""
    return joined(Stretch(max(one.begins, other.begins), min(one.ends, other.ends)) for one in left for other in right)


def availability(measured: Sequence[Stretch], troubles: Iterable[Trouble], until: datetime) -> Availability | None:
    """Of one hall, whose gateways were there at ``measured`` (joined); None: there was none."""
    if not measured:
        return None
    down = joined(Stretch(trouble.begins, trouble.ends or until) for trouble in troubles if trouble.kind in SERVING)
    away = common(measured, down)
    return Availability(
        measured=round(sum(each.seconds for each in measured)), away=round(sum(each.seconds for each in away)), outages=len(away)
    )


def together(each: Iterable[Availability | None]) -> Availability | None:
    """Of several halls: every hall counts by its time."""
    known = [one for one in each if one is not None]
    if not known:
        return None
    return Availability(
        measured=sum(one.measured for one in known), away=sum(one.away for one in known), outages=sum(one.outages for one in known)
    )
