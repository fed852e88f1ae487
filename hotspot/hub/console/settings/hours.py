"""Opening hours: a table of the week and the days on which all is closed, by name; who goes by them is said with each."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.api.problems import NotFound
from hotspot.hub.console.forms import Form
from hotspot.hub.console.settings import drafts, faults, sections, words
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.fields import replaced, table_at
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import HOURS as SECTION
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import Table, key_of
from hotspot.session.hours import DAYS, Closed, Span, parse_closed, parse_spans
from hotspot.town.week import by_weekday, closed_text, parse_hours, to_text

NEW: Final = "+"
"""In the place of a name: a table that is made."""
SPARE: Final = 3
"""Empty rows for more closed days."""
MOST_CLOSED: Final = 200


class Row(Struct, frozen=True, kw_only=True):
    """A table in the list."""

    name: str
    week: tuple[str, ...]
    closed: tuple[str, ...]
    used: tuple[str, ...]
    """Who goes by it, in words."""
    level: str
    removed: bool = False


class Break(Struct, frozen=True, kw_only=True):
    """Closed days as a form has them."""

    first: str = ""
    last: str = ""
    yearly: bool = False
    wrong: str = ""


async def show(visit: Visit) -> web.StreamResponse:
    """The list."""
    work = await sections.begin(visit, SECTION)
    return sections.page(visit, "settings/hours.html", work, SECTION, rows=rows(visit, work))


def rows(visit: Visit, work: Work) -> tuple[Row, ...]:
    """All tables that go for the scope, and those that it has taken away."""
    own = table_at(work.own, ("hours",))
    found = [
        Row(
            name=name,
            week=tuple(words.week(visit, str(line)) for line in table.get("open") or ()),
            closed=tuple(words.closed_day(visit, str(day)) for day in table.get("closed") or ()),
            used=_used(visit, work, name),
            level="own" if name in own else level.value if (level := work.inherited.level_of("hours", name)) else "",
        )
        for name, table in table_at(work.settings, ("hours",)).items()
        if isinstance(table, Mapping)
    ]
    gone = [Row(name=name, week=(), closed=(), used=(), level="own", removed=True) for name, table in own.items() if table is None]
    return (*found, *gone)


def _used(visit: Visit, work: Work, name: str, shown: bool = True) -> tuple[str, ...]:
    settings = work.settings
    found = [visit.text("shown to visitors")] if shown and table_at(settings, ("hall",)).get("hours") == name else []
    for zone, table in table_at(settings, ("zones",)).items():
        if isinstance(table, Mapping) and table.get("hours") == name:
            found.append(visit.text("guest network %(name)s is open", name=zone))
    for plan, table in table_at(settings, ("plans",)).items():
        if isinstance(table, Mapping) and table.get("hours") == name:
            found.append(visit.text("plan %(name)s is on offer", name=words.title_of(visit, ("plans", plan), settings)))
    return tuple(found)


# One table --------------------------------------------------------------------------------------------------------------------------------


async def show_one(visit: Visit) -> web.StreamResponse:
    """Its form: what is set here, else what is taken over, to begin with."""
    work = await sections.begin(visit, SECTION)
    return _form(visit, work, _named(visit, work))


def _named(visit: Visit, work: Work) -> str:
    name = visit.path["table"]
    if name == NEW:
        return ""
    if name not in table_at(work.settings, ("hours",)) and name not in table_at(work.own, ("hours",)):
        raise NotFound(f"table = {name[:40]!r}: expected the name of a table of opening hours that goes there")
    return name


def _form(
    visit: Visit, work: Work, name: str, status: int = 200, form: Form | None = None, found: Mapping[str, str] | None = None
) -> web.Response:
    found = found or {}
    table = table_at(work.settings, ("hours", name)) if name else {}
    own = table_at(work.own, ("hours",))
    week = _week(table.get("open") or ()) if form is None else tuple(form.text(f"day.{day}") for day in range(7))
    breaks = _breaks(visit, table.get("closed") or ()) if form is None else _typed_breaks(form, found)
    hall = table_at(work.settings, ("hall",)).get("hours")
    return sections.page(
        visit, "settings/hours_table.html", work, SECTION, status, name=name, days=[
            (day, visit.formats.day_of_week(day), week[day], found.get(f"day.{day}", "")) for day in range(7)
        ],
        breaks=(*breaks, *[Break()] * SPARE), time_zone=(table.get("time_zone") or "") if form is None else form.text("time_zone"),
        typed_name="" if form is None else form.text("name"),
        shown=(hall == name if name else not hall) if form is None else form.has("shown"),
        found=found, is_own=name in own, removed=name in own and own[name] is None,
        is_above=bool(name) and name in table_at(work.inherited.settings, ("hours",)), level=work.inherited.level_of("hours", name),
        used=_used(visit, work, name, shown=False) if name else (), next_years=(visit.hub.now().year, visit.hub.now().year + 1),
    )  # fmt: skip


def _week(lines: Sequence[Any]) -> tuple[str, ...]:
    """What stands in the seven fields: ``08:00-12:00, 14:00-18:00``. Lines that no reader takes stand with Monday."""
    spans: set[Span] = set()
    strange = []
    for line in lines:
        try:
            spans |= set(parse_spans(str(line)))
        except ValueError:
            strange.append(str(line))
    days = {day: [text.partition(" ")[2] for text in to_text(there)] for day, there in by_weekday(spans)}
    found = [", ".join(days.get(day, [])) for day in range(7)]
    return (", ".join(filter(None, [found[0], *strange])), *found[1:])


def _breaks(visit: Visit, days: Sequence[Any]) -> tuple[Break, ...]:
    found = []
    for day in days:
        try:
            closed = parse_closed(str(day))
        except ValueError:
            found.append(Break(first=str(day)))
            continue
        if closed.yearly:
            found.append(Break(first=f"{closed.first:{'%d.%m.' if visit.language == 'de' else '%m-%d'}}", yearly=True))
        else:
            first, last = (f"{each:{'%d.%m.%Y' if visit.language == 'de' else '%Y-%m-%d'}}" for each in (closed.first, closed.last))
            found.append(Break(first=first, last="" if last == first else last))
    return tuple(found)


def _typed_breaks(form: Form, found: Mapping[str, str]) -> tuple[Break, ...]:
    firsts, lasts = form.all("first"), form.all("last")
    pairs = zip(firsts, [*lasts, *[""] * len(firsts)], strict=False)
    return tuple(
        Break(first=first, last=last, wrong=found.get(f"closed.{number}", ""))
        for number, (first, last) in enumerate(pairs)
        if first.strip() or last.strip()
    )


async def save_one(visit: Visit) -> web.StreamResponse:
    """Keep what was typed as a draft."""
    work = await sections.begin(visit, SECTION)
    form, old = visit.form, _named(visit, work)
    name = old or form.text("name") or "hall"
    wrong: dict[str, str] = {}
    if not old and (not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name) or name in table_at(work.settings, ("hours",))):
        wrong["name"] = visit.text("Expected a short name of letters, digits and - that no other table has.")
    table: Table = {"open": _open(visit, form, wrong), "closed": _closed(visit, form, wrong), "time_zone": form.text("time_zone") or None}
    if not table["open"] and not wrong:
        wrong["open"] = visit.text("Please say at least one day on which it is open.")
    if wrong:
        return _form(visit, work, old, 422, form, wrong)
    document = work.document
    if table != _as_typed(table_at(work.settings, ("hours", name))):
        above = table_at(work.inherited.settings, ("hours", name))
        document = replaced(document, ("hours", name), {key: value for key, value in table.items() if value or above.get(key)})
    document = _shown(work, document, name, form.has("shown"))
    found = await faults.of(visit, work, document)
    key = key_of(("hours", name))
    mine = {each.removeprefix(f"{key}."): text for each, text in found.items() if each == key or each.startswith(f"{key}.")}
    if mine:
        return _form(visit, work, old, 422, form, mine)
    return await drafts.propose(visit, work, document, back=f"{work.place.sections}/hours")


def _as_typed(table: Table) -> Table:
    """What a form would say that nobody has touched; empty for what no reader takes."""
    try:
        spans = [span for line in table.get("open") or () for span in parse_spans(str(line))]
        closed = [parse_closed(str(day)) for day in table.get("closed") or ()]
    except ValueError:
        return {}
    days = [closed_text(day) for day in sorted(closed, key=lambda one: (not one.yearly, one.first))]
    return {"open": to_text(spans), "closed": days, "time_zone": table.get("time_zone")}


def _open(visit: Visit, form: Form, wrong: dict[str, str]) -> list[str]:
    """Lines of the week, as the settings have them; what cannot be read is said in ``wrong``."""
    spans: list[Span] = []
    for day, name in enumerate(DAYS):
        text = form.text(f"day.{day}")
        if not text:
            continue
        try:
            spans += parse_hours(f"{name} {text}")
        except ValueError:
            wrong[f"day.{day}"] = visit.text("Expected hours such as 8-12 or 08:00-12:30, 14:00-18:00.")
    return to_text(spans)


def _closed(visit: Visit, form: Form, wrong: dict[str, str]) -> list[str]:
    """Closed days, in order, as the settings have them."""
    found: dict[str, Closed] = {}
    firsts, lasts = form.all("first"), form.all("last")
    for number, first in enumerate(firsts[:MOST_CLOSED]):
        first, last = first.strip(), lasts[number].strip() if number < len(lasts) else ""
        if not first and not last:
            continue
        try:
            days = [_day(each) for each in (first or last, last) if each]
            closed = parse_closed("..".join(days))
        except ValueError:
            wrong[f"closed.{number}"] = visit.text(
                "Expected a day such as 24.12.2026, or 24.12. for each year; the last day not before the first."
            )
            continue
        found[closed_text(closed)] = closed
    return [text for text, _ in sorted(found.items(), key=lambda one: (not one[1].yearly, one[1].first))]


def _day(text: str) -> str:
    """``24.12.2026`` and ``24.12.`` as the settings have them. Raises ``ValueError``."""
    german = re.fullmatch(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})?", text)
    if german is None:
        return text
    if german[3] is None:
        return f"{int(german[2]):02}-{int(german[1]):02}"
    return date(int(german[3]), int(german[2]), int(german[1])).isoformat()


def _shown(work: Work, document: Table, name: str, shown: bool) -> Table:
    """The document with the table as the hall's hours that visitors see, or no longer."""
    hall = dict(table_at(work.document, ("hall",)))
    now = table_at(work.settings, ("hall",)).get("hours")
    if shown and now != name:
        hall["hours"] = name
    elif not shown and now == name:
        if table_at(work.inherited.settings, ("hall",)).get("hours") == name:
            hall["hours"] = None
        else:
            hall.pop("hours", None)
    return replaced(document, ("hall",), hall)


