"""What goes for a hall, value by value: in words, who has said it, and what it takes the place of."""

from datetime import datetime
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import halls, policy_halls
from hotspot.hub.api.policy_halls import PolicyValue
from hotspot.hub.api.problems import NotFound
from hotspot.hub.console.pages import Page
from hotspot.hub.console.settings import words
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.merge import path_of

APART: Final = ("vouchers", "blocklist")
"""Settings that have pages of their own: here they are only counted."""
LEVELS: Final = {"host": N_("City"), "partner": N_("Town"), "hall": N_("This hall"), "zone": N_("Guest network %(zone)s")}
SHOWN: Final = 300
"""Letters of a value; the rest can be unfolded."""


class Row(Struct, frozen=True, kw_only=True):
    """One value."""

    key: str
    label: str
    """"": nobody has a word for it; the key is shown."""
    value: str
    removed: bool
    level: str
    own: bool
    """Said for this hall or a zone of it, not taken over."""
    author: str
    at: datetime
    hides: list[tuple[str, str]]
    """Level and value of what it takes the place of."""


async def show(visit: Visit) -> web.StreamResponse:
    """The page."""
    hall = await visit.ask(halls.show_hall, hall=visit.path["hall"])
    town = await visit.ask(halls.show_partner, partner=hall.partner)
    try:
        found = await visit.ask(policy_halls.explain, hall=hall.name)
    except NotFound:  # it is closed
        found = None
    settings = _settings(found.values) if found else {}
    groups: dict[str, list[Row]] = {}
    apart: dict[str, set[str]] = {name: set() for name in APART}
    for each in found.values if found else ():
        path = path_of(each.key)
        if path[0] in apart:
            apart[path[0]].update(path[1:2])
            continue
        group, row = _row(visit, each, settings)
        groups.setdefault(group, []).append(row)
    own = sum(row.own for rows in groups.values() for row in rows)
    values: dict[str, Any] = {"hall": hall, "town": town, "tab": "settings", "found": found, "groups": groups, "own": own, "shown": SHOWN}
    return visit.page("hall_settings.html", batches=len(apart["vouchers"]), blocks=len(apart["blocklist"]), **values)


def _settings(values: list[PolicyValue]) -> dict[str, Any]:
    """As a tree, for the titles in it."""
    tree: dict[str, Any] = {}
    for each in values:
        *above, last = path_of(each.key)
        at: Any = tree
        for step in above:
            at = at.setdefault(step, {})
            if not isinstance(at, dict):
                break
        else:
            if not each.removed:
                at[last] = each.value
    return tree


def _row(visit: Visit, each: PolicyValue, settings: dict[str, Any]) -> tuple[str, Row]:
    told = words.told(visit, each.key, settings)

    def said(value: Any) -> str:
        return words.value(visit, each.key, value, settings)

    return told.group, Row(
        key=each.key,
        label=told.label,
        value="" if each.removed else said(each.value),
        removed=each.removed,
        level=_level(visit, each.scope),
        own=each.scope.startswith(("hall/", "zone/")),
        author=each.author,
        at=each.at,
        hides=[(_level(visit, hidden.scope), said(hidden.value)) for hidden in reversed(each.hides)],
    )


def _level(visit: Visit, scope: str) -> str:
    level, _, rest = scope.partition("/")
    return visit.text(LEVELS.get(level, level), zone=rest.partition("/")[2]) if level == "zone" else visit.text(LEVELS.get(level, level))


PAGES = (Page(name="hall.settings", method="GET", path="/halls/{hall}/settings", permission=Permission.SEE, handler=show),)
