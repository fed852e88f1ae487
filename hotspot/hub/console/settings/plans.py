"""Plans: what visitors get. The list, and one plan's form; what a plan does not say here it takes over."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from hotspot.hub.api.problems import NotFound
from hotspot.hub.console import names
from hotspot.hub.console.forms import Form
from hotspot.hub.console.settings import drafts, faults, fields, joining, sections, words, zones
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.fields import Field, replaced, table_at
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import PLANS as SECTION
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import Path, key_of
from hotspot.hub.policy.scopes import Level
from hotspot.session.quantities import parse_rate

NEW: Final = "+"
"""In the place of a name: a plan that is made."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")

FIELDS: Final = (
    Field(name="title", kind="texts", removable=False, hint=N_("What visitors read. At most 60 characters.")),
    Field(name="down", kind="rate", required=True, hint=N_("What a visitor loads.")),
    Field(name="up", kind="rate", required=True, hint=N_("What a visitor sends.")),
    Field(name="time", kind="seconds", required=True, hint=N_("After that visitors accept again, or come back after the break.")),
    Field(name="volume", kind="bytes", more=True, hint=N_("Of one session, both ways together. Then it ends, or goes on slower.")),
    Field(name="then_down", kind="rate", more=True, hint=N_("Only together with the next one and with the data of a session.")),
    Field(name="then_up", kind="rate", more=True),
    Field(name="idle", kind="seconds", more=True, hint=N_("A session ends when nothing is heard of the device for so long.")),
    Field(name="daily_time", kind="seconds", more=True, hint=N_("Over all sessions of a day.")),
    Field(name="daily_volume", kind="bytes", more=True, hint=N_("Over all sessions of a day.")),
    Field(name="pause", kind="seconds", more=True, hint=N_("From the end of a session until the next one can begin.")),
    Field(name="extension", kind="seconds", more=True, hint=N_("What the visitors' button for more time adds; without it there is none.")),
    Field(name="extensions", kind="number", more=True),
    Field(name="down_guaranteed", kind="rate", more=True, hint=N_("When the network is full.")),
    Field(name="up_guaranteed", kind="rate", more=True, hint=N_("When the network is full.")),
    Field(name="voucher", kind="bool", more=True, hint=N_("Only who has the code of a voucher gets this plan.")),
    Field(name="hours", kind="choice", more=True, hint=N_("A table of opening hours; at other times the plan is not on offer.")),
)  # fmt: skip


class Row(Struct, frozen=True, kw_only=True):
    """A plan in the list."""

    name: str
    title: str
    speed: str
    time: str
    more: tuple[str, ...]
    """What else is special about it."""
    voucher: bool
    level: str
    """``own``: something of it is set here; else the lowest level above that says something."""
    removed: bool = False
    """What stands above is taken away here."""


def rows(visit: Visit, work: Work) -> tuple[Row, ...]:
    """All plans that go for the scope, and those that it has taken away."""
    own, found = table_at(work.own, ("plans",)), table_at(work.settings, ("plans",))
    gone = [name for name, plan in own.items() if plan is None]
    result = [_row(visit, work, name, plan, name in own) for name, plan in found.items() if isinstance(plan, Mapping)]
    above = table_at(work.inherited.settings, ("plans",))
    result += [
        Row(name=name, title=words.in_language(visit, _title(above.get(name))) or name, speed="", time="", more=(), voucher=False,
            level="own", removed=True)
        for name in gone
    ]  # fmt: skip
    return tuple(result)


def _title(plan: Any) -> Any:
    return plan.get("title") if isinstance(plan, Mapping) else None


def _row(visit: Visit, work: Work, name: str, plan: Mapping[str, Any], own: bool) -> Row:
    def said(key: str) -> str:
        return words.value(visit, f"plans.x.{key}", plan.get(key), work.settings)

    level = work.inherited.level_of("plans", name)
    more = [f"{words.told(visit, f'plans.x.{field.name}', {}).label}: {said(field.name)}"
            for field in FIELDS if field.more and plan.get(field.name) not in (None, False)
            and field.name not in ("voucher", "then_up", "up_guaranteed", "extensions")]  # fmt: skip
    return Row(
        name=name,
        title=words.in_language(visit, plan.get("title")) or name,
        speed=speed(visit, plan),
        time=said("time"),
        more=tuple(more),
        voucher=plan.get("voucher") is True,
        level="own" if own else Level.HOST.value if level is None else level.value,
    )


def speed(visit: Visit, plan: Mapping[str, Any]) -> str:
    """``10 / 2 Mbit/s``."""
    try:
        down, up = (words.rate(visit, parse_rate(plan[key])) for key in ("down", "up"))
    except (ValueError, KeyError):
        return "–"
    (fast, unit), (slow, other) = down.split("\u00a0"), up.split("\u00a0")
    return f"{fast} / {slow} {unit}" if unit == other else f"{down} / {up}"


async def show(visit: Visit) -> web.StreamResponse:
    """The list."""
    work = await sections.begin(visit, SECTION)
    return sections.page(visit, "settings/plans.html", work, SECTION, rows=rows(visit, work))


