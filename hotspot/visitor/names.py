"""A question to a name server over UDP, as a phone's resolver asks it."""

import secrets
import socket
import time
from typing import Final

from msgspec import Struct
from scapy.layers.dns import DNS, DNSQR

PORT = 53
A, AAAA = 1, 28
KIND: Final = {4: A, 6: AAAA}
"""By IP version of what is asked for."""
SECONDS, AGAIN = 2.5, 0.8
"""How long an answer may take, and when it is asked for again."""
NO_SUCH_NAME: Final = 3


class Silent(Exception):
    """The name server does not answer."""


class Answer(Struct, frozen=True):
    """What it says."""

    code: int
    """RFC 1035 §4.1.1; 0: well."""
    addresses: tuple[str, ...]


def question(number: int, name: str, kind: int) -> bytes:
    """A query, recursion wanted."""
    return bytes(DNS(id=number, rd=1, qd=DNSQR(qname=name, qtype=kind)))


def answer(message: bytes, number: int, kind: int) -> Answer | None:
    """An answer to the question with ``number``; None: something else. The bytes are a stranger's."""
    if len(message) < 12 or int.from_bytes(message[:2]) != number or not message[2] & 0x80:
        return None
    try:
        read = DNS(message)
        found = tuple(str(record.rdata) for record in read.an or () if record.type == kind)
    except Exception:  # noqa: BLE001  # scapy raises whatever it likes for a message that is none
        return None
    return Answer(int(read.rcode), found)


def ask(server: str, name: str, family: int, seconds: float = SECONDS) -> Answer:
    """The addresses of ``name`` with IP version ``family``. Raises ``Silent``."""
    number, until = secrets.randbelow(65_536), time.monotonic() + seconds
    with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((server, PORT))
        except OSError:
            raise Silent from None
        while (left := until - time.monotonic()) > 0:
            try:
                asking.settimeout(min(AGAIN, left))
                asking.send(question(number, name, KIND[family]))
                for _ in range(16):  # answers to somebody else's questions
                    told = answer(asking.recv(4_096), number, KIND[family])
                    if told is not None:
                        return told
            except TimeoutError:
                continue
            except OSError:
                time.sleep(min(AGAIN, left))  # refused at once: nobody listens, perhaps not yet
    raise Silent
