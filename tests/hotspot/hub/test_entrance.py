"""Connections whose TLS handshake is half done when the hub stops."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from aiohttp import web

from hotspot.hub.entrance import Entrance, Site
from hotspot.hub.service import _last_in
from tests.hotspot.portal.conftest import until
from tests.hotspot.portal.test_certificates import make_pair

T = TypeVar("T")
SERVED = web.AppKey("served", list[int])
SLOW = 0.2
GET = b"GET / HTTP/1.1\r\nHost: hub.example\r\nConnection: close\r\n\r\n"


class Caller:
    """A client that does its handshake step by step."""

    def __init__(self, trust: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        context = ssl.create_default_context(cafile=trust)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname="hub.example")
        self._reader, self.writer = reader, writer
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.do_handshake()
        self._hello = self._out.read()

    def begins(self) -> None:
        """Half of its first message."""
        self.writer.write(self._hello[:40])

    async def _goes_on(self, step: Callable[[], T]) -> T:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.writer.write(self._out.read())
                if not (data := await self._reader.read(4_096)):
                    raise ConnectionResetError("cut") from None
                self._in.write(data)

    async def ends(self) -> bytes:
        """The rest of it, and a request, over a line that takes its time; returns the beginning of the answer."""
        await asyncio.sleep(SLOW)
        self.writer.write(self._hello[40:])
        await self._goes_on(self._tls.do_handshake)
        self._tls.write(GET)
        return await self._goes_on(lambda: self._tls.read(15))


@asynccontextmanager
async def serving(folder: Path, patience: float = 5.0, tls: bool = True) -> AsyncIterator[tuple[web.AppRunner, socket.socket, Entrance]]:
    """A server with one page, over TLS."""
    certificate, key = make_pair(folder, "hub.example")
    (folder / "hub.pem").write_bytes(certificate)
    (folder / "hub.key").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "hub.pem", folder / "hub.key")

    async def page(_: web.Request) -> web.Response:
        app[SERVED].append(1)
        return web.Response(text="hello")

    app = web.Application()
    app[SERVED] = []
    app.add_routes([web.get("/", page)])
    runner, entrance = web.AppRunner(app, access_log=None, shutdown_timeout=1.0), Entrance(patience)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await Site(runner, listener, entrance, context if tls else None, 16).start()
    try:
        yield runner, listener, entrance
    finally:
        await runner.cleanup()


async def test_who_is_half_in_is_served(tmp_path: Path) -> None:
    """The hub takes nobody new any more, waits for the handshake and the first words, and has answered when it has stopped."""
    async with serving(tmp_path) as (runner, listener, entrance):
        caller = Caller(tmp_path / "hub.pem", *await asyncio.open_connection(*listener.getsockname()))
        caller.begins()
        await until(lambda: len(entrance) == 1)
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            ending = group.create_task(caller.ends())
            await _last_in([listener], entrance)
            await runner.cleanup()
            assert runner.app[SERVED] == [1]  # by now: the process would be over
        assert ending.result() == b"HTTP/1.1 200 OK"
        caller.writer.close()


@pytest.mark.parametrize("tls", [True, False])
async def test_a_header_in_parts(tmp_path: Path, tls: bool) -> None:
    """Whose request has begun is waited for, to its end; with TLS and without, as behind a proxy."""
    async with serving(tmp_path, tls=tls) as (runner, listener, entrance):
        trusting = ssl.create_default_context(cafile=tmp_path / "hub.pem") if tls else None
        address = listener.getsockname()
        reader, writer = await asyncio.open_connection(*address, ssl=trusting, server_hostname="hub.example" if tls else None)
        writer.write(GET[:30])
        await until(lambda: len(entrance) == 1)

        async def goes_on() -> bytes:
            await asyncio.sleep(SLOW)
            writer.write(GET[30:])
            return await reader.read(15)

        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            going_on = group.create_task(goes_on())
            await _last_in([listener], entrance)
            await runner.cleanup()
        assert going_on.result() == b"HTTP/1.1 200 OK"
        writer.close()


@pytest.mark.parametrize("leaves", [False, True])
async def test_who_says_nothing_more_is_not_waited_for(tmp_path: Path, leaves: bool) -> None:
    """A handshake that does not go on, or has failed: so long and no longer."""
    async with serving(tmp_path, 0.5) as (_, listener, entrance):
        before = asyncio.get_running_loop().time()
        caller = Caller(tmp_path / "hub.pem", *await asyncio.open_connection(*listener.getsockname()))
        caller.begins()
        await until(lambda: len(entrance) == 1)
        if leaves:
            caller.writer.transport.abort()
        async with asyncio.timeout(5):
            await _last_in([listener], entrance)
        assert leaves or asyncio.get_running_loop().time() - before >= 0.49
        assert len(entrance) == 0
        caller.writer.close()
