"""The first page of the settings, and that of each scope: what goes there, and where it comes from."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import halls as api_halls
from hotspot.hub.api import policy, policy_halls, policy_scopes
from hotspot.hub.console.pages import Page
from hotspot.hub.console.settings import drafts, history, rollouts, sections, summaries
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.scopes import Level

LAST: Final = 5
"""Changes that are shown."""
LOOKED_AT: Final = 50
"""Changes among which they are looked for."""
MANY: Final = 15
"""Towns from which on there is a search."""


class Town(Struct, frozen=True, kw_only=True):
    """A row of the towns."""

    partner: api_halls.Partner
    sections: tuple[str, ...]
    """Titles of those in which it says something itself."""
    halls: int
    own: int
    """Halls, and those that say something themselves."""


class Place(Struct, frozen=True, kw_only=True):
    """A hall or a zone below a scope."""

    title: str
    address: str
    sections: tuple[str, ...]
    zones: tuple[str, ...] = ()


async def show(visit: Visit) -> web.StreamResponse:
    """Choose a scope; what is on its way; what was changed last."""
    said = {one.scope: one for one in await visit.ask(policy_scopes.list_documents)}
    partners = [one for one in await visit.ask(api_halls.list_partners) if one.left_at is None]
    halls = [one for one in await visit.ask(api_halls.list_halls) if one.closed_at is None]
    titles = {f"partner/{one.name}": one.title for one in partners} | {f"hall/{one.name}": one.title for one in halls}
    q = visit.query.get("q", "").strip()[:100].casefold()
    of_partner: dict[str, list[str]] = {}
    for hall in halls:
        of_partner.setdefault(hall.partner, []).append(hall.name)
    towns = [_town(visit, partner, of_partner.get(partner.name, []), said) for partner in partners if _fits(q, partner.title, partner.name)]
    found = [hall for hall in halls if q and _fits(q, hall.title, hall.name)][:50]
    changes = await _last(visit, {})
    settings = (await visit.ask(policy.show_document)).document
    return visit.page(
        "settings/overview.html", towns=towns, found=found, q=visit.query.get("q", ""), many=len(partners) > MANY or bool(q), titles=titles,
        host=_sections(visit, said, "host"), drafts=await drafts.all_opened(visit),
        lines=[history.line(visit, one, settings) for one in changes],
        rollouts=await visit.ask(policy_halls.list_rollouts, query={"unfinished": "true"}), states=rollouts.STATES,
    )  # fmt: skip


async def _last(visit: Visit, query: dict[str, str]) -> list[policy.PolicyChange]:
    """The last changes of settings; vouchers and blocks have lists of their own."""
    found = await visit.ask(policy.list_changes, query={**query, "limit": LOOKED_AT})
    return [one for one in found if one.kind != "item"][:LAST]


def _fits(q: str, *names: str) -> bool:
    return not q or any(q in name.casefold() for name in names)


def _town(visit: Visit, partner: api_halls.Partner, own: Sequence[str], said: dict[str, policy_scopes.PolicyScope]) -> Town:
    speaking = {scope.split("/")[1] for scope in said if scope.startswith(("hall/", "zone/"))}
    return Town(
        partner=partner,
        sections=_sections(visit, said, f"partner/{partner.name}"),
        halls=len(own),
        own=sum(name in speaking for name in own),
    )


def _sections(visit: Visit, said: dict[str, policy_scopes.PolicyScope], *scopes: str) -> tuple[str, ...]:
    """Titles of the sections in which scopes say something."""
    keys = {key for scope in scopes if scope in said for key in said[scope].sections}
    zone = any(scope.startswith("zone/") for scope in scopes)
    found = [visit.text(one.title) for one in sections.SECTIONS if not zone and any(key[0] in keys for key in one.keys)]
    return tuple(found) if not zone else ((visit.text(sections.OFFERS.title),) if keys else ())


async def show_scope(visit: Visit) -> web.StreamResponse:
    """The sections of a scope, and what is below it."""
    work = await drafts.working(visit)
    scope = work.place.scope
    changes = await _last(visit, {"scope": work.scope})
    return visit.page(
        "settings/scope.html", place=work.place, work=work, summaries=summaries.of(visit, work), below=await _below(visit, work),
        lines=[history.line(visit, one, work.settings) for one in changes], titles={work.scope: work.place.title},
        is_hall=scope.level is Level.HALL,
    )  # fmt: skip


async def _below(visit: Visit, work: drafts.Work) -> list[Place]:
    """Halls of a town, zones of a hall."""
    scope = work.place.scope
    if scope.level not in (Level.PARTNER, Level.HALL):
        return []
    said = {one.scope: one for one in await visit.ask(policy_scopes.list_documents, query={"partner": scope.partner})}
    zones = {one.hall: one.zones for one in await visit.ask(policy_scopes.list_zones, query={"partner": scope.partner})}
    if scope.level is Level.HALL:
        names = sorted({*zones.get(scope.hall, ()), *(text.split("/")[2] for text in said if text.startswith(f"zone/{scope.hall}/"))})
        return [
            Place(title=name, address=f"/settings/zone/{scope.hall}/{name}", sections=_sections(visit, said, f"zone/{scope.hall}/{name}"))
            for name in names
        ]
    halls = await visit.ask(api_halls.list_halls, query={"partner": scope.partner})
    return [
        Place(
            title=hall.title,
            address=f"/settings/hall/{hall.name}",
            sections=_sections(visit, said, f"hall/{hall.name}"),
            zones=tuple(zones.get(hall.name, ())),
        )
        for hall in halls
        if hall.closed_at is None
    ]


PAGES: Final = (
    Page(name="settings", method="GET", path="/settings", permission=Permission.SEE, handler=show),
    Page(name="settings.host", method="GET", path="/settings/host", permission=Permission.SEE, handler=show_scope),
    Page(name="settings.partner", method="GET", path="/settings/partner/{partner}", permission=Permission.SEE, handler=show_scope),
    Page(name="settings.hall", method="GET", path="/settings/hall/{hall}", permission=Permission.SEE, handler=show_scope),
    Page(name="settings.zone", method="GET", path="/settings/zone/{hall}/{zone}", permission=Permission.SEE, handler=show_scope),
)
