"""What visitors would see: every page in every language, as it is in force in a hall or as a draft would make it.

The pages themselves are drawn by the API; here they stand in frames as wide as a phone, at addresses of their own and under a policy of
their own: nothing is loaded, nothing runs, nothing is sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import halls, previews
from hotspot.hub.api.problems import NotFound
from hotspot.hub.console.pages import Page
from hotspot.hub.console.settings import drafts, words
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.scopes import Level, parse
from hotspot.hub.store.drafts import Draft

SCENES: Final[Mapping[str, Mapping[str, str]]] = {
    N_("Getting online"): {
        "splash": N_("Start page"),
        "splash-plans": N_("Start page with several plans"),
        "splash-voucher": N_("Start page with vouchers"),
        "splash-closing": N_("Start page shortly before closing time"),
        "splash-long-terms": N_("Start page with long terms of use"),
        "voucher": N_("Entering a voucher code"),
        "voucher-unknown": N_("A voucher code that does not exist"),
    },
    N_("Online"): {
        "online": N_("Online"),
        "online-volume": N_("Online with a data limit"),
        "online-extension": N_("Online, more time is offered"),
        "online-slow": N_("Online, slower from now on"),
        "online-offline": N_("Online while the line is down"),
    },
    N_("Not now"): {
        "wait-closed": N_("Closed until the morning"),
        "wait-closed-unknown": N_("Closed until further notice"),
        "wait-pause": N_("A pause between two sessions"),
        "wait-daily": N_("The time of the day is used up"),
        "offline": N_("No Internet at the moment"),
        "offline-message": N_("No Internet, with your message"),
        "ended-time": N_("The time is up"),
        "ended-left": N_("After disconnecting"),
        "blocked-reason": N_("A blocked device"),
    },
    N_("The town"): {
        "town": N_("About the hall"),
        "services": N_("All services"),
        "services-search": N_("Services that a word finds"),
        "service-town": N_("A service of the town"),
        "service-district": N_("A service of the district"),
        "service-fee": N_("A service with a fee"),
        "tell": N_("A message to the town"),
        "told": N_("The message has arrived"),
    },
    N_("Law"): {
        "terms": N_("Terms of use"),
        "privacy": N_("Privacy notice"),
        "imprint": N_("Imprint"),
        "accessibility": N_("Accessibility statement"),
        "sign-language": N_("Video in sign language"),
    },
}
"""The pages that one looks at when one changes something, by what they are about. A hall has those that its settings have."""
VIEWS: Final = {"languages": N_("All languages"), "large": N_("One language, large"), "compare": N_("Before and after")}
POLICY: Final = "default-src 'none'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
"""No scripts, no forms, no windows, no way out of the frame. The origin stays the console's, because links in the frame would otherwise
come without its cookie; nothing in there could make use of it."""


class _Source(Struct, frozen=True):
    """Which settings are looked at."""

    address: str
    """Of the preview."""
    frames: str
    """Before hall and zone in the addresses of its frames."""
    documents: Sequence[Mapping[str, Any]]
    halls: Sequence[halls.Hall]
    """That can be looked at."""
    draft: Draft | None = None


async def _of_hall(visit: Visit) -> _Source:
    """What is in force in the hall of the address."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    return _Source(f"/halls/{hall.name}/preview", "/halls", (), [hall])


async def _of_draft(visit: Visit) -> _Source:
    """What the draft of the address would make of the halls that it is for."""
    draft = await drafts.find(visit)
    scope = parse(draft.scope)
    if scope.level in (Level.HALL, Level.ZONE):
        found = [await visit.ask(halls.show_hall, hall=scope.hall)]
    else:
        every = await visit.ask(halls.list_halls)
        found = [hall for hall in every if scope.level is Level.HOST or hall.partner == scope.partner]
    address = f"/settings/drafts/{draft.id}/preview"
    return _Source(address, address, (drafts.wanted(draft),), found, draft)


def _frame(source: _Source, hall: str, zone: str) -> str:
    """Address of the pages of a hall and zone, without scene and language."""
    return f"{source.frames}/{hall}/{zone}" if source.draft else f"/halls/{hall}/preview/{zone}"


async def hall_preview(visit: Visit) -> web.StreamResponse:
    """What is in force."""
    return await _show(visit, await _of_hall(visit))


