"""Sockets that are handed over, and left with systemd."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from hotspot.handed import Handed, Where, received

HANDOVER = """
import fcntl, os, sys
handles = [int(handle) for handle in sys.argv[1].split(",") if handle]
spare = [fcntl.fcntl(handle, fcntl.F_DUPFD, 128) for handle in handles]
for at, handle in enumerate(spare):
    os.dup2(handle, 3 + at, inheritable=True)
os.closerange(3 + len(spare), 256)
if spare:
    os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(spare)), "LISTEN_FDNAMES": sys.argv[2]}
os.execv(sys.executable, [sys.executable, "-P", "-m", *sys.argv[3:]])
"""
"""What systemd does between fork and exec."""
READY = b"READY=1"


class Manager:
    """A service under systemd: takes what it leaves (``FDSTORE=1``), forgets what it takes back, and hands the rest to its next process."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.kept: dict[str, int] = {}
        self._words, self._address = words, folder / "manager"
        self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._ear.bind(str(self._address))
        self.log = folder / "log"

    def close(self) -> None:
        """Forget all."""
        self._ear.close()
        for handle in self.kept.values():
            os.close(handle)

    async def heard(self) -> bytes:
        """The next message; what concerns the store is done."""
        loop, come = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._ear, come.set)
        try:
            await come.wait()
        finally:
            loop.remove_reader(self._ear)
        message, handles, _, _ = socket.recv_fds(self._ear, 4_096, 8)
        told = dict(line.split("=", 1) for line in message.decode().splitlines())
        if "FDSTORE" in told:
            self.kept[told["FDNAME"]], *others = handles
            assert others == []
        elif "FDSTOREREMOVE" in told:
            os.close(self.kept.pop(told["FDNAME"]))
        return message

    async def start(self) -> asyncio.subprocess.Process:
        """The next process, ready."""
        names, handles = ":".join(self.kept), list(self.kept.values())
        words = [sys.executable, "-P", "-c", HANDOVER, ",".join(map(str, handles)), names, *self._words]
        environment = {**os.environ, "NOTIFY_SOCKET": str(self._address), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with self.log.open("ab") as log:
            child = await asyncio.create_subprocess_exec(*words, pass_fds=handles, env=environment, stderr=log)
        async with asyncio.timeout(30):
            while await self.heard() != READY:
                pass
        return child


def test_what_is_not_for_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process is meant, nothing is handed over, or nonsense: nothing is taken, and the words are gone."""
    for words in (
        {"LISTEN_PID": "1", "LISTEN_FDS": "2"},
        {"LISTEN_FDS": "2"},
        {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "many"},
        {},
    ):
        environment = {**words, "LISTEN_FDNAMES": "a:b", "PATH": "/"}
        assert received(environment).close_rest() == []
        assert environment == {"PATH": "/"}


def test_places() -> None:
    """A place has one writing, and a name without a colon."""
    assert Where.of("0:0::0", 80) == Where.of("::", 80, None) == Where("::", 80, "")
    assert Where.of("fe80::1", 80, "lan0").label == "lan0-fe80..1-80"


def test_each_is_taken_once() -> None:
    """Whoever takes a socket has it; the rest is closed and said."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    first, second = (Where.of(*listener.getsockname()) for listener in listeners)
    handed = Handed({first: [("a", listeners[0])], second: [("b", listeners[1])]})
    taken = handed.take(first)
    assert (taken, handed.take(first), handed.close_rest(), handed.close_rest()) == (listeners[0], None, [second], [])
    assert [listener.fileno() >= 0 for listener in listeners] == [True, False]
    listeners[0].close()


async def test_left_with_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept and dropped, in the words of sd_notify(3), with the socket itself."""
    manager = Manager(tmp_path)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "manager"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = Where.of(*listener.getsockname())
        Handed().keep(where, listener)
        assert await manager.heard() == f"FDSTORE=1\nFDNAME={where.label}".encode()
        (kept,) = manager.kept.values()
        assert os.path.sameopenfile(kept, listener.fileno())
    Handed().drop(where)
    await manager.heard()
    assert manager.kept == {}
    manager.close()
