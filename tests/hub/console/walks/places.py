"""All pages that can be looked at, with what stands for the parameters of their addresses. A page that is missing here fails a test."""

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from hotspot.hub.hub import Hub


class Place(Struct, frozen=True):
    """One page to look at."""

    name: str
    """Of the page, and what is special: ``hall``, ``hall-silent``."""
    address: str | Callable[[Hub], Awaitable[str]]
    """Or how it is found out."""
    who: str | None = None
    """Who looks; None: the administrator, "": nobody."""
    status: int = 200


async def address(hub: Hub, place: Place) -> str:
    """Where the page is."""
    return place.address if isinstance(place.address, str) else await place.address(hub)


PLACES: Final[tuple[Place, ...]] = (
    Place("login", "/login", ""),
    Place("overview", "/"),
    Place("nothing", "/nowhere", status=404),
)
