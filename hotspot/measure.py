"""Find a value for a zone's total where the speed of the line is unknown: ``hotspot measure-line``.

A queue belongs into the gateway, where every client has its own, and not into the modem, where all wait in one. So the total must lie just
below the rate at which the line starts to queue. That rate is found from both sides: first the line is filled, which tells about how much
passes; then paced transfers step down from there until a round trip takes no longer than on the idle line. Nine tenths of that rate is the
value to set: the line's own rate wavers, and headers of DSL and PPPoE are not seen from here.

Downloads are paced by reading slowly from small buffers, uploads by the kernel (``SO_MAX_PACING_RATE``). A round trip is a TCP handshake
with the target itself. Rates are bit/s at layer 3, IP and TCP headers included.
"""

import asyncio
import contextlib
import fcntl
import socket
import ssl
import struct
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from urllib.parse import urlsplit

from msgspec import Struct

CONNECTIONS = 4
"""At once: one alone may be limited by its window, not by the line."""
SETTLE = 2.0
"""Seconds before measuring: slow start is over, and a queue that will be there is there."""
STEPS = (0.98, 0.95, 0.92, 0.88, 0.84, 0.8, 0.75, 0.7, 0.6, 0.5)
"""Parts of the filled line's rate that are tried, from above."""
ADVICE = 0.9
_CHUNK = 65_536
_MOST_UPLOAD = 10**12
"""Bytes announced for an upload that is broken off."""


class LineUnknown(Exception):
    """The line could not be measured; the text says why."""


class Step(Struct, frozen=True):
    """One transfer: asked for and reached in bit/s (``asked`` 0: as fast as it goes), and the round trip of a standing queue in ms."""

    asked: int
    reached: int
    round_trip: float


class Line(Struct, frozen=True):
    """What was found for one direction."""

    way: str
    idle: float
    """Round trip of the idle line in ms."""
    steps: tuple[Step, ...]
    free: int
    """bit/s up to which the line does not queue; 0 when even the slowest step queued."""

    @property
    def recommended(self) -> int:
        """The value to set, bit/s, 0 when there is none."""
        return round_down(self.free * ADVICE)


def round_down(rate: float) -> int:
    """Three digits are as many as such a figure is worth: 17,654,321 -> 17,600,000."""
    digits = max(0, len(str(int(rate))) - 3)
    unit = int(10.0**digits)
    return int(rate) // unit * unit


