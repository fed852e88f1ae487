"""One web request to an address that is known already, and one look whether a port answers; nothing is followed or remembered."""

import http.client
import socket
import ssl
import struct
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

SECONDS: Final = 8.0
"""How long one request may take until something comes."""
MOST_SECONDS: Final = 20.0
"""How long the whole of it may take; what came until then is all."""
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


def fetch(
    address: str,
    url: str,
    *,
    tls: ssl.SSLContext | None = None,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Page:
    """One request to ``url`` at ``address``. Raises ``Unanswered``, and ``ssl.SSLError`` for a connection that is not safe."""
    parts, began = urlsplit(url), time.monotonic()
    secure = parts.scheme == "https"
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or (443 if secure else 80), timeout=SECONDS)
    try:
        link = socket.create_connection((address, connection.port), CONNECT_SECONDS + 1)
        link.settimeout(SECONDS)
        connection.sock, expires = link, None
        if secure:
            wrapped = (tls or ssl.create_default_context()).wrap_socket(link, server_hostname=parts.hostname)
            connection.sock, expires = wrapped, _expiry(wrapped)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, {"Connection": "close", **(headers or {})})
        answer = connection.getresponse()
        content = b""
        while (piece := answer.read1(_CHUNK)) and len(content) < LARGEST and time.monotonic() < began + MOST_SECONDS:
            content += piece
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Page(answer.status, fields, content, time.monotonic() - began, expires)
    except ssl.SSLError:
        raise
    except ConnectionRefusedError:
        raise Unanswered(refused=True) from None
    except (OSError, http.client.HTTPException, ValueError):
        raise Unanswered from None
    finally:
        connection.close()


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
