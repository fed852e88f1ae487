"""The socket of the staff: local, peer uid checked (SO_PEERCRED), one JSON object per line (``hotspot/control.py``)."""

import asyncio
import contextlib
import os
import pwd
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import structlog

from hotspot import control, control_vouchers
from hotspot.portal.office import Office
from hotspot.portal.staff import Staff

PARTING_SECONDS = 1.0
"""For the other side to stop sending after it was turned away."""

_HOW_IT_IS = (control.Status, control.Sessions)
_LOOKS = (
    control.Status
    | control.Sessions
    | control.Blocklist
    | control.Feedback
    | control.FeedbackShow
    | control.TermsAccepted
    | control_vouchers.VoucherList
    | control_vouchers.VoucherPrint
)
"""Requests that change nothing."""
_LOOKING: Final = {"hotspot-doctor": _HOW_IT_IS, "hotspot-visit": _HOW_IT_IS}
"""Users of our own who ask how the portal is: what each may ask. They hear of clients by device code only, as anybody here."""

log = structlog.get_logger("control")


@asynccontextmanager
async def serve_control(office: Office, staff: Staff) -> AsyncIterator[None]:
    """Listen while the context lasts."""
    path = office.settings.control_socket
    sessions: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        sessions.add(task)
        try:
            await _serve(reader, writer, office, staff)
        finally:
            sessions.discard(task)
            writer.close()

    _remove_stale(path)
    server = await asyncio.start_unix_server(serve, str(path), limit=control.MAX_LINE)
    path.chmod(0o666)  # who may speak is decided by uid, below; the folder can be tighter
    try:
        yield
    finally:
        server.close()
        for task in sessions:
            task.cancel()
        if sessions:
            await asyncio.wait(sessions)
        path.unlink(missing_ok=True)


def peer_uid(connection: socket.socket) -> int:
    """Uid of the process at the other end of a unix socket, as the kernel knows it."""
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(uid)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, office: Office, staff: Staff) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    uid = peer_uid(connection)
    may: tuple[type, ...] | None = None if uid in {0, os.getuid(), *office.settings.control_users} else _may_look(uid)
    if may == ():
        await _turn_away(reader, writer, "this user may not use the control socket (control_users)")
        return
    try:
        while line := await reader.readline():
            reply = await _answer(line, staff, uid, may)
            writer.write(control.encode(reply))
            await writer.drain()
    except ValueError:  # readline: longer than the limit
        await _turn_away(reader, writer, f"line longer than {control.MAX_LINE} bytes")
    except ConnectionError:
        return


async def _turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, why: str) -> None:
    """Say why, and read what is still coming: a socket closed with unread bytes would take the answer along."""
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(PARTING_SECONDS):
            writer.write(control.encode(control.Refused("bad_request", why)))
            writer.write_eof()
            while await reader.read(control.MAX_LINE):
                pass


def _may_look(uid: int) -> tuple[type, ...]:
    """What a user of our own may ask; of anybody else nothing."""
    try:
        return _LOOKING.get(pwd.getpwuid(uid).pw_name, ())
    except KeyError:
        return ()


async def _answer(line: bytes, staff: Staff, uid: int | None = None, may: tuple[type, ...] | None = None) -> control.AnyReply:
    """``may``: the only requests of somebody who may not ask everything."""
    try:
        request = control.decode_request(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return control.Refused("bad_request", str(error))
    if may is not None and not isinstance(request, may):
        return control.Refused("bad_request", "this user may ask how the portal is, and nothing else")
    reply = await staff.answer(request, uid)
    if not isinstance(request, _LOOKS):
        log.info("order of the staff", order=type(request).__name__.lower(), answer=type(reply).__name__.lower())
    return reply


def _remove_stale(path: Path) -> None:
    """A socket that nobody listens on any more, left by a process that was killed, makes room."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
