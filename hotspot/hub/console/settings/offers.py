"""Which plans the guest networks offer, and when they are open."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.console.forms import Form
from hotspot.hub.console.settings import drafts, faults, joining, sections, words, zones
from hotspot.hub.console.settings.drafts import Work
from hotspot.hub.console.settings.fields import replaced, table_at
from hotspot.hub.console.settings.scopes import pages
from hotspot.hub.console.settings.sections import OFFERS as SECTION
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import Table
from hotspot.hub.policy.scopes import Level

WRONG_NAME: Final = N_("Expected a name of a-z, 0-9 and _ as in the gateway's file, such as public.")


class Offer(Struct, frozen=True, kw_only=True):
    """One zone as the form shows it."""

    zone: str
    own: bool
    """Are its plans set here?"""
    level: str
    """Where they come from otherwise."""
    above: str
    """Plans that go otherwise, in words."""
    plans: tuple[tuple[str, str, bool, bool], ...]
    """Name, title, is it offered, is it the first."""
    hours: str
    hours_above: str
    wrong: str
    wrong_hours: str


async def show(visit: Visit) -> web.StreamResponse:
    """All zones that the scope reaches."""
    return await _page(visit, await sections.begin(visit, SECTION))


async def _page(
    visit: Visit, work: Work, status: int = 200, form: Form | None = None, found: Mapping[str, str] | None = None
) -> web.Response:
    typed = visit.query.get("zone", "").strip()[:40]
    also = tuple(dict.fromkeys(([typed] if zones.is_name(typed) else []) + ([] if form is None else list(form.all("also")))))
    known = await zones.known(visit, work, also)
    offers = [_offer(visit, work, zone, form, found or {}) for zone in known.names]
    tables = [(name, name) for name in table_at(work.settings, ("hours",))]
    return sections.page(
        visit, "settings/zones.html", work, SECTION, status, offers=offers, tables=tables, also=also, assumed=known.assumed, typed=typed,
        wrong_zone=visit.text(WRONG_NAME) if typed and not zones.is_name(typed) else "",
    )  # fmt: skip


def _offer(visit: Visit, work: Work, zone: str, form: Form | None, found: Mapping[str, str]) -> Offer:
    path = ("zones", zone)
    own, above = table_at(work.own, path), table_at(work.inherited.settings, path)
    chosen = form.all(f"{zone}.plan") if form is not None else tuple(table_at(work.settings, path).get("plans") or ())
    if form is None and not chosen:
        chosen = tuple(joining.plans_there(work.settings))  # nothing is set: who begins to, begins with all there are
    first = form.text(f"{zone}.first") if form is not None else next(iter(chosen), "")
    titles = {name: words.title_of(visit, ("plans", name), work.settings) for name in table_at(work.settings, ("plans",))}
    level = work.inherited.level_of(*path, "plans")
    return Offer(
        zone=zone,
        own=form.text(f"{zone}.own") == "yes" if form is not None else "plans" in own,
        level="" if level is None else level.value,
        above=words.value(visit, f"zones.{zone}.plans", above.get("plans") or [], work.settings) if "plans" in above else "",
        plans=tuple((name, title, name in chosen, name == first) for name, title in titles.items()),
        hours=form.text(f"{zone}.hours") if form is not None else _hours(own),
        hours_above=above.get("hours") or "",
        wrong=faults.at(found, f"zones.{zone}.plans") or found.get(f"zones.{zone}", ""),
        wrong_hours=faults.at(found, f"zones.{zone}.hours"),
    )


ALWAYS: Final = "-"
"""Of the choice of hours: what stands above is taken away."""


def _hours(own: Mapping[str, Any]) -> str:
    if "hours" not in own:
        return ""
    return own["hours"] or ALWAYS


async def save(visit: Visit) -> web.StreamResponse:
    """Keep what was chosen as a draft."""
    work = await sections.begin(visit, SECTION)
    known = (await zones.known(visit, work, visit.form.all("also"))).names
    document = dict(work.document)
    for zone in known:
        document = _said(work, document, zone, visit.form)
    found = await faults.of(visit, work, document)
    for zone in known:
        if visit.form.text(f"{zone}.own") == "yes" and not visit.form.all(f"{zone}.plan"):
            found.setdefault(f"zones.{zone}.plans", visit.text("Please choose at least one plan."))
    if any(key.startswith(f"zones.{zone}") for key in found for zone in known):
        return await _page(visit, work, 422, visit.form, found)
    return await drafts.propose(visit, work, document)


def _said(work: Work, document: Table, zone: str, form: Form) -> Table:
    """The document with what the form says of a zone."""
    is_zone = work.place.scope.level is Level.ZONE
    own = dict(document) if is_zone else table_at(document, ("zones", zone))
    own.pop("plans", None)
    if form.text(f"{zone}.own") == "yes":
        chosen, first = form.all(f"{zone}.plan"), form.text(f"{zone}.first")
        before = table_at(work.settings, ("zones", zone)).get("plans") or []
        ordered = [*(name for name in before if name in chosen), *(name for name in chosen if name not in before)]
        own["plans"] = [*([first] if first in chosen else []), *(name for name in ordered if name != first)]
    hours = form.text(f"{zone}.hours")
    own.pop("hours", None)
    if hours == ALWAYS:
        own["hours"] = None
    elif hours:
        own["hours"] = hours
    return own if is_zone else replaced(document, ("zones", zone), own)


PAGES: Final = pages("zones", show, save)
