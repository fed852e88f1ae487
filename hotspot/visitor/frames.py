"""Frames of one interface, sent and heard through a packet socket; what they mean is known by ``dhcp`` and ``routers``."""

import select
import socket
import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")
_ALL: Final = 0x0003
"""ETH_P_ALL."""
_LARGEST: Final = 9_216


class Frames:
    """What is on the wire of ``interface``, from when this is made. Closed by ``close``."""

    def __init__(self, interface: str) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
        self._socket.bind((interface, _ALL))
        self._socket.setblocking(False)

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()

    def send(self, frame: bytes) -> None:
        """Put a frame on the wire; one that finds no room is lost, as frames are."""
        try:
            self._socket.send(frame)
        except (BlockingIOError, OSError):
            return

    def heard(self, seconds: float) -> Iterator[bytes]:
        """Frames as they come, for at most so many seconds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not select.select([self._socket], [], [], left)[0]:
                return
            try:
                frame, address = self._socket.recvfrom(_LARGEST)
            except BlockingIOError:
                continue
            if address[2] != socket.PACKET_OUTGOING:
                yield frame

    def answers(self, request: bytes, read: Callable[[bytes], T | None], seconds: float, more: float, every: float = 1.0) -> list[T]:
        """Send a request, again ``every`` so often, until ``read`` understands an answer, for at most ``seconds``; then what else comes
        within ``more`` seconds. Empty: nobody answered."""
        until = time.monotonic() + seconds
        found: list[T] = []
        while not found and time.monotonic() < until:
            self.send(request)
            for frame in self.heard(min(every, max(0.0, until - time.monotonic()))):
                answer = read(frame)
                if answer is not None:
                    found.append(answer)
                    break
        if found:
            found += [answer for frame in self.heard(more) if (answer := read(frame)) is not None]
        return found
