"""The body of a gateway's request: bounded in size, before and after unpacking, and in time."""

import asyncio
import re
import zlib
from typing import Final, TypeVar

from aiohttp import ClientError, web
from msgspec import Struct

from hotspot import wire
from hotspot.hub.gateways.refusals import Refusal

GZIP_MAGIC: Final = b"\x1f\x8b"
_NUL: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")

Body = TypeVar("Body", bound=Struct)


async def read(request: web.Request, kind: type[Body], seconds: float, most: int = wire.LARGEST) -> Body:
    """The body as ``kind``. Raises ``Refusal``: too large, too slow, cut off, not gzip, not understood."""
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip"):
        raise Refusal(400, "bad_request", f"Content-Encoding = {coding[:40]!r}: expected gzip or none", hang_up=True)
    if (request.content_length or 0) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(seconds):
            content = await _received(request, most)
    except TimeoutError:
        raise Refusal(408, "unavailable", f"the body did not arrive within {seconds:g} s", hang_up=True) from None
    except (ClientError, OSError, web.RequestPayloadError) as error:
        raise Refusal(400, "bad_request", f"cannot read the body: {error}", hang_up=True) from None
    if coding == "gzip" and content.startswith(GZIP_MAGIC):  # JSON never begins so: if not, the server has unpacked it
        content = unpacked(content, most)
    try:
        return wire.decode(kind, storable(content))
    except wire.NotUnderstood as error:
        raise Refusal(400, error.code, str(error)) from None


async def _received(request: web.Request, most: int) -> bytes:
    content = bytearray()
    async for chunk in request.content.iter_any():
        content += chunk
        if len(content) > most:
            raise _too_large(most)
    return bytes(content)


def unpacked(content: bytes, most: int) -> bytes:
    """gzip undone, never more than ``most`` bytes in memory. Raises ``Refusal``."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        plain = unpacking.decompress(content, most + 1)
    except zlib.error as error:
        raise Refusal(400, "bad_request", f"cannot unpack the body: {error}") from None
    if len(plain) > most:
        raise _too_large(most)
    if not unpacking.eof or unpacking.unused_data:
        raise Refusal(400, "bad_request", "cannot unpack the body: expected one whole gzip stream")
    return plain


def storable(content: bytes) -> bytes:
    """JSON whose texts PostgreSQL can hold: it has no NUL, so a visitor's message with one gets U+FFFD there, and is not lost."""
    return _NUL.sub(rb"\1\\ufffd", content) if b"\\u0000" in content else content


def _too_large(most: int) -> Refusal:
    return Refusal(413, "too_large", f"body: expected at most {most} bytes", hang_up=True)