def standing(trips: Sequence[float]) -> float:
    """The round trip that nine tenths of them exceed: bursts come and go, and what even the quickest packets meet is a queue that stands
    (as CoDel tells them apart, RFC 8289 section 3.1). Raises ``LineUnknown`` when there is none."""
    if not trips:
        raise LineUnknown("cannot tell the round trip: no handshake with the target was answered")
    return sorted(trips)[len(trips) // 10]


def queues(idle: float, round_trip: float, slack: float) -> bool:
    """Does a round trip of so many ms say that something waits?"""
    return round_trip > idle + slack


async def search(way: str, transfer: Callable[[int], Awaitable[Step]], idle: float, slack: float) -> Line:
    """Fill the line, then step down until it does not queue; ``transfer`` makes one step at a rate, 0 as fast as it goes."""
    filled = await transfer(0)
    if filled.reached <= 0:
        raise LineUnknown(f"cannot measure the line {way}: nothing arrived")
    if not queues(idle, filled.round_trip, slack):  # the line never fills: the other end is slower, or the queue is short
        return Line(way, idle, (filled,), filled.reached)
    steps = [filled]
    for part in STEPS:
        steps.append(await transfer(round(filled.reached * part)))
        if not queues(idle, steps[-1].round_trip, slack):
            return Line(way, idle, tuple(steps), steps[-1].reached)
    return Line(way, idle, tuple(steps), 0)


def report(line: Line) -> str:
    """What was found, for a person."""

    def mega(rate: float) -> str:
        return f"{rate / 1_000_000:g} Mbit/s"

    fill = line.steps[0]
    out = [f"{line.way}: {mega(round_down(fill.reached))} when filled; round trip {fill.round_trip:g} ms, idle {line.idle:.2f} ms"]
    if not line.free:
        return f"{out[0]}\n  it queues even at {mega(round_down(line.steps[-1].reached))}: no value found; is somebody else using the line?"
    if len(line.steps) == 1:
        out.append("  it does not queue when it is full: what limits is the other end, or the line is faster than that")
    out.append(f"  no queue up to {mega(round_down(line.free))}; to set:")
    out.append(f'  total_{line.way} = "{mega(line.recommended)}"')
    return "\n".join(out)


class Target(Struct, frozen=True):
    """An HTTP address to load from or to."""

    host: str
    port: int
    path: str
    tls: bool

    @classmethod
    def parse(cls, url: str) -> "Target":
        """Raises ``ValueError`` that says what was expected."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"cannot use {url!r}: expected an address such as http://speed.example.net/100MB.bin")
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        return cls(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), path, parts.scheme == "https")


class _Flows:
    """Payload bytes that have arrived so far, over all connections, and how many bytes a packet has beyond each of them."""

    def __init__(self) -> None:
        self.live: dict[int, Callable[[], int]] = {}
        """Of each open connection, by its number."""
        self.headers = 52 / 1448
        self._over = 0
        self._numbers = 0

    @contextlib.contextmanager
    def counted(self, arrived: Callable[[], int]) -> Iterator[None]:
        """Count a connection while it lasts, and what it moved for ever."""
        self._numbers += 1
        number = self._numbers
        self.live[number] = arrived
        try:
            yield
        finally:
            self._over += self.live.pop(number)()

    def payload(self) -> int:
        """Bytes up to this moment."""
        return self._over + sum(arrived() for arrived in self.live.values())


async def measure(way: str, url: str, seconds: float, slack: float, settle: float = SETTLE) -> Line:
    """Measure one direction, ``down`` or ``up``; a step takes ``seconds`` after ``settle`` seconds. Raises ``LineUnknown`` and
    ``ValueError``."""
    target = Target.parse(url)
    idle = standing(await _round_trips(target, min(seconds, 2.0)))

    async def transfer(rate: int) -> Step:
        flows = _Flows()
        async with asyncio.TaskGroup() as group:
            work = [group.create_task(_flow(way, target, flows, rate / CONNECTIONS)) for _ in range(CONNECTIONS)]
            await asyncio.sleep(settle)
            began, before = time.monotonic(), flows.payload()
            trips = await _round_trips(target, seconds)
            passed, moved = time.monotonic() - began, flows.payload() - before
            for each in work:
                each.cancel()
        await asyncio.sleep(settle / 4)  # what still waits in the line's queue must not count for the next step
        return Step(rate, round(moved * (1 + flows.headers) * 8 / passed), round(standing(trips), 2))

    try:
        return await search(way, transfer, idle, slack)
    except ExceptionGroup as errors:
        if errors.split((OSError, EOFError, LineUnknown))[1] is not None:
            raise  # not the line's fault
        raise LineUnknown(f"cannot measure the line {way}: {errors.exceptions[0]}") from None


async def _round_trips(target: Target, seconds: float) -> list[float]:
    """Handshakes one after the other, each in ms; one that is not answered in two seconds counts as two seconds."""
    out: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection(target.host, target.port)
        except TimeoutError:
            out.append(2_000.0)
            continue
        except OSError as error:
            raise LineUnknown(f"cannot reach {target.host} port {target.port}: {error}") from None
        out.append((time.monotonic() - began) * 1_000)
        writer.transport.abort()
        await asyncio.sleep(0.05)
    return out


async def _flow(way: str, target: Target, flows: _Flows, rate: float) -> None:
    """One connection after the other, until cancelled; ``rate`` in bit/s, 0 as fast as it goes."""
    while True:
        reader, writer = await _connect(way, target, rate)
        try:
            if way == "down":
                await _receive(target, reader, writer, flows, rate)
            else:
                await _send(target, reader, writer, flows)
        finally:
            writer.transport.abort()


async def _connect(way: str, target: Target, rate: float) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection whose buffers do not hide the pace."""
    loop = asyncio.get_running_loop()
    try:
        found = (await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM))[0]
        opened = socket.socket(found[0], found[1])
        opened.setblocking(False)
        if rate and way == "down":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, max(8_192, int(rate / 8 * 0.05)))
        if way == "up":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 131_072)
            if rate:
                opened.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_MAX_PACING_RATE", 47), max(1, int(rate / 8)))
        with contextlib.ExitStack() as unless_connected:
            unless_connected.callback(opened.close)
            await loop.sock_connect(opened, found[4])
            unless_connected.pop_all()
        tls = ssl.create_default_context() if target.tls else None
        return await asyncio.open_connection(sock=opened, limit=_CHUNK, ssl=tls, server_hostname=target.host if tls else None)
    except OSError as error:
        raise LineUnknown(f"cannot reach {target.host} port {target.port}: {error}") from None


