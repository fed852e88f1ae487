"""A draft before it is applied: what it changes in which hall, what speaks against it, and how it is to reach the halls."""

from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import halls as api_halls
from hotspot.hub.api import policy
from hotspot.hub.api.problems import BadRequest, Conflict, Fault, Unprocessable
from hotspot.hub.console.pages import Page
from hotspot.hub.console.settings import drafts, faults, words
from hotspot.hub.console.settings.difference import Effect, Group, effects, groups
from hotspot.hub.console.settings.fields import table_at
from hotspot.hub.console.settings.rebase import Rebased, rebase
from hotspot.hub.console.settings.scopes import Inherited, Where, inherited, where
from hotspot.hub.console.settings.sections import SECTIONS, Section
from hotspot.hub.console.settings.terms import PATH, told
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.difference import differences
from hotspot.hub.policy.documents import LOCKED, settings_of
from hotspot.hub.policy.merge import Table, merge, path_of
from hotspot.hub.store.drafts import Draft

MOST_CHOICES: Final = 40
"""Halls that are offered one by one to begin with; above it towns are."""
SHARES: Final = {"": "–", "10": "10 %", "25": "25 %", "50": "50 %"}
"""Percent of the halls to begin with."""
WAITS: Final = {
    "": N_("when I say so"),
    "3600": N_("after an hour, if all gateways have taken it"),
    "86400": N_("after a day, if all gateways have taken it"),
}
"""Seconds until the next stage."""


class Against(Struct, frozen=True, kw_only=True):
    """Something that speaks against a draft."""

    halls: tuple[str, ...]
    """Whose gateways say so; none: it is about the document itself."""
    label: str
    key: str
    value: str
    expected: str
    known: bool
    """Is ``expected`` in the reader's language?"""
    section: Section | None
    """Where it can be put right."""


class Choice(Struct, frozen=True):
    """Halls to begin with."""

    value: str
    title: str
    halls: tuple[str, ...]


class Review(Struct, frozen=True, kw_only=True):
    """Everything that the page says."""

    draft: Draft
    place: Where
    conflict: str
    """Why it cannot be applied at this moment, in English."""
    faults: tuple[Against, ...]
    effects: tuple[Effect, ...]
    own: tuple[Group, ...]
    """What differs in the document itself."""
    titles: dict[str, str]
    """Of the halls, by name."""
    choices: tuple[Choice, ...]


class Newer(Struct, frozen=True, kw_only=True):
    """Somebody else has changed the document meanwhile."""

    document: policy.PolicyDocument
    groups: tuple[Group, ...]
    """What they have changed."""
    rebased: Rebased
    disputed: tuple[str, ...]
    """What both have changed, in words."""


async def show(visit: Visit) -> web.StreamResponse:
    """The difference first."""
    return await _page(visit, await drafts.find(visit))


async def _page(visit: Visit, draft: Draft, status: int = 200, **typed: Any) -> web.Response:
    newer = await _newer(visit, draft)
    values: dict[str, Any] = {"note": draft.note, "how": "all", "first": (), "wait": "", "share": "", "wrong": "", "field": "", **typed}
    if newer is not None:
        place = await where(visit, draft.scope)
        return visit.page("settings/newer.html", status, draft=draft, place=place, newer=newer, **values)
    review = await _review(visit, draft)
    waits = [(seconds, visit.text(said)) for seconds, said in WAITS.items()]
    return visit.page(
        "settings/review.html", status, review=review, draft=draft, place=review.place, shares=[*SHARES.items()], waits=waits, **values
    )


async def _newer(visit: Visit, draft: Draft) -> Newer | None:
    newest = await visit.ask(policy.show_document, query={"scope": draft.scope})
    if newest.serial == draft.base:
        return None
    place = await where(visit, draft.scope)
    base = await visit.ask(policy.show_document, query={"scope": draft.scope, "serial": draft.base})
    rebased = rebase(_whole(base.document, base.files), _whole(draft.document, draft.files), _whole(newest.document, newest.files))
    found = differences(_whole(base.document, base.files), _whole(newest.document, newest.files))
    settings = words.known((await inherited(visit, place)).settings, settings_of(place.scope, newest.document))
    disputed = [words.named(visit, key, settings) for key in rebased.disputed]
    return Newer(document=newest, groups=groups(visit, found, settings), rebased=rebased, disputed=tuple(disputed))


def _whole(document: Table, files: dict[str, str]) -> Table:
    return {**document, "files": files} if files else document


def _said(place: Where, document: Table, files: dict[str, str]) -> Table:
    """A document in the shape of a hall's settings, with what it keeps for itself."""
    kept = {LOCKED: document[LOCKED]} if LOCKED in document else {}
    return {**settings_of(place.scope, document), **kept, **({"files": files} if files else {})}


async def _review(visit: Visit, draft: Draft) -> Review:
    place = await where(visit, draft.scope)
    checked = await visit.ask(policy.check_policy, {"documents": [drafts.wanted(draft)]})
    base = await visit.ask(policy.show_document, query={"scope": draft.scope})
    taken = await inherited(visit, place)
    terms = _terms(visit, place, taken, base.document), _terms(visit, place, taken, draft.document)
    settings = words.known(merge(taken.settings, settings_of(place.scope, base.document)), settings_of(place.scope, draft.document))
    own = differences(_said(place, base.document, base.files), _said(place, draft.document, draft.files))
    halls = [hall.hall for hall in checked.halls]
    query = {"partner": place.scope.partner} if place.scope.partner else {}
    found = await visit.ask(api_halls.list_halls, query=query)
    towns = await visit.ask(api_halls.list_partners)
    return Review(
        draft=draft,
        place=place,
        conflict=checked.conflict,
        faults=_faults(visit, checked, settings),
        effects=effects(visit, checked.halls, settings, terms),
        own=groups(visit, own, settings, terms),
        titles={hall.name: hall.title for hall in found},
        choices=_choices([hall for hall in found if hall.name in halls], {one.name: one.title for one in towns}),
    )


