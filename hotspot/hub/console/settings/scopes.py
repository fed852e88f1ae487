"""Whose settings a page is about: the city's, a town's, a hall's or a zone's; each takes over what stands in those above it."""

from typing import Any, Final

from msgspec import Struct

from hotspot.hub.access import Permission
from hotspot.hub.api import halls, policy
from hotspot.hub.api.problems import BadRequest
from hotspot.hub.console.pages import FORM, Handler, Page
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.documents import locks, settings_of
from hotspot.hub.policy.merge import Path, Table, merge
from hotspot.hub.policy.scopes import ORDER, Level, Scope, parse

WHOLE: Final = ORDER[:3]
"""Levels whose documents have the shape of ``portal.toml``; a zone's has plans and hours only."""


class Where(Struct, frozen=True, kw_only=True):
    """A scope with its names."""

    scope: Scope
    """With its partner."""
    title: str
    """``Gemeinde Kleinheim``; of the host "": templates say "The whole city"."""
    above: tuple["Where", ...] = ()
    """From the host down to the next one above."""

    @property
    def text(self) -> str:
        """As the API writes it."""
        return self.scope.text

    @property
    def town(self) -> str:
        """Title of the town that it is or belongs to; "": the host."""
        return next((each.title for each in (*self.above, self) if each.scope.level is Level.PARTNER), "")

    @property
    def address(self) -> str:
        """Of its page."""
        return f"/settings/{self.scope.text}"

    @property
    def sections(self) -> str:
        """What the addresses of its sections begin with."""
        return f"/settings/in/{self.scope.text.replace('/', ':')}"


def asked(visit: Visit) -> str:
    """The scope that the visit's address names, as text."""
    names = visit.path
    if "scope" in names:
        return names["scope"].replace(":", "/")
    if "zone" in names:
        return f"zone/{names['hall']}/{names['zone']}"
    if "hall" in names:
        return f"hall/{names['hall']}"
    return f"partner/{names['partner']}" if "partner" in names else "host"


async def where(visit: Visit, text: str | None = None) -> Where:
    """A scope with its names (None: that of the address). Raises ``NotFound`` for what is none of the user's business."""
    text = asked(visit) if text is None else text
    try:
        scope = parse(text)
    except ValueError as error:
        raise BadRequest(f"scope = {text!r}: {error}") from None
    host = Where(scope=Scope(Level.HOST), title="")
    if scope.level is Level.HOST:
        return host
    if scope.level is Level.PARTNER:
        partner = await visit.ask(halls.show_partner, partner=scope.partner)
        return Where(scope=scope, title=partner.title, above=(host,))
    hall = await visit.ask(halls.show_hall, hall=scope.hall)
    town = await where(visit, f"partner/{hall.partner}")
    here = Where(scope=Scope(Level.HALL, hall.partner, hall.name), title=hall.title, above=(host, town))
    if scope.level is Level.HALL:
        return here
    return Where(scope=Scope(Level.ZONE, hall.partner, hall.name, scope.zone), title=scope.zone, above=(*here.above, here))


class Inherited(Struct, frozen=True):
    """What the scopes above say."""

    settings: Table
    """All of it together, as settings of a hall."""
    layers: tuple[tuple[Scope, Table], ...]
    """From above to below."""
    files: dict[str, str]
    """Name -> SHA-256."""
    locks: tuple[Path, ...]
    """What they keep for themselves."""

    def level_of(self, *path: str) -> Level | None:
        """Where the value at a path comes from: the lowest one above that says it. None: nobody says it."""
        for scope, settings in reversed(self.layers):
            found: Any = settings
            for step in path:
                found = found.get(step) if isinstance(found, dict) else None
            if found is not None:
                return scope.level
        return None


async def inherited(visit: Visit, place: Where) -> Inherited:
    """What goes for a scope before it says anything itself."""
    settings: Table = {}
    layers, files, locked = [], dict[str, str](), list[Path]()
    for above in place.above:
        found = await visit.ask(policy.show_document, query={"scope": above.text})
        said = settings_of(above.scope, found.document)
        layers.append((above.scope, said))
        settings = merge(settings, said)
        files |= found.files
        locked += locks(found.document)
    return Inherited(settings, tuple(layers), files, tuple(locked))


def pages(name: str, show: Handler, save: Handler | None = None, below: str = "", largest: int = FORM) -> tuple[Page, ...]:
    """The rows of one section, for all scopes: ``pages("hours", show, save)`` has ``settings.hours`` at ``/settings/in/{scope}/hours``, and
    ``settings.hours.save`` for its form. ``below``: another way there, as ``/plans/{plan}``."""
    path = f"/settings/in/{{scope}}{below or f'/{name}'}"
    named = f"settings.{name}"
    found = [Page(name=named, method="GET", path=path, permission=Permission.SEE, handler=show)]
    if save is not None:
        found.append(Page(name=f"{named}.save", method="POST", path=path, permission=Permission.EDIT, handler=save, largest=largest))
    return tuple(found)
