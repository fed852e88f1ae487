"""How a hall is, and what its alarms say, in the words of a reader."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from hotspot.hub.alarm_texts import say
from hotspot.hub.board import AlarmNow, Glance, HallNow
from hotspot.hub.console.formats import formats_of
from hotspot.hub.console.texts import N_, text
from hotspot.looks.values import By

SIGNS: Final = {"bad": "bad", "warn": "warn", "new": "quiet", "good": "good"}
"""Level -> sign of the state (``ui.state``)."""
_STATES: Final = {"bad": N_("Fault"), "warn": N_("Warning"), "new": N_("Not set up yet"), "good": N_("All well")}
_SILENT: Final = N_("No contact")
_LAST_HEARD: Final = N_("The gateway does not report, last heard %(when)s")
_NOT_HEARD: Final = N_("The gateway does not report")
_TELLS: Final = N_("The gateway tells of a fault")
MOST: Final = 10
"""Halls that are named where things are amiss; the others are counted."""
OF_LOOKS: Final = frozenset(By)
"""Kinds of alarms whose subject is the kind of a finding."""
LONGEST: Final = 160
"""Characters of a line."""


class Amiss(Struct, frozen=True, array_like=True):
    """A hall, or the hub itself, where something is amiss; all in the reader's words."""

    hall: str
    """"" for the hub itself."""
    title: str
    town: str
    sign: str
    words: str
    line: str
    """What the gravest alarm says."""
    more: int
    """Further alarms."""
    since: str
    acknowledged: bool


@lru_cache(maxsize=50_000)
def number(value: int, language: str) -> str:
    """``1234`` -> ``1.234``; remembered, because Babel takes its time and a page has thousands."""
    return formats_of(language).number(value)


def state(hall: HallNow, language: str) -> str:
    """In two or three words."""
    return text(language, _SILENT if hall.condition == "silent" else _STATES[hall.level])


def of_several(halls: Sequence[HallNow], language: str) -> tuple[str, str]:
    """Sign and words for several halls: the worst of them, and how many are like that."""
    levels = [hall.level for hall in halls]
    level = next((each for each in ("bad", "warn") if each in levels), "good" if "good" in levels or not levels else "new")
    words = text(language, _STATES[level])
    return SIGNS[level], f"{words}: {number(levels.count(level), language)}" if level in ("bad", "warn") else words


def line(kind: str, detail: Mapping[str, Any], subject: str, language: str) -> str:
    """What an alarm says, in one line that is not too long."""
    seen = detail.get("seen")
    if kind == "silent" and isinstance(seen, int | float):
        words = text(language, _LAST_HEARD) % {"when": formats_of(language).moment(datetime.fromtimestamp(seen, UTC))}
    else:
        said = say(kind, detail)
        words = said.german if language == "de" else said.english
        words = words[:1].upper() + words[1:]
    if kind in OF_LOOKS:
        subject = str(detail.get("zone", ""))  # what it is is said in words
    words = " ".join((f"{words} ({subject})" if subject else words).split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def line_of(hall: HallNow, language: str) -> str:
    """What is amiss at a hall; ``""`` when nothing is."""
    if hall.alarms:
        gravest = hall.alarms[0]
        return line(gravest.kind, gravest.detail, gravest.subject, language)
    if hall.condition == "silent" and hall.seen_at is not None:
        return line("silent", {"seen": hall.seen_at.timestamp()}, "", language)
    return text(language, {"silent": _NOT_HEARD, "faulty": _TELLS}[hall.condition]) if hall.level == "bad" else ""


def amiss(glance: Glance, partner: str | None, language: str) -> tuple[list[Amiss], int]:
    """Where something is amiss: the worst first, what nobody has seen to yet before the rest; and how many more there are."""

    def make() -> tuple[list[Amiss], int]:
        halls = [hall for hall in glance.of(partner) if hall.level in ("bad", "warn")]
        halls.sort(key=lambda hall: (hall.level != "bad", _acknowledged(hall)))
        own = [_own(alarm, glance.at, language) for alarm in glance.own] if partner is None else []
        own = own[: MOST // 2]
        shown = halls[: MOST - len(own)]
        return [*own, *(_of_hall(hall, glance, language) for hall in shown)], len(halls) - len(shown)

    return glance.once(("amiss", partner, language), make)


def _acknowledged(hall: HallNow) -> bool:
    return bool(hall.alarms) and all(alarm.acknowledged for alarm in hall.alarms)


def _of_hall(hall: HallNow, glance: Glance, language: str) -> Amiss:
    since = min((alarm.raised_at for alarm in hall.alarms), default=hall.seen_at if hall.condition == "silent" else None)
    return Amiss(
        hall=hall.hall,
        title=hall.title,
        town=glance.towns.get(hall.partner, hall.partner),
        sign=SIGNS[hall.level],
        words=state(hall, language),
        line=line_of(hall, language),
        more=max(0, len(hall.alarms) - 1),
        since=since_when(since, glance.at, language) if since else "",
        acknowledged=_acknowledged(hall),
    )


def _own(alarm: AlarmNow, now: datetime, language: str) -> Amiss:
    return Amiss(
        hall="",
        title=text(language, N_("City's server")),
        town="",
        sign="bad" if alarm.severity == "urgent" else "warn",
        words=text(language, _STATES["bad" if alarm.severity == "urgent" else "warn"]),
        line=line(alarm.kind, alarm.detail, alarm.subject, language),
        more=0,
        since=since_when(alarm.raised_at, now, language),
        acknowledged=alarm.acknowledged,
    )


def since_when(when: datetime, now: datetime, language: str) -> str:
    """As short as is clear: the time of the day when that is less than half a day ago."""
    formats = formats_of(language)
    return formats.clock(when) if now - when < timedelta(hours=12) else formats.moment(when)
