"""What must be readable before anybody accepts: the terms, who answers for the service, what happens to data, accessibility."""

from typing import Final

from aiohttp import web

from hotspot.portal import legal_pages
from hotspot.portal.face import Face, OpenRoute


async def terms(face: Face, request: web.Request) -> web.Response:
    """``/terms``: the terms alone; whoever asks."""
    return face.page(face.pages.terms(face.reader(request), face.hall, face.desk.terms))


async def imprint(face: Face, request: web.Request) -> web.Response:
    """``/imprint``: section 5 DDG."""
    return face.page(legal_pages.imprint(face.pages, face.reader(request), face.desk.settings))


async def privacy(face: Face, request: web.Request) -> web.Response:
    """``/privacy``: Article 13 GDPR, from the settings in force."""
    return face.page(legal_pages.privacy(face.pages, face.reader(request), face.desk.settings))


async def accessibility(face: Face, request: web.Request) -> web.Response:
    """``/accessibility``: the statement of BITV 2.0."""
    return face.page(legal_pages.accessibility(face.pages, face.reader(request), face.desk.settings))


ROUTES: Final[tuple[OpenRoute, ...]] = (
    OpenRoute("GET", "/terms", terms),
    OpenRoute("GET", "/imprint", imprint),
    OpenRoute("GET", "/privacy", privacy),
    OpenRoute("GET", "/accessibility", accessibility),
)
