"""A phone's HTTP/1.1, small and exact: one request per connection, nothing followed, kept or added; bytes on the wire are counted.

``parse_head`` and ``request_bytes`` are pure; ``fetch``, ``exchange`` (a request in the caller's own bytes) and ``converse`` (all that
comes back, HTTP or not) open their connection in a namespace.
"""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from hotspot.lab.namespaces import socket_in

HEAD_LIMIT = 65_536
"""Bytes of head that are taken from a server."""


class Unreachable(Exception):
    """The other side refused, did not answer in time or hung up too early; the text says which."""


class Response(Struct, frozen=True):
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, in the order of the wire."""
    body: bytes
    wire_bytes: int
    """Bytes received on the connection, head included, TLS not."""
    seconds: float
    """From the first byte of the connection's opening to the last of the answer."""

    def header(self, name: str) -> str | None:
        """The first header of this name, None when there is none."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode(errors="replace")


class Target(Struct, frozen=True):
    """Where a URL leads to."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As in the ``Host`` header: the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"


def target(url: str) -> Target:
    """Take an ``http`` or ``https`` URL apart; raises ``ValueError``."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"cannot open {url!r}: expected http://host/… or https://host/…")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), path)


def request_bytes(where: Target, method: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A request as sent; ``headers`` replace those that would be there by themselves."""
    fields = {"Host": where.authority, "Connection": "close", **({"Content-Length": str(len(body))} if body or method == "POST" else {})}
    named = {name.lower(): (name, value) for name, value in (*fields.items(), *headers.items())}
    head = [f"{method} {where.path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.values())]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def parse_head(head: bytes) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Status and headers of an answer's head (without the empty line); raises ``ValueError``."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise ValueError(f"{first!r} is not the first line of an HTTP answer")
    pairs = (line.partition(":") for line in lines if line)
    return int(rest[:3]), tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)


async def open_connection(
    namespace: str, address: str, port: int, seconds: float = 5.0, tls: ssl.SSLContext | None = None, name: str | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect from ``namespace``; raises ``Unreachable``."""
    sock = socket_in(namespace, socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
            return await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=name if tls else None)
    except TimeoutError:
        sock.close()
        raise Unreachable(f"cannot connect to port {port}: no answer within {seconds} s") from None
    except OSError as error:
        sock.close()
        why = "refused" if isinstance(error, ConnectionRefusedError) else error.strerror or error
        raise Unreachable(f"cannot connect to port {port}: {why}") from None
    except asyncio.CancelledError:
        sock.close()
        raise


async def fetch(
    namespace: str,
    address: str,
    where: Target,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    seconds: float = 20.0,
    tls: ssl.SSLContext | None = None,
) -> Response:
    """One request to ``address`` and its whole answer; raises ``Unreachable``."""
    data = request_bytes(where, method, headers or {}, body)
    return await exchange(namespace, address, where.port, data, seconds=seconds, tls=tls, name=where.host)


async def exchange(
    namespace: str,
    address: str,
    port: int,
    data: bytes,
    *,
    seconds: float = 20.0,
    tls: ssl.SSLContext | None = None,
    name: str | None = None,
) -> Response:
    """Send a request as it is, on a connection of its own, and take the one answer to it; raises ``Unreachable``."""
    began = time.monotonic()
    reader, writer = await open_connection(namespace, address, port, min(seconds, 5.0), tls, name)
    try:
        async with asyncio.timeout(seconds):
            writer.write(data)
            return await take_answer(reader, data.partition(b" ")[0].decode("latin-1"), began)
    except TimeoutError:
        raise Unreachable(f"cannot fetch from port {port}: no whole answer within {seconds} s") from None
    finally:
        await hang_up(writer)


async def take_answer(reader: asyncio.StreamReader, method: str, began: float) -> Response:
    """The next answer on a connection, to a request with ``method`` of which the first step was at ``began``. Raises ``Unreachable``."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        status, fields = parse_head(head[:-4])
        content, raw = await _content(reader, method, status, dict(reversed(fields)))
    except asyncio.IncompleteReadError as error:
        raise Unreachable(f"cannot take an answer: hung up after {len(error.partial)} bytes") from None
    except (ConnectionError, asyncio.LimitOverrunError, ValueError) as error:
        raise Unreachable(f"cannot take an answer: {error}") from None
    return Response(status, fields, content, len(head) + raw, time.monotonic() - began)


async def converse(namespace: str, address: str, port: int, data: bytes, seconds: float = 5.0) -> bytes:
    """Send bytes and take everything until the other side ends the connection, politely or not; raises ``Unreachable`` when it does not."""
    reader, writer = await open_connection(namespace, address, port, seconds)
    heard = bytearray()
    try:
        async with asyncio.timeout(seconds):
            writer.write(data)
            with contextlib.suppress(ConnectionError):
                while piece := await reader.read(65_536):
                    heard += piece
    except TimeoutError:
        raise Unreachable(f"cannot end a talk with port {port}: still open after {seconds} s and {len(heard)} bytes") from None
    finally:
        await hang_up(writer)
    return bytes(heard)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever state it is in."""
    writer.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
        await writer.wait_closed()


async def _content(reader: asyncio.StreamReader, method: str, status: int, fields: Mapping[str, str]) -> tuple[bytes, int]:
    """The body and how many bytes it took on the wire (RFC 9112 §6.3)."""
    if method == "HEAD" or status in (204, 304) or 100 <= status < 200:
        return b"", 0
    if fields.get("transfer-encoding", "").lower() == "chunked":
        body, raw = bytearray(), 0
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.partition(b";")[0], 16)
            chunk = await reader.readexactly(size + 2)
            raw += len(line) + len(chunk)
            if size == 0:
                return bytes(body), raw
            body += chunk[:-2]
    if "content-length" in fields:
        body_bytes = await reader.readexactly(int(fields["content-length"]))
    else:
        body_bytes = await reader.read()
    return body_bytes, len(body_bytes)
