"""The listener behind the redirect of port 80: tells every captive client where the portal is, whatever it asked for.

Detectors of all systems take ``302`` with an absolute ``Location``, a body of more than 4 bytes and ``Connection: close`` as "here is a
portal"; 511, 301 and an empty 200 each break one of them. Nothing of a request is ever sent back: the answers are made ahead, from the
configuration. Phones probe in bursts and with a new connection each time, so the way of a probe is as short as it can be: accept, read,
write and close in one go. Only what does not fit into that (a header in pieces, a body, a silent client) becomes a ``_Pending``
connection with a deadline.
"""

import asyncio
import errno
import re
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.utils import formatdate
from enum import Enum
from html import escape
from types import TracebackType
from typing import Self

from msgspec import Struct

from hotspot.session import probes


class Limits(Struct, frozen=True):
    """What one client and all clients together may hold. A connection lives at most ``header_seconds`` + ``linger_seconds``."""

    header_bytes: int = 8_192
    """After so much without an end of the header the answer is sent all the same (long paths are legal)."""
    header_seconds: float = 5.0
    """From accept until the header must be there."""
    linger_seconds: float = 2.0
    """After the answer, for the client to read it and close. A close with unread bytes would be a reset, which takes the answer away."""
    linger_bytes: int = 65_536
    """Of a request's body that are read and thrown away before the connection is cut."""
    per_client: int = 16
    """Pending connections of one address; one more ends its oldest."""
    total: int = 512
    """Pending connections of all; one more ends the oldest."""
    burst: int = 32
    """Connections accepted before the event loop may do other things (1-2 ms)."""


class Kind(Enum):
    """What the first bytes of a connection turn out to be."""

    INCOMPLETE = "incomplete"
    """The header goes on."""
    REQUEST = "request"
    """Any method but the next two."""
    HEAD = "head"
    POST = "post"
    GARBAGE = "garbage"
    """No HTTP; TLS for instance."""


class Answers(Struct, frozen=True):
    """The only bytes that this listener ever sends."""

    found: bytes
    head: bytes
    see_other: bytes
    bad: bytes


_START = re.compile(rb"[\r\n]*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ")
"""Method and space (RFC 9112 §3); empty lines before it are to be ignored (§2.2)."""

_START_SO_FAR = re.compile(rb"[\r\n]*[!#$%&'*+.^_`|~0-9A-Za-z-]{0,32}\Z")
"""May still become ``_START``."""

_FIRST_LINE = re.compile(rb"[\r\n]*([^\r\n]*)\r?\n")

_BODY_FOLLOWS = re.compile(rb"\n(?:[cC]ontent-[lL]ength|[tT]ransfer-[eE]ncoding):")
"""In the spellings of real clients. To miss one costs no more than the answer to a GET with a body."""

_BODILESS = frozenset((b"GET", b"HEAD"))

_KINDS = {b"GET": Kind.REQUEST, b"HEAD": Kind.HEAD, b"POST": Kind.POST}


def classify(data: bytes, limit: int) -> tuple[Kind, bool]:
    """What ``data``, all that a client has sent so far, is, and whether the client may send more before it reads the answer.

    At ``limit`` bytes nothing is ``INCOMPLETE`` any more.
    """
    start = _START.match(data)
    if start is None:
        unfinished = len(data) < limit and _START_SO_FAR.match(data) is not None
        return (Kind.INCOMPLETE, True) if unfinished else (Kind.GARBAGE, False)
    method = start[1]
    kind = _KINDS.get(method, Kind.REQUEST)
    end = data.find(b"\r\n\r\n", start.end()) + 4
    if end < 4:
        end = data.find(b"\n\n", start.end()) + 2  # bare LF: RFC 9112 §2.2 lets us be patient
    if end >= 4:
        return kind, method not in _BODILESS or end != len(data) or _BODY_FOLLOWS.search(data) is not None
    line = _FIRST_LINE.match(data)
    if line is not None and b" HTTP/" not in line[1]:
        # HTTP/0.9: the line is the whole request, and GET the only method. Other protocols that begin with a word end here too.
        return (kind, line.end() != len(data)) if method == b"GET" else (Kind.GARBAGE, False)
    return (kind if len(data) >= limit else Kind.INCOMPLETE), True


