"""The firewall's socket and the staff's: lines of every shape, in pieces of every size."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from firewall import api
from firewall.listener import Connection, Listener
from hotspot import control
from hotspot.portal.control import _answer
from hotspot.portal.staff import Staff
from tests.fuzz.effort import fuzzed

GRANT = api.Grant("public", "02:00:00:00:00:01", "0123456789abcdef", "free", api.Rates(64_000, 10_000_000, 64_000, 2_000_000), 600.0)
REQUESTS = [
    api.Allow(1, GRANT),
    api.Replace(2, GRANT),
    api.Revoke(3, GRANT.session),
    api.WhoIs(4, "198.18.0.10"),
    api.ReadUsage(5),
    api.Watch(6),
    api.Status(7),
]
LINES = [api.encode(request)[:-1] for request in REQUESTS]
ORDERS = [
    control.encode(each)[:-1]
    for each in (control.Status(), control.Kick("K7F3QX"), control.Block("K7F3QX", "x", 5), control.Allow("K7F3QX"))
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["type", "id", "grant", "zone", "mac", "x"]), inner, max_size=5)
    ),
    max_leaves=12,
)


def lines(valid: list[bytes]) -> st.SearchStrategy[bytes]:
    """Right lines with bytes turned, JSON of the wrong shape, nesting without end, and noise; none holds a line break."""

    @st.composite
    def turned(draw: st.DrawFn) -> bytes:
        line = bytearray(draw(st.sampled_from(valid)))
        for place, value in draw(st.lists(st.tuples(st.integers(0, len(line) - 1), st.integers(0, 255)), max_size=4)):
            line[place] = value
        return bytes(line)

    @st.composite
    def altered(draw: st.DrawFn) -> bytes:
        request: dict[str, Any] = msgspec.json.decode(draw(st.sampled_from(valid)))
        request[draw(st.sampled_from([*request, "more"]))] = draw(json_values)
        return msgspec.json.encode(request)

    deep = st.integers(1, 20_000).map(lambda depth: b"[" * depth) | st.integers(1, 5_000).map(lambda depth: b'{"grant":' * depth)
    shaped = json_values.map(msgspec.json.encode)
    return (turned() | altered() | deep | shaped | st.binary(max_size=300)).map(lambda line: line.replace(b"\n", b" "))


@fuzzed
@given(lines(LINES))
def test_request_or_refusal(line: bytes) -> None:
    """A line is a request of the contract, which encodes back to itself, or one of the two documented errors."""
    try:
        request = api.decode_request(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    assert api.decode_request(api.encode(request)) == request


@fuzzed
@given(lines(ORDERS))
def test_order_or_refusal(line: bytes) -> None:
    """The same for what staff may ask: whatever the line, the control socket answers it."""
    try:
        request = control.decode_request(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        answer = asyncio.run(_answer(line, cast(Staff, None)))
        assert isinstance(answer, control.Refused) and answer.code == "bad_request"
    else:
        assert control.decode_request(control.encode(request)) == request


@pytest.mark.parametrize("line", [b'{"type":"\x80tatus"}', b'{"type":' * 500, b"[" * 4_000], ids=["not UTF-8", "deep object", "deep array"])
async def test_orders_that_once_ended_the_connection(line: bytes) -> None:
    """Found by the property above: these are answered like every other line."""
    answer = await _answer(line, cast(Staff, None))
    assert isinstance(answer, control.Refused) and answer.code == "bad_request"


@fuzzed
@given(st.lists(lines(LINES), max_size=12), st.lists(st.integers(1, 40), max_size=30))
def test_every_line_gets_its_answer(sent: list[bytes], sizes: list[int]) -> None:
    """Over a real socket, in pieces of any size: each line that is not empty gets one answer, in order of its kind, the status request at
    the end too; a request is handed over exactly as it was meant."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), cache_logger_on_first_use=False)
    try:
        asyncio.run(_answered(sent, sizes))
    finally:
        structlog.reset_defaults()


async def _answered(sent: list[bytes], sizes: list[int]) -> None:
    arrived: list[api.AnyRequest] = []

    def handle(requests: list[tuple[Connection, api.AnyRequest]]) -> None:
        for connection, request in requests:
            arrived.append(request)
            connection.send(api.Refused(request.id, "unknown", "", "asked"))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s"
        listener = Listener(path, frozenset({0, os.getuid()}), handle, lambda: None)
        server = await listener.open()
        try:
            reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 22)
            data = b"\n".join([*sent, api.encode(api.Status(4_711))])
            for piece in _pieces(data, sizes):
                writer.write(piece)
                await asyncio.sleep(0)
            answers: list[api.Refused] = []
            async with asyncio.timeout(10):
                while not answers or (answers[-1].id, answers[-1].message) != (4_711, "asked"):
                    answers.append(msgspec.json.decode(await reader.readline(), type=api.Refused))
            writer.close()
            await writer.wait_closed()
        finally:
            listener.close_connections()
            server.close()
    wanted = [line for line in [*sent, b"."] if line.strip()]
    assert len(answers) == len(wanted)
    assert arrived == [request for line in [*sent, api.encode(api.Status(4_711))] for request in _understood(line)]


def _understood(line: bytes) -> Iterable[api.AnyRequest]:
    decode: Callable[[bytes], api.AnyRequest] = api.decode_request
    try:
        yield decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return


def _pieces(data: bytes, sizes: list[int]) -> Iterable[bytes]:
    start = 0
    for size in sizes:
        yield data[start : start + size]
        start += size
    yield data[start:]
