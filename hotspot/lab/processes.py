"""Processes of a hall: started in a session of their own with a log file, awaited by events, ended by their recorded id.

They outlive the program that started them (``hotspot lab up`` returns), so nothing here depends on being their parent.
"""

import asyncio
import contextlib
import ctypes
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

from hotspot.lab.namespaces import LabFailed
from hotspot.lab.record import Started

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked for, whatever the caller's environment says."""
READY_SECONDS = 20.0
"""How long a server may take to come up; a busy machine needs a few seconds for the portal's imports."""
END_SECONDS = 5.0
"""How long a process may take to stop by itself."""
_IN_MODIFY = 0x2
_libc = ctypes.CDLL(None, use_errno=True)


def start_ticks(pid: int) -> int | None:
    """Start time of a living process in clock ticks since boot (proc(5)), None when there is none (a zombie counts as none)."""
    try:
        stat = Path("/proc", str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(")") + 2 :].split()  # the name may hold blanks and parentheses
    return None if fields[0] == "Z" else int(fields[19])


def alive(process: Started) -> bool:
    """Does exactly this process still run?"""
    return start_ticks(process.pid) == process.ticks


def start(name: str, namespace: str, words: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> Started:
    """Start a program in ``namespace``, output to ``log`` (appended); returns at once."""
    environment = {"PATH": PATH, "LANG": "C.UTF-8", **(env or {})}
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    command = ["ip", "netns", "exec", namespace, *words]  # ip replaces itself by the program, the id stays
    pid = os.posix_spawnp("ip", command, environment, file_actions=actions, setsid=True)
    ticks = start_ticks(pid)
    if ticks is None:
        _reap(pid)
        raise LabFailed(f"cannot start {name}: {tail(log)}")
    return Started(name=name, pid=pid, ticks=ticks, namespace=namespace)


def tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log, joined by ``/``, to say why something failed."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return " / ".join(text.splitlines()[-lines:]) or f"{log} is empty"


async def line_in(
    log: Path, pattern: str, process: Started, seconds: float = READY_SECONDS, offset: int = 0, words: Path | None = None
) -> re.Match[str]:
    """Wait for a line of ``log``, after byte ``offset``, that matches. ``LabFailed`` when the process ends first or it takes too long, with
    the last ``words`` of the process (None: they are in ``log``)."""
    expression, words = re.compile(pattern, re.MULTILINE), words or log
    log.touch()
    try:
        async with asyncio.timeout(seconds), _stirring(log, process) as stirred:
            while True:
                stirred.clear()
                over = not alive(process)  # looked at before the file, so that last words are not missed
                found = expression.search(log.read_bytes()[offset:].decode(errors="replace"))
                if found:
                    return found
                if over:
                    raise LabFailed(f"cannot go on: {process.name} ended before it was ready: {tail(words)}")
                await stirred.wait()
    except TimeoutError:
        raise LabFailed(f"cannot go on: {process.name} did not log '{pattern}' within {seconds} s: {tail(words)}") from None


@contextlib.asynccontextmanager
async def _stirring(log: Path, process: Started) -> AsyncIterator[asyncio.Event]:
    """An event that is set whenever ``log`` grows or ``process`` ends."""
    loop, stirred = asyncio.get_running_loop(), asyncio.Event()
    with contextlib.ExitStack() as stack:
        notify = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        stack.callback(os.close, notify)
        if _libc.inotify_add_watch(notify, str(log).encode(), _IN_MODIFY) < 0:
            raise LabFailed(f"cannot watch {log}: {os.strerror(ctypes.get_errno())}")

        def grew() -> None:
            with contextlib.suppress(BlockingIOError):
                os.read(notify, 4096)
            stirred.set()

        loop.add_reader(notify, grew)
        stack.callback(loop.remove_reader, notify)
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(process.pid)
            stack.callback(os.close, handle)

            def ended() -> None:
                loop.remove_reader(handle)  # it stays readable
                stirred.set()

            loop.add_reader(handle, ended)
            stack.callback(loop.remove_reader, handle)
        yield stirred


async def end(process: Started, signals: Sequence[int] = (signal.SIGTERM, signal.SIGKILL)) -> None:
    """End a process: politely, after ``END_SECONDS`` by force. Does nothing when it has ended already."""
    for number in signals:
        if not alive(process):
            break
        with _pidfd(process.pid) as handle:
            if handle is None or start_ticks(process.pid) != process.ticks:
                break
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_SECONDS):
                    await _readable(handle)
    _reap(process.pid)


@contextlib.contextmanager
def _pidfd(pid: int) -> Iterator[int | None]:
    """A handle of the process (pidfd_open(2)), None when there is none."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


async def _readable(handle: int) -> None:
    """Return when ``handle`` is readable: for a pidfd, when the process has ended."""
    loop = asyncio.get_running_loop()
    happened = asyncio.Event()
    loop.add_reader(handle, happened.set)
    try:
        await happened.wait()
    finally:
        loop.remove_reader(handle)


def _reap(pid: int) -> None:
    """Take the exit status when the process was our child, so that no zombie stays."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
