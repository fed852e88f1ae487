"""A visit: one request to a page of the console, by somebody, in their language."""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote, unquote

from aiohttp import web

from hotspot.hub.access import Principal
from hotspot.hub.api import inside
from hotspot.hub.api.operations import Call, Pieces, Raw
from hotspot.hub.api.web import streamed
from hotspot.hub.console import texts, tokens
from hotspot.hub.console.drawing import Drawing
from hotspot.hub.console.formats import Formats, formats_of
from hotspot.hub.console.forms import Form
from hotspot.hub.console.navigation import Item
from hotspot.hub.hub import Hub
from hotspot.hub.store.sessions import Session

T = TypeVar("T")
NOTICE: Final = "notice"
"""Cookie: what has just been done, to be said on the next page."""
LANGUAGE: Final = "language"
"""Cookie: the language that somebody has chosen."""
GUIDE: Final = "guide"
"""Cookie: the town whose checklist somebody is working through; each page leads back to it."""
_NOTICE_LASTS: Final = 60


class Visit:
    """Who asks for what, and the ways to answer."""

    def __init__(
        self,
        hub: Hub,
        drawing: Drawing,
        request: web.Request,
        session: Session | None,
        secret: str,
        language: str,
        source: str,
        form: Form,
        items: Callable[[Principal], list[Item]],
    ) -> None:
        """``secret``: of the session's cookie; ``source``: where the request comes from; ``items``: of the navigation, for somebody."""
        self.hub, self.request, self.language, self.source, self.form = hub, request, language, source, form
        self._drawing, self._session, self._items = drawing, session, items
        self.secret = secret
        self.path: Mapping[str, str] = request.match_info
        self.query: Mapping[str, str] = request.query
        """Of a key that is given twice the first value."""

    # Who ----------------------------------------------------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """Of the one who asks. Only for pages with a stage."""
        assert self._session is not None
        return self._session

    @property
    def known(self) -> bool:
        """Is somebody logged in, however far?"""
        return self._session is not None

    @property
    def who(self) -> Principal:
        """Who asks. Only for pages with a stage."""
        return self.session.principal

    def may(self, handler: Callable[[Call], Awaitable[Any]]) -> bool:
        """Would the API let them? Templates ask it before they show a button."""
        return inside.may(self.who, handler)

    # What -----------------------------------------------------------------------------------------------------------------------------

    async def ask(
        self, handler: Callable[[Call], Awaitable[T]], body: Any = None, query: Mapping[str, Any] | None = None, **path: str
    ) -> T:
        """What the API's operation with this handler replies: ``await visit.ask(halls.show_hall, hall="rathaus")``. ``body``: a value of
        the operation's type, or what JSON would say. Raises ``Fault``, which becomes a page by itself."""
        return await inside.ask(self.hub, self.who, handler, path, query or {}, body, self.source)

    # Words --------------------------------------------------------------------------------------------------------------------------

    def text(self, message: str, **values: object) -> str:
        """A translated text; ``%(name)s`` in it becomes the value."""
        said = texts.text(self.language, message)
        return said % values if values else said

    @property
    def formats(self) -> Formats:
        """Numbers and times in this language."""
        return formats_of(self.language)

    # Answers ------------------------------------------------------------------------------------------------------------------------

    def part(self, template: str, **values: Any) -> str:
        """A piece of HTML."""
        return self._drawing.draw(template, self.language, {**self._shared(), **values})

    def page(self, template: str, status: int = 200, **values: Any) -> web.Response:
        """A whole page, or for a request of htmx the part that it is about. Besides ``values`` templates know ``visit``, ``who``,
        ``session``, ``now``, ``items`` (of the navigation), ``csrf()`` (a hidden field that every form with POST needs) and ``notice``."""
        response = web.Response(text=self.part(template, **values), status=status, content_type="text/html")
        if self.request.cookies.get(NOTICE):
            response.del_cookie(NOTICE, path="/")
        return response

    def redirect(self, to: str, done: str = "") -> web.Response:
        """Go there (a path of the console), after a form. ``done``: what has happened, in the reader's words."""
        response = web.Response(status=303, headers={"Location": to})
        if done:
            secure = self.request.cookies.get("__Host-session") is not None
            response.set_cookie(NOTICE, quote(done[:400]), max_age=_NOTICE_LASTS, path="/", httponly=True, samesite="Lax", secure=secure)
        return response

    async def file(self, reply: Raw | Pieces) -> web.StreamResponse:
        """A file to be downloaded, as an operation replies it."""
        if isinstance(reply, Pieces):
            return await streamed(self.request, reply, self.request.path)
        headers = {"Content-Type": reply.media_type, "Content-Disposition": f'attachment; filename="{reply.filename or "download"}"'}
        return web.Response(body=reply.content, headers=headers)

    def csrf(self) -> str:
        """The token of a form of this session; ``""`` for a stranger's."""
        return tokens.masked(self.secret, secrets.token_bytes(tokens.SIZE)) if self._session is not None else ""

    def _guide(self) -> str:
        """Where the checklist is that somebody is working through; ``""``: none."""
        town = self.request.cookies.get(GUIDE, "")
        return f"/partners/{town}/checklist" if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", town) else ""

    def _shared(self) -> dict[str, Any]:
        full = self._session is not None and bool(self.who.permissions)
        return {
            "visit": self,
            "session": self._session,
            "who": None if self._session is None else self.who,
            "now": self.hub.now(),
            "items": self._items(self.who) if full else [],
            "csrf": self.csrf,
            "notice": unquote(self.request.cookies.get(NOTICE, ""))[:400],
            "here": self.request.path,
            "guide": self._guide() if full else "",
            "swapped": "HX-Request" in self.request.headers,
        }
