"""The door of the API: methods, headers, bodies that are too large, too slow or no JSON, tokens that are none, text that nothing holds."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from msgspec import Struct

from hotspot.hub import app as apps
from hotspot.hub.api.operations import Call, Operation, Pieces
from hotspot.hub.api.problems import BadRequest
from hotspot.hub.api.web import routes, secure
from hotspot.hub.hub import Hub
from tests.hub.conftest import Api

pytestmark = pytest.mark.hub


class Note(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body for these tests."""

    text: str


async def said(base: str, request: bytes) -> bytes:
    """What the hub answers to these bytes, until it closes the connection or says nothing for ten seconds."""
    host, _, port = base.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    found = b""
    try:
        writer.write(request)
        while True:
            async with asyncio.timeout(10.0):
                piece = await reader.read(65_536)
            if not piece:
                return found
            found += piece
    except (TimeoutError, ConnectionResetError):
        return found
    finally:
        writer.close()


async def test_methods(api: Api) -> None:
    """HEAD is GET without a body; what a path does not have is 405 with what it has; OPTIONS and CORS are not there."""
    headers = {"Authorization": f"Bearer {api.token}", "Origin": "https://elsewhere.example"}
    async with api.http.head(f"{api.base}/api/v1/halls", headers=headers) as response:
        assert (response.status, response.headers["Content-Length"], await response.read()) == (200, "2", b"")
        assert not [name for name in response.headers if name.startswith("Access-Control-")]
    for method in ("DELETE", "OPTIONS", "PROPFIND"):
        async with api.http.request(method, f"{api.base}/api/v1/halls", headers=headers) as response:
            assert (response.status, response.headers["Allow"], response.content_type) == (
                405,
                "GET, HEAD, POST",
                "application/problem+json",
            )
            assert (await response.json())["detail"] == f"method = '{method}': expected one of GET, HEAD, POST"
    status, problem = await api("GET", "/nothing/here")
    assert (status, problem["code"]) == (404, "not_found")


async def test_security_headers_are_everywhere(api: Api) -> None:
    """Also on what is refused, on what is no part of the API, and on health."""
    expected = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Server": "hotspot",
    }
    for path in ("/api/v1/openapi.json", "/api/v1/halls", "/api/v1/nothing", "/healthz"):
        async with api.http.get(f"{api.base}{path}") as response:
            assert {name: response.headers.get(name) for name in expected} == expected, path
            assert "Strict-Transport-Security" not in response.headers


async def test_tokens_that_are_none(api: Api) -> None:
    """Each is 401 and says what was expected, whatever bytes it has."""
    for value in ("", "Bearer", "Bearer ", "Basic YTpi", "Bearer ä", "Bearer ' OR 1=1", "Bearer " + "x" * 5_000):
        async with api.http.get(f"{api.base}/api/v1/halls", headers={"Authorization": value} if value else {}) as response:
            assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer"), value
    token = b"\xff\xfe\xed\xa0\x80" + b"a" * 30
    raw = b"GET /api/v1/halls HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer " + token + b"\r\nConnection: close\r\n\r\n"
    assert (await said(api.base, raw)).startswith(b"HTTP/1.1 401 ")


async def test_bodies_that_cannot_be_read(api: Api) -> None:
    """Each is 400 and says where and what was expected."""
    expected = {
        b"": "Input data was truncated",
        b"{": "Input data was truncated",
        b'{"name": "a", "title": "\\u0000"}': "expected text without NUL characters (\\u0000)",
        b'{"name": "a", "title": "\\\\u0000", "contact": 1}': "Expected `str`, got `int` - at `$.contact`",
        b'{"name": "a", "title": "\\ud800"}': "",
        b'{"name": "a", "title": "\xff"}': "'utf-8' codec can't decode byte 0xff",
        b"[" * 100_000: "Expected `object`, got `array`",
        b'{"name": "a", "title": "b", "colour": "red"}': "Object contains unknown field `colour`",
        b'{"name": "a\\n", "title": "b"}': "Expected `str` matching regex",
    }
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}
    for content, words in expected.items():
        async with api.http.post(f"{api.base}/api/v1/partners", data=content, headers=headers) as response:
            problem = await response.json()
        assert (response.status, problem["code"]) == (400, "bad_request"), content
        assert problem["detail"].startswith(f"body: {words}"), content


async def test_other_media_types_are_refused(api: Api) -> None:
    """Forms and text are 415, even when JSON is in them: a page of another site could send those without asking."""
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "text/plain"}
    async with api.http.post(f"{api.base}/api/v1/partners", data=b"{}", headers=headers) as response:
        assert (response.status, (await response.json())["detail"]) == (415, "Content-Type = 'text/plain': expected application/json")


async def test_large_bodies_are_not_read(api: Api) -> None:
    """Neither one that says so, nor one that grows, nor one that is small only while it is compressed."""
    head = f"POST /api/v1/partners HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {api.token}\r\nConnection: close\r\n".encode()
    growing = b"Transfer-Encoding: chunked\r\n\r\n" + 60 * (b"4e20\r\n" + b" " * 20_000 + b"\r\n")
    for rest in (b"Content-Length: 1048577\r\n\r\n", growing):
        answer = await said(api.base, head + rest)
        assert answer.startswith(b"HTTP/1.1 413 "), rest[:60]
        assert b'"detail":"body: expected at most 1048576 bytes"' in answer
    bomb = zlib.compress(b" " * 100_000_000)
    packed = b"Content-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    assert (await said(api.base, head + packed)).startswith(b"HTTP/1.1 415 ")


async def test_without_a_token_no_body_is_read(api: Api) -> None:
    """The answer comes before the body."""
    head = b"POST /api/v1/partners HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
    assert (await said(api.base, head)).startswith(b"HTTP/1.1 401 ")


