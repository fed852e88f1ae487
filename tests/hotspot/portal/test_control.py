"""The socket of the staff."""

import asyncio
import os
import pwd
import socket
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import pytest

from hotspot import control
from hotspot.portal import control as module
from hotspot.portal.control import peer_uid, serve_control
from hotspot.portal.staff import Staff
from tests.hotspot.portal.conftest import Bench


async def ask(bench: Bench, *lines: bytes) -> list[control.AnyReply]:
    """Send lines on one connection; all replies."""
    reader, writer = await asyncio.open_unix_connection(str(bench.office.settings.control_socket))
    writer.write(b"".join(lines))
    writer.write_eof()
    replies = [control.decode_reply(line) for line in (await reader.read()).splitlines()]
    writer.close()
    return replies


async def test_several_requests(bench: Bench) -> None:
    """One line, one answer, as often as one likes; a bad line is answered, and the next one is served."""
    async with serve_control(bench.office, Staff(bench.office, bench.meter)):
        sessions, bad, unknown, status = await ask(
            bench,
            control.encode(control.Sessions()),
            b"nonsense\n",
            b'{"type":"kick","code":5}\n',
            control.encode(control.Status()),
        )
    assert (sessions, type(status)) == (control.SessionsAre(()), control.StatusIs)
    assert bad == control.Refused("bad_request", "JSON is malformed: invalid character (byte 4)")
    assert unknown == control.Refused("bad_request", "Expected `str`, got `int` - at `$.code`")


async def test_long_line(bench: Bench) -> None:
    """A line without end is refused and the connection closed."""
    async with serve_control(bench.office, Staff(bench.office, bench.meter)):
        assert await ask(bench, b"x" * (control.MAX_LINE * 4)) == [
            control.Refused("bad_request", f"line longer than {control.MAX_LINE} bytes")
        ]


async def test_after_a_crash(bench: Bench) -> None:
    """The socket of a process that was killed does not keep the next one from starting; at the end it is gone."""
    path = bench.office.settings.control_socket
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    async with serve_control(bench.office, Staff(bench.office, bench.meter)):
        assert len(await ask(bench, control.encode(control.Status()))) == 1
    assert not path.exists()


def test_peer_uid() -> None:
    """The uid is the kernel's word."""
    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        assert peer_uid(here) == os.getuid()


@pytest.mark.kernel
async def test_other_users(bench: Bench) -> None:
    """A user who is not named in the settings is refused, whatever is asked."""
    child = textwrap.dedent(
        """
        import os, socket, sys
        with socket.socket(socket.AF_UNIX) as asking:
            os.chdir(os.path.dirname(sys.argv[1]))  # the folders above are closed to others
            os.setuid(65534)
            asking.connect(os.path.basename(sys.argv[1]))
            asking.sendall(b'{"type":"status"}\\n')
            sys.stdout.buffer.write(asking.recv(4096))
        """
    )
    path = bench.office.settings.control_socket
    path.parent.chmod(0o711)
    async with serve_control(bench.office, Staff(bench.office, bench.meter)):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", child, str(path), stdout=subprocess.PIPE)
        output, _ = await process.communicate()
    assert control.decode_reply(output) == control.Refused("bad_request", "this user may not use the control socket (control_users)")


@pytest.mark.parametrize("user", ["hotspot-doctor", "hotspot-visit"])
async def test_our_own_lookers_ask_how_it_is_and_no_more(bench: Bench, monkeypatch: pytest.MonkeyPatch, user: str) -> None:
    """The users of doctor and visitor hear of status and sessions; they kick and block nobody. Of others nothing is answered at all."""
    path = bench.office.settings.control_socket
    monkeypatch.setattr(module, "peer_uid", lambda _connection: 64_991)
    names = {64_991: user}
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_name=names[uid]))

    async def asked(request: control.AnyRequest) -> control.AnyReply:
        reader, writer = await asyncio.open_unix_connection(str(path))
        try:
            writer.write(control.encode(request))
            return control.decode_reply(await reader.readline())
        finally:
            writer.close()

    async with serve_control(bench.office, Staff(bench.office, bench.meter)):
        assert isinstance(await asked(control.Status()), control.StatusIs)
        assert isinstance(await asked(control.Sessions()), control.SessionsAre)
        for order in (control.Kick("ABC-DEF"), control.Block("ABC-DEF"), control.Feedback()):
            assert await asked(order) == control.Refused("bad_request", "this user may ask how the portal is, and nothing else")
        names[64_991] = "hotspot-plug"
        assert isinstance(await asked(control.Status()), control.Refused)
        names.clear()
        assert isinstance(await asked(control.Status()), control.Refused)
