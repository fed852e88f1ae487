"""Stands before the hub, ends the gateway's TLS, passes everything on, and keeps every byte that the gateway says."""

import asyncio
import contextlib
import gzip
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Recorder:
    """``said`` holds one stream of decrypted bytes for each connection."""

    def __init__(self, hub: tuple[str, int], trusting: ssl.SSLContext) -> None:
        self.said: list[bytearray] = []
        self._hub, self._trusting = hub, trusting

    @asynccontextmanager
    async def listening(self, sock: socket.socket, context: ssl.SSLContext) -> AsyncIterator[None]:
        """Serve on ``sock``."""
        server = await asyncio.start_server(self._serve, sock=sock, ssl=context)
        try:
            yield
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept = bytearray()
        self.said.append(kept)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            there, back = await asyncio.open_connection(*self._hub, ssl=self._trusting, server_hostname="localhost")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pass(reader, back, kept))
                tasks.create_task(_pass(there, writer, None))

    def requests(self) -> list[tuple[bytes, bytes]]:
        """Head and unpacked body of every request."""
        return [request for stream in self.said for request in _requests(bytes(stream))]

    def everything(self) -> bytes:
        """As it came, and unpacked."""
        unpacked = [part for head, body in self.requests() for part in (head, body)]
        return b"\n".join([*map(bytes, self.said), *unpacked])


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray | None) -> None:
    try:
        while content := await reader.read(65_536):
            if kept is not None:
                kept += content
            writer.write(content)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def _requests(stream: bytes) -> list[tuple[bytes, bytes]]:
    """Every request of a connection; raises ``ValueError`` for anything that is not one whole request after the other."""
    found = []
    while stream:
        head, end, stream = stream.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if not end or b"transfer-encoding" in fields:
            raise ValueError(f"cannot read a request: {head[:200]!r}")
        length = int(fields.get(b"content-length", b"0"))
        body, stream = stream[:length], stream[length:]
        if len(body) < length:
            raise ValueError(f"cannot read a request: {len(body)} of {length} bytes of its body")
        found.append((head, gzip.decompress(body) if fields.get(b"content-encoding") == b"gzip" else body))
    return found
