"""The pages' web application: routes, who may use them, and what every answer carries.

Rule 1: who asks is known by the address of the connection, never by a header. Rule 2: an answer names only addresses from the settings.
Rule 3: every answer closes its connection, because phones would go on with it after the kernel has opened (or shut) for them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from hotspot.portal import capport
from hotspot.portal.desk import Desk, Refusal, Visitor
from hotspot.portal.door import DOOR, Door
from hotspot.portal.gate import GateError
from hotspot.portal.pages import More, Pages, Reader
from hotspot.portal.settings import Settings
from hotspot.portal.texts import ENDED, ENDED_BY, OFFLINE, PROBLEMS, SPLASH
from hotspot.session import languages, probes
from hotspot.session.forms import MAX_BODY, BadForm, parse_accept, parse_extend, parse_leave
from hotspot.session.states import State

BODY_SECONDS = 5.0
"""Time for a form to arrive after its header."""

RETRY_AFTER = "30"
"""Seconds after which a detector may ask again when we cannot serve (Chromium heeds it)."""


class Access(Enum):
    """Who may use a route."""

    OPEN = "open"
    """Whoever reaches the listener."""
    VISITOR = "visitor"
    """A client that the firewall knows by the address of the connection."""
    FORM = "form"
    """The same, by a form of our own pages."""
    SYSTEM = "system"
    """A client's operating system: as ``VISITOR``, but refusals are no pages."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request after the checks of its route's access."""

    request: web.Request
    reader: Reader
    visitor: Visitor
    body: bytes


class Face:
    """The handlers of one zone's pages."""

    def __init__(self, desk: Desk, settings: Settings, zone: str) -> None:
        self._desk: Final = desk
        self._zone: Final = zone
        self._pages: Final = Pages()
        self._url: Final = settings.zones[zone].portal_url
        parts = urlsplit(self._url)
        self._host: Final = (parts.hostname or "").lower()
        self._secure: Final = parts.scheme == "https"
        self._origin: Final = f"{parts.scheme}://{parts.netloc}".lower()
        self._headers: Final = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": f"default-src 'none'; style-src {self._pages.style_source}; img-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Server": "hotspot",
            **({"Strict-Transport-Security": "max-age=604800"} if self._secure else {}),
        }

    # Checks -------------------------------------------------------------------------------------------------------------------------

    def elsewhere(self, request: web.Request) -> web.Response | None:
        """The redirect for a request to another name than the portal's, or without TLS where there is a certificate; else None."""
        try:
            host = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
        except ValueError:
            host = ""
        if host.lower().rstrip(".") == self._host and (request.secure or not self._secure):
            return None
        goal = self._url + capport.PATH.lstrip("/") if request.path == capport.PATH else self._url
        return self._to(goal, "text/plain")

    def ours(self, request: web.Request) -> bool:
        """False when the browser says that the form is not from our pages. ``null`` is what browsers send under ``no-referrer``, so the
        token has the last word."""
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        origin = request.headers.get("Origin", "null").lower()
        return site in ("same-origin", "none") and origin in ("null", self._origin)

    def reader(self, request: web.Request) -> Reader:
        """The language: the visitor's choice, else the browser's."""
        chosen = request.query.get("lang", "")
        path = request.path if request.method in ("GET", "HEAD") and request.path in _PAGE_PATHS else "/"
        if chosen in self._pages.languages:
            return Reader(chosen, True, path)
        return Reader(languages.choose(request.headers.get("Accept-Language", ""), self._pages.languages), False, path)

    async def visitor(self, request: web.Request) -> Visitor | None:
        """Who asks, by the address of the connection; None for a client of another zone too. Raises ``GateError``."""
        visitor = await self._desk.visitor((request.remote or "").partition("%")[0])
        return visitor if visitor is not None and visitor.zone == self._zone else None

    # Answers ------------------------------------------------------------------------------------------------------------------------

    def _page(self, text: str, status: int = 200) -> web.Response:
        headers = {**self._headers, "Retry-After": RETRY_AFTER} if status == 503 else self._headers
        return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=headers)

    def _to(self, address: str, content_type: str = "text/html") -> web.Response:
        """303: go there with GET, whatever was asked."""
        return web.Response(status=303, text="See other\n", content_type=content_type, headers={**self._headers, "Location": address})

    def problem(self, reader: Reader, code: str, visitor: Visitor | None = None) -> web.Response:
        """The page for a refusal."""
        problem = PROBLEMS[code]
        return self._page(self._pages.problem(reader, self._desk.hall, problem, visitor.code if visitor else ""), problem.status)

    def silence(self, status: int) -> web.Response:
        """A refusal for a program."""
        return web.Response(status=status, text="", headers={**self._headers, "Retry-After": RETRY_AFTER})

    def _online(self, ask: Ask) -> web.Response:
        visitor = ask.visitor
        return self._page(
            self._pages.online(
                ask.reader,
                self._desk.hall,
                code=visitor.code,
                token=self._desk.token(visitor),
                seconds_left=visitor.seconds_left or 0,
                bytes_left=visitor.bytes_left,
                internet=self._desk.internet(self._zone),
                address=urlsplit(self._url).netloc,
                more=More(
                    extension=visitor.plan.extension if visitor.can_extend else 0,
                    step=visitor.extended,
                    fast_left=visitor.fast_left,
                    slow=visitor.plan.slow,
                ),
            )
        )

    # Handlers -----------------------------------------------------------------------------------------------------------------------

    async def start(self, ask: Ask) -> web.Response:
        """``/``: the page that fits the visitor's state."""
        visitor, desk = ask.visitor, self._desk
        if visitor.state is State.ONLINE:
            return self._online(ask)
        if visitor.state is State.BLOCKED:
            return self._page(self._pages.blocked(ask.reader, desk.hall, visitor.code, visitor.reason))
        offers = desk.offers(visitor)
        if offers.barrier is not None:
            ended = ENDED_BY.get(visitor.reason) if visitor.state is State.ENDED else None
            return self._page(self._pages.wait(ask.reader, desk.hall, offers.barrier, offers.now, visitor.code, ended))
        if not desk.internet(self._zone):
            kind = OFFLINE
        elif visitor.state is State.ENDED:
            kind = ENDED_BY.get(visitor.reason, ENDED)
        else:
            kind = SPLASH
        token, closing = desk.token(visitor), None if offers.closes is None else (offers.closes, offers.now)
        return self._page(self._pages.captive(kind, ask.reader, desk.hall, desk.terms, offers.plans, token, visitor.code, closing))

    async def online(self, ask: Ask) -> web.Response:
        """``/online``: where an acceptance leads; a full navigation, so that Apple's sheet asks again whether it is online."""
        return self._online(ask) if ask.visitor.state is State.ONLINE else self._to("/" + ask.reader.query)

    async def accept(self, ask: Ask) -> web.Response:
        """``POST /accept``: the button."""
        form = parse_accept(ask.body)
        family = probes.device(ask.request.headers.get("User-Agent", ""))
        outcome = await self._desk.accept(ask.visitor, form, ask.reader.language, family)
        if isinstance(outcome, Refusal):
            return self.problem(ask.reader, outcome.code, ask.visitor)
        return self._to("/online" + ask.reader.query)

    async def leave(self, ask: Ask) -> web.Response:
        """``POST /leave``: the other button."""
        outcome = await self._desk.leave(ask.visitor, parse_leave(ask.body).token)
        if isinstance(outcome, Refusal):
            return self.problem(ask.reader, outcome.code, ask.visitor)
        return self._to("/" + ask.reader.query)

    async def extend(self, ask: Ask) -> web.Response:
        """``POST /extend``: the button for more time."""
        outcome = await self._desk.extend(ask.visitor, parse_extend(ask.body))
        if isinstance(outcome, Refusal):
            return self.problem(ask.reader, outcome.code, ask.visitor)
        return self._to("/online" + ask.reader.query)

    async def captivity(self, ask: Ask) -> web.Response:
        """RFC 8908."""
        answer = capport.captivity(ask.visitor, self._url, self._desk.hall.venue_info_url)
        headers = {**self._headers, "Cache-Control": capport.CACHING}
        return web.Response(body=capport.encode(answer), content_type=capport.MEDIA_TYPE, headers=headers)

    async def terms(self, request: web.Request) -> web.Response:
        """``/terms``: the terms alone; whoever asks."""
        return self._page(self._pages.terms(self.reader(request), self._desk.hall, self._desk.terms))

    async def back(self, request: web.Request) -> web.Response:
        """A form's address opened as a page."""
        return self._to("/" + self.reader(request).query)

    async def icon(self, request: web.Request) -> web.Response:
        """Browsers ask for an icon by themselves; there is none."""
        return web.Response(status=204, headers=self._headers)


