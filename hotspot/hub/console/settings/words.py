"""Keys and values of the settings in the words of a reader: ``plans.free.time = "3 h"`` is "Plan Free: length of a session, 3 hours"."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from msgspec import Struct
from msgspec.json import encode

from hotspot.hub.console.formats import VISITORS
from hotspot.hub.console.settings import labels
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import Path, Table, merge, path_of
from hotspot.session.hours import DAYS, parse_closed
from hotspot.session.quantities import parse_bytes, parse_rate, parse_seconds

GROUPS: Final[Mapping[str, str]] = {
    "plans.*": N_("Plan %(name)s"),
    "zones.*": N_("Guest network %(name)s"),
    "hours.*": N_("Opening hours %(name)s"),
    "terms": N_("Terms of use"),
    "hall": N_("Name and contact"),
    "internet": N_("When a line is down"),
    "hub": N_("When a line is down"),
    "legal": N_("Legal pages"),
    "theme": N_("Branding"),
    "services": N_("Services directory"),
    "feedback": N_("Messages to the town"),
    "wifi4eu": N_("WiFi4EU"),
    "blocklist": N_("Block list"),
    "vouchers": N_("Vouchers"),
    "files": N_("Files"),
    "locked": N_("What towns may change"),
    "retention": N_("Data protection"),
    **labels.GROUPS,
}
"""What belongs together, by how keys begin; ``*`` is any name."""

LABELS: Final[Mapping[str, str]] = {
    "plans.*": N_("Plan"),
    "plans.*.title": N_("Name"),
    "plans.*.down": N_("Speed to the visitor"),
    "plans.*.up": N_("Speed from the visitor"),
    "plans.*.time": N_("Length of a session"),
    "plans.*.down_guaranteed": N_("Speed that is left to each, to the visitor"),
    "plans.*.up_guaranteed": N_("Speed that is left to each, from the visitor"),
    "plans.*.volume": N_("Data of a session"),
    "plans.*.then_down": N_("Speed after that, to the visitor"),
    "plans.*.then_up": N_("Speed after that, from the visitor"),
    "plans.*.idle": N_("Ends when the device is away for"),
    "plans.*.daily_time": N_("Time for a device each day"),
    "plans.*.daily_volume": N_("Data for a device each day"),
    "plans.*.pause": N_("Break between two sessions"),
    "plans.*.extension": N_("Extension at the press of a button"),
    "plans.*.extensions": N_("How often it can be extended"),
    "plans.*.voucher": N_("Only with a voucher"),
    "plans.*.hours": N_("On offer only in these hours"),
    "zones.*.plans": N_("Plans on offer"),
    "zones.*.hours": N_("Open only in these hours"),
    "hours.*": N_("Opening hours"),
    "hours.*.open": N_("Open"),
    "hours.*.closed": N_("Closed on"),
    "hours.*.time_zone": N_("Time zone"),
    "terms.version": N_("Version of the terms"),
    "terms.date": N_("Date"),
    "terms.text": N_("Text"),
    "terms.file": N_("Text as a file"),
    "hall.name": N_("Name of the hall"),
    "hall.town": N_("Name of the town"),
    "hall.contact": N_("Whom visitors can ask"),
    "hall.phone": N_("Telephone"),
    "hall.email": N_("E-mail"),
    "hall.address": N_("Postal address"),
    "hall.hours": N_("Opening hours that visitors see"),
    "hall.venue_info_url": N_("Web page of the hall"),
    "hall.time_zone": N_("Time zone"),
    "hub.away": N_("New visitors while the city's server is away"),
    "hub.away_after": N_("It counts as away after"),
    "internet.new_visitors": N_("New visitors while the Internet is down"),
    "internet.message": N_("Message while the Internet is down"),
    "locked": N_("Kept from those below"),
    "retention": N_("A device is forgotten after its last session after"),
    "feedback.enabled": N_("Form for messages"),
    "feedback.next": N_("What happens with a message"),
    "feedback.keep": N_("Messages are kept for"),
    "feedback.keep_done": N_("Messages that are done are kept for"),
    "wifi4eu.network_id": N_("Network of WiFi4EU"),
    "wifi4eu.self_test": N_("Self-test of WiFi4EU"),
    "blocklist.*.what": N_("Blocked"),
    "blocklist.*.reason": N_("Reason"),
    "blocklist.*.case_number": N_("Case number"),
    "blocklist.*.until": N_("Until"),
    "blocklist.*.service": N_("Only this service of an address or a network"),
    "blocklist.*.zone": N_("Guest network"),
    "files.*": N_("Content of the file %(name)s"),
    **labels.LABELS,
}
"""What a value is. Of texts by language the label is that of the text; the language's name follows."""

