"""What a gateway may fill the hub with (pure): a box that was taken over, or is out of order, can spoil the figures of its own hall, but
not the database. How many different names a hall has is bounded, how large a number is, how much text."""

from datetime import date
from typing import Any, Final, TypeVar

import msgspec
from msgspec import structs

from hotspot import wire
from hotspot.hub.alarms import clean
from hotspot.looks import leaving
from hotspot.looks.values import Look
from hotspot.session.probes import DEVICES, FAMILIES

MOST_NAMES: Final = {"zone": 32, "plan": 64, "language": 40}
"""Different ones of a hall within ``NAMES_SECONDS``."""
NAMES_SECONDS: Final = 90 * 86_400
OTHER: Final = {"zone": "other", "plan": "other", "language": "und"}
"""Where the rest is counted."""
KNOWN_FAMILIES: Final = frozenset((*FAMILIES, *DEVICES))
OTHER_FAMILY: Final = "other"
LARGEST: Final = {"visits": 2**24, "ended": 2**24, "peak": 2**24, "seconds": 2**34, "bytes_up": 2**46, "bytes_down": 2**46}
"""Of one row: 70 TB in a quarter of an hour is more than 600 Gbit/s."""
_ZONES, _TEXTS, _ALARMS = 32, 20, 50
_LOOK: Final = 4 * leaving.LARGEST
Kind = TypeVar("Kind", bound=msgspec.Struct)


def fault(report: wire.Report) -> str:
    """Why a report can never be taken, as key, value and what was expected; empty: it can."""
    for number, row in enumerate(report.rows):
        if row.quarter % wire.QUARTER:
            return f"rows[{number}].quarter = {row.quarter}: expected a multiple of {wire.QUARTER}"
        for key, most in LARGEST.items():
            value = getattr(row, key)
            if value > most:
                return f"rows[{number}].{key} = {value}: expected at most {most}"
        for key, counts in (("languages", row.languages), ("families", row.families)):
            for name, value in counts.items():
                if value > LARGEST["visits"]:
                    return f"rows[{number}].{key}.{name} = {value}: expected at most {LARGEST['visits']}"
    for number, day in enumerate(report.days):
        if day.devices > LARGEST["visits"]:
            return f"days[{number}].devices = {day.devices}: expected at most {LARGEST['visits']}"
        if not _is_date(day.day):
            return f"days[{number}].day = {day.day!r}: expected a date such as '2027-01-31'"
    return ""


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).year > 1
    except ValueError:
        return False


def names(delivery: wire.Delivery) -> set[tuple[str, str]]:
    """Kind and name of everything that a delivery names."""
    found: set[tuple[str, str]] = set()
    for report in delivery.reports:
        for row in report.rows:
            found.add(("zone", row.zone))
            found.add(("plan", row.plan))
            for language in row.languages:
                found.add(("language", language))
    if delivery.health is not None:
        found.update(("zone", zone.zone) for zone in delivery.health.zones[:_ZONES])
    return found


def health(told: wire.Health) -> wire.Health:
    """As much of it as the hub keeps."""
    kept = structs.replace(
        told,
        zones=told.zones[:_ZONES],
        faults=told.faults[:_TEXTS],
        warnings=told.warnings[:_TEXTS],
        alarms=told.alarms[:_ALARMS],
        looks=(),  # kept beside it, when they are new
    )
    return _without_nul(kept, wire.Health)


def looks(told: wire.Health) -> list[Look]:
    """The last look of each program, as much of it as the hub keeps; what could name a device is left out here too: a gateway of an older
    version, or one that was taken over, shall not bring it into the city."""
    last = {look.by: look for look in told.looks}
    last = {by: look for by, look in last.items() if len(msgspec.json.encode(look)) <= _LOOK}  # no gateway of ours sends more
    zones = {zone for look in last.values() for zone in _zones_of(look) if not leaving.identifies(zone)}
    return [leaving.cut(_plain(leaving.cleaned(look, zones)[0])) for look in last.values()]


def _plain(look: Look) -> Look:
    """Values as people may read them: one line each, and nothing that a terminal or a page would obey."""
    findings = tuple(
        structs.replace(one, zone=clean(one.zone), values={key: clean(value) for key, value in one.values.items()}) for one in look.findings
    )
    steps = tuple(structs.replace(step, zone=clean(step.zone)) for step in look.steps)
    visited = tuple(structs.replace(one, zone=clean(one.zone)) for one in look.visited)
    return structs.replace(look, software=clean(look.software), findings=findings, steps=steps, visited=visited)


def _zones_of(look: Look) -> set[str]:
    of_findings, of_steps = {finding.zone for finding in look.findings}, {step.zone for step in look.steps}
    return of_findings | of_steps | {one.zone for one in look.visited}


def feedback(told: wire.Feedback) -> wire.Feedback:
    """As the database can hold it."""
    return _without_nul(told, wire.Feedback)


def _without_nul(value: Kind, kind: type[Kind]) -> Kind:
    """PostgreSQL's text has no NUL."""
    if b"\\u0000" not in msgspec.json.encode(value):
        return value
    return msgspec.convert(_cleaned(msgspec.to_builtins(value)), kind)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {key: _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in value]
    return value
