"""The audit log: who did what, where and when; looked through, read in words, and taken along as a table."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import audit, halls, policy
from hotspot.hub.api.problems import BadRequest, NotFound
from hotspot.hub.console.audit_words import ACTIONS, AREAS, KEYS, VALUES, about, facts
from hotspot.hub.console.formats import TIME_ZONE
from hotspot.hub.console.pages import Page
from hotspot.hub.console.settings import history
from hotspot.hub.console.visits import Visit

AT_ONCE: Final = 50
"""Entries on a page."""
FIELDS: Final = ("since", "until", "partner", "hall", "actor", "action", "subject")
CHANGES: Final = ("policy.change", "policy.rollback", "policy.advance", "policy.stop")
"""Actions whose subject is the number of a change of the settings."""


class Line(Struct, frozen=True):
    """One entry in words."""

    at: datetime
    who: str
    what: str
    place: str
    hall: str
    subject: str
    """As the log has it, to search for."""
    about: str
    """The same in words."""
    change: int
    """The change of the settings that it was, when the reader may open it; else 0."""
    details: list[tuple[str, str]]


async def show(visit: Visit) -> web.StreamResponse:
    """The newest first."""
    given = {name: visit.query.get(name, "").strip()[:200] for name in FIELDS}
    wrong: dict[str, str] = {}
    page = audit.Page(entries=[], next=None)
    query = _query(visit, given, wrong)
    if not wrong:
        try:
            cursor = {"cursor": visit.query["cursor"]} if "cursor" in visit.query else {}
            page = await visit.ask(audit.list_audit, query={**query, **cursor, "limit": AT_ONCE})
        except BadRequest:
            wrong["hall"] = visit.text("There is nothing of that name.")
    there = await visit.ask(halls.list_halls)
    towns = {town.name: town.title for town in await visit.ask(halls.list_partners)}
    titles = {hall.name: hall.title for hall in there}
    changes = await _changes(visit, page.entries)
    asked = {name: value for name, value in given.items() if value}
    return visit.page(
        "audit.html",
        status=400 if wrong else 200,
        given=given,
        wrong=wrong,
        lines=[_line(visit, entry, towns, titles, changes) for entry in page.entries],
        older=urlencode({**asked, "cursor": page.next}) if page.next else "",
        newest=urlencode(asked) if "cursor" in visit.query else None,
        export=urlencode(asked),
        towns=towns,
        halls=titles if len(titles) <= AT_ONCE else {},
        actions=[(area, visit.text(words), _of_area(visit, area)) for area, words in AREAS.items()],
        filtered=bool(asked),
        kept=visit.text("%(days)s days", days=visit.formats.number(round(visit.hub.settings.retention.audit / 86_400))),
    )


def _of_area(visit: Visit, area: str) -> list[tuple[str, str]]:
    return [(action, visit.text(words)) for action, words in ACTIONS.items() if action.startswith(area)]


async def export(visit: Visit) -> web.StreamResponse:
    """The same entries as CSV, all of them."""
    given = {name: visit.query.get(name, "").strip()[:200] for name in FIELDS}
    wrong: dict[str, str] = {}
    query = _query(visit, given, wrong)
    if wrong:
        raise BadRequest("since, until: expected days such as 2026-12-31")
    return await visit.file(await visit.ask(audit.export_audit, query=query))


# What is asked ------------------------------------------------------------------------------------------------------------------------


def _query(visit: Visit, given: Mapping[str, str], wrong: dict[str, str]) -> dict[str, Any]:
    """As the API wants it; what cannot be read is in ``wrong`` then. Days are whole, the last one too."""
    query: dict[str, Any] = {name: given[name] for name in ("partner", "hall", "action", "subject") if given[name]}
    for name, later in (("since", 0), ("until", 1)):
        if given[name]:
            try:
                day = date.fromisoformat(given[name]) + timedelta(days=later)
                query[name] = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(TIME_ZONE)).astimezone(UTC)
            except (ValueError, OverflowError):
                wrong[name] = visit.text("Please enter a day such as 2026-12-31.")
    if given["actor"]:
        query["actor"] = actor_of(given["actor"])
    return query


def actor_of(said: str) -> str:
    """As the log writes who did something: ``anna`` -> ``user anna``."""
    return said if said == "hub" or re.match(r"(user|gateway) ", said) else f"user {said}"


# What is shown ------------------------------------------------------------------------------------------------------------------------


async def _changes(visit: Visit, entries: Iterable[audit.Entry]) -> dict[str, tuple[str, ...]]:
    """Changes of the settings that the reader may open, by number: what each was about."""
    wanted = {entry.subject for entry in entries if entry.action in CHANGES and re.fullmatch(r"[0-9]{1,15}", entry.subject)}
    if not wanted:
        return {}
    found, host = {}, (await visit.ask(policy.show_document)).document
    for serial in wanted:
        try:
            found[serial] = history.line(visit, await visit.ask(policy.show_change, serial=serial), host).keys
        except NotFound:  # others' business, or erased with the town that it was for
            continue
    return found


def _line(
    visit: Visit, entry: audit.Entry, towns: Mapping[str, str], titles: Mapping[str, str], changes: Mapping[str, tuple[str, ...]]
) -> Line:
    kind, _, name = entry.actor.partition(" ")
    place = titles.get(entry.hall, entry.hall) if entry.hall else towns.get(entry.partner, entry.partner) if entry.partner else ""
    known = {f"partner/{town}": title for town, title in towns.items()} | {f"hall/{hall}": title for hall, title in titles.items()}
    told = [(key, value) for key, value in facts(entry.detail) if (key, value) != ("by", name)]
    values = [(_key(visit, key), value_words(visit, key, value, known)) for key, value in told]
    if entry.action in CHANGES and changes.get(entry.subject):
        values.insert(0, (visit.text("What it is about"), ", ".join(changes[entry.subject])))
    return Line(
        at=entry.at,
        who=visit.text("the hub itself") if kind == "hub" else visit.text("Gateway %(name)s", name=name) if kind == "gateway" else name,
        what=visit.text(ACTIONS.get(entry.action, entry.action)),
        place=(place or "")[:80],
        hall=entry.hall if entry.hall is not None and entry.hall in titles else "",
        subject="" if entry.subject == entry.hall and not entry.action.startswith(("user.", "gateway.")) else entry.subject,
        about=about(visit.text, entry.action, entry.subject),
        change=int(entry.subject) if entry.action in CHANGES and entry.subject in changes else 0,
        details=values,
    )


def _key(visit: Visit, key: str) -> str:
    """``rows.halls``: a word where there is one for the first of them."""
    first, dot, rest = key.partition(".")
    return f"{visit.text(KEYS.get(first, first))}{dot and ': '}{rest}"


def value_words(visit: Visit, key: str, value: Any, known: Mapping[str, str]) -> str:
    """A value in the reader's words; ``known``: titles of towns and halls by scope."""
    match value:
        case bool():
            return visit.text("yes") if value else visit.text("no")
        case int() | float() if key == "valid":
            return visit.formats.duration(value)
        case int() | float():
            return visit.formats.number(value)
        case list():
            return ", ".join(value_words(visit, key, one, known) for one in value)
    said, words = f"{value}", VALUES.get(key, {})
    if said in words:
        return visit.text(words[said])
    if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", said):
        return _moment(visit, said)
    if key == "scopes" and (zone := re.fullmatch(r"zone/([^/]+)/([^/]+)", said)):
        return f"{known.get(f'hall/{zone[1]}', zone[1])}, {visit.text('Guest network %(name)s', name=zone[2])}"
    return known.get(said if key == "scopes" else f"{key}/{said}", said)


def _moment(visit: Visit, written: str) -> str:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return written
    return visit.formats.moment(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


PAGES = (
    Page(name="audit", method="GET", path="/audit", permission=Permission.EDIT, handler=show),
    Page(name="audit.export", method="GET", path="/audit.csv", permission=Permission.EDIT, handler=export, is_file=True),
)
