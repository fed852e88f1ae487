"""A netlink socket of our own: small, synchronous, without a library's parsing between the kernel and the struct decoders.

Why not pyroute2 here: docs/decisions/0012. A request to the kernel is answered inside ``send``, so nothing is gained by awaiting it.
"""

import array
import os
import socket
import struct
from collections.abc import Iterator, Sequence
from types import TracebackType

from firewall.elements import NLMSG_DONE, NLMSG_ERROR, Message, error_of, messages

NETLINK_ROUTE, NETLINK_NETFILTER = 0, 12
_SOL_NETLINK, _ADD_MEMBERSHIP, _GET_STRICT_CHK = 270, 1, 12
_SO_ATTACH_FILTER, _SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 26, 32, 33
_BUFFER = 1 << 18
NLM_F_DUMP_INTR = 0x10


class KernelRefused(OSError):
    """The kernel answered with an error; ``errno`` and the sequence number of the message say which."""

    def __init__(self, error: int, doing: str, sequence: int = 0) -> None:
        super().__init__(error, f"the kernel refused to {doing}: {os.strerror(error)}")
        self.sequence = sequence


class Netlink:
    """One netlink socket."""

    def __init__(self, protocol: int, groups: tuple[int, ...] = (), receive_buffer: int = 8 << 20) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        # The echoes of a large batch and the events of a storm must fit; the FORCE options need CAP_NET_ADMIN, which we have.
        for option in (_SO_RCVBUFFORCE, _SO_SNDBUFFORCE):
            self._socket.setsockopt(socket.SOL_SOCKET, option, receive_buffer)
        if protocol == NETLINK_ROUTE:
            self._socket.setsockopt(_SOL_NETLINK, _GET_STRICT_CHK, 1)
        self._socket.bind((0, 0))
        for group in groups:
            self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        self._sequence = 0
        self.waiting: list[Message] = []
        self.port: int = self._socket.getsockname()[0]

    def __enter__(self) -> "Netlink":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def fileno(self) -> int:
        """For ``loop.add_reader``."""
        return self._socket.fileno()

    def listen(self) -> None:
        """Use the socket for events: reading never blocks."""
        self._socket.setblocking(False)

    def ignore(self, ports: Sequence[int]) -> None:
        """Have the kernel leave out what it would tell of the doings of these sockets: classic BPF on ``nlmsg_pid``."""
        program = [(0x20, 0, 0, 12)]  # load the word at byte 12, as big endian
        program += [(0x15, len(ports) - number, 0, socket.htonl(port)) for number, port in enumerate(ports)]
        program += [(0x06, 0, 0, 0xFFFFFFFF), (0x06, 0, 0, 0)]
        code = array.array("B", b"".join(struct.pack("=HBBI", *each) for each in program))
        option = struct.pack("@HP", len(program), code.buffer_info()[0])  # struct sock_fprog
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, option)

    def next_sequence(self, count: int = 1) -> int:
        """A sequence number after which ``count - 1`` more are free."""
        first = self._sequence % 0x7FFF0000 + 1
        self._sequence = first + count - 1
        return first

    def send(self, data: bytes) -> None:
        """Hand over one or more messages. The kernel works on them before this returns."""
        self._socket.send(data)

    def receive(self) -> Iterator[Message]:
        """The messages of one datagram."""
        return messages(self._socket.recv(_BUFFER))

    def collect(self) -> None:
        """Put the messages of all datagrams that wait into ``waiting``. Raises ``OSError`` with ``ENOBUFS`` when the kernel had to drop
        some (the next call goes on with the rest): look at everything."""
        self.waiting.clear()
        while True:
            try:
                data = self._socket.recv(_BUFFER)
            except BlockingIOError:
                return
            self.waiting.extend(messages(data))

    def acknowledged(self, data: bytes, last: int, doing: str, fine: frozenset[int] = frozenset()) -> list[Message]:
        """Send requests of which the one with number ``last`` asks for an acknowledgement; return what else the kernel said meanwhile.

        Raises ``KernelRefused`` for the first error; the kernel reports the errors of a batch one by one.
        ``fine``: errors that are none."""
        self.send(data)
        out: list[Message] = []
        refused: KernelRefused | None = None
        while True:
            for each in self.receive():
                if each.kind != NLMSG_ERROR:
                    out.append(each)
                    continue
                if (error := error_of(each.body)) and refused is None and error not in fine:
                    refused = KernelRefused(error, doing, each.sequence)
                # An error for the batch itself (no permission, out of memory) carries the number of its begin message, 0.
                if each.sequence == last or (error and each.sequence == 0):
                    if refused is not None:
                        self._drain()
                        raise refused
                    return out

    def _drain(self) -> None:
        """Forget what is still waiting, so that it is not taken for an answer to the next request."""
        self._socket.setblocking(False)
        try:
            while self._socket.recv(_BUFFER):
                pass
        except BlockingIOError:
            pass
        finally:
            self._socket.setblocking(True)

    def dump(self, request: bytes, sequence: int, doing: str) -> Iterator[list[Message]]:
        """Send a dump request and yield the answer datagram by datagram. Raises ``KernelRefused``; ``EINTR`` if the table changed under the
        dump so that it may be incomplete."""
        self.send(request)
        interrupted = False
        while True:
            batch: list[Message] = []
            for each in self.receive():
                if each.sequence != sequence:
                    continue
                interrupted = interrupted or bool(each.flags & NLM_F_DUMP_INTR)
                if each.kind == NLMSG_DONE or (each.kind == NLMSG_ERROR and error_of(each.body)):
                    if error := error_of(each.body):
                        raise KernelRefused(error, doing, sequence)
                    yield batch
                    if interrupted:
                        raise KernelRefused(4, doing, sequence)
                    return
                batch.append(each)
            yield batch
