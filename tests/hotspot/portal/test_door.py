"""The door of the pages, over real connections: silent and slow clients cannot hold it, others get through."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from hotspot.portal.door import DOOR, Door, serving

REQUEST = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


@asynccontextmanager
async def house(door: Door) -> AsyncIterator[tuple[str, int]]:
    """A small application behind ``door`` that answers when ``/`` is asked for, and never when ``/slow`` is."""

    @web.middleware
    async def arrive(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        request.app[DOOR].arrived(request.transport)
        answer = await handler(request)
        answer.force_close()
        return answer

    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def slow(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response(text="never")

    app = web.Application(middlewares=[arrive])
    app[DOOR] = door
    app.router.add_get("/", hello)
    app.router.add_get("/slow", slow)
    listener = socket.create_server(("127.0.0.1", 0))
    async with serving(app, [(listener, None)]):
        yield listener.getsockname()


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def rest(self, seconds: float) -> bytes | None:
        """What comes until the other side closes or cuts; None when it does not within ``seconds``."""
        try:
            return await asyncio.wait_for(self.reader.read(-1), seconds)
        except ConnectionResetError:
            return b""
        except TimeoutError:
            return None

    async def close(self) -> None:
        """Closes it from this side."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


async def connect(address: tuple[str, int], data: bytes = b"") -> Client:
    """A new connection that sends ``data``."""
    client = Client(*await asyncio.open_connection(*address))
    client.writer.write(data)
    return client


async def test_silent_clients_are_cut_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No header, or half of one, in time: the connection ends; nothing is left in the books."""
    monkeypatch.setattr(Door, "HEADER_SECONDS", 0.2)
    door = Door()
    async with house(door) as address:
        clients = [await connect(address), await connect(address, REQUEST[:20])]
        assert [await client.rest(2) for client in clients] == [b"", b""]
        assert len(door) == 0
        for client in clients:
            await client.close()


async def test_no_connection_lasts_longer_than_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that never ends is cut too."""
    monkeypatch.setattr(Door, "SECONDS", 0.2)
    monkeypatch.setattr(Door, "STOP_SECONDS", 0.1)
    async with house(Door()) as address:
        client = await connect(address, REQUEST.replace(b"/ ", b"/slow ", 1))
        assert await client.rest(2) == b""
        await client.close()


@pytest.mark.parametrize("bound", ["PER_CLIENT", "TOTAL"])
async def test_one_too_many_ends_the_oldest(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest gets its answer, the oldest makes room, those between stay."""
    monkeypatch.setattr(Door, bound, 3)
    door = Door()
    async with house(door) as address:
        silent = [await connect(address) for _ in range(3)]
        newest = await connect(address, REQUEST)
        answer = await newest.rest(2)
        assert answer is not None
        assert answer.endswith(b"\r\n\r\nhello")
        assert await silent[0].rest(2) == b""
        assert [await client.rest(0.05) for client in silent[1:]] == [None, None]
        assert len(door) == 2
        for client in [*silent, newest]:
            await client.close()


async def test_a_flood_stays_within_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that come all at once are counted at once."""
    monkeypatch.setattr(Door, "PER_CLIENT", 4)
    door = Door()
    async with house(door) as address:
        clients = await asyncio.gather(*(connect(address) for _ in range(40)))
        answer = await connect(address, REQUEST)
        assert await answer.rest(2) is not None
        assert len(door) <= 4
        for client in [*clients, answer]:
            await client.close()
