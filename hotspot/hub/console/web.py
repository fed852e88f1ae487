"""The console's door: whose cookie it is, who may, whether a form is ours, and what every answer carries."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

import structlog
from aiohttp import BodyPartReader, hdrs, web

from hotspot.hub.access import Principal
from hotspot.hub.api.problems import BadRequest, Fault, Forbidden, NotFound, TooLarge, TooMany, TooSlow, Unavailable, Unsupported
from hotspot.hub.api.storable import check
from hotspot.hub.console import navigation, texts, tokens
from hotspot.hub.console.drawing import Drawing
from hotspot.hub.console.forms import Form, Upload
from hotspot.hub.console.navigation import Item
from hotspot.hub.console.pages import Page
from hotspot.hub.console.rates import Limit, Rates
from hotspot.hub.console.static import Assets
from hotspot.hub.console.visits import LANGUAGE, Visit
from hotspot.hub.hub import Hub
from hotspot.hub.store import StoreUnavailable, sessions
from hotspot.hub.store.sessions import Session, Stage
from hotspot.hub.tokens import hashed

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content security policy: nothing from elsewhere, no style and no script in a page."""
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
}
FIELDS: Final = 5_000
"""Of a form."""
PARTS: Final = 300
"""Of a form with files: taking one apart costs far more than reading a field of a plain form."""
FAMILIAR: Final = 10_000
"""Sessions that are remembered as known."""
SECONDS: Final = 60.0
"""In which a form has to arrive."""
_STAGES: Final = {None: 0, Stage.PASSWORD: 1, Stage.ENROL: 1, Stage.FULL: 2}

log = structlog.get_logger("console")


class _Flood(TooMany):
    """Somebody asks too often: they get a small page, and nothing is looked up for it."""