def make_answers(location: str, date: str) -> Answers:
    """The answers that name ``location``; ``date`` is an HTTP date (RFC 9110 §6.6.1 wants one from whoever has a clock)."""
    if not re.fullmatch(r"https?://[!-~]+", location):
        raise ValueError(f"cannot redirect to {location!r}: expected an absolute http or https address in ASCII")
    link = escape(location)
    page = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Wi-Fi</title></head>'
        f'<body><p><a href="{link}">Anmelden / Sign in</a></p></body></html>\n'
    ).encode()

    def head(status: str, length: int, *more: str) -> bytes:
        lines = (
            f"HTTP/1.1 {status}",
            f"Date: {date}",
            *more,
            f"Content-Length: {length}",
            "Cache-Control: no-store",
            "Connection: close",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")

    goal = (f"Location: {location}", "Content-Type: text/html; charset=utf-8")
    found = head("302 Found", len(page), *goal)
    refusal = b"Bad request\n"
    return Answers(
        found=found + page,
        head=found,
        see_other=head("303 See Other", len(page), *goal) + page,
        bad=head("400 Bad Request", len(refusal), "Content-Type: text/plain; charset=us-ascii") + refusal,
    )


class _Pending:
    """A connection that waits: for the rest of its header, or (``lingering``) for the client to read the answer and close."""

    __slots__ = ("address", "connection", "data", "deadline", "drained", "lingering")

    def __init__(self, connection: socket.socket, address: str, data: bytes, deadline: float) -> None:
        self.connection = connection
        self.address = address
        self.data = data
        self.deadline = deadline
        self.lingering = False
        self.drained = 0


_OUT_OF_ROOM = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))

_PAUSE_SECONDS = 0.2
"""Rest of a listener when there is no room for a connection and none to end: it would be called again and again in vain."""

_SWEEP_SECONDS = 0.5
"""How late a deadline may be noticed."""

_NOW = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL


