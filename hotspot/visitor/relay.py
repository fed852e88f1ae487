"""A visitor on an interface of the gateway itself that is no bridge: frames are carried between the visitor's cable and that interface.

A macvlan never reaches its own machine, and the gateway's interface is not changed for a visit: it keeps its address, its rules and its
classes. What the visitor says goes to the gateway as if it had come in by that interface (an action of tc on the visitor's own cable), and
out to the other guests as well. What the gateway says to the visitor or to all, after its rules and its rates, is carried back by a thread
that hears nothing else. Both end with the cable.
"""

import contextlib
import ctypes
import select
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Final

_ALL: Final = 0x0003
"""ETH_P_ALL."""
_SOL_PACKET, _ADD_MEMBERSHIP, _VNET_HDR, _PROMISCUOUS = 263, 1, 15, 1
_ATTACH_FILTER: Final = 26
_HEAD: Final = 10
"""Bytes of ``struct virtio_net_hdr``, which keeps what cards do with large packets: their checksums and segments."""
_LARGEST: Final = 65_536 + 14 + _HEAD
_BUFFER: Final = 4_000_000
_LOAD, _LOAD_HALF, _LOAD_BYTE, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x28, 0x30, 0x15, 0x45, 0x06


def wiring(cable: str, interface: str) -> list[str]:
    """The lines for ``tc`` that lead what the visitor says to ``interface``: out of it, and in as if it had come by it."""
    ways = f"action mirred egress mirror dev {interface} pipe action mirred ingress redirect dev {interface}"
    return [f"qdisc add dev {cable} clsact", f"filter add dev {cable} ingress protocol all u32 match u32 0 0 {ways}"]


def wanted(mac: str) -> bytes:
    """The classic BPF program of frames that are for ``mac`` or for a group, and not from ``mac`` (pure)."""
    raw = bytes.fromhex(mac.replace(":", ""))
    first, rest = int.from_bytes(raw[:2]), int.from_bytes(raw[2:])
    program = [
        (_LOAD_HALF, 0, 0, 6),  # from the visitor itself: it comes by as the copy that went out
        (_EQUAL, 0, 2, first),
        (_LOAD, 0, 0, 8),
        (_EQUAL, 6, 0, rest),
        (_LOAD_BYTE, 0, 0, 0),
        (_ANY_BIT, 5, 0, 1),
        (_LOAD_HALF, 0, 0, 0),
        (_EQUAL, 0, 2, first),
        (_LOAD, 0, 0, 2),
        (_EQUAL, 1, 0, rest),
        (_RETURN, 0, 0, 0),
        (_RETURN, 0, 0, 0xFFFF_FFFF),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in program)


@contextlib.contextmanager
def relayed(interface: str, cable: str, mac: str) -> Iterator[None]:
    """Carry what ``interface`` says to ``mac`` and to all into ``cable``, in the namespace where this is entered. Raises ``OSError``."""
    with _ear(interface, mac) as ear, _mouth(cable) as mouth, contextlib.ExitStack() as stop:
        told, tell = socket.socketpair()
        stop.enter_context(told)
        stop.enter_context(tell)
        carrying = threading.Thread(target=_carry, args=(ear, mouth, told), name="relay", daemon=True)
        carrying.start()
        try:
            yield
        finally:
            tell.close()
            carrying.join()


def _carry(ear: socket.socket, mouth: socket.socket, told: socket.socket) -> None:
    """Until ``told`` says something, as a socket does whose other end was closed."""
    while True:
        ready, _, _ = select.select([ear, told], [], [])
        if told in ready:
            return
        with contextlib.suppress(OSError):  # no room, or the interface is down: frames are lost, as they are on any wire
            mouth.send(ear.recv(_LARGEST))


def _packets() -> socket.socket:
    """Hears nothing before it is bound."""
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    packets.setsockopt(_SOL_PACKET, _VNET_HDR, 1)
    return packets


def _ear(interface: str, mac: str) -> socket.socket:
    ear = _packets()
    try:
        program = ctypes.create_string_buffer(wanted(mac))
        lines = (len(program) - 1) // 8
        ear.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", lines, ctypes.addressof(program)))
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        ear.bind((interface, _ALL))
        index = socket.if_nametoindex(interface)
        ear.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, struct.pack("iHH8s", index, _PROMISCUOUS, 0, b""))  # other guests answer its MAC
    except BaseException:
        ear.close()
        raise
    return ear


def _mouth(cable: str) -> socket.socket:
    mouth = _packets()
    try:
        mouth.bind((cable, 0))
    except BaseException:
        mouth.close()
        raise
    return mouth