class Console:
    """Carries requests to pages."""

    KNOWN = Limit(25, 250)
    """Requests in a second of one session: far more than anybody clicks, however many pages are open with live figures."""
    STRANGERS = Limit(10, 250)
    """Of one source without a session, as of an office behind one address in which everybody logs in at eight."""

    LOOKUPS = Limit(100, 500)
    """Of one source with cookies that this process has not seen yet: sessions after a restart of the hub, or made-up ones."""

    def __init__(self, hub: Hub, pages: tuple[Page, ...]) -> None:
        self._hub, self._pages = hub, pages
        self._known, self._strangers, self._lookups = Rates(self.KNOWN), Rates(self.STRANGERS), Rates(self.LOOKUPS)
        self._familiar: OrderedDict[bytes, None] = OrderedDict()
        """Hashes of secrets that were those of a session: only what may be a session's is looked up for whoever asks too often."""
        self._assets = Assets()
        self._drawing = Drawing(self._assets)
        by_name = {page.name: page for page in pages}
        self._items = [(item, by_name[item.page]) for item in navigation.ITEMS if item.page in by_name]

    def attach(self, app: web.Application) -> None:
        """Add all pages, and what they need."""
        app.router.add_get("/static/{path:.+}", self._assets.answer)
        app.router.add_get("/language/{language}", self._carried(_CHOOSE_LANGUAGE))
        for page in self._pages:
            path = re.sub(r"\{(\w+)\}", r"{\1:[^/]+}", page.path)
            app.router.add_route(page.method, path, self._carried(page))
            if page.method == "GET":
                app.router.add_route("HEAD", path, self._carried(page))

    def items(self, who: Principal) -> list[Item]:
        """The navigation of somebody."""
        return [item for item, page in self._items if page.may(who)]

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        """For any other address."""
        return await self._carried(_UNKNOWN)(request)

    def _carried(self, page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def carry(request: web.Request) -> web.StreamResponse:
            visit = self._visit(request, None, "", Form())
            try:
                response = await self._answer(page, request)
            except _Flood as flood:
                response = self.refused(visit, flood)
            except Fault as fault:
                response = self.refused(await self._recognised(request), fault)
            except StoreUnavailable as error:
                log.warning("unavailable", page=page.name, why=str(error))
                response = self.refused(visit, Unavailable("the database does not answer: try again"))
            if not response.prepared:
                for name, value in HEADERS.items():
                    response.headers.setdefault(name, value)
                if isinstance(response, web.Response) and (response.content_length or 0) > 1_000 and response.content_type == "text/html":
                    response.enable_compression()
            return response

        return carry

    async def _answer(self, page: Page, request: web.Request) -> web.StreamResponse:
        secret, session = await self._admitted(request)
        if page.method == "POST":
            _check_origin(self._hub.settings.url, request)
        if page.stage is not None:  # before the form is read: nothing of a stranger's is kept
            if session is None or _STAGES[session.stage] < _STAGES[page.stage]:
                return _to_login(request, session)
            if page.stage is Stage.FULL and not page.may(session.principal):
                raise Forbidden(f"{page.name} is not for your role, {session.role.value}")
        form = await _form(page, request) if page.method == "POST" else Form()
        if page.method == "POST" and page.stage is not None and not tokens.genuine(secret, form.text("csrf")):
            raise Forbidden("csrf: expected the token of a form of this session: load the page again")
        return await page.handler(self._visit(request, session, secret, form))

    async def _admitted(self, request: web.Request) -> tuple[str, Session | None]:
        """The secret of a cookie and its session. Raises ``_Flood`` for whoever asks too often: whoever has a session is counted by it, so
        nobody else at their address matters; everybody else by where they come from, and so are cookies that nobody knows yet."""
        now = asyncio.get_running_loop().time()
        mark = hashed(request.cookies.get(cookie_name(self._hub, request), ""))
        if mark not in self._familiar:
            self._pace(self._lookups, self._hub.source(request), now)
        secret, session = await self._session(request)
        if session is None:
            self._familiar.pop(mark, None)
            self._pace(self._strangers, self._hub.source(request), now)
        else:
            self._pace(self._known, session.id, now)
            self._familiar[mark] = None
            self._familiar.move_to_end(mark)
            if len(self._familiar) > FAMILIAR:
                self._familiar.popitem(last=False)
        return secret, session

    @staticmethod
    def _pace(rates: Rates, key: Hashable, now: float) -> None:
        seconds = rates.wait(key, now)
        if seconds:
            raise _Flood(f"too many requests: try again in {max(1, round(seconds))} s", seconds)

    async def _recognised(self, request: web.Request) -> Visit:
        """For the page of a refusal."""
        try:
            secret, session = await self._session(request)
        except StoreUnavailable:
            secret, session = "", None
        return self._visit(request, session, secret, Form())

    async def _session(self, request: web.Request) -> tuple[str, Session | None]:
        secret = request.cookies.get(cookie_name(self._hub, request), "")
        if not re.fullmatch(r"[A-Za-z0-9_-]{20,100}", secret):
            return "", None
        async with self._hub.store.connection() as connection:
            return secret, await sessions.find(connection, hashed(secret), self._hub.now())

    def _visit(self, request: web.Request, session: Session | None, secret: str, form: Form) -> Visit:
        language = request.cookies.get(LANGUAGE, "")
        if language not in texts.LANGUAGES:
            language = texts.preferred(request.headers.get("Accept-Language", ""))
        return Visit(self._hub, self._drawing, request, session, secret, language, self._hub.source(request), form, self.items)

    def refused(self, visit: Visit, fault: Fault) -> web.Response:
        """The page for what cannot be done."""
        response = visit.page("refused.html", status=fault.status, fault=fault)
        if fault.status in (429, 503):
            response.headers["Retry-After"] = f"{max(1, round(fault.seconds))}"
        return response


def cookie_name(hub: Hub, request: web.Request) -> str:
    """Of the session. Over TLS with a prefix that only this host can set (RFC 6265bis)."""
    return "__Host-session" if hub.encrypted(request) else "session"


def keep(response: web.Response, hub: Hub, request: web.Request, secret: str) -> web.Response:
    """Give a session's secret to the browser, until it is closed."""
    encrypted = hub.encrypted(request)
    response.set_cookie(cookie_name(hub, request), secret, path="/", httponly=True, samesite="Lax", secure=encrypted)
    return response


def _to_login(request: web.Request, session: Session | None) -> web.Response:
    """Back to where they are, or to where they wanted, when they are logged in."""
    goal = "/login"
    if session is not None:
        goal = "/login/second" if session.stage is Stage.PASSWORD else "/login/enrol"
    elif request.method == "GET" and request.path != "/":
        goal = f"/login?next={quote(request.path_qs[:500])}"
    if "HX-Request" in request.headers:
        return web.Response(status=200, headers={"HX-Redirect": goal})
    return web.Response(status=303, headers={"Location": goal})


def _check_origin(url: str, request: web.Request) -> None:
    """Raise ``Forbidden`` for a form of another site: the browser says where it comes from (Fetch metadata, RFC 6454)."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = {request.host, urlsplit(url).netloc} - {""}
    if (
        (site is None and origin is None)
        or site not in (None, "same-origin")
        or (origin is not None and urlsplit(origin).netloc not in ours)
    ):
        raise Forbidden("Origin: expected a form of this console")


# Forms ----------------------------------------------------------------------------------------------------------------------------------


async def _form(page: Page, request: web.Request) -> Form:
    """Raises ``Fault``."""
    if (request.content_length or 0) > page.largest:
        raise TooLarge(f"form: expected at most {page.largest} bytes")
    try:
        async with asyncio.timeout(SECONDS):
            if request.content_type == "multipart/form-data":
                form = await _parts(page, request)
            elif request.content_type == "application/x-www-form-urlencoded":
                form = _fields(await _content(page, request))
            else:
                raise Unsupported(f"Content-Type = {request.content_type[:100]!r}: expected a form")
    except TimeoutError:
        raise TooSlow(f"form: expected within {SECONDS:g} s") from None
    try:
        check(form.fields)
    except ValueError as error:
        raise BadRequest(f"form: {error}") from None
    return form


async def _content(page: Page, request: web.Request) -> bytes:
    content = bytearray()
    async for chunk in request.content.iter_any():
        content += chunk
        if len(content) > page.largest:
            raise TooLarge(f"form: expected at most {page.largest} bytes")
    return bytes(content)


def _fields(content: bytes) -> Form:
    try:
        pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except ValueError as error:
        raise BadRequest(f"form: {error}") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return Form(fields)


async def _parts(page: Page, request: web.Request) -> Form:
    fields: dict[str, list[str]] = {}
    uploads: dict[str, Upload] = {}
    left, count = page.largest, 0
    try:
        async for part in await request.multipart():
            count += 1
            if not isinstance(part, BodyPartReader) or not part.name or count > PARTS:
                raise BadRequest(f"form: expected fields with names, at most {PARTS}, and no parts in parts")
            content = bytearray()
            while chunk := await part.read_chunk():
                content += chunk
                left -= len(chunk)
                if left < 0:
                    raise TooLarge(f"form: expected at most {page.largest} bytes")
            if part.filename is not None:
                if content or part.filename:
                    media_type = part.headers.get(hdrs.CONTENT_TYPE, "application/octet-stream").partition(";")[0].strip()
                    uploads[part.name] = Upload(part.filename[:200], media_type, bytes(content))
            else:
                fields.setdefault(part.name, []).append(content.decode("utf-8").replace("\r\n", "\n"))
    except (ValueError, web.RequestPayloadError) as error:
        raise BadRequest(f"form: {error}") from None
    return Form(fields, uploads)


# Pages that are always there --------------------------------------------------------------------------------------------------------------


async def _choose_language(visit: Visit) -> web.StreamResponse:
    """Remembered for a year."""
    language = visit.path["language"]
    if language not in texts.LANGUAGES:
        raise NotFound(f"language = {language[:20]!r}: expected one of {', '.join(texts.LANGUAGES)}")
    response = visit.redirect(local(visit.query.get("back", "/")))
    response.set_cookie(
        LANGUAGE, language, max_age=31_536_000, path="/", httponly=True, samesite="Lax", secure=visit.hub.encrypted(visit.request)
    )
    return response


def local(path: str) -> str:
    """A path of the console, for wherever somebody else says where to go; ``/`` for anything else."""
    return path if re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", path) and "\\" not in path else "/"


async def _unknown(visit: Visit) -> web.StreamResponse:
    raise NotFound(f"path = {visit.request.path[:200]!r}: there is no such page")


_CHOOSE_LANGUAGE: Final = Page(
    name="language", method="GET", path="/language/{language}", permission=None, handler=_choose_language, stage=None
)
_UNKNOWN: Final = Page(name="unknown", method="GET", path="/", permission=None, handler=_unknown, stage=None)
