"""A question to a name server over UDP, as a phone's resolver asks it."""

import secrets
import socket
import time
from typing import Final

from hotspot.dns import AAAA, NXDOMAIN, A, Answered, question, understood

PORT = 53
KIND: Final = {4: A, 6: AAAA}
"""By IP version of what is asked for."""
SECONDS, AGAIN = 2.5, 0.8
"""How long an answer may take, and when it is asked for again."""


class Silent(Exception):
    """The name server does not answer."""


def ask(server: str, name: str, family: int, seconds: float = SECONDS) -> Answered:
    """The addresses of ``name`` with IP version ``family``; what is no name has none. Raises ``Silent``."""
    number, until, kind = secrets.randbelow(65_536), time.monotonic() + seconds, KIND[family]
    try:
        message = question(number, name, kind)
    except ValueError:  # led there by somebody's page or redirection
        return Answered(NXDOMAIN)
    with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            # As a whole address: of a pair, Python would leave out the interface of a link-local one.
            asking.connect(socket.getaddrinfo(server, PORT, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0][4])
        except OSError:
            raise Silent from None
        while (left := until - time.monotonic()) > 0:
            try:
                asking.settimeout(min(AGAIN, left))
                asking.send(message)
                for _ in range(16):  # answers to somebody else's questions
                    told = understood(asking.recv(4_096), number)
                    if told is not None:
                        return Answered(told.code, told.of(kind))
            except TimeoutError:
                continue
            except OSError:
                time.sleep(min(AGAIN, left))  # refused at once: nobody listens, perhaps not yet
    raise Silent
