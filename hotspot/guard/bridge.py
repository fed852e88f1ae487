"""What the kernel knows of the interface (rtnetlink(7)): its addresses, and behind which port of the bridge a MAC is. Only questions; none
of them needs a capability. ``include/uapi/linux/{rtnetlink,neighbour,if_addr,if_link}.h``.
"""

import contextlib
import os
import socket
import struct
from collections.abc import Iterator

from msgspec import Struct

NEW_LINK, DELETED_LINK, NEW_ADDRESS, DELETED_ADDRESS, NEW_NEIGHBOUR = 16, 17, 20, 21, 28
_GET_LINK, _GET_ADDRESS, _GET_NEIGHBOUR = 18, 22, 30
_REQUEST, _DUMP = 1, 0x300
_ERROR, _DONE = 2, 3
_GROUPS = 1 << 0 | 1 << 2 | 1 << 4 | 1 << 8
"""RTMGRP_LINK, RTMGRP_NEIGH, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR."""
_AF_BRIDGE = 7
_NDA_LLADDR, _NDA_CACHE, _NDA_MASTER = 2, 3, 9
_CLOCK = os.sysconf("SC_CLK_TCK")
_NUD_PERMANENT = 0x80
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_IFF_UP, _IFF_LOWER_UP = 0x1, 0x10000
_HEADER, _NDMSG, _IFADDRMSG = struct.Struct("=IHHII"), struct.Struct("=BxxxiHBB"), struct.Struct("=BBBBI")
_IFINFOMSG = struct.Struct("=BxHiII")
_BUFFER = 1 << 17
_ROUNDS = 64
"""Datagrams of one answer."""


class Address(Struct, frozen=True):
    """Of an interface."""

    packed: bytes
    prefix: int


class Moved(Struct, frozen=True):
    """A bridge has learnt behind which port a MAC is."""

    mac: bytes
    port: int
    bridge: int


class Kernel:
    """Asks the kernel and hears of changes."""

    def __init__(self) -> None:
        self._asking, self._hearing = (
            socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) for _ in range(2)
        )
        self._asking.bind((0, 0))
        self._asking.settimeout(1.0)  # the answer is there when the question has been sent
        self._hearing.setblocking(False)
        self._hearing.bind((0, _GROUPS))
        self._sequence = 0

    def fileno(self) -> int:
        """Of the socket that hears of changes, for ``loop.add_reader``."""
        return self._hearing.fileno()

    def close(self) -> None:
        """Close both sockets."""
        self._asking.close()
        self._hearing.close()

    def changes(self) -> tuple[bool, list[Moved]]:
        """What waits: whether links or addresses have changed, and devices that have moved. When some was dropped, that is a change."""
        changed, moved = False, []
        for _ in range(_ROUNDS):
            try:
                data = self._hearing.recv(_BUFFER)
            except BlockingIOError:
                break
            except OSError:  # ENOBUFS: some were dropped
                changed = True
                continue
            for kind, _, body in _messages(data):
                if kind in (NEW_LINK, DELETED_LINK, NEW_ADDRESS, DELETED_ADDRESS):
                    changed = changed or kind != NEW_LINK or body[:1] != bytes([_AF_BRIDGE])
                elif kind == NEW_NEIGHBOUR and (one := moved_of(body)) is not None:
                    moved.append(one)
        return changed, moved

    def addresses(self, index: int) -> list[Address]:
        """All addresses of an interface."""
        found = []
        for kind, body in self._ask(_GET_ADDRESS, _DUMP, bytes(8)):
            if kind != NEW_ADDRESS or len(body) < 8 or _IFADDRMSG.unpack_from(body)[4] != index:
                continue
            told = dict(_attributes(body[8:]))
            packed = told.get(_IFA_LOCAL) or told.get(_IFA_ADDRESS, b"")
            if len(packed) in (4, 16):
                found.append(Address(packed, body[1]))
        return found

    def up(self, index: int) -> bool:
        """Is the interface on, and is there somebody at the other end?"""
        for kind, body in self._ask(_GET_LINK, 0, _IFINFOMSG.pack(0, 0, index, 0, 0)):
            if kind == NEW_LINK and len(body) >= _IFINFOMSG.size:
                flags = _IFINFOMSG.unpack_from(body)[3]
                return bool(flags & _IFF_UP and flags & _IFF_LOWER_UP)
        return False

    def port(self, bridge: int, mac: bytes) -> str:
        """The port behind which ``mac`` is; "": the bridge does not know it. Raises ``LookupError`` when this is no bridge."""
        answer = self._entry(bridge, mac)
        return name_of(_NDMSG.unpack_from(answer)[1]) if answer else ""

    def silent(self, bridge: int, mac: bytes) -> float | None:
        """For how many seconds the bridge has not been sent anything by ``mac``; None: it does not know it. Raises ``LookupError`` as
        above."""
        answer = self._entry(bridge, mac)
        times = dict(_attributes(answer[_NDMSG.size :])).get(_NDA_CACHE, b"")
        return int(struct.unpack_from("=III", times)[2]) / _CLOCK if len(times) >= 12 else None

    def _entry(self, bridge: int, mac: bytes) -> bytes:
        """Of the bridge's table; b"": there is none."""
        body = _NDMSG.pack(_AF_BRIDGE, 0, 0, 0, 0) + _attribute(_NDA_LLADDR, mac) + _attribute(_NDA_MASTER, struct.pack("=I", bridge))
        for kind, answer in self._ask(_GET_NEIGHBOUR, 0, body):
            if kind == _ERROR and len(answer) >= 4:
                error = -struct.unpack_from("=i", answer)[0]
                if error == 2:  # ENOENT
                    return b""
                raise LookupError(error)
            if kind == NEW_NEIGHBOUR and len(answer) >= _NDMSG.size:
                return answer
        return b""

    def _ask(self, kind: int, flags: int, body: bytes) -> Iterator[tuple[int, bytes]]:
        """The messages of the answer, at last an error if there is one."""
        self._sequence += 1
        self._asking.send(_HEADER.pack(_HEADER.size + len(body), kind, _REQUEST | flags, self._sequence, 0) + body)
        for _ in range(_ROUNDS):
            for what, sequence, said in _messages(self._asking.recv(_BUFFER)):
                if sequence != self._sequence:
                    continue
                if what == _DONE:
                    return
                yield what, said
                if what == _ERROR or not flags & _DUMP:
                    return


def name_of(index: int) -> str:
    """Of an interface; "" when it has gone."""
    with contextlib.suppress(OSError):
        return socket.if_indextoname(index)
    return ""


def index_of(name: str) -> int:
    """Of an interface; 0 when there is none."""
    with contextlib.suppress(OSError):
        return socket.if_nametoindex(name)
    return 0


def moved_of(body: bytes) -> Moved | None:
    """What a message about a neighbour says of a bridge's table; None when it is about something else."""
    if len(body) < _NDMSG.size:
        return None
    family, port, state, _, _ = _NDMSG.unpack_from(body)
    if family != _AF_BRIDGE or state & _NUD_PERMANENT:
        return None
    told = dict(_attributes(body[_NDMSG.size :]))
    mac, bridge = told.get(_NDA_LLADDR, b""), told.get(_NDA_MASTER, b"")
    return Moved(mac, port, int(struct.unpack("=I", bridge)[0])) if len(mac) == 6 and len(bridge) == 4 else None


def _messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, sequence number and body of each message of a datagram."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _, sequence, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            return
        yield kind, sequence, data[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            return
        yield kind & 0x3FFF, data[at + 4 : at + length]
        at += (length + 3) & ~3


def _attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)