class CaptureServer:
    """Async context manager that answers on listening ``sockets``; it owns them from then on and closes them at the end.

    ``location`` is the portal's address as the phone must see it, or says it anew every second; ``on_probe`` gets the family
    (``hotspot.session.probes``) of every request that was answered with a redirect. Raises ``ValueError`` when ``location`` cannot be one.
    """

    def __init__(
        self,
        sockets: Iterable[socket.socket],
        location: str | Callable[[], str],
        on_probe: Callable[[str], None],
        limits: Limits | None = None,
    ) -> None:
        self._listeners = tuple(sockets)
        self._location = location if callable(location) else lambda: location
        self._on_probe = on_probe
        self._limits = limits or Limits()
        self._second = 0
        self._answers = make_answers(self._location(), formatdate(0, usegmt=True))
        self._pending: dict[_Pending, None] = {}  # oldest first, as dicts keep their order
        self._by_address: dict[str, dict[_Pending, None]] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._paused: dict[socket.socket, asyncio.TimerHandle] = {}

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        for listener in self._listeners:
            listener.setblocking(False)
            # The kernel hands a connection over only when its request is there (or after about so many seconds), so one recv is enough.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, max(1, round(self._limits.header_seconds)))
            self._loop.add_reader(listener, self._accept, listener)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for timer in self._paused.values():
            timer.cancel()
        self._paused.clear()
        for listener in self._listeners:
            self._loop.remove_reader(listener)
            listener.close()
        for pending in tuple(self._pending):
            self._close(pending)
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None

    @property
    def pending(self) -> int:
        """Connections that wait for something."""
        return len(self._pending)

    @property
    def resting(self) -> int:
        """Listeners that take no connections because there is no room for any."""
        return len(self._paused)

    def _accept(self, listener: socket.socket) -> None:
        """Takes a burst of connections; most of them are answered and gone when this returns."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._answers = make_answers(self._location(), formatdate(second, usegmt=True))
        for _ in range(self._limits.burst):
            try:
                connection, address = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno not in _OUT_OF_ROOM:
                    continue  # this client gave up meanwhile (ECONNABORTED and the network errors that accept(2) lists)
                if not self._pending:
                    self._pause(listener)
                    return
                self._close(next(iter(self._pending)))
                continue
            self._meet(connection, address[0])

    def _meet(self, connection: socket.socket, address: str) -> None:
        """A new connection: usually its request is there, whole, and one answer ends it."""
        limit = self._limits.header_bytes
        try:
            data = connection.recv(limit, _NOW)
        except BlockingIOError:
            self._wait(connection, address, b"")
            return
        except OSError:
            connection.close()
            return
        if not data:
            connection.close()
            return
        kind, more = classify(data, limit)
        if more:
            pending = self._wait(connection, address, data)
            if kind is not Kind.INCOMPLETE:
                self._answer_pending(pending, kind, more)
        else:
            self._answer(connection, kind, data)
            connection.close()

    def _answer(self, connection: socket.socket, kind: Kind, data: bytes) -> None:
        """Writes the answer to ``data``. It always fits into the empty buffer of a new connection; a client that is gone gets none."""
        answers = self._answers
        if kind is Kind.REQUEST:
            answer = answers.found
        else:
            answer = answers.head if kind is Kind.HEAD else answers.see_other if kind is Kind.POST else answers.bad
        with suppress(OSError):
            # The end of the stream follows at once, and with MSG_MORE it travels in the same packet.
            connection.send(answer, _NOW | socket.MSG_MORE)
        if kind is not Kind.GARBAGE:
            self._on_probe(probes.family_of(data))

    def _wait(self, connection: socket.socket, address: str, data: bytes) -> _Pending:
        """Makes a connection pending, and ends the oldest of this client or of all when there are too many."""
        of_client = self._by_address.setdefault(address, {})
        if len(of_client) >= self._limits.per_client:
            self._close(next(iter(of_client)))
            of_client = self._by_address.setdefault(address, {})
        elif len(self._pending) >= self._limits.total:
            self._close(next(iter(self._pending)))
            of_client = self._by_address.setdefault(address, {})
        pending = _Pending(connection, address, data, self._loop.time() + self._limits.header_seconds)
        self._pending[pending] = of_client[pending] = None
        self._loop.add_reader(connection, self._read, pending)
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep)
        return pending

    def _read(self, pending: _Pending) -> None:
        """More of a header, or of what a client sends after its answer."""
        limit = self._limits.header_bytes
        try:
            data = pending.connection.recv(limit if pending.lingering else limit - len(pending.data), _NOW)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(pending)
        elif pending.lingering:
            pending.drained += len(data)
            if pending.drained >= self._limits.linger_bytes:
                self._close(pending)
        else:
            pending.data += data
            kind, more = classify(pending.data, limit)
            if kind is not Kind.INCOMPLETE:
                self._answer_pending(pending, kind, more)

    def _answer_pending(self, pending: _Pending, kind: Kind, more: bool) -> None:
        """Answers a pending connection. Where more may come from the client, it is given time to read the answer and to close."""
        self._answer(pending.connection, kind, pending.data)
        if not more:
            self._close(pending)
            return
        try:
            pending.connection.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(pending)
            return
        pending.lingering = True
        pending.data = b""
        pending.deadline = self._loop.time() + self._limits.linger_seconds

    def _close(self, pending: _Pending) -> None:
        """Forgets a pending connection and closes it."""
        del self._pending[pending]
        of_client = self._by_address[pending.address]
        del of_client[pending]
        if not of_client:
            del self._by_address[pending.address]
        self._loop.remove_reader(pending.connection)
        pending.connection.close()

    def _sweep(self) -> None:
        """Ends the connections whose deadline has passed; goes on as long as any is pending."""
        now = self._loop.time()
        for pending in [one for one in self._pending if one.deadline <= now]:
            self._close(pending)
        self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep) if self._pending else None

    def _pause(self, listener: socket.socket) -> None:
        """Lets a listener rest for a moment."""
        self._loop.remove_reader(listener)
        self._paused[listener] = self._loop.call_later(_PAUSE_SECONDS, self._resume, listener)

    def _resume(self, listener: socket.socket) -> None:
        """Takes connections again."""
        del self._paused[listener]
        self._loop.add_reader(listener, self._accept, listener)