async def draft_preview(visit: Visit) -> web.StreamResponse:
    """What a draft would change."""
    return await _show(visit, await _of_draft(visit))


async def _show(visit: Visit, source: _Source) -> web.StreamResponse:
    if not source.halls:
        return visit.page("preview.html", source=source, hall=None)
    wanted = visit.query.get("hall", source.halls[0].name)
    hall = next((one for one in source.halls if one.name == wanted), None)
    if hall is None:
        raise NotFound(f"hall = {wanted[:60]!r}: expected the name of a hall that this is for")
    zone = visit.query.get("zone", "")
    seen = await visit.ask(previews.show_preview, {"documents": source.documents, "zone": zone}, hall=hall.name)
    zone = zone or (seen.zones[0] if seen.zones else "")
    scene = _one_of([one.name for one in seen.scenes], visit.query.get("scene", ""), "splash")
    language = _one_of([one.code for one in seen.languages], visit.query.get("lang", ""), visit.language)
    view = _one_of([*VIEWS], visit.query.get("view", ""), "languages")
    chosen = {"hall": hall.name, "zone": zone, "scene": scene, "lang": language, "view": view}
    frame = _frame(source, hall.name, zone)
    first = sorted(seen.languages, key=lambda one: one.code != language)
    return visit.page(
        "preview.html",
        source=source,
        hall=hall,
        seen=seen,
        languages_shown=first,
        views=VIEWS if source.draft else {name: words for name, words in VIEWS.items() if name != "compare"},
        missing=[told.label or told.group for told in (words.told(visit, key, {}) for key in seen.missing)],
        groups=_groups({one.name for one in seen.scenes}),
        chosen=chosen,
        shown_scene=next((words[scene] for words in SCENES.values() if scene in words), scene),
        frame=lambda code: f"{frame}?{urlencode({'scene': scene, 'lang': code})}",
        before=f"/halls/{hall.name}/preview/{zone}?{urlencode({'scene': scene, 'lang': language})}",
        with_=lambda **other: f"{source.address}?{urlencode({**chosen, **other})}",
    )


def _one_of(known: Sequence[str], asked: str, default: str) -> str:
    """What is asked for if there is such a thing."""
    return asked if asked in known else default


def _groups(there: set[str]) -> dict[str, dict[str, str]]:
    found = {group: {name: words for name, words in scenes.items() if name in there} for group, scenes in SCENES.items()}
    return {group: scenes for group, scenes in found.items() if scenes}


# The pages in the frames -----------------------------------------------------------------------------------------------------------------


async def hall_frame(visit: Visit) -> web.StreamResponse:
    """A page as it is in force."""
    return await _draw(visit, ())


async def draft_frame(visit: Visit) -> web.StreamResponse:
    """A page as a draft would make it."""
    return await _draw(visit, (drafts.wanted(await drafts.find(visit)),))


async def _draw(visit: Visit, documents: Sequence[Mapping[str, Any]]) -> web.StreamResponse:
    """The visitor's page alone, under its own policy."""
    body = {
        "documents": documents,
        "zone": visit.path["zone"],
        "scene": visit.query.get("scene", "splash"),
        "language": visit.query.get("lang", visit.language),
    }
    page = await visit.ask(previews.draw_preview, body, hall=visit.path["hall"])
    headers = {"Content-Security-Policy": f"style-src {page.style}; {POLICY}", "Referrer-Policy": "no-referrer"}
    return web.Response(text=page.html, content_type="text/html", headers=headers)


_SEE, _EDIT = Permission.SEE, Permission.EDIT
PAGES = (
    Page(name="preview.hall", method="GET", path="/halls/{hall}/preview", permission=_SEE, handler=hall_preview),
    Page(name="preview.hall.page", method="GET", path="/halls/{hall}/preview/{zone}", permission=_SEE, handler=hall_frame),
    Page(name="preview.draft", method="GET", path="/settings/drafts/{draft}/preview", permission=_EDIT, handler=draft_preview),
    Page(
        name="preview.draft.page",
        method="GET",
        path="/settings/drafts/{draft}/preview/{hall}/{zone}",
        permission=_EDIT,
        handler=draft_frame,
    ),
)
