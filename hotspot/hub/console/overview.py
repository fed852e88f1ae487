"""All halls on one page, the worst first; ``live`` keeps it up to date."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import halls as api_halls
from hotspot.hub.api import overview
from hotspot.hub.board import LEVELS, Glance, HallNow
from hotspot.hub.console import live, sparks
from hotspot.hub.console.hall_words import SIGNS, amiss, line_of, number, of_several, state
from hotspot.hub.console.pages import Page
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit

OPEN: Final = 60
"""Halls up to which all groups are open."""
LONGEST: Final = 100
"""Characters that can be looked for."""
STATES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "": (N_("All states"), LEVELS),
    "attention": (N_("Needs attention"), ("bad", "warn")),
    "bad": (N_("Fault"), ("bad",)),
    "warn": (N_("Warning"), ("warn",)),
    "new": (N_("Not set up yet"), ("new",)),
    "good": (N_("All well"), ("good",)),
}
"""What can be chosen: words, and levels."""
SORTS: Final[Mapping[str, tuple[str, Callable[[HallNow], Any] | None]]] = {
    "": (N_("Worst first"), None),
    "name": (N_("By name"), lambda hall: hall.title.casefold()),
    "online": (N_("Most online first"), lambda hall: -hall.online),
    "visits": (N_("Most visits first"), lambda hall: -hall.visits_today),
}


class Wanted(Struct, frozen=True, kw_only=True):
    """What somebody wants to see."""

    words: str = ""
    state: str = ""
    sort: str = ""

    @property
    def narrow(self) -> bool:
        """Not all halls."""
        return bool(self.words or self.state)

    @property
    def address(self) -> str:
        """Of the page with just that."""
        given = {"q": self.words, "state": self.state, "sort": self.sort}
        asked = urlencode({key: value for key, value in given.items() if value})
        return f"/?{asked}" if asked else "/"


class Row(Struct, frozen=True):
    """A hall as it is written."""

    hall: str
    title: str
    sign: str
    state: str
    line: str
    online: str
    visits: str
    average: str
    path: str


class Group(Struct, frozen=True):
    """The halls of a town."""

    name: str
    title: str
    sign: str
    state: str
    rows: Sequence[Row]
    online: str
    visits: str


def wanted(query: Mapping[str, str]) -> Wanted:
    """What the address says; what makes no sense there is left out."""
    state, sort = query.get("state", ""), query.get("sort", "")
    words = " ".join(query.get("q", "").split())[:LONGEST]
    return Wanted(words=words, state=state if state in STATES else "", sort=sort if sort in SORTS else "")


async def show(visit: Visit) -> web.StreamResponse:
    """The halls that somebody may see."""
    found = await visit.ask(overview.show_overview)
    glance = visit.hub.board.known(found.number) or await visit.hub.board.latest()
    asked = wanted(visit.query)
    halls = _chosen(found.halls, found.towns, asked)
    parts: dict[str, Any] = {"asked": asked, "count": len(halls), "all": len(found.halls), "halls": _drawn(visit, glance, halls, asked)}
    parts["begin"] = "" if found.halls or not visit.may(api_halls.create_partner) else await _begin(visit)
    if visit.request.headers.get("HX-Target", "").endswith("#halls"):
        return visit.page("overview_halls.html", **parts)
    shown, more = amiss(glance, visit.who.partner, visit.language)
    return visit.page(
        "overview.html",
        **parts,
        states=[(key, visit.text(words)) for key, (words, _) in STATES.items()],
        sorts=[(key, visit.text(words)) for key, (words, _) in SORTS.items()],
        sums=live.sums(glance, visit.who.partner, visit.language),
        amiss=shown,
        more=more,
        number=found.number,
        names=live.names(glance, visit.who.partner),
        at=live.moment(glance.at),
    )


async def _begin(visit: Visit) -> str:
    """What whoever may set up things does first where there is no hall yet: ``town`` or ``hall``."""
    return "hall" if await visit.ask(api_halls.list_partners) else "town"


def _chosen(halls: Iterable[HallNow], towns: Mapping[str, str], asked: Wanted) -> list[HallNow]:
    levels, key = STATES[asked.state][1], SORTS[asked.sort][1]
    words = asked.words.casefold().split()
    chosen = [hall for hall in halls if hall.level in levels]
    if words:
        chosen = [hall for hall in chosen if all(word in _searched(hall, towns) for word in words)]
    return sorted(chosen, key=key) if key else chosen


def _searched(hall: HallNow, towns: Mapping[str, str]) -> str:
    return f"{hall.title} {hall.hall} {towns.get(hall.partner, '')} {hall.partner}".casefold()


def _drawn(visit: Visit, glance: Glance, halls: Sequence[HallNow], asked: Wanted) -> Markup:
    """The tables. Drawn once for all who see the same halls in the same language: nothing in them is of the one who looks."""
    partner, language = visit.who.partner, visit.language

    def draw() -> Markup:
        values = {"grouped": partner is None, "opened": asked.narrow or len(halls) <= OPEN, "ways": (sparks.WIDTH, sparks.HEIGHT)}
        html = visit.part("overview_groups.html", groups=groups(halls, glance.towns, asked, language), **values)
        return Markup(html)  # a template has just escaped what is in it

    return glance.once(("halls", partner, language, asked), draw) if not asked.words else draw()


def groups(halls: Sequence[HallNow], towns: Mapping[str, str], asked: Wanted, language: str) -> list[Group]:
    """By town: the one with the worst hall first, then the one with most of them; or in the order of its first hall."""
    of_town: dict[str, list[HallNow]] = {}
    for hall in halls:
        of_town.setdefault(hall.partner, []).append(hall)
    names = list(of_town)
    if asked.sort == "":
        names.sort(key=lambda name: (_badness(of_town[name]), towns.get(name, name).casefold()))
    elif asked.sort == "name":
        names.sort(key=lambda name: towns.get(name, name).casefold())
    return [_group(name, towns.get(name, name), of_town[name], language) for name in names]


def _badness(halls: Sequence[HallNow]) -> tuple[int, ...]:
    counts = [sum(1 for hall in halls if hall.level == level) for level in LEVELS[:2]]
    return (*(-min(count, 1) for count in counts), *(-count for count in counts))


def _group(name: str, title: str, halls: Sequence[HallNow], language: str) -> Group:
    sign, words = of_several(halls, language)
    return Group(
        name=name,
        title=title,
        sign=sign,
        state=words,
        rows=[_row(hall, language) for hall in halls],
        online=number(sum(hall.online for hall in halls), language),
        visits=number(sum(hall.visits_today for hall in halls), language),
    )


def _row(hall: HallNow, language: str) -> Row:
    return Row(
        hall.hall,
        hall.title,
        SIGNS[hall.level],
        state(hall, language),
        line_of(hall, language),
        live.online(hall, language),
        number(hall.visits_today, language),
        number(round(sum(hall.days) / len(hall.days)), language) if hall.days else "",
        sparks.path(hall.days),
    )


PAGES = (
    Page(name="overview", method="GET", path="/", permission=Permission.SEE, handler=show),
    Page(name="live", method="GET", path="/live", permission=Permission.SEE, handler=live.stream, is_file=True),
)
