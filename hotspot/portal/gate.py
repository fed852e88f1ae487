"""The firewall's socket: pipelined requests, events, and a connection that comes back by itself.

Errors are named by fault: ``GateUnavailable`` (the daemon does not answer), ``GateRefused`` (it answered no).
"""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import structlog

from firewall.api import (
    Alarm,
    Allow,
    Allowed,
    BlockedPlace,
    BlockedSet,
    Ended,
    Found,
    Grant,
    Prepare,
    Prepared,
    Rates,
    ReadUsage,
    Refused,
    Replace,
    Reply,
    Request,
    Revoke,
    Revoked,
    SetBlocked,
    Status,
    StatusIs,
    Usage,
    UsageRead,
    Watch,
    Watching,
    WhoIs,
    decode_message,
    encode,
)

TIMEOUT = 5.0
"""Seconds; the daemon answers in milliseconds. When one answer is missing the connection is given up, so that all is compared anew."""
MAX_REPLY = 64 * 2**20
"""Bytes in one line of the daemon: usage of 100,000 sessions has half of that."""
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 0.5

R = TypeVar("R", bound=Reply)
log = structlog.get_logger("gate")


class GateError(Exception):
    """The kernel was not changed as asked, as far as is known."""


class GateUnavailable(GateError):
    """No connection, or no answer in time. What was asked for may have happened; the next connection finds out."""


