"""A phone's DNS, by hand: a query over UDP from the phone's namespace, so that nothing of this machine's resolver is in the way."""

import asyncio
import secrets
import socket

from hotspot.dns import AAAA, NO_ERROR, NXDOMAIN, A, question, understood
from hotspot.lab.namespaces import LabFailed, socket_in

__all__ = ["AAAA", "A", "addresses", "question", "resolve"]


def addresses(message: bytes) -> tuple[str, ...]:
    """The A and AAAA addresses of an answer, in its order; empty for an unknown name. Raises ``ValueError`` when the server failed."""
    told = understood(message, int.from_bytes(message[:2]))
    if told is None:
        raise ValueError("the name server answers with something else than an answer")
    if told.code not in (NO_ERROR, NXDOMAIN):
        raise ValueError(f"the name server answers with code {told.code}")
    return told.addresses


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
