"""The face of one zone: what all handlers of its pages share. Which pages there are is in the ``web_*`` modules.

Rule 1: who asks is known by the address of the connection, never by a header. Rule 2: an answer names only addresses from the settings.
Rule 3: every answer closes its connection, because phones would go on with it after the kernel has opened (or shut) for them.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec
from aiohttp import web

from hotspot.portal import capport
from hotspot.portal.desk import Desk, Visitor
from hotspot.portal.gate import GateUnavailable
from hotspot.portal.mould import Mould
from hotspot.portal.pages import Pages, Reader
from hotspot.portal.patience import Patience
from hotspot.portal.settings import HallTexts, Settings
from hotspot.portal.texts import PROBLEMS
from hotspot.session import languages
from hotspot.session.forms import MAX_BODY

RETRY_AFTER = "30"
"""Seconds after which a detector may ask again when we cannot serve (Chromium heeds it)."""
NO_PAGES: Final = frozenset((capport.PATH, "/accept", "/leave", "/extend", "/left", "/favicon.ico", "/brand/{name}"))
"""Addresses that are never looked at by a person."""
KEPT: Final[Mapping[str, tuple[str, ...]]] = {"/services": ("q", "group")}
"""Parameters of the directory, which go along when the language is changed. Nothing else that a request says comes back in a page."""
MOST_KEPT: Final = 100
"""Characters of such a parameter."""


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
    """What the handlers of one zone's pages share. Addresses are those of ``settings`` as at the start; texts, plans and terms come from
    the desk, which may have newer settings."""

    def __init__(self, desk: Desk, settings: Settings, zone: str, pages: Pages) -> None:
        self.desk: Final = desk
        self.zone: Final = zone
        self.pages: Final = pages
        self.patience: Final = Patience(desk)
        self._url: Final = settings.zones[zone].portal_url
        parts = urlsplit(self._url)
        self.address: Final = parts.netloc
        """As a person types it."""
        self._host: Final = (parts.hostname or "").lower()
        self._headers: Final = {
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Server": "hotspot",
        }
        self._safe: Final = parts.scheme == "https"

    @property
    def url(self) -> str:
        """Where visitors find these pages; without TLS while phones would refuse the certificate."""
        return self.desk.address(self._url)

    @property
    def hall(self) -> HallTexts:
        """What the pages say about the hall, as last (re)loaded."""
        return self.desk.hall

    # Checks -------------------------------------------------------------------------------------------------------------------------

    def elsewhere(self, request: web.Request) -> web.Response | None:
        """The redirect for a request to another name than the portal's, or without TLS where there is a certificate; else None."""
        try:
            host = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
        except ValueError:
            host = ""
        url = self.url
        if host.lower().rstrip(".") == self._host and (request.secure or not url.startswith("https:")):
            return None
        goal = url + capport.PATH.lstrip("/") if request.path == capport.PATH else url
        return self.to(goal, "text/plain")

    def ours(self, request: web.Request) -> bool:
        """False when the browser says that the form is not from our pages. ``null`` is what browsers send under ``no-referrer``, so the
        token has the last word."""
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        origin = request.headers.get("Origin", "null").lower()
        ours = (self._url, self.url)  # a page from before may be sent off after the certificate has come or gone
        return site in ("same-origin", "none") and origin in ("null", *(_origin(url) for url in ours))

    def reader(self, request: web.Request) -> Reader:
        """The language: the visitor's choice, else the browser's."""
        chosen = request.query.get("lang", "")
        path = self._here(request)
        if chosen in self.pages.languages:
            return Reader(chosen, True, path)
        return Reader(languages.choose(request.headers.get("Accept-Language", ""), self.pages.languages), False, path)

    def _here(self, request: web.Request) -> str:
        """Where the links to other languages lead: to this very page with its parameters, or to the start page from what is none."""
        resource = request.match_info.route.resource
        if request.method not in ("GET", "HEAD") or resource is None or resource.canonical in NO_PAGES:
            return "/"
        kept = KEPT.get(resource.canonical, ())
        rest = urlencode([(key, request.query[key][:MOST_KEPT]) for key in kept if key in request.query])
        return f"{request.rel_url.raw_path}?{rest}" if rest else request.rel_url.raw_path

    async def visitor(self, request: web.Request) -> Visitor | None:
        """Who asks, by the address of the connection; None for a client of another zone too. Raises ``GateError``."""
        visitor = await self.desk.visitor((request.remote or "").partition("%")[0])
        return visitor if visitor is not None and visitor.zone == self.zone else None

    # Answers ------------------------------------------------------------------------------------------------------------------------

    def headers(self, **policy: str) -> dict[str, str]:
        """Of every answer; ``policy`` adds to the content security policy, ``script_src="'self'"``, or takes the place of what is there."""
        directives = {
            "default_src": "'none'",
            "style_src": self.pages.style(self.hall.theme).source,
            "img_src": "'self'",
            "form_action": "'self'",
            "frame_ancestors": "'none'",
            "base_uri": "'none'",
            **policy,
        }
        insist = {"Strict-Transport-Security": f"max-age={self.desk.insist}"} if self._safe else {}
        return {
            **self._headers,
            **insist,
            "Content-Security-Policy": "; ".join(f"{name.replace('_', '-')} {value}" for name, value in directives.items()),
        }

    def page(self, text: str, status: int = 200, **policy: str) -> web.Response:
        """A page; ``policy`` as in ``headers``."""
        headers = self.headers(**policy)
        if status == 503:
            headers["Retry-After"] = RETRY_AFTER
        return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=headers)

    def filled(self, request: web.Request, mould: Mould, values: Mapping[str, str], **policy: str) -> web.Response:
        """A page that was made before, compressed for whoever takes that."""
        headers = {**self.headers(**policy), "Vary": "Accept-Encoding"}
        if takes_gzip(request):
            headers["Content-Encoding"] = "gzip"
            body = mould.packed(values)
        else:
            body = mould.filled(values)
        return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)

    def to(self, address: str, content_type: str = "text/html") -> web.Response:
        """303: go there with GET, whatever was asked."""
        return web.Response(status=303, text="See other\n", content_type=content_type, headers={**self.headers(), "Location": address})

    def problem(self, reader: Reader, code: str, visitor: Visitor | None = None) -> web.Response:
        """The page for a refusal."""
        problem, reader = PROBLEMS[code], msgspec.structs.replace(reader, path="/")  # an address that is none does not come back
        policy = {"script_src": self.pages.again_source, "connect_src": "'self'"} if problem.again else {}
        return self.page(self.pages.problem(reader, self.hall, problem, visitor.code if visitor else ""), problem.status, **policy)

    def refused(self, ask: "Ask", code: str) -> web.Response:
        """The same for a refusal of the desk. Raises ``GateUnavailable`` when it is the firewall that is away: then nothing has been done,
        and all can be asked again."""
        if code == "firewall" and not self.desk.firewall_up:
            raise GateUnavailable("no connection to the firewall")
        return self.problem(ask.reader, code, ask.visitor)

    def silence(self, status: int) -> web.Response:
        """A refusal for a program."""
        return web.Response(status=status, text="", headers={**self.headers(), "Retry-After": RETRY_AFTER})


def _origin(url: str) -> str:
    """As browsers say it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def takes_gzip(request: web.Request) -> bool:
    """May the answer be compressed? Nobody refuses gzip by ``q=0`` who names it."""
    return "gzip" in request.headers.get("Accept-Encoding", "").lower()


@dataclass(frozen=True, slots=True)
class Route:
    """One row: an address, what it does, who may use it."""

    method: str
    path: str
    handler: Callable[[Face, Ask], Awaitable[web.StreamResponse]]
    access: Access
    most: int = MAX_BODY
    """Bytes of a form."""


@dataclass(frozen=True, slots=True)
class OpenRoute:
    """A row for whoever reaches the listener."""

    method: str
    path: str
    handler: Callable[[Face, web.Request], Awaitable[web.StreamResponse]]
    access: Access = Access.OPEN
