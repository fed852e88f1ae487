"""Who changed what: all changes, one of them, and how it is taken back."""

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import halls as api_halls
from hotspot.hub.api import policy, policy_halls
from hotspot.hub.api.problems import BadRequest, Conflict, Forbidden, NotFound, Unprocessable
from hotspot.hub.console.pages import Page
from hotspot.hub.console.settings import faults, words
from hotspot.hub.console.settings.difference import Group, effects, groups
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.documents import settings_of
from hotspot.hub.policy.merge import Table
from hotspot.hub.policy.scopes import Level, parse

AT_ONCE: Final = 20


class Part(Struct, frozen=True):
    """What a change did to one document."""

    scope: str
    groups: tuple[Group, ...]


class Line(Struct, frozen=True, kw_only=True):
    """A change in the list."""

    change: policy.PolicyChange
    keys: tuple[str, ...]
    """What it was about."""
    values: int
    """That it changed."""


async def titles(visit: Visit) -> dict[str, str]:
    """Of towns and halls, by scope."""
    partners = await visit.ask(api_halls.list_partners)
    halls = await visit.ask(api_halls.list_halls)
    return {f"partner/{one.name}": one.title for one in partners} | {f"hall/{one.name}": one.title for one in halls}


def line(visit: Visit, change: policy.PolicyChange, settings: Table) -> Line:
    """A change in short. ``settings``: in which plans have their titles."""
    found = [one for part in change.documents for one in part.differences]
    about = [group.title for part in change.documents for group in groups(visit, part.differences, settings)]
    return Line(change=change, keys=tuple(dict.fromkeys(about)), values=len(found))


async def show(visit: Visit) -> web.StreamResponse:
    """The newest first; of one scope with ``scope``."""
    query = {name: visit.query[name] for name in ("scope", "before") if visit.query.get(name)}
    found = await visit.ask(policy.list_changes, query={**query, "limit": AT_ONCE})
    older = ""
    if len(found) == AT_ONCE:
        older = "?" + urlencode({**query, "before": found[-1].serial})
    host = (await visit.ask(policy.show_document)).document
    return visit.page(
        "settings/history.html", lines=[line(visit, one, host) for one in found], titles=await titles(visit), scope=query.get("scope", ""),
        older=older, paged="before" in query,
    )  # fmt: skip


# One change -------------------------------------------------------------------------------------------------------------------------------


async def show_one(visit: Visit) -> web.StreamResponse:
    """With the difference that it made."""
    change = await visit.ask(policy.show_change, serial=visit.path["serial"])
    rollout: policy_halls.PolicyRollout | None = None
    if change.kind != "item":
        try:
            rollout = await visit.ask(policy_halls.show_rollout, serial=visit.path["serial"])
        except NotFound:
            rollout = None
    newest = await _is_newest(visit, change)
    return visit.page(
        "settings/change.html", change=change, parts_=await parts(visit, change), titles=await titles(visit), rollout=rollout,
        newest=newest, may=newest and _may(visit, change), newer=await _newer(visit, change) if not newest else 0,
    )  # fmt: skip


async def parts(visit: Visit, change: policy.PolicyChange) -> list[Part]:
    """What it did to the documents that this user may see."""
    found = []
    for part in change.documents:
        settings = await _settings(visit, part.scope, change.serial)
        found.append(Part(part.scope, groups(visit, part.differences, settings)))
    return found


async def _settings(visit: Visit, scope: str, serial: int) -> Table:
    """Where plans have their titles: the host's document and this one, before and after."""
    settings: Table = {}
    for text, number in (("host", serial), (scope, max(0, serial - 1)), (scope, serial)):
        found = await visit.ask(policy.show_document, query={"scope": text, "serial": number})
        settings = words.known(settings, settings_of(parse(text), found.document))
    return settings


async def _is_newest(visit: Visit, change: policy.PolicyChange) -> bool:
    """Is it the last change of all of its documents? Only such a one can be taken back."""
    if not change.documents or len(change.documents) < len(change.scopes):
        return False
    for part in change.documents:
        if (await visit.ask(policy.show_document, query={"scope": part.scope})).serial != change.serial:
            return False
    return True


