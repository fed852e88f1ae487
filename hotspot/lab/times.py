"""A phone's question for the time: SNTP (RFC 5905, client mode), one datagram there and one back, from the phone's namespace.

``question`` and ``answer`` are pure.
"""

import asyncio
import secrets
import socket
import struct
import time

from msgspec import Struct

from hotspot.lab.namespaces import LabFailed, socket_in

PORT = 123
_CLIENT, _SERVER = 3, 4
_VERSION = 4 << 3
_SINCE_1900 = 2_208_988_800
"""Seconds from NTP's first moment to Unix' own."""
_LENGTH = 48


class Time(Struct, frozen=True):
    """What a time server says."""

    stratum: int
    """How far it is from a real clock: 1 to 15; 0 when it has no time to give."""
    unix: float
    """Seconds since 1970 when it sent its answer."""


def question(cookie: bytes) -> bytes:
    """A request whose answer repeats ``cookie`` (8 bytes, in the place of our own time)."""
    return bytes([_VERSION | _CLIENT]) + bytes(_LENGTH - 9) + cookie


def answer(message: bytes, cookie: bytes) -> Time | None:
    """The time in ``message``, None when it does not answer the request with ``cookie``."""
    if len(message) < _LENGTH or message[0] & 7 != _SERVER or message[24:32] != cookie:
        return None
    seconds, fraction = struct.unpack_from(">II", message, 40)
    return Time(message[1], seconds - _SINCE_1900 + fraction / 2**32)


async def ask(namespace: str, server: str, seconds: float = 3.0) -> Time:
    """Ask ``server`` from ``namespace``, again each second; raises ``LabFailed`` when it refuses or no answer came in ``seconds``."""
    loop, until = asyncio.get_running_loop(), time.monotonic() + seconds
    with socket_in(namespace, socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((server, PORT))
        while (left := until - time.monotonic()) > 0:
            cookie = secrets.token_bytes(8)
            try:
                async with asyncio.timeout(min(left, 1.0)):
                    await loop.sock_sendall(sock, question(cookie))
                    while (told := answer(await loop.sock_recv(sock, 4_096), cookie)) is None:
                        pass
                    return told
            except TimeoutError:
                continue
            except OSError as error:
                raise LabFailed(f"cannot ask {server} for the time: {error.strerror}") from None
    raise LabFailed(f"cannot ask {server} for the time: no answer within {seconds} s")