def _headers_of(writer: asyncio.StreamWriter) -> float:
    """Bytes of IP and TCP headers to one byte of payload, from the connection's own segment size."""
    opened = writer.get_extra_info("socket")
    segment = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
    headers = 72 if opened.family == socket.AF_INET6 else 52
    return headers / float(max(1, segment))


async def _receive(target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: _Flows, rate: float) -> None:
    """Read an answer to its end, no faster than ``rate``."""
    flows.headers = _headers_of(writer)
    writer.write(f"GET {target.path} HTTP/1.1\r\nHost: {target.host}\r\nAccept: */*\r\nConnection: close\r\n\r\n".encode())
    head = await _head(reader)
    if head.split(b" ", 2)[1:2] != [b"200"]:
        raise LineUnknown(f"cannot load from {target.host}: it answers {head.splitlines()[0].decode(errors='replace')!r}, expected 200")
    pace = rate / 8 / (1 + flows.headers)
    due, received = time.monotonic(), 0
    with flows.counted(lambda: received):
        while data := await reader.read(max(1_448, min(_CHUNK, int(pace * 0.01))) if pace else _CHUNK):
            received += len(data)
            if pace:
                due = max(due, time.monotonic() - 0.1) + len(data) / pace
                await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise LineUnknown("cannot load: the target answers no HTTP") from None


async def _send(target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: _Flows) -> None:
    """Send until cancelled; what has been acknowledged counts, what still waits in this machine does not."""
    flows.headers = _headers_of(writer)
    opened, sent = writer.get_extra_info("socket"), 0
    head = f"POST {target.path} HTTP/1.1\r\nHost: {target.host}\r\nContent-Length: {_MOST_UPLOAD}\r\n\r\n"
    writer.write(head.encode())
    writer.transport.set_write_buffer_limits(high=_CHUNK)

    def arrived() -> int:
        return 0 if opened.fileno() < 0 else sent - writer.transport.get_write_buffer_size() - _unacknowledged(opened)

    with flows.counted(arrived), contextlib.suppress(ConnectionResetError):
        while not reader.at_eof():
            writer.write(bytes(_CHUNK // 4))
            sent += _CHUNK // 4
            await writer.drain()
    raise LineUnknown(f"cannot load to {target.host}: it closed the connection; expected a target that takes an upload of any size")


def _unacknowledged(opened: socket.socket) -> int:
    """Bytes that the kernel holds for a connection because the other end has not acknowledged them (SIOCOUTQ, tcp(7))."""
    return int(struct.unpack("i", fcntl.ioctl(opened.fileno(), 0x5411, b"\0\0\0\0"))[0])
