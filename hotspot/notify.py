"""systemd's notify protocol (sd_notify(3)): one datagram to the socket that ``NOTIFY_SOCKET`` names."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Sequence


def notify(*lines: str, handles: Sequence[int] = ()) -> None:
    """Send ``READY=1``, ``WATCHDOG=1``, ``STOPPING=1`` ..., with descriptors where the message wants some; nothing happens without
    ``NOTIFY_SOCKET``."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # Whoever wanted to know may be gone; that is no reason to fail, least of all while stopping.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.connect("\0" + address[1:] if address[0] == "@" else address)
        if handles:
            socket.send_fds(sender, ["\n".join(lines).encode()], list(handles))
        else:
            sender.send("\n".join(lines).encode())


def notify_reloading() -> None:
    """``RELOADING=1`` with the time that ``Type=notify-reload`` wants (CLOCK_MONOTONIC in microseconds)."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000}")


def watchdog_interval() -> float | None:
    """Seconds between two ``WATCHDOG=1``, half of what the unit allows; None when it does not ask for them."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    pid = os.environ.get("WATCHDOG_PID", "")
    if not microseconds.isdigit() or (pid and pid != str(os.getpid())):
        return None
    return int(microseconds) / 2_000_000


async def watchdog() -> None:
    """Say ``WATCHDOG=1`` as often as the unit asks, until cancelled: while the loop turns, the service lives."""
    interval = watchdog_interval()
    while interval is not None:
        notify("WATCHDOG=1")
        await asyncio.sleep(interval)