_SECONDS: Final = "plans.*.time plans.*.idle plans.*.daily_time plans.*.pause plans.*.extension hub.away_after retention feedback.keep"
_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys((*_SECONDS.split(), "feedback.keep_done"), "seconds"),
    **{f"plans.*.{name}": "rate" for name in ("down", "up", "down_guaranteed", "up_guaranteed", "then_down", "then_up")},
    **dict.fromkeys(("plans.*.volume", "plans.*.daily_volume"), "bytes"),
    "hours.*.open": "week",
    "hours.*.closed": "closed days",
    "services.services.*.hours": "week",
    "services.services.*.closed": "closed days",
    "services.services.*.fee.amount": "euro",
    **dict.fromkeys(("terms.date", "legal.accessibility.assessed", "blocklist.*.until"), "day"),
    "zones.*.plans": "plans",
    "files.*": "digest",
    "locked": "keys",
}
CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "hub.away": {
        "open": N_("are let in"),
        "closed": N_("have to wait"),
        "last-policy": N_("are let in by the settings that were last received"),
    },
    "internet.new_visitors": {"open": N_("may accept, and are online as soon as it is back"), "closed": N_("have to wait")},
    **labels.CHOICES,
}
"""Values that are one of a few."""

Settings = Mapping[str, Any]


class Told(Struct, frozen=True):
    """A key in words."""

    group: str
    label: str
    """"": nobody has a word for it; templates show the key."""


def told(visit: Visit, key: str, settings: Settings) -> Told:
    """What a key means. ``settings``: in which plans and others have their titles."""
    path = path_of(key)
    pattern = next((each for length in (2, 1) for each in _patterns(path[:length]) if each in GROUPS), "")
    group = visit.text(GROUPS[pattern], name=title_of(visit, path[:2], settings)) if pattern else path[0]
    for length in range(len(path), 0, -1):
        for each in _patterns(path[:length]):
            if each in LABELS:
                label = visit.text(LABELS[each], name=path[min(1, length - 1)], inner=title_of(visit, path[:3], settings, "name"))
                rest = [_step(visit, step) for step in path[length:]]
                return Told(group, f"{label} ({', '.join(rest)})" if rest else label)
    return Told(group, "")


def _step(visit: Visit, step: str) -> str:
    """A further step of a key: a language, or a part that many things have."""
    return language(visit, step) if step in VISITORS else visit.text(labels.PARTS[step]) if step in labels.PARTS else step


def named(visit: Visit, key: str, settings: Settings) -> str:
    """A key in one line: ``Plan Free: length of a session``."""
    found = told(visit, key, settings)
    return f"{found.group}: {found.label}" if found.label else found.group


def _patterns(path: Path) -> tuple[str, ...]:
    """``plans.free.time`` -> ``plans.free.time``, ``plans.*.time``."""
    whole = ".".join(path)
    further = [".".join((*path[:place], "*", *path[place + 1 :])) for place in (1, 2) if place < len(path)]
    return whole, *further


def known(before: Mapping[str, Any], after: Mapping[str, Any]) -> Table:
    """Settings in which everything has its title that is there before or after a change."""
    return merge(before, _said(after))


def _said(table: Mapping[str, Any]) -> Table:
    """Without what it removes."""
    return {key: _said(value) if isinstance(value, Mapping) else value for key, value in table.items() if value is not None}


