"""The packet socket of one interface (packet(7)): only what ``filter`` lets through, and nothing is ever sent through it.

Opening needs CAP_NET_RAW; binding it again, when the interface comes back, does not. The kernel hands over nothing before the filter is in
force, and the filter cannot be changed afterwards.
"""

import array
import socket
import struct
from collections.abc import Iterator

from hotspot.guard.filter import LONGEST

_SO_ATTACH_FILTER, _SO_LOCK_FILTER = 26, 44
_SOL_PACKET, _ADD_MEMBERSHIP, _STATISTICS, _PROMISCUOUS = 263, 1, 6, 1
_ETH_P_ALL = 3
_BUFFER = 1 << 20


class Ears:
    """One socket. Raises ``PermissionError`` without CAP_NET_RAW."""

    def __init__(self, program: bytes) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        code = array.array("B", program)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program) // 8, code.buffer_info()[0]))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER, 1)

    def fileno(self) -> int:
        """For ``loop.add_reader``."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def bind(self, interface: str, index: int) -> None:
        """Listen there. Raises ``OSError`` when there is no such interface."""
        self._socket.bind((interface, _ETH_P_ALL))
        # What the switch sends everywhere is for us too; the membership goes when the socket does.
        self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, struct.pack("@iHH8s", index, _PROMISCUOUS, 0, b""))

    def mac(self) -> bytes:
        """Of the interface."""
        mac: bytes = self._socket.getsockname()[4]
        return mac

    def frames(self, most: int) -> Iterator[bytes]:
        """What waits, at most so many. Raises ``OSError`` when the interface has gone down."""
        for _ in range(most):
            try:
                yield self._socket.recv(LONGEST)
            except BlockingIOError:
                return

    def dropped(self) -> int:
        """Frames that the kernel had to drop since this was asked."""
        return int(struct.unpack("=II", self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 8))[1])
