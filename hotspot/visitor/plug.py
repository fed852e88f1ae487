"""Who plugs a visit in: a program of its own in the hall's network, which reads nothing that comes by it but what a relay carries.

The visit's unit is started by systemd in a network namespace of its own, empty, so it needs no right to make one, and none over the hall's
network. By a unix socket it hands that namespace over; this program puts a cable from the guests' interface into it, which is there as long
as the connection is. Only the visit's user gets to the socket (``hotspot-visit-plug.socket``).
"""

import contextlib
import fcntl
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from hotspot.visitor.place import NAME, plugged, ready
from hotspot.visitor.programs import CannotLook, NoInterface, ip

IDLE: Final = 5.0
"""Seconds without a request after which the program ends; systemd starts it for the next one. A visit's zones come one after the other."""
SECONDS: Final = 20.0
"""For a request, for its answer, and until a cable is away."""
_LONGEST: Final = 4_096
_FIRST_HANDLE: Final = 3
"""sd_listen_fds(3)."""
_NS_GET_NSTYPE: Final = 0xB703
_NETWORK: Final = 0x40000000
"""CLONE_NEWNET."""
_INTERFACE: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,15}")
_MAC: Final = re.compile(r"[0-9a-f][26ae](?::[0-9a-f]{2}){5}")
"""Of one device, locally administered: nobody's but a visit's."""


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A request; the namespace comes with it as a file descriptor."""

    interface: str
    mac: str


class Told(Struct, frozen=True):
    """The answer; ``error`` "": the visit is plugged in."""

    error: str = ""
    missing: bool = False
    """There is no interface of that name."""


# The visit's side -------------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def guest_side(path: Path, interface: str, mac: str) -> Iterator[str]:
    """As ``place.guest_side``, in the namespace that this process is in. Raises ``CannotLook``."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(SECONDS)
        try:
            told = _asked(asking, path, Wanted(interface, mac))
        except (OSError, msgspec.DecodeError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise CannotLook(f"cannot set up the guest side: hotspot-visit-plug does not answer at {path}: {why}") from None
        if told.error:
            raise NoInterface(told.error) if told.missing else CannotLook(told.error)
        try:
            ip(["link set lo up"])
            with ready(NAME, mac):
                yield NAME
        finally:
            with contextlib.suppress(CannotLook):  # a macvlan is ours to take away; of a cable both ends go
                ip([f"link del {NAME}"])
            with contextlib.suppress(OSError):
                asking.shutdown(socket.SHUT_WR)
                asking.recv(1)  # it hangs up when all is away: the next zone's cable has the same name


def _asked(asking: socket.socket, path: Path, wanted: Wanted) -> Told:
    asking.connect(str(path))
    own = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        socket.send_fds(asking, [msgspec.json.encode(wanted)], [own])
    finally:
        os.close(own)
    return msgspec.json.decode(asking.recv(_LONGEST), type=Told)


# The hall's side --------------------------------------------------------------------------------------------------------------------


def inherited() -> socket.socket:
    """The socket that systemd listens on for us. Raises ``CannotLook``."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
        raise CannotLook("LISTEN_FDS: expected one socket from systemd: this is started by hotspot-visit-plug.socket, never by hand")
    listening = socket.socket(fileno=_FIRST_HANDLE)
    listening.set_inheritable(False)
    return listening


def serve(listening: socket.socket, idle: float = IDLE) -> None:
    """Plug in whoever asks, one after the other, until nobody has asked for ``idle`` seconds."""
    listening.settimeout(idle)
    while True:
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            return
        with connection, contextlib.suppress(OSError):  # who asked has gone
            _serve(connection)


def _serve(connection: socket.socket) -> None:
    connection.settimeout(SECONDS)
    content, handles, _, _ = socket.recv_fds(connection, _LONGEST, 4, socket.MSG_CMSG_CLOEXEC)
    try:
        wanted = read(content)
        with plugged(wanted.interface, f"visit{os.getpid()}", wanted.mac, _namespace(handles)):
            connection.sendall(msgspec.json.encode(Told()))
            connection.settimeout(None)
            connection.recv(1)  # whoever asked hangs up, however it ends
    except CannotLook as error:
        connection.sendall(msgspec.json.encode(Told(str(error), isinstance(error, NoInterface))))
    finally:
        for handle in handles:
            os.close(handle)


def read(content: bytes) -> Wanted:
    """A request. Raises ``CannotLook``, and ``NoInterface`` where the name can be none (pure)."""
    try:
        wanted = msgspec.json.decode(content, type=Wanted)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CannotLook(f"cannot understand the request: {error}") from None
    if not _INTERFACE.fullmatch(wanted.interface):
        raise NoInterface(f"interface = {wanted.interface!r}: expected an interface of this machine")
    if not _MAC.fullmatch(wanted.mac):
        raise CannotLook(f"mac = {wanted.mac!r}: expected one of a single device, locally administered, such as 02:00:00:00:00:0a")
    return wanted


def _namespace(handles: list[int]) -> int:
    """The one that came with the request. Raises ``CannotLook``."""
    try:
        if len(handles) == 1 and fcntl.ioctl(handles[0], _NS_GET_NSTYPE) == _NETWORK:
            ours = os.stat("/proc/self/ns/net")  # noqa: PTH116  a link to no path
            if not os.path.samestat(ours, os.fstat(handles[0])):
                return handles[0]
    except OSError:
        pass  # some other file
    raise CannotLook("cannot plug anything in: expected a network namespace, and not the hall's own")
