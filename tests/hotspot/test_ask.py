"""Asking the portal over its control socket."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hotspot import control
from hotspot.ask import PortalUnavailable, ask


@contextmanager
def portal(path: Path, answer: bytes) -> Iterator[list[control.AnyRequest]]:
    """A listener that takes one connection, one line, and gives ``answer``; yields what it was asked."""
    heard: list[control.AnyRequest] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                heard.append(control.decode_request(lines.readline()))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield heard
        thread.join()


def test_a_request_and_its_reply(tmp_path: Path) -> None:
    """One line each way."""
    with portal(tmp_path / "s", control.encode(control.Done("K7F-3QX", "captive"))) as heard:
        reply = ask(tmp_path / "s", control.Kick("k7f3qx"))
    assert (heard, reply) == ([control.Kick("k7f3qx")], control.Done("K7F-3QX", "captive"))


def test_no_socket_is_said_plainly(tmp_path: Path) -> None:
    """The person learns which path was tried."""
    with pytest.raises(PortalUnavailable, match=r"there is no .*/s; does it run\?"):
        ask(tmp_path / "s", control.Status())


def test_a_socket_without_a_portal_is_said_plainly(tmp_path: Path) -> None:
    """Left behind by a crash: nobody listens."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
    with pytest.raises(PortalUnavailable, match="Connection refused"):
        ask(tmp_path / "s", control.Status())


def test_an_answer_that_is_none_is_said_plainly(tmp_path: Path) -> None:
    """A portal of another version, or something else on the socket."""
    with portal(tmp_path / "s", b"hello\n"), pytest.raises(PortalUnavailable, match="cannot understand the portal"):
        ask(tmp_path / "s", control.Status())
