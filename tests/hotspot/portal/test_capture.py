"""The capture listener: every request shape gets the redirect from the configuration, nobody can hold it up, nothing is reflected."""

import asyncio
import re
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.portal.capture import CaptureServer, Kind, Limits, classify, make_answers

LOCATION = "http://portal.hall.example/"
BODY = (
    b'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Wi-Fi</title></head>'
    b'<body><p><a href="http://portal.hall.example/">Anmelden / Sign in</a></p></body></html>\n'
)


def redirect(status: str) -> bytes:
    """The whole header of a redirect, with the date blanked."""
    return (
        f"HTTP/1.1 {status}\r\nDate: now\r\nLocation: {LOCATION}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(BODY)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    ).encode()


FOUND = redirect("302 Found") + BODY
SEE_OTHER = redirect("303 See Other") + BODY
HEAD = redirect("302 Found")
BAD = (
    b"HTTP/1.1 400 Bad Request\r\nDate: now\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Length: 12\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\n\r\nBad request\n"
)


class Capture:
    """A running listener and how to talk to it."""

    def __init__(self, server: CaptureServer, address: tuple[str, int], probes: list[str]) -> None:
        self.server = server
        self.address = address
        self.probes = probes

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new connection."""
        return await asyncio.open_connection(*self.address)

    async def ask(self, *pieces: bytes) -> bytes:
        """Sends the pieces, each alone, and reads until the listener closes; the date is blanked."""
        reader, writer = await self.connect()
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        answer = await read_all(reader)
        await close(writer)
        return answer


async def close(writer: asyncio.StreamWriter) -> None:
    """Closes a connection, which the other side may have cut."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def read_all(reader: asyncio.StreamReader) -> bytes:
    """Everything until the end of the stream; a reset ends it too."""
    data = b""
    try:
        while piece := await asyncio.wait_for(reader.read(65_536), 5):
            data += piece
    except ConnectionResetError:
        pass
    return re.sub(rb"Date: [^\r]+ GMT", b"Date: now", data)


@asynccontextmanager
async def listening(limits: Limits | None = None, family: int = socket.AF_INET) -> AsyncIterator[Capture]:
    """The real listener on a free loopback port."""
    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    listener = socket.create_server((host, 0), family=family, backlog=256)
    address = listener.getsockname()[:2]
    probes: list[str] = []
    async with CaptureServer([listener], LOCATION, probes.append, limits) as server:
        yield Capture(server, address, probes)


async def until(condition: Callable[[], bool]) -> None:
    """Lets the loop run until ``condition`` holds; fails after 5 s."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  the listener tells nobody when it forgets a connection
            await asyncio.sleep(0.005)


REQUESTS = {
    "apple-1": (
        b"GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\nUser-Agent: CaptiveNetworkSupport-346 wispr\r\n\r\n",
        FOUND,
    ),
    "android": (b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\nConnection: close\r\n\r\n", FOUND),
    "firefox": (b"GET /canonical.html HTTP/1.1\r\nHost: detectportal.firefox.com\r\nCache-Control: no-cache\r\n\r\n", FOUND),
    "windows": (
        b"GET /connecttest.txt HTTP/1.1\r\nConnection: Close\r\nUser-Agent: Microsoft NCSI\r\nHost: www.msftconnecttest.com\r\n\r\n",
        FOUND,
    ),
    "no headers at all": (b"GET / HTTP/1.0\r\n\r\n", FOUND),
    "HTTP/0.9": (b"GET /\r\n", FOUND),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: a.example\n\n", FOUND),
    "empty lines first": (b"\r\n\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", FOUND),
    "absolute form": (b"GET http://www.example.org/page?x=1 HTTP/1.1\r\nHost: www.example.org\r\n\r\n", FOUND),
    "path of 8 kB": (b"GET /" + b"a" * 8_192 + b" HTTP/1.1\r\nHost: a.example\r\n\r\n", FOUND),
    "header of 32 kB": (b"GET / HTTP/1.1\r\nX: " + b"a" * 32_000 + b"\r\n\r\n", FOUND),
    "query with nothing": (b"GET /? HTTP/1.1\r\n\r\n", FOUND),
    "spaces and bytes in the path": (b"GET /a b\xff\x00%0d%0a HTTP/1.1\r\n\r\n", FOUND),
    "GET with a body": (b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", FOUND),
    "two at once": (b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", FOUND),
    "HEAD": (b"HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n", HEAD),
    "two HEAD at once": (b"HEAD / HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\n\r\n", HEAD),
    "POST": (b"POST /login HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\na=b", SEE_OTHER),
    "POST of 60 kB": (b"POST / HTTP/1.1\r\nContent-Length: 60000\r\n\r\n" + b"x" * 60_000, SEE_OTHER),
    "OPTIONS": (b"OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", FOUND),
    "PUT": (b"PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", FOUND),
    "CONNECT": (b"CONNECT www.example.org:443 HTTP/1.1\r\n\r\n", FOUND),
    "made-up method": (b"M-SEARCH * HTTP/1.1\r\n\r\n", FOUND),
    "expects 100": (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", SEE_OTHER),
    "evil host": (b"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n\r\n", FOUND),
    "TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), BAD),
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", BAD),
    "SMTP": (b"EHLO evil.example\r\n", BAD),
    "zeros": (bytes(64), BAD),
    "word without end": (b"A" * 40, BAD),
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_every_shape_gets_its_answer(name: str) -> None:
    """Whatever a client sends in one piece, the whole answer is the one that was made ahead."""
    request, expected = REQUESTS[name]
    async with listening(Limits(linger_seconds=0.2)) as capture:
        assert await capture.ask(request) == expected
        assert len(capture.probes) == (expected != BAD)


@pytest.mark.parametrize("name", ["apple-1", "absolute form", "HEAD", "POST", "bare line feeds"])
async def test_a_request_in_single_bytes_gets_the_same_answer(name: str) -> None:
    """A header that comes byte by byte is put together."""
    request, expected = REQUESTS[name]
    async with listening() as capture:
        assert await capture.ask(*(bytes([byte]) for byte in request)) == expected


async def test_ipv6_clients_are_answered() -> None:
    """The listener takes IPv6 sockets as well."""
    async with listening(family=socket.AF_INET6) as capture:
        assert await capture.ask(b"GET / HTTP/1.1\r\n\r\n") == FOUND


async def test_families_are_counted() -> None:
    """``on_probe`` hears the family of each redirected request, and nothing of garbage."""
    async with listening() as capture:
        for name in ("apple-1", "TLS hello", "android", "firefox", "windows", "no headers at all"):
            await capture.ask(REQUESTS[name][0])
        assert capture.probes == ["apple", "android", "firefox", "windows", "other"]


async def test_a_large_upload_does_not_cost_the_answer() -> None:
    """A client that goes on sending after its header reads the whole answer before the connection is cut."""
    async with listening(Limits(linger_seconds=1.0)) as capture:
        reader, writer = await capture.connect()
        writer.write(b"POST /upload HTTP/1.1\r\nContent-Length: 40000\r\n\r\n")
        await writer.drain()
        await until(lambda: capture.server.pending == 1)
        writer.write(b"x" * 40_000)
        await writer.drain()
        assert await read_all(reader) == SEE_OTHER
        await close(writer)
        await until(lambda: capture.server.pending == 0)


async def test_an_endless_upload_is_cut() -> None:
    """No more of a body is read than the limit."""
    async with listening(Limits(linger_seconds=60, linger_bytes=100_000)) as capture:
        reader, writer = await capture.connect()
        with pytest.raises(ConnectionError):
            async with asyncio.timeout(5):
                while True:
                    writer.write(b"POST / HTTP/1.1\r\n\r\n" + b"x" * 20_000)
                    await writer.drain()
                    await asyncio.sleep(0)
        await until(lambda: capture.server.pending == 0)
        await close(writer)
        del reader


async def test_a_header_that_never_ends_is_cut_in_time() -> None:
    """A slow client loses its connection at the deadline, however busy it keeps it."""
    async with listening(Limits(header_seconds=0.3)) as capture:
        reader, writer = await capture.connect()
        writer.write(b"GET / HTTP/1.1\r\n")
        began = asyncio.get_running_loop().time()
        while not reader.at_eof():
            writer.write(b"X")
            try:
                await asyncio.wait_for(reader.read(1), 0.1)
            except TimeoutError:
                continue
            except ConnectionResetError:
                break
        assert 0.25 <= asyncio.get_running_loop().time() - began < 2.0
        assert capture.server.pending == 0
        await close(writer)


async def test_one_client_holds_at_most_its_share() -> None:
    """The 17th waiting connection of an address ends the first of that address."""
    async with listening(Limits(per_client=16)) as capture:
        connections = [await capture.connect() for _ in range(16)]
        for _, writer in connections:
            writer.write(b"G")
        await until(lambda: capture.server.pending == 16)
        connections.append(await capture.connect())
        connections[-1][1].write(b"G")
        assert await read_all(connections[0][0]) == b""
        assert capture.server.pending == 16
        connections[1][1].write(b"ET / HTTP/1.0\r\n\r\n")
        assert await read_all(connections[1][0]) == FOUND
        for _, writer in connections:
            await close(writer)


async def test_all_clients_together_hold_at_most_the_total() -> None:
    """When the total is reached, the oldest connection makes room, and a whole request is still answered at once."""
    async with listening(Limits(total=4)) as capture:
        connections = [await capture.connect() for _ in range(4)]
        for _, writer in connections:
            writer.write(b"G")
        await until(lambda: capture.server.pending == 4)
        assert await capture.ask(b"GET / HTTP/1.1\r\n\r\n") == FOUND
        late = await capture.connect()
        late[1].write(b"G")
        assert await read_all(connections[0][0]) == b""
        assert capture.server.pending == 4
        for _, writer in [*connections, late]:
            await close(writer)


async def test_no_file_descriptor_left_is_survived() -> None:
    """With no descriptor for a new connection the listener rests, and serves again when there are some."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with listening() as capture:
        client = socket.create_connection(capture.address)
        lowest = socket.socket()
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest.fileno(), hard))
        try:
            lowest.close()
            stopper = socket.socket()  # takes the last descriptor below the limit, if there is one
        except OSError:
            stopper = None
        try:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            await until(lambda: bool(capture.server.resting))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            if stopper is not None:
                stopper.close()
        reader, writer = await asyncio.open_connection(sock=client)
        assert await read_all(reader) == FOUND
        await close(writer)


