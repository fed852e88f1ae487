"""The door of the pages: the listener around a web application, and bounds on what clients can hold of it."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, cast
from weakref import WeakValueDictionary

from aiohttp import web


def _nothing() -> None:
    """Nobody is to be told."""


class Door:
    """Bounds what clients can hold: connections each and in total (the oldest goes), and time until the header is there and in total.

    aiohttp itself waits for a first header without end.
    """

    PER_CLIENT, TOTAL = 16, 512
    HEADER_SECONDS, SECONDS, STOP_SECONDS = 5.0, 20.0, 3.0
    LISTEN_SECONDS = 1.0
    """For which the end waits for the first words of those who have just come in."""

    def __init__(self) -> None:
        self._timers: dict[asyncio.Transport, asyncio.TimerHandle] = {}  # oldest first
        self._by_address: dict[str, dict[asyncio.Transport, None]] = {}
        self._addresses: dict[asyncio.Transport, str] = {}
        self._unheard: set[asyncio.Transport] = set()
        self._heard = asyncio.Event()
        self._to_tell: dict[asyncio.Transport, Callable[[], object]] = {}

    def enter(self, transport: asyncio.Transport, address: str) -> None:
        """A connection begins."""
        of_client = self._by_address.get(address, {})
        if len(of_client) >= self.PER_CLIENT:
            self._turn_out(next(iter(of_client)))
        elif len(self._timers) >= self.TOTAL:
            self._turn_out(next(iter(self._timers)))
        self._by_address.setdefault(address, {})[transport] = None
        self._addresses[transport] = address
        self._unheard.add(transport)
        self._timers[transport] = asyncio.get_running_loop().call_later(self.HEADER_SECONDS, self._turn_out, transport)

    def arrived(self, transport: asyncio.BaseTransport | None, seconds: float | None = None) -> None:
        """Its header is there, and all is to be over in ``seconds`` (None: ``SECONDS``). A transport that did not come through this door is
        left alone."""
        if isinstance(transport, asyncio.Transport) and transport in self._timers:
            self._hear(transport)
            self._timers[transport].cancel()
            self._timers[transport] = asyncio.get_running_loop().call_later(seconds or self.SECONDS, self._turn_out, transport)

    def leave(self, transport: asyncio.Transport) -> None:
        """A connection is over, or is being cut."""
        if transport not in self._timers:
            return
        self._timers.pop(transport).cancel()
        self._to_tell.pop(transport, _nothing)()
        self._hear(transport)
        address = self._addresses.pop(transport)
        del self._by_address[address][transport]
        if not self._by_address[address]:
            del self._by_address[address]

    @contextlib.contextmanager
    def told_of_leaving(self, transport: asyncio.BaseTransport | None, call: Callable[[], object]) -> Iterator[None]:
        """For whoever has a request wait: ``call`` when its connection is over, at once when it is already. (aiohttp has a handler go on to
        its end all the same.) One at a time for each connection."""
        if not isinstance(transport, asyncio.Transport) or transport not in self._timers:
            call()
            yield
            return
        self._to_tell[transport] = call
        try:
            yield
        finally:
            self._to_tell.pop(transport, None)

    def _hear(self, transport: asyncio.Transport) -> None:
        self._unheard.discard(transport)
        self._heard.set()

    async def all_heard(self) -> None:
        """Nobody comes in any more: wait until each of those inside has said what it wants, for ``LISTEN_SECONDS`` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.LISTEN_SECONDS):
                for _ in range(3):  # turns of the loop until what was accepted in this one is inside
                    await asyncio.sleep(0)
                while self._unheard:
                    self._heard.clear()
                    await self._heard.wait()

    def _turn_out(self, transport: asyncio.Transport) -> None:
        self.leave(transport)  # now, not when the loop tells of the end: many may come in between
        transport.abort()

    def __len__(self) -> int:
        return len(self._timers)


class _Guest(asyncio.Protocol):
    """aiohttp's protocol of one connection, seen through the door."""

    def __init__(self, door: Door, inner: asyncio.Protocol) -> None:
        self._door = door
        self._inner = inner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self._transport = cast(asyncio.Transport, transport)
        self._door.enter(self._transport, peer[0] if peer else "")
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.leave(self._transport)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


