"""The shapes of requests that broke openNDS (CVE-2023-38313 to -41102, CVE-2024-25763), at both of the portal's listeners.

Each gets an answer that was made for it or is closed, nothing of it comes back, and the next visitor is served as if nothing had been.
"""

import asyncio
import re
import socket
import struct

import pytest

from hotspot.portal.capture import CaptureServer
from hotspot.portal.register import Register
from tests.hotspot.portal.served_hall import HOST, Hall, hall

LOCATION = f"http://{HOST}/"
AGENT = b"User-Agent: Mozilla/5.0\r\n"


def _get(target: bytes, headers: bytes = AGENT) -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\n" + headers + b"\r\n"


SHAPES = {
    "CVE-2023-41101 over-long query before authentication": _get(b"/opennds_preauth/?fas=" + b"A" * 7_000),
    "CVE-2023-41101 query of 60 kB": _get(b"/?" + b"fas=" + b"A" * 60_000),
    "CVE-2023-41101 two thousand parameters": _get(b"/?" + b"&".join(b"a%d=b" % number for number in range(1_000))),
    "CVE-2023-38313 no query at all": _get(b"/opennds_auth/"),
    "CVE-2023-38314 empty query": _get(b"/opennds_auth/?"),
    "CVE-2023-38314 no query where one is taken": _get(b"/online?"),
    "CVE-2023-38315 parameter without a value": _get(b"/opennds_auth/?tok"),
    "CVE-2023-38315 values missing": _get(b"/opennds_auth/?tok=&redir="),
    "CVE-2023-38315 half a language": _get(b"/?lang"),
    "CVE-2023-38316 shell in the query": _get(b"/?a=%24%28touch%20x%29%60id%60%3B%7C%26reboot"),
    "CVE-2023-38316 broken escapes": _get(b"/%?%=%&%z=%zz&%00=%0d%0a"),
    "CVE-2023-38316 double escapes": _get(b"/%2525252e%252e/%252e%252e/etc/passwd?lang=%25%36%34"),
    "CVE-2023-38320 no user agent": _get(b"/", b""),
    "CVE-2023-38320 empty user agent": _get(b"/", b"User-Agent:\r\n"),
    "CVE-2023-38322 no user agent, a query": _get(b"/opennds_preauth/?fas=x", b""),
    "CVE-2023-38322 no header at all": b"GET /opennds_preauth/?fas=x HTTP/1.0\r\n\r\n",
    "user agent of 7 kB": _get(b"/", b"User-Agent: " + b"U" * 7_000 + b"\r\n"),
    "format string": _get(b"/%25n%25n%25s?lang=%n%s%p", b"User-Agent: %n%n%s%x\r\n"),
    "POST without a body": b"POST /accept HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\n\r\n",
    "POST that lies about its length": b"POST /accept HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\nContent-Length: 5\r\n\r\ntoken=a&terms=b",
}
REFLECTED = (b"AAAA", b"UUUU", b"touch", b"passwd", b"fas=", b"redir", b"%n")


@pytest.mark.parametrize("shape", SHAPES)
async def test_capture(shape: str) -> None:
    """The capture listener redirects to the portal, or closes."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()[:2]
    async with CaptureServer([listener], LOCATION, lambda _family: None) as server:
        for data in (SHAPES[shape], _get(b"/")):
            answer = await _ask(address[1], data)
            assert re.match(rb"HTTP/1\.1 (302 Found|303 See Other)\r\n", answer)
            assert [word for word in REFLECTED if word in answer] == []
        async with asyncio.timeout(5):
            while server.pending:  # noqa: ASYNC110  the listener tells nobody when it forgets a connection
                await asyncio.sleep(0.005)


@pytest.mark.parametrize("shape", SHAPES)
async def test_pages(shape: str) -> None:
    """The pages answer with a page, a redirect to themselves or a refusal that is the client's fault, never with an error of ours."""
    async with hall() as at:
        answer = await _ask(at.port, SHAPES[shape])
        status = int(answer.split(b" ", 2)[1])
        assert status in {200, 303, 400, 403, 404, 405, 411, 413, 414, 431}
        assert [word for word in REFLECTED if word in answer] == []
        assert [
            place for place in re.findall(rb"\r\nLocation: ([^\r]*)", answer) if not re.match(rb"/|http://portal\.hall\.example/", place)
        ] == []
        assert (await at.get("/")).status == 200
        assert at.desk.accepted == []


async def test_visitors_who_hang_up_in_the_middle() -> None:
    """CVE-2024-25763 was a use after free when a client went away: reset after each number of bytes, and the next one is served."""
    async with hall() as at:
        whole = _get(b"/?lang=en")
        for length in range(0, len(whole) + 1, 7):
            _reset(at, whole[:length])
        assert (await at.get("/")).status == 200


async def test_memory_does_not_grow_with_bad_requests() -> None:
    """CVE-2023-41102 was a leak for each request: after a thousand of them nothing of them is held."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    async with CaptureServer([listener], LOCATION, lambda _family: None) as server:
        for shape in list(SHAPES.values()) * 50:
            if len(shape) < 1_000:
                await _ask(listener.getsockname()[1], shape)
        async with asyncio.timeout(5):
            while server.pending:  # noqa: ASYNC110  the listener tells nobody when it forgets a connection
                await asyncio.sleep(0.005)
        assert (server.pending, server.resting, len(server._by_address)) == (0, 0, 0)


def test_no_key_is_shared() -> None:
    """CVE-2023-38324 was a key that all installations had by default: here each makes its own, 256 bits, and none is in the settings."""
    one, other = Register(), Register()
    keys = {one.hall_key, one.csrf_key, other.hall_key, other.csrf_key}
    assert (len(keys), {len(key) for key in keys}) == (4, {32})


def _reset(at: Hall, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", at.port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(data)


async def _ask(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        async with asyncio.timeout(8):
            writer.write(data)
            while piece := await reader.read(65_536):
                answer += piece
    except ConnectionError:
        pass
    finally:
        writer.transport.abort()
    return answer
