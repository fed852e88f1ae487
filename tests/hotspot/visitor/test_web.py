"""Requests and measurements against small servers on loopback, good and bad."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hotspot.visitor.web import BadAddress, Port, Unanswered, download_rate, fetch, knock, upload_rate

HERE = "127.0.0.1"


@contextmanager
def server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serves each connection on a port of its own until it is left."""
    with socket.create_server((HERE, 0)) as listener:

        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    link, _ = listener.accept()
                    with link, contextlib.suppress(OSError):
                        serve(link)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def says(answer: bytes) -> Callable[[socket.socket], None]:
    """Hears a request, says this and hangs up."""

    def serve(link: socket.socket) -> None:
        link.recv(65_536)
        link.sendall(answer)

    return serve


def test_an_answer() -> None:
    """Status, headers in lower case, where it leads."""
    with server(says(b"HTTP/1.1 302 Found\r\nLocation: https://portal.hall.example/\r\nContent-Length: 2\r\n\r\nok")) as port:
        page = fetch(HERE, f"http://probe.example:{port}/x?y")
    assert (page.status, page.location, page.text) == (302, "https://portal.hall.example/", "ok")


@pytest.mark.parametrize("answer", [b"", b"\x16\x03\x01nonsense", b"HTTP/1.1 999999 x\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500])
def test_what_is_no_answer(answer: bytes) -> None:
    """It counts as none, whatever it is."""
    with server(says(answer)) as port, pytest.raises(Unanswered) as raised:
        fetch(HERE, f"http://probe.example:{port}/")
    assert not raised.value.refused


def test_nobody_there() -> None:
    """Refused at once, which is another thing than silence."""
    with socket.create_server((HERE, 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unanswered) as raised:
        fetch(HERE, f"http://probe.example:{port}/")
    assert (raised.value.refused, knock(HERE, port)) == (True, Port.REFUSED)


def test_somebody_there() -> None:
    """Open."""
    with server(lambda link: None) as port:
        assert knock(HERE, port) is Port.OPEN


def dripping(first: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    """Says something at once, and then a little now and then, for ever."""

    def serve(link: socket.socket) -> None:
        link.recv(65_536)
        link.sendall(first)
        while True:
            link.sendall(drop)
            time.sleep(0.02)

    return serve


def test_a_page_that_never_ends() -> None:
    """A byte now and then: what came until the time is over is all."""
    with server(dripping(b"HTTP/1.1 200 OK\r\n\r\n", b".")) as port:
        began = time.monotonic()
        page = fetch(HERE, f"http://probe.example:{port}/", seconds=0.4)
    assert (page.status, set(page.text)) == (200, {"."})
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("scheme", "first", "drop"),
    [
        ("http", b"", b"H"),
        ("http", b"HTTP/1.1 200 OK\r\n", b"a"),
        ("http", b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        ("https", b"\x16\x03\x03\x10\x00", b"\x02"),
        ("https", b"", b"\x16"),
    ],
)
def test_who_drips_has_no_more_time_than_others(scheme: str, first: bytes, drop: bytes) -> None:
    """Status line, headers, TLS records: one deadline for all of it."""
    with server(dripping(first, drop)) as port:
        began = time.monotonic()
        with pytest.raises((Unanswered, ssl.SSLError)):
            fetch(HERE, f"{scheme}://probe.example:{port}/", seconds=0.4)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "url", ["http://[/", "http://x.example:99999/", "http://x.example:0/", "ftp://x.example/", "/accept", "http:///", "javascript:alert()"]
)
def test_what_is_no_address(url: str) -> None:
    """A page may call anything one; nobody is asked."""
    with pytest.raises(BadAddress):
        fetch(HERE, url)


def test_rates_end_with_enough_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a limit on the way a measurement takes no more than it was allowed."""

    def pour(link: socket.socket) -> None:
        link.recv(65_536)
        while True:
            link.sendall(bytes(65_536))

    def sink(link: socket.socket) -> None:
        while link.recv(65_536):
            pass

    with server(pour) as port:
        assert download_rate(HERE, f"http://x.example:{port}/", 5.0, 1_000_000) > 10e6
    with server(sink) as port:
        assert upload_rate(HERE, f"http://x.example:{port}/", 5.0, 1_000_000) > 10e6


def test_a_transfer_that_ends_by_itself() -> None:
    """There was too little to measure."""
    with server(says(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1_000))) as port, pytest.raises(Unanswered):
        download_rate(HERE, f"http://x.example:{port}/", 1.0, 1_000_000)