async def remove(visit: Visit) -> web.StreamResponse:
    """Take a table away with everything that goes by it here, or take over again what stands above."""
    work = await sections.begin(visit, SECTION)
    name, again = _named(visit, work), visit.form.text("how") == "again"
    above = name in table_at(work.inherited.settings, ("hours",))
    tables = {key: table for key, table in table_at(work.own, ("hours",)).items() if key != name}
    if above and not again:
        tables[name] = None
    document = replaced(work.document, ("hours",), tables)
    if not again:
        document = _shown(work, document, name, False)
    return await drafts.propose(visit, work, document, back=f"{work.place.sections}/hours")


# Holidays ---------------------------------------------------------------------------------------------------------------------------------


def easter(year: int) -> date:
    """Easter Sunday (Gauss, as Lichtenberg put it)."""
    k = year // 100
    m = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25
    a = year % 19
    d = (19 * a + m) % 30
    r = (d + a // 11) // 29
    full_moon = 21 + d - r
    sunday = 7 - (year + year // 4 + 2 - (3 * k + 3) // 4) % 7
    return date(year, 3, 1) + timedelta(days=full_moon + 7 - (full_moon - sunday) % 7 - 1)


def holidays(year: int) -> tuple[str, ...]:
    """The days on which all German town halls are closed by law, as the settings have them; those that are the same each year so."""
    moving = [easter(year) + timedelta(days=days) for days in (-2, 1, 39, 50)]
    return ("01-01", "05-01", "10-03", "12-25", "12-26", *(day.isoformat() for day in moving))


async def add_holidays(visit: Visit) -> web.StreamResponse:
    """The holidays that all of Germany has are closed days, too."""
    work = await sections.begin(visit, SECTION)
    name = _named(visit, work)
    table = table_at(work.settings, ("hours", name))
    year = visit.hub.now().year
    there = [str(day) for day in table.get("closed") or ()]
    new = [day for each in (year, year + 1) for day in holidays(each) if day not in there]
    own = {**table_at(work.own, ("hours", name)), "closed": [*there, *dict.fromkeys(new)]}
    return await drafts.propose(visit, work, replaced(work.document, ("hours", name), own), back=f"{work.place.sections}/hours/{name}")


PAGES: Final = (
    *pages("hours", show),
    *pages("hours.table", show_one, save_one, below="/hours/{table}"),
    *pages("hours.remove", show_one, remove, below="/hours/{table}/remove")[1:],
    *pages("hours.holidays", show_one, add_holidays, below="/hours/{table}/holidays")[1:],
)
