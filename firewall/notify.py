"""What systemd is told (``man sd_notify``): one datagram, so no library."""

import contextlib
import os
import socket


def notify(*states: str) -> None:
    """Send states such as ``READY=1``; without ``NOTIFY_SOCKET`` nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    # Whoever wanted to know may be gone; that is no reason to fail, least of all while stopping.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.connect("\0" + address[1:] if address.startswith("@") else address)
        sender.send("\n".join(states).encode())


def watchdog_interval() -> float | None:
    """Seconds between two ``WATCHDOG=1``: half of what systemd waits for, None if it does not."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    ours = os.environ.get("WATCHDOG_PID") in (None, str(os.getpid()))
    return int(microseconds) / 2e6 if microseconds.isdecimal() and ours and int(microseconds) else None