async def test_queries_that_cannot_be_read(api: Api) -> None:
    """Each is 400 and names the parameter."""
    expected = {
        "partner=%00": "query: Expected `str` matching regex",
        "after=%00": "query: expected text without NUL characters - at `$.after`",
        "limit=" + "9" * 5_000: "query: Integer value out of range - at `$.limit`",
        "limit=0": "query: Expected `int` >= 1 - at `$.limit`",
        "limit=1&limit=1": "limit is given twice",
        "%ff=1": "",
        "partner=%ff": "query: Expected `str` matching regex",
        "colour": "colour = '': unknown, expected one of partner, after, limit",
    }
    for query, words in expected.items():
        raw = f"GET /api/v1/halls?{query} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {api.token}\r\nConnection: close\r\n\r\n"
        answer = (await said(api.base, raw.encode())).decode()
        assert answer.startswith("HTTP/1.1 400 "), query
        assert f'"detail":"{words}' in answer, query


async def test_moments_are_moments(api: Api) -> None:
    """Seconds, days without an offset and years that no table has are 400."""
    for text in (
        "0.5",
        "1700000000",
        "2027-01-31",
        "2027-01-31T08:00:00",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "null",
    ):
        status, problem = await api("GET", "/audit", since=text)
        assert (status, problem["code"]) == (400, "bad_request"), text


async def test_names_in_paths_that_no_name_looks_like(api: Api) -> None:
    """Upper case, line ends, NUL and half characters are 404 before PostgreSQL sees them."""
    for path in (
        "/halls/ABC",
        "/halls/a%0A",
        "/halls/%00",
        "/halls/%ed%a0%80",
        "/halls/a%2Fb",
        "/halls/" + "a" * 4_000,
        "/halls/%F0%9F%98%80",
    ):
        raw = f"GET /api/v1{path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {api.token}\r\nConnection: close\r\n\r\n"
        assert (await said(api.base, raw.encode())).startswith(b"HTTP/1.1 404 "), path


async def test_headers_have_a_size(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    """A header of 100 kB, a thousand headers and what is no HTTP at all are 400; none of it is in the log."""
    for raw in (
        b"GET /healthz HTTP/1.1\r\nHost: hub\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: hub\r\n" + b"X: y\r\n" * 1_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ):
        assert (await said(api.base, raw))[:13] in (b"HTTP/1.0 400 ", b"HTTP/1.1 400 ")
    assert caplog.text == ""


async def test_whoever_says_nothing_is_hung_up_on(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first request, in the middle of a header, and after an answer."""
    monkeypatch.setattr(apps, "KEEP_ALIVE", 0.2)
    runner = apps.make_runner(hub, 0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        whole = b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n"
        for sent in (b"", b"GET /healthz HT", whole, whole + b"GET /heal"):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(sent)
            async with asyncio.timeout(5.0):
                found = await reader.read()
            assert found.startswith(b"HTTP/1.1 200 ") == sent.startswith(whole)
            writer.close()
    finally:
        await runner.cleanup()


async def serving(hub: Hub, operation: Operation) -> web.AppRunner:
    """A hub with one operation."""
    application = web.Application()
    application.add_routes(routes(hub, [operation]))
    application.on_response_prepare.append(secure(hub))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, lingering_time=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


async def test_slow_bodies_end(hub: Hub) -> None:
    """A body that does not come to its end in time is 408, and the connection is closed."""

    async def handler(call: Call) -> None:
        raise AssertionError("the body is not there")

    operation = Operation(
        name="slow", method="POST", path="/slow", summary="", subject="", permission=None, handler=handler, body=Note, seconds=0.2
    )
    runner = await serving(hub, operation)
    try:
        host, port = runner.addresses[0][:2]
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b'POST /api/v1/slow HTTP/1.1\r\nHost: hub\r\nContent-Length: 20\r\n\r\n{"text"')
        async with asyncio.timeout(15.0):
            answer = await reader.read()
        writer.close()
    finally:
        await runner.cleanup()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"detail":"body: expected within 0.2 s"' in answer


async def test_a_part_is_not_taken_for_the_whole(hub: Hub) -> None:
    """A fault before the first piece is a ``Problem``; after it the connection is cut, so that the client sees an error."""
    pieces: list[Any] = []

    async def some() -> AsyncIterator[bytes]:
        for piece in pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def handler(call: Call) -> Pieces:
        return Pieces(some(), "text/csv", "a.csv")

    operation = Operation(
        name="file", method="GET", path="/file", summary="", subject="", permission=None,
        handler=handler, reply=Pieces, media_type="text/csv",
    )  # fmt: skip
    runner = await serving(hub, operation)
    request = b"GET /api/v1/file HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n"
    try:
        base = "http://{}:{}".format(*runner.addresses[0][:2])
        pieces[:] = [BadRequest("not today")]
        assert b'"detail":"not today"' in await said(base, request)
        pieces[:] = [b"a,b\r\n", b"1,2\r\n"]
        assert (await said(base, request)).endswith(b"\r\n5\r\na,b\r\n\r\n5\r\n1,2\r\n\r\n0\r\n\r\n")
        pieces[:] = [b"a,b\r\n", BadRequest("too late")]
        assert not (await said(base, request)).endswith(b"0\r\n\r\n")
    finally:
        await runner.cleanup()


async def test_what_is_away_is_503(api: Api, hub: Hub) -> None:
    """While PostgreSQL does not answer: 503, and when to come back."""
    await hub.store.__aexit__(None, None, None)
    try:
        async with api.http.get(f"{api.base}/api/v1/halls", headers={"Authorization": f"Bearer {api.token}"}) as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "5")
            assert (await response.json())["code"] == "unavailable"
    finally:
        await hub.store.__aenter__()
