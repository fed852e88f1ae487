"""All halls on one page."""

from aiohttp import web

from hotspot.hub.access import Permission
from hotspot.hub.api import figures
from hotspot.hub.console.pages import Page
from hotspot.hub.console.visits import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """The halls that somebody may see."""
    return visit.page("overview.html", halls=await visit.ask(figures.now_figures))


PAGES = (Page(name="overview", method="GET", path="/", permission=Permission.SEE, handler=show),)
