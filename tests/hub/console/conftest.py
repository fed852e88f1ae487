"""Seats at the console: somebody who is logged in, with cookies and without a browser."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from html import unescape

import pytest
from aiohttp import ClientSession, CookieJar, FormData
from msgspec import Struct

from hotspot.hub.access import Role
from hotspot.hub.api import policy
from hotspot.hub.console import tokens
from hotspot.hub.hub import Hub
from hotspot.hub.store import people, sessions, tenants
from hotspot.hub.store.sessions import Stage
from hotspot.hub.tokens import hashed, make
from tests.hub import town
from tests.hub.console.city import POLICY, done

TAG = re.compile(r"<[^>]*>")
TOKEN = re.compile(r'(?<=name="csrf" value=")[^"]*')


class Answer(Struct, frozen=True):
    """What came back; redirects are not followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """As HTML."""
        return self.body.decode()

    @property
    def lasting(self) -> str:
        """As HTML, without the forms' tokens: they are new each time, and may hold any short word by chance."""
        return TOKEN.sub("", self.text)

    @property
    def words(self) -> str:
        """What a person reads, in one line."""
        return " ".join(unescape(TAG.sub(" ", self.text)).split())

    @property
    def goal(self) -> str:
        """Where it leads."""
        return self.headers.get("Location", "")


class Seat(Struct, frozen=True):
    """One person's browser, as far as HTTP goes."""

    http: ClientSession
    base: str
    secret: str
    """Of the session; "": a stranger."""
    language: str = "en"

    def _headers(self) -> dict[str, str]:
        cookies = f"session={self.secret}; language={self.language}" if self.secret else f"language={self.language}"
        return {"Cookie": cookies, "Origin": self.base, "Sec-Fetch-Site": "same-origin"}

    async def get(self, path: str) -> Answer:
        """Open a page."""
        async with self.http.get(f"{self.base}{path}", headers=self._headers(), allow_redirects=False) as response:
            return Answer(response.status, response.headers, await response.read())

    async def post(self, path: str, fields: Mapping[str, str | Sequence[str]] | None = None) -> Answer:
        """Send a form; the token is put into it."""
        given = {"csrf": tokens.masked(self.secret, bytes(32)), **(fields or {})}
        pairs = [(name, each) for name, value in given.items() for each in ([value] if isinstance(value, str) else value)]
        async with self.http.post(f"{self.base}{path}", data=pairs, headers=self._headers(), allow_redirects=False) as response:
            return Answer(response.status, response.headers, await response.read())

    async def upload(self, path: str, fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes]]) -> Answer:
        """Send a form with files: name and content by field."""
        form = FormData({"csrf": tokens.masked(self.secret, bytes(32)), **fields})
        for field, (name, content) in files.items():
            form.add_field(field, content, filename=name)
        async with self.http.post(f"{self.base}{path}", data=form, headers=self._headers(), allow_redirects=False) as response:
            return Answer(response.status, response.headers, await response.read())


async def secret_of(hub: Hub, name: str, role: Role, partner: str | None = None, stage: Stage = Stage.FULL) -> str:
    """A session of a user, who is made when not there; what its cookie holds."""
    secret = make("session")
    async with hub.store.transaction() as connection:
        found = await people.user(connection, name)
        town = await tenants.partner(connection, partner) if partner else None
        user = found.id if found else await people.add_user(connection, name, role, town.id if town else None)
        await sessions.begin(connection, user, hashed(secret), stage, "Firefox, Linux", hub.now())
    return secret


class Seats:
    """Makes them."""

    def __init__(self, hub: Hub, base: str, http: ClientSession) -> None:
        self.hub, self.base, self.http = hub, base, http
        self.stranger = Seat(http, base, "")

    async def __call__(self, name: str, role: Role, partner: str | None = None) -> Seat:
        """Somebody logged in."""
        return Seat(self.http, self.base, await secret_of(self.hub, name, role, partner))

    async def admin(self) -> Seat:
        """The city's administrator."""
        return await self("console-admin", Role.HOST_ADMIN)


@pytest.fixture
async def seats(hub: Hub, base: str) -> AsyncIterator[Seats]:
    """The running console."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        yield Seats(hub, base, http)


@pytest.fixture
async def settled(hub: Hub) -> Hub:
    """Two towns with three halls, whose gateways have told of a zone; the city has said something of plans and terms."""
    for hall in ("kleinheim-rathaus", "kleinheim-bad", "grossdorf-rathaus"):
        gateway = await town.gateway(hub, hall)
        async with hub.store.transaction() as connection:
            await connection.execute("INSERT INTO zones (hall_id, name) VALUES ($1, 'public')", gateway.hall_id)
    await done(hub, policy.change_policy, {"documents": [{"scope": "host", "document": POLICY}], "note": "Grundeinstellung"})
    return hub
