"""The pages over real HTTP connections, as a test sees them: a served zone, one request at a time, whole answers."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from hotspot.portal.door import serving
from hotspot.portal.patience import PATIENCE
from hotspot.portal.settings import Settings
from hotspot.portal.web import make_app
from tests.hotspot.portal.desk_in_memory import DeskInMemory, make_settings

HOST = "portal.hall.example"
FORM = "application/x-www-form-urlencoded"


class Answer(Struct, frozen=True):
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body, when it is not compressed."""
        return self.body.decode()


async def close(writer: asyncio.StreamWriter) -> None:
    """Closes a connection, which the other side may have cut."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


class Hall:
    """A served zone and its desk."""

    def __init__(self, desk: DeskInMemory, port: int, app: web.Application | None = None) -> None:
        self.desk = desk
        self.port = port
        self._app = app

    @property
    def waiting(self) -> int:
        """Requests that wait for the firewall."""
        assert self._app is not None
        return len(self._app[PATIENCE])

    def stop_waiting(self) -> None:
        """The portal begins to stop."""
        assert self._app is not None
        self._app[PATIENCE].stop()

    async def raw(self, request: bytes) -> bytes:
        """Sends bytes, reads until the connection closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            return await asyncio.wait_for(reader.read(-1), 5)
        finally:
            await close(writer)

    async def ask(self, method: str, path: str, body: bytes, **headers: str) -> Answer:
        """One request on a connection of its own, kept alive by the client; underscores in header names are dashes."""
        sent = {"Host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if method == "POST":
            sent = {"Content-Type": FORM, "Content-Length": str(len(body)), **sent}
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        answer = await self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        top, _, body = answer.partition(b"\r\n\r\n")
        first, *lines = top.decode().split("\r\n")
        return Answer(int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body)

    async def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return await self.ask("GET", path, b"", **headers)

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """POST of a form."""
        return await self.ask("POST", path, urlencode(fields).encode(), **headers)


@asynccontextmanager
async def hall(settings: Settings | None = None, ip: str = "127.0.0.1") -> AsyncIterator[Hall]:
    """The application on a free loopback port, through the door."""
    settings = settings or make_settings()
    desk = DeskInMemory(settings, ip)
    listener = socket.create_server(("127.0.0.1", 0))
    app = make_app(desk, settings, "public")
    async with serving(app, [(listener, None)]):
        yield Hall(desk, listener.getsockname()[1], app)


def heading(answer: Answer) -> str:
    """The page's h1."""
    return answer.text.partition("<h1>")[2].partition("</h1>")[0]


def size_on_wire(answer: Answer) -> int:
    """Bytes on the wire: header and body."""
    head = sum(len(name) + len(value) + 4 for name, value in answer.headers.items()) + len("HTTP/1.1 200 OK\r\n\r\n")
    return head + len(answer.body)