def title_of(visit: Visit, path: Path, settings: Settings, key: str = "title") -> str:
    """``Free``, for the plan of that name; the name itself of what has no title (under ``key``)."""
    found: Any = settings
    for step in (*path, key):
        found = found.get(step) if isinstance(found, Mapping) else None
    return in_language(visit, found) or path[-1]


def in_language(visit: Visit, text: Any) -> str:
    """A text by language in the reader's one, else in German, else in any."""
    if isinstance(text, str):
        return text
    if not isinstance(text, Mapping):
        return ""
    found = text.get(visit.language) or text.get("de") or next((each for each in text.values() if each), "")
    return found if isinstance(found, str) else ""


def value(visit: Visit, key: str, value: Any, settings: Settings) -> str:
    """What a value means."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return visit.text("yes") if value else visit.text("no")
    pattern = next((each for each in _patterns(path_of(key)) if each in _KINDS or each in CHOICES), "")
    if pattern in CHOICES:
        words = CHOICES[pattern].get(str(value))
        return visit.text(words) if words else str(value)
    try:
        return _of_kind(visit, _KINDS.get(pattern, ""), value, settings)
    except (ValueError, TypeError):  # what no reader would take is shown as it is
        return value if isinstance(value, str) else encode(value).decode()


def kind_of(path: Path) -> str:
    """``seconds``, ``rate``, ``bytes``, … of the value at a path; "" where nothing is said of it."""
    return next((_KINDS[each] for each in _patterns(path) if each in _KINDS), "")


def _of_kind(visit: Visit, kind: str, value: Any, settings: Settings) -> str:
    match kind:
        case "seconds":
            return seconds(visit, parse_seconds(value))
        case "rate":
            return rate(visit, parse_rate(value))
        case "bytes":
            return visit.formats.size(parse_bytes(value))
        case "week":
            return "\n".join(week(visit, str(line)) for line in value)
        case "closed days":
            return "\n".join(closed_day(visit, str(day)) for day in value)
        case "day":
            return visit.formats.day(date.fromisoformat(str(value)))
        case "euro":
            return visit.formats.euro(str(value))
        case "plans":
            return ", ".join(title_of(visit, ("plans", str(name)), settings) for name in value)
        case "keys":
            return "\n".join(named(visit, str(key), settings) for key in value)
        case "digest":
            return str(value)[:12]
    if isinstance(value, list):
        return "\n".join(each if isinstance(each, str) else encode(each).decode() for each in value) or "–"
    if isinstance(value, dict):
        return in_language(visit, value) or "–" if all(isinstance(each, str) for each in value.values()) else encode(value).decode()
    return value if isinstance(value, str) else visit.formats.number(value)


def language(visit: Visit, code: str) -> str:
    """``tr`` -> ``Turkish``."""
    return visit.text("Plain German") if code == "de-simple" else visit.formats.language_name(code)


def seconds(visit: Visit, number: float) -> str:
    """``3 hours``; below a minute in seconds."""
    if number < 60:
        return visit.text("%(number)s seconds", number=visit.formats.number(number))
    return visit.formats.duration(number)


def rate(visit: Visit, number: int) -> str:
    """``10 Mbit/s``, ``64 kbit/s``."""
    unit, divisor = ("Gbit/s", 10**9) if number >= 10**9 else ("Mbit/s", 10**6) if number >= 10**6 else ("kbit/s", 10**3)
    return f"{visit.formats.number(number / divisor)}\u00a0{unit}"


def week(visit: Visit, line: str) -> str:
    """``Mon-Fri 08:00-12:00`` with the reader's names of days."""
    for number, day in enumerate(DAYS):
        line = line.replace(day, visit.formats.day_of_week(number)[: 2 if visit.language == "de" else 3])
    return line


def closed_day(visit: Visit, text: str) -> str:
    """``2026-12-24..2027-01-01`` for a reader."""
    try:
        closed = parse_closed(text)
    except ValueError:
        return text
    if closed.yearly:
        return visit.text("%(day)s each year", day=visit.formats.short_day(closed.first)[:6].rstrip("/"))
    first = visit.formats.short_day(closed.first)
    return first if closed.last == closed.first else f"{first} – {visit.formats.short_day(closed.last)}"