async def _newer(visit: Visit, change: policy.PolicyChange) -> int:
    """The last change of one of its documents, which has to be taken back first; 0: it is not about documents."""
    for part in change.documents:
        serial = (await visit.ask(policy.show_document, query={"scope": part.scope})).serial
        if serial != change.serial:
            return serial
    return 0


def _may(visit: Visit, change: policy.PolicyChange) -> bool:
    """May this user take it back?"""
    if not visit.who.may(Permission.EDIT):
        return False
    return visit.who.partner is None or all(parse(text).level is not Level.HOST for text in change.scopes)


# Taking it back --------------------------------------------------------------------------------------------------------------------------


async def review(visit: Visit) -> web.StreamResponse:
    """What would be different then."""
    return await _review(visit, await visit.ask(policy.show_change, serial=visit.path["serial"]))


async def _review(visit: Visit, change: policy.PolicyChange, status: int = 200, **typed: Any) -> web.Response:
    if not _may(visit, change):
        raise Forbidden("this change is not of your own scopes only: expected one of the host's people to do that")
    documents, settings = [], dict[str, Any]()
    for part in change.documents:
        before = await visit.ask(policy.show_document, query={"scope": part.scope, "serial": change.serial - 1})
        documents.append({"scope": part.scope, "document": before.document, "files": before.files})
        settings = words.known(settings, await _settings(visit, part.scope, change.serial))
    if not documents:
        raise NotFound(f"serial = {change.serial}: expected a change of documents")
    checked = await visit.ask(policy.check_policy, {"documents": documents})
    against = [faults.read(visit, text) for text in (*checked.objections, *dict.fromkeys(one.objection for one in checked.halls))]
    conflict = checked.conflict if not checked.conflict.startswith(f"the roll-out of change {change.serial} ") else ""
    values: dict[str, Any] = {"note": "", "wrong": "", **typed}
    return visit.page(
        "settings/rollback.html", status, change=change, titles=await titles(visit), conflict=conflict,
        against=[one for one in against if one.expected], newest=await _is_newest(visit, change),
        effects=effects(visit, checked.halls, settings), hall_titles=await hall_titles(visit), **values,
    )  # fmt: skip


async def hall_titles(visit: Visit) -> dict[str, str]:
    """Of halls, by name."""
    return {hall.name: hall.title for hall in await visit.ask(api_halls.list_halls)}


async def roll_back(visit: Visit) -> web.StreamResponse:
    """Its documents are as before it again, in all halls at once."""
    serial, note = visit.path["serial"], visit.form.text("note")
    if not visit.form.has("sure"):
        change = await visit.ask(policy.show_change, serial=serial)
        return await _review(visit, change, 400, note=note, wrong=visit.text("Please tick that you are sure."))
    try:
        done = await visit.ask(policy.roll_back, {"note": note}, serial=serial)
    except (BadRequest, Conflict, Unprocessable) as error:
        change = await visit.ask(policy.show_change, serial=serial)
        return await _review(visit, change, error.status, note=note, wrong=str(error))
    said = visit.text("Change %(serial)s is taken back: %(given)s halls are told so now.", serial=serial, given=done.given)
    return visit.redirect(f"/settings/history/{done.serial}", done=said)


PAGES: Final = (
    Page(name="settings.history", method="GET", path="/settings/history", permission=Permission.SEE, handler=show),
    Page(name="settings.change", method="GET", path="/settings/history/{serial}", permission=Permission.SEE, handler=show_one),
    Page(
        name="settings.rollback", method="GET", path="/settings/history/{serial}/rollback", permission=Permission.EDIT, handler=review
    ),
    Page(
        name="settings.rollback.do", method="POST", path="/settings/history/{serial}/rollback", permission=Permission.EDIT,
        handler=roll_back,
    ),
)  # fmt: skip
