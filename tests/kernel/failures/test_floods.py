"""Garbage, floods and silence at the firewall's socket and at the staff's: who is online and who taps notices nothing."""

import asyncio
import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firewall import api
from hotspot import control
from hotspot.lab import Hall, processes
from hotspot.lab.phone import Phone
from tests.kernel.failures import books
from tests.kernel.failures.fence import watched
from tests.kernel.failures.machine import LONG, joined, resident
from tests.kernel.failures.visitors import downloading
from tests.kernel.visits import accept, online, sessions, status, until

ROUNDS = 5 if LONG else 1
CONNECTIONS = 900
MOST_MEMORY = 160 * 2**20
"""Bytes that a flood may add to a process: one peer that does not read is cut off at 64 MiB."""


def _garbage(chance: random.Random, valid: bytes) -> Iterator[bytes]:
    """What a broken or hostile peer sends: noise, half lines, lines without end, valid requests with a byte turned."""
    yield chance.randbytes(20_000)
    yield b"\n" * 5_000
    yield b"{" * 60_000 + b"\n"
    yield b'{"type":' * 5_000 + b"\n"
    yield b"a" * 300_000
    yield b"\n" + b"[" * 65_534 + b"\n"
    yield b'"\xff\xfe\x00\x80"\n' * 100
    yield b'{"type":"status","id":1e400}\n{"type":"status","id":-1}\n{"type":"status","id":"1"}\nnull\n0\n""\n' * 100
    for _ in range(300):
        turned = bytearray(valid)
        for _ in range(chance.randint(1, 4)):
            turned[chance.randrange(len(turned) - 1)] = chance.randrange(256)
        yield bytes(turned)
    yield valid[: len(valid) // 2]


def _noise(path: Path, valid: bytes) -> None:
    """Garbage on several connections; the answers are read or not."""
    chance = random.Random(4_711)
    for reads in (True, False, True):
        with socket.socket(socket.AF_UNIX) as peer, contextlib.suppress(OSError):
            peer.settimeout(1)
            peer.connect(str(path))
            for piece in _garbage(chance, valid):
                peer.sendall(piece)
                with contextlib.suppress(BlockingIOError):
                    while reads and peer.recv(1 << 20, socket.MSG_DONTWAIT):
                        pass


def _deaf(path: Path, valid: bytes) -> None:
    """Requests as fast as they go, and no answer is ever read."""
    with socket.socket(socket.AF_UNIX) as peer, contextlib.suppress(OSError):
        peer.settimeout(1)
        peer.connect(str(path))
        for _ in range(2_000):
            peer.sendall(valid * 50)


def _crowd(path: Path, valid: bytes) -> None:
    """Many connections that say nothing, or half a line, and then all hang up."""
    with contextlib.ExitStack() as stack:
        for number in range(CONNECTIONS):
            peer = stack.enter_context(socket.socket(socket.AF_UNIX))
            peer.setblocking(False)
            with contextlib.suppress(OSError):  # the queue of connections is full
                peer.connect(str(path))
                peer.sendall(valid[: number % len(valid)])
        time.sleep(1.0)  # how long they stay: no event ends it


FLOODS: dict[str, Callable[[Path, bytes], None]] = {"noise": _noise, "deaf": _deaf, "crowd": _crowd}
SOCKETS = {"firewall": api.encode(api.ReadUsage(1)), "portal": control.encode(control.Sessions())}


@pytest.mark.parametrize("name", SOCKETS)
async def test_socket_flooded(hall: Hall, name: str) -> None:
    """While it lasts downloads go on and new visitors get in (at most two seconds late); the process is the same one afterwards, answers,
    and has not grown by much."""
    anna, *more = await joined(hall, "anna", *(f"new{number}" for number in range(len(FLOODS))))
    assert (await accept(anna)).status == 303
    path = hall.folder.firewall_socket if name == "firewall" else hall.folder.control_socket
    process = hall.process(name)
    before = resident(process)
    async with watched(hall, anna), downloading(anna) as download:
        for _ in range(ROUNDS):
            for flood, new in zip(FLOODS.values(), more, strict=True):
                worker = threading.Thread(target=flood, args=(path, SOCKETS[name]))
                worker.start()
                try:
                    took = await until(lambda new=new: _inside(new), 4)  # type: ignore[misc]
                finally:
                    await asyncio.to_thread(worker.join)
                assert (took < 2, processes.alive(process)) == (True, True), (flood.__name__, took, processes.tail(hall.folder.log(name)))
        assert download.longest_gap < 2
    await until(lambda: _answers(hall), 3)
    assert [await online(phone) for phone in (anna, *more)] == [True] * (1 + len(more))
    assert (len(sessions(hall)), resident(process) - before < MOST_MEMORY) == (1 + len(more), True), resident(process) - before


async def _inside(phone: Phone) -> bool:
    return (await online(phone)) or (await accept(phone)).status == 303


async def _answers(hall: Hall) -> bool:
    return books.firewall_status(hall).ready and status(hall).firewall