# One plan ------------------------------------------------------------------------------------------------------------------------------


async def show_one(visit: Visit) -> web.StreamResponse:
    """Its form."""
    work = await sections.begin(visit, SECTION)
    name = _named(visit, work)
    return await _form(visit, work, name)


def _named(visit: Visit, work: Work) -> str:
    """The plan of the address; "": a new one. Raises ``NotFound``."""
    name = visit.path["plan"]
    if name == NEW:
        return ""
    if name not in table_at(work.settings, ("plans",)) and name not in table_at(work.own, ("plans",)):
        raise NotFound(f"plan = {name[:40]!r}: expected the name of a plan that goes there")
    return name


def _fields(work: Work) -> tuple[Field, ...]:
    """With the tables of hours that there are."""
    tables = tuple((name, name) for name in table_at(work.settings, ("hours",)))
    return tuple(replace(field, options=tables) if field.name == "hours" else field for field in FIELDS)


async def _form(
    visit: Visit, work: Work, name: str, status: int = 200, form: Form | None = None, found: Mapping[str, str] | None = None
) -> web.Response:
    found = found or {}
    path = ("plans", name or NEW)
    inputs = fields.inputs(visit, work, path, _fields(work), form, found)
    known = await zones.known(visit, work)
    own = table_at(work.own, ("plans",))
    return sections.page(
        visit, "settings/plan.html", work, SECTION, status, name=name, inputs=inputs, assumed=known.assumed,
        joining=joining.of(visit, work, known, form, found) if not name else (),
        title=words.title_of(visit, path, work.settings) if name else "",
        typed_name=form.text("name") if form is not None else "", wrong_name=found.get("plans", ""), wrong=_others(found, path),
        removed=name in own and own[name] is None, is_own=name in own, is_above=name in table_at(work.inherited.settings, ("plans",)),
    )  # fmt: skip


def _others(found: Mapping[str, str], path: Path) -> list[str]:
    """What is wrong with the plan as a whole, or with what no field is for."""
    shown = {field.name for field in FIELDS}
    here = key_of(path)
    return [text for key, text in found.items() if key == here or (key.startswith(f"{here}.") and key.split(".")[2] not in shown)]


async def save_one(visit: Visit) -> web.StreamResponse:
    """Keep what was typed as a draft, when the gateways' reader takes it."""
    work = await sections.begin(visit, SECTION)
    old = _named(visit, work)
    name = old or _new_name(visit.form, table_at(work.settings, ("plans",)))
    if not old and (not _NAME.fullmatch(name) or name in table_at(work.settings, ("plans",))):
        wrong = visit.text("Expected a short name of a-z, 0-9 and - that no other plan has.")
        return await _form(visit, work, old, 422, visit.form, {"plans": wrong})
    path = ("plans", name)
    plan = fields.said(visit.form, _fields(work), table_at(work.own, path), table_at(work.inherited.settings, path))
    document = replaced(work.document, path, plan)
    if not old:
        document = joining.joined(work, document, name, await zones.known(visit, work), visit.form)
    found = await faults.of(visit, work, document)
    mine = {key: text for key, text in found.items() if key == f"plans.{name}" or key.startswith(f"plans.{name}.")}
    offers = {} if old else joining.wrong(visit, work, document, found, visit.form)
    if mine or offers:
        shown = mine if old else {key.replace(f"plans.{name}", key_of(("plans", NEW)), 1): text for key, text in mine.items()} | offers
        return await _form(visit, work, old, 422, visit.form, shown)
    return await drafts.propose(visit, work, document, back=f"{work.place.sections}/plans")


def _new_name(form: Form, there: Mapping[str, Any]) -> str:
    """As typed, or made from the title."""
    title = form.text("title.de") or form.text("title.en")
    return form.text("name") or names.free(names.slug(title)[:24].strip("-") or "plan", there)


async def remove(visit: Visit) -> web.StreamResponse:
    """Take a plan away, also where it was on offer; or take over again what stands above."""
    work = await sections.begin(visit, SECTION)
    name = _named(visit, work)
    above = name in table_at(work.inherited.settings, ("plans",))
    own = table_at(work.own, ("plans",))
    plans = {key: plan for key, plan in own.items() if key != name}
    if visit.form.text("how") != "again" and above:
        plans[name] = None
    document = replaced(work.document, ("plans",), plans)
    if visit.form.text("how") != "again":
        for zone, table in table_at(work.settings, ("zones",)).items():
            offered = table.get("plans") if isinstance(table, Mapping) else None
            if isinstance(offered, list) and name in offered:
                kept = {**table_at(work.document, ("zones", zone)), "plans": [each for each in offered if each != name]}
                document = replaced(document, ("zones", zone), kept)
    return await drafts.propose(visit, work, document, back=f"{work.place.sections}/plans")


PAGES: Final = (
    *pages("plans", show),
    *pages("plan", show_one, save_one, below="/plans/{plan}"),
    *pages("plan.remove", show_one, remove, below="/plans/{plan}/remove")[1:],
)
