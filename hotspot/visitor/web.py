"""One web request to an address that is known already, and one look whether a port answers; nothing is followed or remembered."""

import contextlib
import http.client
import io
import socket
import ssl
import struct
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

SECONDS: Final = 10.0
"""How long one request may take, from the first packet to the last: whoever sends a byte now and then has no more. What came of a body
until then is all of it."""
LARGEST: Final = 2_000_000
"""Bytes of an answer that are read."""
CONNECT_SECONDS: Final = 2.0
PROMPT: Final = 1.0
"""A refusal that comes within so many seconds makes no app wait."""
RUNNING_IN: Final = 0.5
"""Seconds of a transfer that do not count."""
OVERHEAD: Final = 1_500 / 1_448
"""Bytes at layer 3, which plans count, for one of a TCP payload."""
_CHUNK: Final = 65_536


class Unanswered(Exception):
    """No answer; ``refused``: somebody said so at once."""

    def __init__(self, refused: bool = False) -> None:
        super().__init__("refused" if refused else "no answer")
        self.refused = refused


class BadAddress(Exception):
    """What a page or a setting calls a web address is none; the text says why."""


class Port(StrEnum):
    """How a port is."""

    OPEN = "open"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    """A router says that there is no way."""
    SILENT = "silent"


class Page(Struct, frozen=True):
    """An answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    seconds: float
    expires: float | None = None
    """When the certificate ends, wall clock; None without TLS."""

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode(errors="replace")

    @property
    def location(self) -> str:
        """Where it sends the client; "": nowhere."""
        return self.headers.get("location", "") if 300 <= self.status < 400 else ""


def knock(address: str, port: int, seconds: float = CONNECT_SECONDS) -> Port:
    """Is there somebody at a TCP port?"""
    began = time.monotonic()
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as knocking:
        knocking.settimeout(seconds)
        try:
            knocking.connect((address, port))
        except TimeoutError:
            return Port.SILENT
        except ConnectionRefusedError:
            return Port.REFUSED
        except OSError:
            return Port.UNREACHABLE if time.monotonic() - began < PROMPT else Port.SILENT
        knocking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return Port.OPEN


class _Timed(io.RawIOBase):
    """What a connection says, until a moment (monotonic) and no longer."""

    def __init__(self, link: socket.socket, until: float) -> None:
        self._link, self._until = link, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        _bound(self._link, self._until)
        return self._link.recv_into(buffer)


class _Link:
    """As much of a socket as ``http.client`` uses; whoever made it closes it."""

    def __init__(self, link: socket.socket, until: float) -> None:
        self._link, self._until = link, until

    def makefile(self, *_words: object) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self._link, self._until))

    def sendall(self, data: bytes) -> None:
        _bound(self._link, self._until)
        self._link.sendall(data)

    def close(self) -> None:
        """An answer that is still to be read keeps it."""


def _bound(link: socket.socket, until: float) -> None:
    """The next wait ends by then. Raises ``TimeoutError``."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    link.settimeout(left)


def fetch(
    address: str,
    url: str,
    *,
    tls: ssl.SSLContext | None = None,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    seconds: float = SECONDS,
) -> Page:
    """One request to ``url`` at ``address``, which ends after so many ``seconds`` whatever comes. Raises ``Unanswered``,
    ``BadAddress``, and ``ssl.SSLError`` for a connection that is not safe."""
    began = time.monotonic()
    until = began + seconds
    parts, port = _split(url)
    connection = http.client.HTTPConnection(parts.hostname or "", port)
    link: socket.socket | None = None
    try:
        link = socket.create_connection((address, port), min(CONNECT_SECONDS + 1, seconds))
        expires = None
        if parts.scheme == "https":
            _bound(link, until)  # the whole handshake has that long, not each of its messages
            wrapped = (tls or ssl.create_default_context()).wrap_socket(link, server_hostname=parts.hostname)
            link, expires = wrapped, _expiry(wrapped)
        connection.sock = _Link(link, until)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, {"Connection": "close", **(headers or {})})
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Page(answer.status, fields, _body(answer), time.monotonic() - began, expires)
    except TimeoutError:
        raise Unanswered from None
    except ssl.SSLError:
        raise
    except ConnectionRefusedError:
        raise Unanswered(refused=True) from None
    except (OSError, http.client.HTTPException, ValueError):
        raise Unanswered from None
    finally:
        if link is not None:
            link.close()


def _split(url: str) -> tuple[SplitResult, int]:
    """Raises ``BadAddress``."""
    try:
        parts = urlsplit(url)
        port = parts.port if parts.port is not None else 443 if parts.scheme == "https" else 80
    except ValueError as error:
        raise BadAddress(str(error)) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not 0 < port < 65_536:
        raise BadAddress("expected http:// or https://, a host and perhaps a port")
    return parts, port


def _body(answer: http.client.HTTPResponse) -> bytes:
    """What comes until it ends, is enough, or the time is over."""
    content = b""
    with contextlib.suppress(TimeoutError):
        while (piece := answer.read1(_CHUNK)) and len(content) < LARGEST:
            content += piece
    return content


def _expiry(link: ssl.SSLSocket) -> float | None:
    shown = (link.getpeercert() or {}).get("notAfter")
    return ssl.cert_time_to_seconds(shown) if isinstance(shown, str) else None


def download_rate(address: str, url: str, seconds: float, most: float) -> float:
    """bit/s of a download after half a second of running in; it ends after ``seconds`` or ``most`` bytes. Raises ``Unanswered``."""
    parts = urlsplit(url)
    request = f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode("latin-1")
    try:
        with socket.create_connection((address, parts.port or 80), CONNECT_SECONDS + 1) as link:
            link.settimeout(SECONDS)
            link.sendall(request)
            return _measured(seconds, most, lambda: len(link.recv(_CHUNK)))
    except OSError:
        raise Unanswered from None


def upload_rate(address: str, url: str, seconds: float, most: float) -> float:
    """The same of an upload, counted as it leaves the socket's queue, which is short. Raises ``Unanswered``."""
    parts = urlsplit(url)
    head = f"POST {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\nContent-Length: {10**12}\r\n\r\n"
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as link:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768)
            link.settimeout(SECONDS)
            link.connect((address, parts.port or 80))
            link.sendall(head.encode("latin-1"))
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            piece = bytes(8_192)
            return _measured(seconds, most, lambda: link.send(piece))
    except OSError:
        raise Unanswered from None


def _measured(seconds: float, most: float, move: Callable[[], int]) -> float:
    """bit/s of what ``move`` moves, payload as layer-3 bytes. Raises ``Unanswered`` when it ends by itself."""
    began = start = time.monotonic()
    moved = counted = 0
    while True:
        piece = move()
        now = time.monotonic()
        if piece == 0:
            raise Unanswered
        moved += piece
        if now - began < RUNNING_IN and moved < most / 4:
            start, counted = now, 0
            continue
        counted += piece
        if now - start >= seconds or moved >= most:
            return counted * 8 * OVERHEAD / max(now - start, 1e-3)