async def test_leaving_closes_everything() -> None:
    """After the context manager no connection and no listener is left."""
    async with listening() as capture:
        reader, writer = await capture.connect()
        writer.write(b"GET /")
        await until(lambda: capture.server.pending == 1)
    assert await read_all(reader) == b""
    assert capture.server.pending == 0
    with pytest.raises(ConnectionRefusedError):
        await capture.connect()
    await close(writer)


@pytest.mark.parametrize(
    "location", ["", "/relative", "ftp://a.example/", "http://a.example/\r\nX: y", "http://ä.example/", "javascript:1"]
)
def test_a_location_that_cannot_be_one_is_refused(location: str) -> None:
    """The answers are made only for an absolute http(s) address in plain ASCII."""
    with pytest.raises(ValueError, match="^cannot redirect to .*: expected an absolute http or https address in ASCII$"):
        make_answers(location, "now")


def test_the_link_is_escaped() -> None:
    """A location with markup characters stays inside its attribute."""
    answers = make_answers('http://a.example/?a=1&b="<x>', "now")
    assert b'<a href="http://a.example/?a=1&amp;b=&quot;&lt;x&gt;">' in answers.found


@given(st.binary(max_size=300), st.integers(min_value=1, max_value=300))
def test_classify_takes_any_bytes(data: bytes, limit: int) -> None:
    """Any bytes are classified, and at the limit never as incomplete."""
    kind, _ = classify(data[:limit], limit)
    assert kind in Kind
    assert (kind is not Kind.INCOMPLETE) or len(data[:limit]) < limit


@given(
    st.sampled_from([name for name, (request, _) in REQUESTS.items() if request.endswith(b"\r\n\r\n") and len(request) < 400]), st.data()
)
def test_every_beginning_of_a_request_is_incomplete(name: str, data: st.DataObject) -> None:
    """Until its last byte has come, a request that ends with its header is not taken for anything else."""
    request = REQUESTS[name][0]
    if request.count(b"\r\n\r\n") > 1:
        return
    cut = data.draw(st.integers(min_value=0, max_value=len(request) - 1))
    assert classify(request[:cut], 8_192) == (Kind.INCOMPLETE, True)
    assert classify(request, 8_192)[0] is not Kind.INCOMPLETE
