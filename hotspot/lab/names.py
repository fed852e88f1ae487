"""A phone's DNS, by hand: a query over UDP from the phone's namespace, so that nothing of this machine's resolver is in the way.

The codec is pure and knows what is needed: A and AAAA questions, answers with compressed names (RFC 1035 §4.1)."""

import asyncio
import ipaddress
import secrets
import socket
import struct

from hotspot.lab.namespaces import LabFailed, socket_in

A, AAAA = 1, 28
_NXDOMAIN = 3


def question(number: int, name: str, kind: int) -> bytes:
    """A query for ``name`` (RFC 1035 §4.1), recursion wanted."""
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.rstrip(".").split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def _after_name(message: bytes, at: int) -> int:
    """Where the name that starts at ``at`` ends; a pointer ends it."""
    while message[at]:
        if message[at] >= 0xC0:
            return at + 2
        at += message[at] + 1
    return at + 1


def addresses(message: bytes) -> tuple[str, ...]:
    """The A and AAAA addresses of an answer, in its order; empty for an unknown name. Raises ``ValueError`` when the server failed."""
    _, flags, questions, answers, _, _ = struct.unpack_from(">HHHHHH", message)
    code = flags & 15
    if code not in (0, _NXDOMAIN):
        raise ValueError(f"the name server answers with code {code}")
    at = 12
    for _ in range(questions):
        at = _after_name(message, at) + 4
    found = []
    for _ in range(answers):
        at = _after_name(message, at)
        kind, _, _, length = struct.unpack_from(">HHIH", message, at)
        at += 10
        if (kind, length) in ((A, 4), (AAAA, 16)):
            found.append(str(ipaddress.ip_address(message[at : at + length])))
        at += length
    return tuple(found)


async def resolve(namespace: str, server: str, name: str, kind: int, seconds: float = 3.0) -> tuple[str, ...]:
    """Ask ``server`` from ``namespace``; asks again each second, raises ``LabFailed`` when no answer came in ``seconds``."""
    loop = asyncio.get_running_loop()
    number = secrets.randbelow(65_536)
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket_in(namespace, family, socket.SOCK_DGRAM) as sock:
        sock.connect((server, 53))
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await loop.sock_sendall(sock, question(number, name, kind))
                    try:
                        async with asyncio.timeout(1):
                            while (answer := await loop.sock_recv(sock, 4096))[:2] != number.to_bytes(2):
                                pass
                    except TimeoutError:
                        continue
                    return addresses(answer)
        except TimeoutError:
            raise LabFailed(f"cannot resolve {name}: {server} did not answer within {seconds} s") from None
        except OSError as error:
            raise LabFailed(f"cannot resolve {name}: {server}: {error.strerror}") from None
