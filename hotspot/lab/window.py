"""A window from this machine's loopback into a hall, so that a person sees what a phone sees.

``phone_window`` is a reverse proxy: the browser says ``127.0.0.1:8000``, the portal hears its own name from the phone's address. ``Host``,
``Origin`` and ``Referer`` are rewritten on the way in and ``Location`` on the way out, so the portal's checks pass unchanged.
``tcp_window`` passes bytes on as they are (the metrics, the hub).
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

from hotspot.lab.browse import Unreachable, hang_up, open_connection, target
from hotspot.lab.namespaces import LabFailed
from hotspot.lab.phone import Phone

_REWRITTEN = ("host", "origin", "referer", "location", "connection", "keep-alive")
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def request_head(head: bytes, portal: str, window: str) -> tuple[bytes, int]:
    """A browser's request head as the portal shall hear it, and the length of the body that follows. ``portal`` and ``window`` are origins,
    ``http://portal.hall.example`` and ``http://127.0.0.1:8000``. Raises ``ValueError``."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    kept, length = [first, f"Host: {urlsplit(portal).netloc}", "Connection: close"], 0
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name in ("origin", "referer"):
            kept.append(f"{name}: {portal + value.removeprefix(window) if value.startswith(window) else value}")
        elif name == "content-length":
            length = int(value)
            kept.append(line)
        elif name == "transfer-encoding":
            raise ValueError("a form of known length was expected")
        elif name not in _REWRITTEN:
            kept.append(line)
    return ("\r\n".join(kept) + "\r\n\r\n").encode("latin-1"), length


def answer_head(head: bytes, portal: str, window: str) -> bytes:
    """The portal's answer head as the browser shall hear it: redirects to the portal lead back to the window."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    kept = [first, "Connection: close"]
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "location":
            kept.append(f"Location: {window + value.removeprefix(portal) if value.startswith(portal) else value}")
        elif name not in _REWRITTEN:
            kept.append(line)
    return ("\r\n".join(kept) + "\r\n\r\n").encode("latin-1")


@contextlib.asynccontextmanager
async def phone_window(phone: Phone, portal_url: str, port: int) -> AsyncIterator[str]:
    """Serve the portal as ``phone`` sees it on loopback; yields the URL to open. A taken port gives way to a free one."""
    portal = portal_url.rstrip("/")
    origin: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, length = request_head(await reader.readuntil(b"\r\n\r\n"), portal, origin[0])
        body = await reader.readexactly(min(length, 65_536))
        where = target(portal)
        address = await phone.resolve(where.host)
        tls = phone.tls if where.scheme == "https" else None
        there, back = await open_connection(phone.namespace, address, where.port, tls=tls, name=where.host)
        try:
            back.write(head + body)
            writer.write(answer_head(await there.readuntil(b"\r\n\r\n"), portal, origin[0]))
            while chunk := await there.read(65_536):
                writer.write(chunk)
                await writer.drain()
        finally:
            await hang_up(back)

    async with _listening(handle, port) as bound:
        origin.append(f"http://127.0.0.1:{bound}")
        yield f"{origin[0]}/"


@contextlib.asynccontextmanager
async def tcp_window(namespace: str, address: str, port: int, here: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Pass connections of a loopback port on to ``address`` in ``namespace``; yields the port: ``here``, or a free one when it is taken.
    ``tls``: speak TLS there and none here, where browsers trust loopback but not the lab's authority."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await open_connection(namespace, address, port, tls=tls, name=address)
        try:
            async with asyncio.TaskGroup() as group:
                forth = group.create_task(_pass_on(reader, back))
                await _pass_on(there, writer)
                forth.cancel()
        finally:
            await hang_up(back)

    async with _listening(handle, here) as bound:
        yield bound


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until either side ends."""
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()


@contextlib.asynccontextmanager
async def _listening(handle: Handler, port: int) -> AsyncIterator[int]:
    """A server on loopback whose connections end with it; yields its port."""
    running: set[asyncio.Task[None]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            running.add(task)
            task.add_done_callback(running.discard)
        try:
            await handle(reader, writer)
        except (Unreachable, LabFailed, ValueError) as error:
            text = f"{error}\n".encode()
            head = f"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(text)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + text)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # either side went away; nobody is left to tell
        finally:
            await hang_up(writer)

    try:
        server = await asyncio.start_server(guarded, "127.0.0.1", port)
    except OSError:
        server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