@dataclass(frozen=True, slots=True)
class Route:
    """One row: an address, what it does, who may use it."""

    method: str
    path: str
    handler: Callable[[Face, Ask], Awaitable[web.Response]]
    access: Access


@dataclass(frozen=True, slots=True)
class OpenRoute:
    """A row for whoever reaches the listener."""

    method: str
    path: str
    handler: Callable[[Face, web.Request], Awaitable[web.Response]]
    access: Access = Access.OPEN


ROUTES: Final[tuple[Route | OpenRoute, ...]] = (
    Route("GET", "/", Face.start, Access.VISITOR),
    Route("GET", "/online", Face.online, Access.VISITOR),
    Route("POST", "/accept", Face.accept, Access.FORM),
    Route("POST", "/leave", Face.leave, Access.FORM),
    Route("POST", "/extend", Face.extend, Access.FORM),
    Route("GET", capport.PATH, Face.captivity, Access.SYSTEM),
    OpenRoute("GET", "/terms", Face.terms),
    OpenRoute("GET", "/accept", Face.back),
    OpenRoute("GET", "/leave", Face.back),
    OpenRoute("GET", "/extend", Face.back),
    OpenRoute("GET", "/favicon.ico", Face.icon),
)

_PAGE_PATHS: Final = frozenset(("/", "/online", "/terms"))
"""Pages whose links to other languages lead to themselves."""


