"""Network namespaces: make and delete them, and open sockets or write sysctls in one without a process there.

A namespace belongs to a thread (setns(2)), so each piece of work runs in a thread of its own that ends afterwards; what it opened stays in
the namespace it was opened in. Root only.
"""

import asyncio
import ctypes
import os
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

FOLDER = Path("/run/netns")
"""Where iproute2 keeps the names."""
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class LabFailed(Exception):
    """Something of the lab could not be made or did not come up; the text says what and why."""


def leaves(error: BaseException) -> list[BaseException]:
    """The errors themselves, out of the groups that task groups put around them."""
    return [leaf for inner in error.exceptions for leaf in leaves(inner)] if isinstance(error, BaseExceptionGroup) else [error]


def exists(namespace: str) -> bool:
    """Is there a namespace with this name?"""
    return (FOLDER / namespace).exists()


def inside(namespace: str, work: Callable[[], T]) -> T:
    """Return ``work()`` as done in ``namespace``; its exceptions come out here. Takes about 0.1 ms."""

    def visit() -> T:
        handle = os.open(FOLDER / namespace, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if _libc.setns(handle, _CLONE_NEWNET) != 0:
                code = ctypes.get_errno()
                raise OSError(code, f"cannot enter namespace {namespace}: {os.strerror(code)}")
        finally:
            os.close(handle)
        return work()

    with ThreadPoolExecutor(1, f"in {namespace}") as thread:  # a thread of its own: it never comes back from there
        return thread.submit(visit).result()


def socket_in(namespace: str, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM, protocol: int = 0) -> socket.socket:
    """A non-blocking socket that lives in ``namespace``."""
    return inside(namespace, lambda: socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol))


def write_sysctls(namespace: str, values: Mapping[str, str | int]) -> None:
    """Set ``net.…`` sysctls of ``namespace``; keys are paths below ``/proc/sys/net``, as ``ipv4/ip_forward``."""

    def write() -> None:
        for key, value in values.items():
            Path("/proc/sys/net", key).write_text(f"{value}\n")

    inside(namespace, write)


async def command(*words: str, stdin: str = "") -> str:
    """Run a program of the machine to its end and return what it printed; raises ``LabFailed`` with its complaint."""
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    except FileNotFoundError:
        raise LabFailed(f"cannot run {words[0]}: it is not installed") from None
    try:
        out, complaint = await process.communicate(stdin.encode())
    except asyncio.CancelledError:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    if process.returncode != 0:
        raise LabFailed(f"cannot run '{' '.join(words)}': {complaint.decode(errors='replace').strip() or f'exit {process.returncode}'}")
    return out.decode(errors="replace")


async def ip_batch(lines: Sequence[str], namespace: str = "") -> None:
    """Carry out ``ip`` commands, one per line, all in one process; the first that fails ends it with ``LabFailed``."""
    where = ("-n", namespace) if namespace else ()
    await command("ip", *where, "-batch", "-", stdin="\n".join(lines) + "\n")


def processes_in(namespace: str) -> list[int]:
    """Ids of all processes in ``namespace``, which is the hall's own, so whoever is in it was started there."""
    listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()] if listed.returncode == 0 else []
