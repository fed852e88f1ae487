"""What goes in a scope, in a few lines for each section: value, and where it comes from."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from hotspot.hub.console.settings import hours, plans, sections, words
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.fields import table_at
from hotspot.hub.console.settings.sections import Section
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import Path, key_of, leaves
from hotspot.hub.policy.scopes import Level

MOST: Final = 5
"""Lines of a section."""


class Line(Struct, frozen=True):
    """One value."""

    label: str
    value: str
    level: str
    """``own``, a level above, or "": nobody says it."""


class Summary(Struct, frozen=True, kw_only=True):
    """One section of a scope."""

    section: Section
    lines: tuple[Line, ...]
    more: int
    """Lines that are not shown."""
    is_set: bool
    is_locked: bool
    address: str


SHOWN: Final[Mapping[str, tuple[Path, ...]]] = {
    sections.TERMS.name: (("terms", "version"),),
    sections.CONTACT.name: tuple(("hall", name) for name in ("name", "town", "contact", "phone", "email")),
    sections.AWAY.name: (("internet", "new_visitors"), ("internet", "message"), ("hub", "away"), ("hub", "away_after")),
    "branding": (("theme", "colours", "accent"), ("theme", "logo", "file"), ("theme", "photo", "file")),
}
"""What stands for a section that is not counted in things of its own."""
DEFAULTS: Final[Mapping[str, str]] = {
    sections.TERMS.name: N_("As the gateways have it themselves"),
    sections.AWAY.name: N_("Visitors are let in; when the city's server is away, by the last settings"),
    sections.LOCKS.name: N_("Everything"),
    sections.HOURS.name: N_("Always open"),
}
"""What goes where nobody says anything."""


def of(visit: Visit, work: Work) -> tuple[Summary, ...]:
    """Of all sections that the scope has."""
    found = []
    for section in sections.SECTIONS:
        if work.place.scope.level in section.levels:
            lines = _lines(visit, work, section)
            found.append(
                Summary(
                    section=section, lines=lines[:MOST], more=max(0, len(lines) - MOST), is_set=section.is_set(work),
                    is_locked=section.is_locked(work), address=f"{work.place.sections}/{section.name}",
                )
            )  # fmt: skip
    return tuple(found)


def _lines(visit: Visit, work: Work, section: Section) -> tuple[Line, ...]:
    found: list[Line] = []
    match section.name:
        case sections.PLANS.name:
            found = [
                Line(row.title, visit.text("taken away here") if row.removed else f"{row.speed}, {row.time}", row.level)
                for row in plans.rows(visit, work)
            ]
        case sections.HOURS.name:
            found = [
                Line(row.name, visit.text("taken away here") if row.removed else "\n".join(row.week), row.level)
                for row in hours.rows(visit, work)
            ]
        case sections.OFFERS.name:
            found = [
                _line(visit, work, ("zones", zone, "plans"), zone)
                for zone, table in table_at(work.settings, ("zones",)).items()
                if isinstance(table, Mapping) and "plans" in table
            ]
        case sections.LOCKS.name:
            kept = [str(key) for key in work.document.get("locked") or ()]
            found = [Line(visit.text("Kept"), ", ".join(words.told(visit, key, {}).group for key in kept), "own")] if kept else []
        case sections.EXPERT.name:
            count = sum(1 for _ in leaves(work.document)) if work.document else 0
            found = [Line(visit.text("Values that are set here"), visit.formats.number(count), "")]
        case name if name in SHOWN:
            found = [_line(visit, work, path) for path in SHOWN[name] if _at(work.settings, path) is not None]
        case _:
            found = _counted(visit, work, section)
    if not found and section.name in DEFAULTS:
        found = [Line("", visit.text(DEFAULTS[section.name]), "")]
    return tuple(found)


def _at(settings: Any, path: Path) -> Any:
    for step in path:
        settings = settings.get(step) if isinstance(settings, Mapping) else None
    return settings


def _line(visit: Visit, work: Work, path: Path, label: str = "") -> Line:
    key = key_of(path)
    value = words.value(visit, key, _at(work.settings, path), work.settings)
    return Line(label or words.told(visit, key, work.settings).label or key, value, _level(work, path))


def _level(work: Work, path: Path) -> str:
    if _at(work.own, path) is not None:
        return "own"
    level: Level | None = work.inherited.level_of(*path)
    return "" if level is None else level.value


def _counted(visit: Visit, work: Work, section: Section) -> list[Line]:
    """How many values there are, of a section that nobody has put in other words."""
    found = []
    for key in section.keys:
        value = _at(work.settings, key)
        if value not in (None, {}, []):
            count = len(value) if isinstance(value, Mapping) else 1
            found.append(Line(words.told(visit, key_of(key), {}).group, visit.text("%(count)s set", count=count), _level(work, key)))
    return found