class _Handshakes:
    """TLS handshakes in progress, ``AT_ONCE`` for each client: those of others come in between. What is left ends with the context."""

    AT_ONCE = 4

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()  # who waits or has a turn holds on to it
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = False

    async def __aenter__(self) -> "_Handshakes":
        await self._group.__aenter__()
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._over = True
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(kind, error, trace)

    def turn(self, address: str) -> asyncio.Semaphore:
        """What a client's next handshake waits for."""
        fresh = asyncio.Semaphore(self.AT_ONCE)
        return self._turns.setdefault(address, fresh)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """One more; none for who was in the queue when the door closed."""
        if self._over:
            work.close()
            return
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Arrival(asyncio.Protocol):
    """A connection to a TLS port until its handshake is over. It is counted at the door from its first moment: else a client that opens
    many at once would have all their handshakes, a millisecond of computing each, before anybody else's next page."""

    def __init__(self, door: Door, tls: ssl.SSLContext, guest: _Guest, handshakes: _Handshakes) -> None:
        self._door, self._tls, self._guest, self._handshakes = door, tls, guest, handshakes
        self._early = b""
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # What comes belongs to the handshake. In the loop's next round, because after this call the transport begins to read by itself.
        asyncio.get_running_loop().call_soon(self._transport.pause_reading)
        peer = transport.get_extra_info("peername")
        address = peer[0] if peer else ""
        self._door.enter(self._transport, address)
        self._handshakes.begin(self._shake_hands(self._handshakes.turn(address)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.leave(self._transport)
        self._lost = True

    def data_received(self, data: bytes) -> None:
        self._early += data  # right behind the handshake, before the guest is there

    async def _shake_hands(self, turn: asyncio.Semaphore) -> None:
        secure, loop, raw = None, asyncio.get_running_loop(), self._transport
        try:
            async with turn:
                if not raw.is_closing():
                    limit = Door.HEADER_SECONDS
                    secure = await loop.start_tls(
                        raw, self, self._tls, server_side=True, ssl_handshake_timeout=limit, ssl_shutdown_timeout=2.0
                    )
        except OSError:
            pass  # no TLS, too slow, hung up or turned out: it is over
        finally:
            self._door.leave(raw)
            if secure is None:
                raw.abort()
        if secure is not None and not self._lost:
            secure.set_protocol(self._guest)
            self._guest.connection_made(secure)
            if self._early:
                self._guest.data_received(self._early)


class _Handler(web.RequestHandler):
    """aiohttp's own, but for its words about a request that it cannot read: they would repeat the request."""

    __slots__ = ()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        return super().handle_error(request, status, exc, None if message is None else "Bad request\n")


DOOR: Final = web.AppKey("door", Door)


def _quiet_log() -> logging.Logger:
    """aiohttp's log of requests that could not be handled, without the visitor's address that it would name, and without those whose
    visitor hung up or was turned out: a page of text for each would let one client fill the disk."""

    def anonymous(record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], ConnectionError):
            return False
        record.msg, record.args = "cannot answer a request", ()
        return True

    log = logging.getLogger("hotspot.portal.web")
    if not log.filters:
        log.addFilter(anonymous)
    return log


@asynccontextmanager
async def serving(app: web.Application, listeners: Sequence[tuple[socket.socket, ssl.SSLContext | None]]) -> AsyncIterator[None]:
    """Serves ``app`` on listening sockets, with TLS where a context is given. On leaving it takes no more connections, lets
    those who are in say what they want, and gives requests in hand ``Door.STOP_SECONDS``."""
    settings: dict[str, Any] = {
        "access_log": None,  # it would name visitors, and costs more than the pages
        "logger": _quiet_log(),
        "max_line_size": 4_096,
        "max_field_size": 4_096,
        "lingering_time": 2.0,
    }
    runner = web.AppRunner(app, shutdown_timeout=Door.STOP_SECONDS, **settings)
    await runner.setup()
    servers: list[asyncio.Server] = []
    try:
        assert runner.server is not None
        server_of_all, loop = runner.server, asyncio.get_running_loop()
        async with _Handshakes() as handshakes:

            def protocol(tls: ssl.SSLContext | None) -> asyncio.Protocol:
                guest = _Guest(app[DOOR], _Handler(server_of_all, loop=loop, **settings))
                return guest if tls is None else _Arrival(app[DOOR], tls, guest, handshakes)

            try:
                for listener, tls in listeners:
                    servers.append(await loop.create_server(partial(protocol, tls), sock=listener, backlog=1_024))
                yield
            finally:
                for listener, _ in listeners:
                    loop.remove_reader(listener)  # not closed yet: asyncio would lose those whom it has accepted in this very moment
                await app[DOOR].all_heard()
                for server in servers:
                    server.close()
    finally:
        await runner.cleanup()
