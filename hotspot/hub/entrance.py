"""Who is between door and room: connections that were accepted, but whose TLS handshake is not over, or whose first request has not come
to the end of its header.

aiohttp knows nothing of them, and would cut them when the hub stops; a gateway would take for a fault what is only a restart.
"""

import asyncio
import socket
from ssl import SSLContext
from weakref import WeakSet

from aiohttp import web

LOOK_SECONDS = 0.02
"""Between two looks whether they are in."""
TURNS = 5
"""Of the loop, in which somebody who was just accepted is met, and a request that was just heard is in hand."""
END = b"\r\n\r\n"
"""Of a header."""


END_MOST = 16 * 1024
"""Bytes of a header for which is waited."""


class Guest(asyncio.Protocol):
    """One connection until it has said what it wants; all that it says is the request handler's."""

    def __init__(self, handler: asyncio.Protocol, came: float) -> None:
        self.came = came
        """By the clock of the loop."""
        self.within = True
        """Not in yet, and not away."""
        self._tail = b""
        self._handler = handler
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake is over."""
        self._transport = transport
        self._handler.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """A header may come in parts: aiohttp closes a connection whose header is not whole when it stops."""
        self._tail += data[: END_MOST - len(self._tail)]
        if END in self._tail or len(self._tail) >= END_MOST:
            self._tail, self.within = b"", False
            if self._transport is not None:
                self._transport.set_protocol(self._handler)
        self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        """It says nothing more."""
        return self._handler.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is away."""
        self.within = False
        self._handler.connection_lost(exc)


class Entrance:
    """All of them, over all listeners. asyncio says nothing of a handshake that failed or will never end, so whoever has been there for
    longer than ``patience`` (seconds) counts no more."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._guests: WeakSet[Guest] = WeakSet()

    def __len__(self) -> int:
        now = asyncio.get_running_loop().time()
        return sum(guest.within and now - guest.came < self._patience for guest in self._guests)

    def meet(self, handler: asyncio.Protocol) -> Guest:
        """Somebody was accepted."""
        guest = Guest(handler, asyncio.get_running_loop().time())
        self._guests.add(guest)
        return guest

    async def empty(self) -> None:
        """Returns when nobody is there any more, and what they want is in hand. No listener takes anybody meanwhile."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        while len(self):  # noqa: ASYNC110  nobody says when a handshake fails
            await asyncio.sleep(LOOK_SECONDS)
        for _ in range(TURNS):
            await asyncio.sleep(0)


class Site(web.SockSite):
    """A listener whose connections come in through an entrance."""

    def __init__(self, runner: web.AppRunner, listener: socket.socket, entrance: Entrance, tls: SSLContext | None, backlog: int) -> None:
        super().__init__(runner, listener, ssl_context=tls, backlog=backlog)
        self._listener, self._entrance, self._tls = listener, entrance, tls

    async def start(self) -> None:
        """As ``SockSite``, which names no way to say who meets a connection."""
        await web.BaseSite.start(self)
        meet = self._runner.server
        if meet is None:
            raise RuntimeError("the runner is not set up")
        self._server = await asyncio.get_running_loop().create_server(
            lambda: self._entrance.meet(meet()), sock=self._listener, ssl=self._tls, backlog=self._backlog
        )