# Between routes and handlers ----------------------------------------------------------------------------------------------------------


def _guarded(face: Face, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler behind the checks of its access class; what goes wrong becomes a page (or a status, for a program)."""

    async def handle(request: web.Request) -> web.Response:
        reader = face.reader(request)

        def refuse(code: str, visitor: Visitor | None = None) -> web.Response:
            return face.silence(PROBLEMS[code].status) if route.access is Access.SYSTEM else face.problem(reader, code, visitor)

        body = b""
        if route.access is Access.FORM:
            if not face.ours(request):
                return refuse("origin")
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await request.read()
            except TimeoutError:
                return refuse("form")
            if request.content_type != "application/x-www-form-urlencoded":
                return refuse("form")
        visitor = None
        try:
            visitor = await face.visitor(request)
            if visitor is None:
                return refuse("unknown_client")
            return await route.handler(face, Ask(request, reader, visitor, body))
        except BadForm:
            return refuse("form", visitor)
        except GateError:
            return refuse("firewall", visitor)

    return handle


def _opened(face: Face, route: OpenRoute) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler for whoever asks."""

    async def handle(request: web.Request) -> web.Response:
        return await route.handler(face, request)

    return handle


_PROBLEM_OF_STATUS: Final[Mapping[int, str]] = {404: "not_found", 405: "method", 413: "too_large"}


def make_app(desk: Desk, settings: Settings, zone: str) -> web.Application:
    """The application of one zone. Addresses are those of ``settings`` as at the start; texts, plans and terms come from the desk, which
    may have newer settings."""
    face = Face(desk, settings, zone)

    @web.middleware
    async def outermost(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        request.app[DOOR].arrived(request.transport)
        answer: web.StreamResponse | None = face.elsewhere(request)
        if answer is None:
            try:
                answer = await handler(request)
            except web.HTTPException as error:  # of aiohttp itself: no route, a body that is too large
                answer = face.problem(face.reader(request), _PROBLEM_OF_STATUS.get(error.status, "form"))
        answer.force_close()
        return answer

    app = web.Application(middlewares=[outermost], client_max_size=MAX_BODY)
    app[DOOR] = Door()
    for route in ROUTES:
        handler = _opened(face, route) if isinstance(route, OpenRoute) else _guarded(face, route)
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            app.router.add_route(method, route.path, handler)
    return app
