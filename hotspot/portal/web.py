"""The web of one zone as an application: all routes, and the checks between a request and its handler."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Final

from aiohttp import hdrs, web

from hotspot.portal import web_legal, web_town, web_visitor, web_vouchers
from hotspot.portal.desk import Desk, Visitor
from hotspot.portal.door import DOOR, Door
from hotspot.portal.face import Access, Ask, Face, OpenRoute, Route, takes_gzip
from hotspot.portal.gate import GateError
from hotspot.portal.pages import Pages
from hotspot.portal.patience import PATIENCE
from hotspot.portal.settings import Settings
from hotspot.portal.texts import PROBLEMS
from hotspot.session.forms import MAX_BODY, BadForm

BODY_SECONDS = 5.0
"""Time for a form to arrive after its header."""
SMALL = 1_000
"""Bytes up to which a page is not worth compressing."""
_LEVEL = 4
"""Of gzip: a tenth larger than with 9, in a quarter of the time."""

ROUTES: Final[tuple[Route | OpenRoute, ...]] = (*web_visitor.ROUTES, *web_legal.ROUTES, *web_town.ROUTES, *web_vouchers.ROUTES)


@lru_cache(maxsize=1)
def all_pages() -> Pages:
    """One for all zones of a process."""
    return Pages()


def _guarded(face: Face, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler behind the checks of its access class; what goes wrong becomes a page (or a status, for a program)."""

    async def handle(request: web.Request) -> web.StreamResponse:
        reader = face.reader(request)

        def refuse(code: str, visitor: Visitor | None = None) -> web.Response:
            return face.silence(PROBLEMS[code].status) if route.access is Access.SYSTEM else face.problem(reader, code, visitor)

        body = b""
        if route.access is Access.FORM:
            if not face.ours(request):
                return refuse("origin")
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await request.clone(client_max_size=route.most).read()
            except TimeoutError:
                return refuse("form")
            if request.content_type != "application/x-www-form-urlencoded":
                return refuse("form")
        began = asyncio.get_running_loop().time()
        while True:
            visitor = None
            try:
                visitor = await face.visitor(request)
                if visitor is None:
                    return refuse("unknown_client")
                return await route.handler(face, Ask(request, reader, visitor, body))
            except BadForm:
                return refuse("form", visitor)
            except GateError:
                if not await face.patience.lasts(request, began):
                    return refuse("firewall", visitor)

    return handle


def _opened(face: Face, route: OpenRoute) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler for whoever asks."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await route.handler(face, request)

    return handle


def _compress(request: web.Request, answer: web.StreamResponse) -> None:
    """Pages that were made for this request alone; the kept ones come compressed."""
    if not isinstance(answer, web.Response) or answer.content_type != "text/html" or hdrs.CONTENT_ENCODING in answer.headers:
        return
    body = answer.body
    if isinstance(body, bytes) and len(body) > SMALL:
        answer.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
        if takes_gzip(request):
            answer.body = gzip.compress(body, _LEVEL, mtime=0)
            answer.headers[hdrs.CONTENT_ENCODING] = "gzip"


_PROBLEM_OF_STATUS: Final[Mapping[int, str]] = {404: "not_found", 405: "method", 413: "too_large"}


def make_app(desk: Desk, settings: Settings, zone: str) -> web.Application:
    """The application of one zone. Addresses are those of ``settings`` as at the start; texts, plans and terms come from the desk, which
    may have newer settings."""
    face = Face(desk, settings, zone, all_pages())

    @web.middleware
    async def outermost(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        request.app[DOOR].arrived(request.transport)
        answer: web.StreamResponse | None = face.elsewhere(request)
        if answer is None:
            try:
                answer = await handler(request)
            except web.HTTPException as error:  # of aiohttp itself: no route, a body that is too large
                answer = face.problem(face.reader(request), _PROBLEM_OF_STATUS.get(error.status, "form"))
        _compress(request, answer)
        answer.force_close()
        return answer

    app = web.Application(middlewares=[outermost], client_max_size=MAX_BODY)
    app[DOOR] = Door()
    app[PATIENCE] = face.patience

    async def stop(_: web.Application) -> None:
        face.patience.stop()

    app.on_shutdown.append(stop)
    for route in ROUTES:
        handler = _opened(face, route) if isinstance(route, OpenRoute) else _guarded(face, route)
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            app.router.add_route(method, route.path, handler)
    return app