def _terms(visit: Visit, place: Where, taken: Inherited, document: Table) -> str:
    """Which terms go with a document; the level of the version is that of the text: both are said together."""
    own, above = table_at(settings_of(place.scope, document), PATH), table_at(taken.settings, PATH)
    return told(visit, own, above, taken.level_of("terms", "version"))


def _faults(visit: Visit, checked: policy.PolicyCheck, settings: Table) -> tuple[Against, ...]:
    """The same objection of many gateways is said once."""
    texts: dict[str, list[str]] = {text: [] for text in checked.objections}
    for hall in checked.halls:
        if hall.objection:
            texts.setdefault(hall.objection, []).append(hall.hall)
    result = []
    for text, halls in texts.items():
        one = faults.read(visit, text)
        result.append(
            Against(
                halls=tuple(halls),
                label=words.named(visit, one.key, settings) if one.key else "",
                key=one.key,
                value=one.value,
                expected=one.expected,
                known=one.known,
                section=_section(one.key),
            )
        )
    return tuple(result)


def _section(key: str) -> Section | None:
    path = path_of(key) if key else ()
    return next((one for one in SECTIONS if any(path[: len(each)] == each for each in one.keys)), None)


def _choices(halls: list[api_halls.Hall], towns: dict[str, str]) -> tuple[Choice, ...]:
    if len(halls) <= MOST_CHOICES:
        return tuple(Choice(hall.name, hall.title, (hall.name,)) for hall in halls)
    by_town: dict[str, list[str]] = {}
    for hall in halls:
        by_town.setdefault(hall.partner, []).append(hall.name)
    return tuple(Choice(town, towns.get(town, town), tuple(names)) for town, names in by_town.items())


# What can be done with it -------------------------------------------------------------------------------------------------------------


async def apply(visit: Visit) -> web.StreamResponse:
    """Everywhere, or in stages."""
    draft, form = await drafts.find(visit), visit.form
    typed: dict[str, Any] = {name: form.text(name) for name in ("note", "how", "wait", "share")} | {"first": form.all("first")}
    if form.text("seen") != draft.changed_at.isoformat():
        return await _page(visit, draft, 409, wrong=visit.text("The draft has changed meanwhile. Please look at it again."), **typed)
    change: dict[str, Any] = {"documents": [drafts.wanted(draft)], "note": typed["note"]}
    if typed["how"] == "stages":
        stage = _stage((await _review(visit, draft)).choices, typed["first"], typed["share"])
        if stage is None:
            return await _page(visit, draft, 400, wrong=visit.text("Please choose with which halls to begin."), field="first", **typed)
        change |= {"stages": [stage], **({"wait": float(typed["wait"])} if typed["wait"] in WAITS and typed["wait"] else {})}
    try:
        done = await visit.ask(policy.change_policy, change)
    except (BadRequest, Conflict, Unprocessable) as error:
        await drafts.remember(visit, draft, typed["note"])
        return await _page(visit, draft, error.status, wrong=_why(visit, error), **typed)
    await drafts.discard(visit, draft)
    if done.staged:
        return visit.redirect(f"/settings/rollouts/{done.serial}", done=visit.text("The first halls are told now."))
    said = visit.text("Applied: %(given)s of %(halls)s halls are told something else now.", given=done.given, halls=done.halls)
    return visit.redirect(f"/settings/history/{done.serial}", done=said)


def _stage(choices: tuple[Choice, ...], first: tuple[str, ...], share: str) -> dict[str, Any] | None:
    """With what to begin; None: nothing was chosen."""
    halls = [hall for choice in choices if choice.value in first for hall in choice.halls]
    if halls:
        return {"halls": halls}
    return {"percent": int(share)} if share and share in SHARES else None


def _why(visit: Visit, error: Fault) -> str:
    found = faults.read(visit, str(error))
    return str(error) if not found.key else f"{found.key}: {faults.message(visit, found)}"


async def discard(visit: Visit) -> web.StreamResponse:
    """Nothing happens, nothing is left of it."""
    draft = await drafts.find(visit)
    await drafts.discard(visit, draft)
    return visit.redirect((await where(visit, draft.scope)).address, done=visit.text("The draft is discarded. Nothing was changed."))


async def renew(visit: Visit) -> web.StreamResponse:
    """Bring it onto the version that is in force now."""
    draft = await drafts.find(visit)
    newer = await _newer(visit, draft)
    if newer is None:
        return visit.redirect(f"/settings/drafts/{draft.id}")
    if visit.form.text("serial") != str(newer.document.serial):  # there is one more by now
        return await _page(visit, draft, 409)
    document = dict(newer.rebased.document)
    files = document.pop("files", {})
    await drafts.keep(visit, draft.scope, newer.document.serial, document, files)
    return visit.redirect(f"/settings/drafts/{draft.id}", done=visit.text("Your changes are on top of the newest version now."))


PAGES: Final = (
    Page(name="settings.draft", method="GET", path="/settings/drafts/{draft}", permission=Permission.EDIT, handler=show),
    Page(name="settings.draft.apply", method="POST", path="/settings/drafts/{draft}/apply", permission=Permission.EDIT, handler=apply),
    Page(
        name="settings.draft.discard", method="POST", path="/settings/drafts/{draft}/discard", permission=Permission.EDIT, handler=discard
    ),
    Page(name="settings.draft.renew", method="POST", path="/settings/drafts/{draft}/renew", permission=Permission.EDIT, handler=renew),
)