class GateRefused(GateError):
    """The daemon answered ``Refused``; ``code`` and ``field`` as in ``firewall.api.Refused``. Its message is left out: it may name a
    client, and this text goes to logs and to the staff."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(f"the firewall refused ({refused.code}){': ' if refused.field else ''}{refused.field}")
        self.code = refused.code
        self.field = refused.field


class Link(asyncio.Protocol):
    """One connection."""

    def __init__(
        self,
        on_ended: Callable[[str, Ended], None],
        on_alarm: Callable[[Alarm], None] = lambda _: None,
        on_lost: Callable[["Link"], None] = lambda _: None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.epoch = ""
        self.closed: Final[asyncio.Future[None]] = loop.create_future()
        self._on_ended = on_ended
        self._on_alarm = on_alarm
        self._on_lost = on_lost
        self._ids = count(1)
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._buffer = bytearray()
        self._outgoing: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio: every request that waits fails."""
        self._on_lost(self)  # first: whoever is told that there was no answer may ask at once whether there is a connection
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(GateUnavailable("the firewall closed the connection"))
        self._waiting.clear()
        if not self.closed.done():
            self.closed.set_result(None)

    def eof_received(self) -> None:
        """Called by asyncio, which closes the connection then. Whoever asks from here on has to find it lost, not only a turn later."""
        self._on_lost(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._buffer += data
        end = self._buffer.rfind(b"\n") + 1
        if end:
            lines = bytes(self._buffer[:end])
            del self._buffer[:end]
            for line in lines.splitlines():
                self._line(line)
        elif len(self._buffer) > MAX_REPLY:
            self.abort("sent a line without end")

    def _line(self, line: bytes) -> None:
        try:
            message = decode_message(line)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            self.abort(f"sent what is not in the contract ({error})")
            return
        if isinstance(message, Ended):
            self._on_ended(self.epoch, message)
            return
        if isinstance(message, Alarm):
            self._on_alarm(message)
            return
        if isinstance(message, Watching):
            self.epoch = message.epoch  # before the events that follow in the same packet
        waiting = self._waiting.pop(message.id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    def abort(self, why: str) -> None:
        """Give the connection up."""
        log.warning("firewall connection given up", why=why)
        self._on_lost(self)
        if self._transport is not None:
            self._transport.abort()

    def next_id(self) -> int:
        """A number for the next request."""
        return next(self._ids)

    def _send(self, line: bytes) -> None:
        """What is asked within one turn of the loop goes out together, and the daemon makes one kernel transaction of it."""
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(line)

    def _flush(self) -> None:
        lines, self._outgoing = self._outgoing, []
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(lines))

    async def ask(self, request: Request, expected: type[R]) -> R:
        """Send and wait for the answer. Raises ``GateRefused``, ``GateUnavailable``."""
        if self._transport is None or self._transport.is_closing():
            self._on_lost(self)
            raise GateUnavailable("no connection to the firewall")
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = waiting
        self._send(encode(request))
        try:
            async with asyncio.timeout(TIMEOUT):
                reply = await waiting
        except TimeoutError:
            self.abort("does not answer")
            raise GateUnavailable(f"the firewall did not answer within {TIMEOUT:g} s") from None
        finally:
            self._waiting.pop(request.id, None)
        if isinstance(reply, Refused):
            raise GateRefused(reply)
        if not isinstance(reply, expected):
            self.abort("gave the wrong kind of answer")
            raise GateUnavailable(f"the firewall answered {type(reply).__name__}, expected {expected.__name__}")
        return reply

    async def watch(self, ended_after: int) -> str:
        """Ask for ``Ended`` events; returns the daemon's epoch."""
        return (await self.ask(Watch(id=self.next_id(), ended_after=ended_after), Watching)).epoch

    async def read_usage(self, ended_after: int) -> UsageRead:
        """Usage of all sessions in the kernel, and what ended since."""
        return await self.ask(ReadUsage(id=self.next_id(), ended_after=ended_after), UsageRead)

    async def prepare(self, zone: str, rates: Rates, spare: int) -> int:
        """Classes made ahead for a plan; returns how many wait now."""
        return (await self.ask(Prepare(id=self.next_id(), zone=zone, rates=rates, spare=spare), Prepared)).spare

    async def allow(self, grant: Grant) -> Usage:
        """Open the kernel for a client."""
        return (await self.ask(Allow(id=self.next_id(), grant=grant), Allowed)).usage

    async def replace(self, grant: Grant) -> Usage:
        """New terms for a session in progress."""
        return (await self.ask(Replace(id=self.next_id(), grant=grant), Allowed)).usage

    async def revoke(self, session: str, reason: str) -> Usage:
        """Shut the kernel; returns the final usage."""
        return (await self.ask(Revoke(id=self.next_id(), session=session, reason=reason), Revoked)).usage

    async def whois(self, ip: str) -> Found:
        """Which client has this address?"""
        return await self.ask(WhoIs(id=self.next_id(), ip=ip), Found)

    async def set_blocked(self, zone: str, places: tuple[BlockedPlace, ...]) -> None:
        """The block list of a zone, instead of the one before."""
        await self.ask(SetBlocked(id=self.next_id(), zone=zone, places=places), BlockedSet)

    async def status(self) -> StatusIs:
        """How the daemon is."""
        return await self.ask(Status(id=self.next_id()), StatusIs)


class Gate:
    """Keeps a ``Link``. ``link`` raises ``GateUnavailable`` until journal and kernel have been compared over the new connection."""

    def __init__(self, path: Path, on_state: Callable[[bool], None], on_alarm: Callable[[Alarm], None] = lambda _: None) -> None:
        self.events: asyncio.Queue[tuple[str, Ended]] = asyncio.Queue()
        """Epoch and event, in the daemon's order."""
        self.connected: Final = asyncio.Event()
        """Set while requests are answered."""
        self._path = path
        self._on_state = on_state
        self._on_alarm = on_alarm
        self._link: Link | None = None
        self._away_since = 0.0
        """Time of the loop."""

    async def back(self, patience: float) -> bool:
        """Wait until requests are answered (again): True. False when that has not come about ``patience`` seconds after the connection
        was lost, or after the start."""
        await asyncio.sleep(0)  # who asks again and again lets others have their turn
        try:
            async with asyncio.timeout_at(self._away_since + patience):
                await self.connected.wait()
        except TimeoutError:
            pass
        return self.up

    @property
    def up(self) -> bool:
        """True while requests are answered."""
        return self._link is not None

    @property
    def link(self) -> Link:
        """The connection. Raises ``GateUnavailable``."""
        if self._link is None:
            raise GateUnavailable("no connection to the firewall")
        return self._link

    async def run(self, recover: Callable[[Link], Awaitable[None]]) -> None:
        """Connect, ``recover``, serve, and again, until cancelled."""
        wait, said = _FIRST_WAIT, ""
        self._away_since = asyncio.get_running_loop().time()
        while True:
            why = await self._serve_once(recover)
            if not why:
                wait, said = _FIRST_WAIT, ""
                continue
            if why != said:
                log.warning("firewall not reachable", why=why)
            said = why
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _serve_once(self, recover: Callable[[Link], Awaitable[None]]) -> str:
        """One connection from start to end; returns why it did not come about, "" when it did."""
        loop = asyncio.get_running_loop()
        try:
            transport, link = await loop.create_unix_connection(lambda: Link(self._ended, self._on_alarm, self._lost), str(self._path))
        except OSError as error:
            return str(error.strerror or error)
        try:
            await recover(link)
            if link.closed.done():
                raise GateUnavailable("the firewall closed the connection")
            self._link = link
            self.connected.set()
            self._on_state(True)
            log.info("firewall connected", epoch=link.epoch)
            await asyncio.shield(link.closed)
        except GateError as error:
            return str(error)
        finally:
            self._lost(link)
            transport.abort()
        log.warning("firewall connection lost")
        return ""

    def _lost(self, link: Link) -> None:
        if self._link is link:
            self._link = None
            self._away_since = asyncio.get_running_loop().time()
            self.connected.clear()
            self._on_state(False)

    def _ended(self, epoch: str, event: Ended) -> None:
        self.events.put_nowait((epoch, event))
