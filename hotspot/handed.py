"""Listening sockets that outlive this process: systemd holds them while we are started anew, and nobody is refused meanwhile.

They come by ``LISTEN_FDS`` (sd_listen_fds(3)), from a socket unit or because the process before left them with ``keep`` (``FDSTORE=1`` in
sd_notify(3)). Either way a socket is known by where it listens, so the settings stay the one place that says it.
"""

import contextlib
import ipaddress
import os
import socket
from collections.abc import MutableMapping
from typing import NamedTuple, Self

from hotspot.notify import notify

FIRST = 3
"""Number of the first descriptor that is handed over."""


class Where(NamedTuple):
    """What a socket listens on."""

    address: str
    port: int
    lan: str = ""
    """The one interface that it is bound to; "": all."""

    @classmethod
    def of(cls, address: str, port: int, lan: str | None = None) -> Self:
        """The same place in the words of the settings."""
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(address).compressed
        return cls(address, port, lan or "")

    @property
    def label(self) -> str:
        """Its name in systemd's store: no colon, and no two alike."""
        return f"{self.lan or 'all'}-{self.address}-{self.port}".replace(":", ".")


class Handed:
    """The sockets that were handed over, until they are taken."""

    def __init__(self, waiting: dict[Where, list[tuple[str, socket.socket]]] | None = None) -> None:
        self._waiting = waiting or {}

    def take(self, where: Where) -> socket.socket | None:
        """The socket that listens there, if there is one; it is the caller's from then on."""
        several = self._waiting.get(where)
        return several.pop()[1] if several else None

    def keep(self, where: Where, listener: socket.socket) -> None:
        """Leave a copy with systemd: the next process gets it. Once more does no harm."""
        notify("FDSTORE=1", f"FDNAME={where.label}", handles=[listener.fileno()])

    def drop(self, where: Where) -> None:
        """Nobody listens there any more: systemd is to close its copy."""
        notify("FDSTOREREMOVE=1", f"FDNAME={where.label}")

    def close_rest(self) -> list[Where]:
        """Close what nobody has taken: else its clients would wait for an answer without end. Returns where that was."""
        rest = [where for where, several in self._waiting.items() for _ in several]
        for several in self._waiting.values():
            while several:
                name, listener = several.pop()
                listener.close()
                notify("FDSTOREREMOVE=1", f"FDNAME={name}")
        return rest


def received(environment: MutableMapping[str, str] | None = None) -> Handed:
    """What this process was started with; asked a second time, nothing."""
    environment = os.environ if environment is None else environment
    pid, count, names = (environment.pop(key, "") for key in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"))
    if pid != str(os.getpid()) or not count.isdigit():
        return Handed()
    waiting: dict[Where, list[tuple[str, socket.socket]]] = {}
    named = names.split(":") if names else []
    for at in range(int(count)):
        name = named[at] if at < len(named) else ""
        try:
            listener = socket.socket(fileno=FIRST + at)
        except OSError:  # no socket at all
            continue
        listener.set_inheritable(False)
        where = _where(listener)
        if where is None:
            listener.close()
            notify("FDSTOREREMOVE=1", f"FDNAME={name}")
        else:
            listener.setblocking(False)
            waiting.setdefault(where, []).append((name, listener))
    return Handed(waiting)


def _where(listener: socket.socket) -> Where | None:
    """None: it is not for us, or its interface is gone."""
    if listener.family not in (socket.AF_INET, socket.AF_INET6):
        return None
    try:
        if not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return None
        lan = listener.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\0").decode()
        address, port = listener.getsockname()[:2]
    except OSError:
        return None
    return Where.of(address, port, lan)
