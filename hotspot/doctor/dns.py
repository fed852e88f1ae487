"""One question to one name server over UDP (RFC 1035, 4.1). Whatever comes back is hostile: nothing in it makes this raise or wait long."""

import secrets
import socket
import struct
import time

from msgspec import Struct

A, AAAA = 1, 28
NO_ERROR, NXDOMAIN = 0, 3
_MOST_RECORDS = 50


class Answered(Struct, frozen=True):
    """An answer."""

    code: int
    """RCODE: 0 is fine, 3 no such name."""
    addresses: tuple[str, ...] = ()


def question(number: int, name: str, kind: int) -> bytes:
    """A query, recursion wanted."""
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.rstrip(".").split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def _after_name(message: bytes, at: int) -> int:
    while message[at]:
        if message[at] >= 0xC0:
            return at + 2
        at += message[at] + 1
    return at + 1


def understood(message: bytes, number: int) -> Answered | None:
    """An answer to the question of this number; None: it is none."""
    try:
        told, flags, questions, answers, _, _ = struct.unpack_from(">HHHHHH", message)
        if told != number or not flags & 0x8000:
            return None
        at = 12
        for _ in range(min(questions, _MOST_RECORDS)):
            at = _after_name(message, at) + 4
        found = []
        for _ in range(min(answers, _MOST_RECORDS)):
            at = _after_name(message, at)
            kind, _, _, length = struct.unpack_from(">HHIH", message, at)
            data = message[at + 10 : at + 10 + length]
            if (kind, len(data)) in ((A, 4), (AAAA, 16)):
                found.append(socket.inet_ntop(socket.AF_INET if kind == A else socket.AF_INET6, data))
            at += 10 + length
    except (IndexError, struct.error):
        return None
    return Answered(flags & 15, tuple(found))


def ask(server: str, name: str, kind: int = A, port: int = 53, seconds: float = 1.0, tries: int = 2) -> Answered | None:
    """Ask; None: no answer within ``tries`` times ``seconds``."""
    number = secrets.randbelow(65_536)
    for _ in range(tries):
        try:
            with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as asking:
                asking.connect((server, port))
                asking.send(question(number, name, kind))
                end = time.monotonic() + seconds
                while (left := end - time.monotonic()) > 0:
                    asking.settimeout(left)
                    answer = understood(asking.recv(4_096), number)
                    if answer is not None:
                        return answer
        except (OSError, UnicodeError):
            continue
    return None
