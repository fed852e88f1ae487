"""The door of the pages, over real connections: silent and slow clients cannot hold it, others get through."""

import asyncio
import random
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from hotspot.portal.certificates import make_context
from hotspot.portal.door import DOOR, Door, _Handshakes, serving
from tests.hotspot.portal.test_certificates import make_pair

BothEnds = tuple[ssl.SSLContext, ssl.SSLContext]
REQUEST = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


@asynccontextmanager
async def house(door: Door, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[str, int]]:
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
    async with serving(app, [(listener, tls)]):
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


async def connect(address: tuple[str, int], data: bytes = b"", tls: ssl.SSLContext | None = None) -> Client:
    """A new connection that sends ``data``."""
    client = Client(*await asyncio.open_connection(*address, ssl=tls, server_hostname="a.example" if tls else None))
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


@pytest.fixture(scope="module")
def both_ends(tmp_path_factory: pytest.TempPathFactory) -> BothEnds:
    """TLS of the portal, and of a client that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    pair = make_pair(folder, "a.example")
    for name, data in zip(("a.pem", "a.key"), pair, strict=True):
        (folder / name).write_bytes(data)
    return make_context(folder / "a.pem", folder / "a.key"), ssl.create_default_context(cadata=pair[0].decode())


async def _served(address: tuple[str, int], tls: ssl.SSLContext) -> bool:
    client = await connect(address, REQUEST, tls)
    answer = await client.rest(3)
    await client.close()
    return answer is not None and answer.endswith(b"\r\n\r\nhello")


async def test_tls_is_served_and_leaves_nothing(both_ends: BothEnds) -> None:
    """One after the other, and many at once; the books are empty afterwards."""
    door = Door()
    async with house(door, both_ends[0]) as address:
        assert await _served(address, both_ends[1])
        assert await asyncio.gather(*(_served(address, both_ends[1]) for _ in range(12))) == [True] * 12
        async with asyncio.timeout(2):
            while len(door):  # noqa: ASYNC110  the door tells nobody when somebody leaves
                await asyncio.sleep(0.005)


async def test_handshakes_are_counted_at_the_door(both_ends: BothEnds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that never say a word of TLS have places like any other: the newest gets its answer, the oldest are cut."""
    monkeypatch.setattr(Door, "PER_CLIENT", 3)
    door = Door()
    async with house(door, both_ends[0]) as address:
        silent = [await connect(address) for _ in range(5)]
        assert await _served(address, both_ends[1])
        assert [await client.rest(0.2) for client in silent] == [b"", b"", b"", None, None]
        assert len(door) == 2
        for client in silent:
            await client.close()


async def test_a_clients_handshakes_wait_for_each_other(both_ends: BothEnds, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one holds the only turn and says nothing, the next of the same client waits, and what it has sent is not lost meanwhile."""
    monkeypatch.setattr(Door, "HEADER_SECONDS", 0.4)
    monkeypatch.setattr(_Handshakes, "AT_ONCE", 1)
    async with house(Door(), both_ends[0]) as address:
        silent = await connect(address)
        await asyncio.sleep(0.2)  # so that the next one has longer to wait for its own limit
        began = asyncio.get_running_loop().time()
        silent_until, served = await asyncio.gather(silent.rest(2), _served(address, both_ends[1]))
        took = asyncio.get_running_loop().time() - began
        assert (silent_until, served, 0.1 < took < 1.5) == (b"", True, True)
        assert await asyncio.gather(*(_served(address, both_ends[1]) for _ in range(8))) == [True] * 8
        await silent.close()


async def test_what_is_no_handshake_ends(both_ends: BothEnds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain HTTP, noise, a greeting cut short at every length, some of them reset: nothing stays, the next client is served."""
    monkeypatch.setattr(Door, "HEADER_SECONDS", 0.5)
    outgoing = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        both_ends[1].wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="a.example").do_handshake()
    greeting, chance, door = outgoing.read(), random.Random(4), Door()
    pieces = [
        REQUEST,
        *(chance.randbytes(size) for size in (1, 5, 100, 20_000)),
        *(greeting[:size] for size in range(0, len(greeting), 25)),
    ]
    async with house(door, both_ends[0]) as address:
        for number, piece in enumerate(pieces * 3):
            with socket.create_connection(address) as client:
                if number % 2:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.sendall(piece)
                await asyncio.sleep(0)
        assert await _served(address, both_ends[1])
        async with asyncio.timeout(2):
            while len(door):  # noqa: ASYNC110  the door tells nobody when somebody leaves
                await asyncio.sleep(0.005)


async def test_the_door_closes_in_the_middle_of_a_handshake(both_ends: BothEnds) -> None:
    """Whoever is in it is cut, at once."""
    door = Door()
    async with house(door, both_ends[0]) as address:
        client = await connect(address)
        while not len(door):  # noqa: ASYNC110  as above
            await asyncio.sleep(0.005)
    assert (await client.rest(1), len(door)) == (b"", 0)
    await client.close()
