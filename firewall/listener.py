"""The unix socket: who may speak, lines in, lines out. Requests of one turn of the loop are handed over together."""

import asyncio
import contextlib
import pwd
import re
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import structlog

from firewall.api import MAX_LINE, AnyRequest, Refused, Status, decode_request, encode

log = structlog.get_logger("firewall.listener")

_WAITING_BYTES = 64 * 2**20
"""A peer that lets so much pile up reads nothing: it is cut off."""
LOOKING: Final = ("hotspot-doctor",)
"""Users who may ask how the daemon is, and nothing else: whoever looks at a gateway need not be able to let anybody in."""
LONGEST_HOLD = 0.5
"""Seconds for which requests wait at most while the tables are looked at."""
_PATH = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)


class Connection(asyncio.Protocol):
    """One peer."""

    def __init__(self, office: "Listener") -> None:
        self._office = office
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._skipping = False
        self._only_looks = False
        self.watching = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Check the peer before anything is read."""
        assert isinstance(transport, asyncio.Transport)
        uid = peer_uid(transport.get_extra_info("socket"))
        self._only_looks = uid not in self._office.uids
        if self._only_looks and uid not in self._office.looking:
            log.warning("peer_refused", uid=uid)
            self._office.refused()
            transport.write(encode(Refused(0, "bad_request", "", f"cannot serve uid {uid}: it is not among the clients in the settings")))
            transport.close()
            return
        self._transport = transport
        self._office.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the peer."""
        self._office.connections.discard(self)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Split into lines; a line that is too long is skipped up to its end."""
        if self._transport is None:
            return
        *lines, rest = (self._buffer + data).split(b"\n")
        for line in lines:
            if self._skipping:
                self._skipping = False
            elif len(line) >= MAX_LINE:
                self._too_long()
            elif line.strip():
                self._take(line)
        if len(rest) >= MAX_LINE:
            if not self._skipping:
                self._too_long()
            self._skipping, rest = True, b""
        self._buffer = b"" if self._skipping else rest

    def _too_long(self) -> None:
        self.send(Refused(0, "bad_request", "", f"cannot read a line of {MAX_LINE} bytes or more"))
        self._office.refused()

    def _take(self, line: bytes) -> None:
        try:
            request = decode_request(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._office.refused()
            self.send(refusal(line, str(error)))
        else:
            if self._only_looks and not isinstance(request, Status):
                self._office.refused()
                self.send(Refused(request.id, "bad_request", "", f"cannot do that for a user who may only look: {', '.join(LOOKING)}"))
                return
            self._office.arrived(self, request)

    def send(self, *messages: object) -> None:
        """Send messages; a peer that does not read is cut off."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(map(encode, messages)))
            if self._transport.get_write_buffer_size() > _WAITING_BYTES:
                log.warning("peer_cut_off", why="it does not read")
                self._transport.abort()


class Listener:
    """The socket and its peers."""

    def __init__(
        self,
        path: Path,
        uids: frozenset[int],
        handle: Callable[[list[tuple[Connection, AnyRequest]]], None],
        refused: Callable[[], None],
        looking: frozenset[int] = frozenset(),
    ) -> None:
        self._path = path
        self.uids, self.looking = uids, looking
        self._handle = handle
        self.refused = refused
        self.connections: set[Connection] = set()
        self._waiting: list[tuple[Connection, AnyRequest]] = []
        self._held = False

    async def open(self) -> asyncio.Server:
        """Start to listen. A socket that a former process left is replaced."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        server = await asyncio.get_running_loop().create_unix_server(lambda: Connection(self), str(self._path))
        self._path.chmod(0o666)  # whoever connects, the peer's uid decides
        return server

    def arrived(self, connection: Connection, request: AnyRequest) -> None:
        """Collect what comes within one turn of the loop: the callback runs after all sockets that are ready were read."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._waiting.append((connection, request))

    def _hand_over(self) -> None:
        if not self._held:
            waiting, self._waiting = self._waiting, []
            self._handle(waiting)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let requests wait: ``nft`` begins anew whenever a grant comes while it reads, and in a rush would never end."""
        self._held = True
        timer = asyncio.get_running_loop().call_later(LONGEST_HOLD, self._go_on)
        try:
            yield
        finally:
            timer.cancel()
            self._go_on()

    def _go_on(self) -> None:
        self._held = False
        if self._waiting:
            self._hand_over()

    def close_connections(self) -> None:
        """Hang up on every peer."""
        for connection in list(self.connections):
            if connection._transport is not None:
                connection._transport.close()


def refusal(line: bytes, error: str) -> Refused:
    """The reply to a line that is no request; it names the field, and the request's id where that can be read."""
    found = re.search(rb'"id"\s*:\s*(\d{1,15})', line)
    match = _PATH.match(error)
    what, path = (match["what"], match["path"] or "") if match else (error, "")
    return Refused(
        int(found.group(1)) if found else 0, "bad_request", path, f"cannot read the request: {what}" + (f" at {path}" if path else "")
    )


def peer_uid(connection: socket.socket) -> int:
    """The uid of the process at the other end, as the kernel knows it."""
    _pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(uid)


def uids_of(clients: Iterable[str | int], own: int) -> frozenset[int]:
    """Users by name or number -> uids, with root and our own. A name that the machine does not know is logged and left out."""
    out = {0, own}
    for client in clients:
        if isinstance(client, int):
            out.add(client)
            continue
        try:
            out.add(pwd.getpwnam(client).pw_uid)
        except KeyError:
            log.warning("unknown_user", setting="clients", value=client)
    return frozenset(out)


def looking() -> frozenset[int]:
    """Uids of the users who may only look; one that the machine does not have is left out: it may be a gateway without a doctor."""
    found = set()
    for name in LOOKING:
        with contextlib.suppress(KeyError):
            found.add(pwd.getpwnam(name).pw_uid)
    return frozenset(found)
