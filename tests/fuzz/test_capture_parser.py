"""The capture listener's parser, and the listener itself, under requests of every shape."""

import asyncio
import re
import socket
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from hotspot.portal.capture import CaptureServer, Kind, Limits, classify
from hotspot.session import probes
from tests.fuzz.effort import fuzzed
from tests.fuzz.requests import anything

LIMIT = 8_192
LOCATION = "http://portal.hall.example/"
AT_ONCE = 20


@fuzzed
@given(anything)
def test_classify_decides(data: bytes) -> None:
    """Whatever comes is of a kind; only what is shorter than the limit may be unfinished; the family is always one of the known."""
    kind, more = classify(data, LIMIT)
    assert isinstance(kind, Kind)
    assert (kind is not Kind.INCOMPLETE or (more and len(data) < LIMIT)) and probes.family_of(data) in probes.FAMILIES


@fuzzed
@given(anything, st.integers(0, 400))
def test_pieces_make_no_difference(data: bytes, cut: int) -> None:
    """What was decided on the first piece stays decided when the rest is there: garbage does not turn into a request, nor back."""
    first, _ = classify(data[:cut], LIMIT)
    whole, _ = classify(data, LIMIT)
    line = data[:cut].lstrip(b"\r\n").partition(b"\n")[0]  # without a version it is whole (HTTP/0.9): nothing that follows can mend it
    assert first in {Kind.INCOMPLETE, whole} or b" HTTP/" not in line


@fuzzed
@given(st.lists(anything, min_size=1, max_size=AT_ONCE))
def test_listener_survives(requests: list[bytes]) -> None:
    """Many at once over real connections: each gets one of the answers made ahead or is closed, nothing is pending in the end, and the
    next visitor gets the redirect."""
    asyncio.run(_survives(requests))


async def _survives(requests: list[bytes]) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    address = listener.getsockname()[:2]
    limits = Limits(header_seconds=1.0, linger_seconds=0.2)
    async with CaptureServer([listener], LOCATION, lambda _family: None, limits) as server:
        answers = await asyncio.gather(*(_ask(address, each) for each in requests))
        good = await _ask(address, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        async with asyncio.timeout(5):
            while server.pending:  # noqa: ASYNC110  the listener tells nobody when it forgets a connection
                await asyncio.sleep(0.005)
    assert good.startswith(b"HTTP/1.1 302 Found\r\n")
    assert {answer.partition(b"\r\n")[0] for answer in answers} <= {
        b"",
        b"HTTP/1.1 302 Found",
        b"HTTP/1.1 303 See Other",
        b"HTTP/1.1 400 Bad Request",
    }
    assert {place for answer in answers for place in re.findall(rb"Location: ([^\r]*)", answer)} <= {LOCATION.encode()}


async def _ask(address: tuple[str, int], data: bytes) -> bytes:
    """Send, say that it was all, and read to the end."""
    reader, writer = await asyncio.open_connection(*address)
    answer = b""
    try:
        async with asyncio.timeout(5):
            with suppress(ConnectionError):
                writer.write(data)
                writer.write_eof()
                while piece := await reader.read(65_536):
                    answer += piece
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return answer
