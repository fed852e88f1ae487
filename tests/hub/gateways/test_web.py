"""The door for gateways: what is wrong is refused cheaply, and nobody else suffers."""

import asyncio
import gzip
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hotspot import wire
from hotspot.hub import hub as hubs
from hotspot.hub.gateways.limits import Limits
from hotspot.hub.gateways.web import Gateways
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from tests.hub import town
from tests.hub.conftest import Api
from tests.hub.gateways.box import Box, enrolled, hall, token, value, waiting

pytestmark = pytest.mark.hub


def problem(answer: tuple[int, bytes, dict[str, str]]) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer[0], wire.decode(wire.Problem, answer[1]).code


async def test_strangers(api: Api) -> None:
    """Without a credential, or with one that nobody has, everything is 401; a token of staff is no credential."""
    await hall(api)
    for credential in ("", "x", api.token, "hsc_" + 43 * "x", "hsc_" + 43 * "x" + "\u00e9"):
        stranger = Box(api.http, api.base, "", credential)
        for method, path in (
            ("POST", wire.ROTATE), ("POST", wire.REPORTS), ("POST", wire.POLL), ("POST", wire.ANSWERS),
            ("GET", wire.POLICY), ("GET", wire.FILE + 64 * "0"),
        ):  # fmt: skip
            assert problem(await stranger.raw(method, path)) == (401, "credential")
    assert problem(await Box(api.http, api.base, "", "").raw("GET", wire.PREFIX + "/other")) == (404, "unknown")


async def test_a_credential_opens_nothing_else(api: Api) -> None:
    """A gateway's credential is no token of the API."""
    box = await enrolled(api, await hall(api))
    assert (await api.as_(box.credential)("GET", "/halls"))[0] == 401


async def test_rubbish(api: Api) -> None:
    """Bodies that are no JSON, not what was expected, or of a version that is too far away are refused with a reason."""
    box = await enrolled(api, await hall(api))
    said: dict[bytes, str] = {
        b"": "bad_request", b"{": "bad_request", b"[]": "bad_request", b"\xff\xfe\0": "bad_request", b"[" * 10_000: "bad_request",
        b'{"wire": 9}': "version", b'{"wire": 9, "seconds": {}}': "version", b'{"seconds": "soon"}': "bad_request",
        b'{"seconds": 1e400}': "bad_request", b'{"done": ["' + b"x" * 65 + b'"]}': "bad_request", b'{"done": ["\\ud800"]}': "bad_request",
    }  # fmt: skip
    for content, code in said.items():
        assert problem(await box.raw("POST", wire.POLL, content)) == (400, code), content[:40]
    assert await box.poll(seconds=0) == wire.News()


async def test_neighbouring_versions(api: Api) -> None:
    """A gateway one version older or newer is served; what it says beyond that is passed over."""
    box = await enrolled(api, await hall(api))
    for version in (wire.VERSION - 1, wire.VERSION + 1):
        content = b'{"wire": %d, "seconds": 0, "weather": {"rain": true}}' % version
        status, answer, _ = await box.raw("POST", wire.POLL, content)
        assert (status, wire.decode(wire.News, answer)) == (200, wire.News())


async def test_packed_bodies(api: Api) -> None:
    """gzip is understood; what is not whole, not gzip, or packed in another way is refused."""
    box = await enrolled(api, await hall(api))
    content = wire.encode(wire.Poll(seconds=0))
    packed = gzip.compress(content)
    assert (await box.raw("POST", wire.POLL, packed, {"Content-Encoding": "gzip"}))[0] == 200
    for bad in (packed[:-4], packed + b"x", packed[:10] + b"\xff\xff\xff", packed + packed):
        assert problem(await box.raw("POST", wire.POLL, bad, {"Content-Encoding": "gzip"})) == (400, "bad_request")
    for coding in ("br", "deflate", "gzip, gzip"):
        assert problem(await box.raw("POST", wire.POLL, zlib.compress(content), {"Content-Encoding": coding})) == (400, "bad_request")


async def test_huge_bodies_and_bombs(api: Api, hub: Hub) -> None:
    """Too much is refused, announced or not, packed or not, and does not take memory."""
    box = await enrolled(api, await hall(api))
    huge = b" " * (wire.LARGEST + 1)
    assert problem(await box.raw("POST", wire.REPORTS, huge)) == (413, "too_large")
    bomb = packed_spaces(400)
    assert len(bomb) < wire.LARGEST
    before = peak()
    assert problem(await box.raw("POST", wire.REPORTS, bomb, {"Content-Encoding": "gzip"})) == (413, "too_large")
    assert peak() - before < 60_000
    stranger = Box(api.http, api.base, "", "")
    assert problem(await stranger.raw("POST", wire.ENROL, b" " * 10_000)) == (413, "too_large")
    assert problem(await stranger.raw("POST", wire.ENROL, gzip.compress(b" " * 100_000), {"Content-Encoding": "gzip"})) == (
        413,
        "too_large",
    )
    assert await box.poll(seconds=0) == wire.News()


def packed_spaces(megabytes: int) -> bytes:
    """gzip of that many spaces, made without ever holding them: the memory that a test looks at must not have been used before."""
    packing = zlib.compressobj(9, wbits=31)
    return b"".join(packing.compress(b" " * 1_000_000) for _ in range(megabytes)) + packing.flush()


def peak() -> int:
    """Most memory that this process ever had, kB."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1])


async def test_a_flood(api: Api) -> None:
    """One gateway that floods is told to come back later; the requests of another one are answered as ever."""
    flooding, quiet = await enrolled(api, await hall(api)), await enrolled(api, await hall(api, "grossdorf-rathaus"))
    await quiet.poll(seconds=0)

    async def many() -> list[tuple[int, str]]:
        answers = []
        for _ in range(60):
            status, _, headers = await flooding.raw("POST", wire.ANSWERS, wire.encode(wire.Answers(answers=())))
            answers.append((status, headers.get("Retry-After", "")))
        return answers

    async with asyncio.TaskGroup() as group:
        floods = [group.create_task(many()) for _ in range(4)]
        times = []
        for _ in range(20):
            begun = time.monotonic()
            assert await quiet.poll(seconds=0) == wire.News()
            times.append(time.monotonic() - begun)
    answers = [answer for flood in floods for answer in flood.result()]
    assert {answer for answer in answers if answer[0] != 200} <= {(429, "1")}
    assert 100 <= answers.count((200, "")) < 200
    assert max(times) < 1


async def test_slow_senders(api: Api, hub: Hub) -> None:
    """Four bodies that never come to their end hold the gateway's own places, not the hub; more are sent away."""
    slow, other = await enrolled(api, await hall(api)), await enrolled(api, await hall(api, "grossdorf-rathaus"))
    host, port = api.base.removeprefix("http://").split(":")
    head = (
        f"POST {wire.REPORTS} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {slow.credential}\r\nContent-Length: 1000\r\n\r\n{{"
    ).encode()
    writers = []
    try:
        for _ in range(4):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(head)
            await writer.drain()
            writers.append(writer)
        while (answer := await slow.raw("POST", wire.ANSWERS, wire.encode(wire.Answers(answers=()))))[0] == 200:
            pass
        assert problem(answer) == (429, "too_many")
        assert await other.poll(seconds=0) == wire.News()
    finally:
        for writer in writers:
            writer.close()


async def test_a_body_that_does_not_come(hub: Hub, api: Api) -> None:
    """Its time is over after a while: 408, and the connection is closed."""
    box = await enrolled(api, await hall(api))
    app = web.Application()
    Gateways(hub, Ingest(hub), Limits(seconds=0.2)).attach(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, lingering_time=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        writer.write(
            f"POST {wire.POLL} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {box.credential}\r\nContent-Length: 9\r\n\r\n{{".encode()
        )
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"unavailable"' in answer
    finally:
        await runner.cleanup()


async def test_another_halls_numbers(api: Api, hub: Hub) -> None:
    """Whatever a gateway reports is counted for the hall of its credential: there is no place in a report to name another one."""
    ours, theirs = await enrolled(api, await hall(api)), await enrolled(api, await hall(api, "grossdorf-rathaus"))
    assert theirs.name != ours.name
    now = hubs.now()
    report = town.report(1, now, [town.row(now, visits=7)])
    content = wire.encode(town.delivery(now, report)).replace(
        b'"reports"', b'"hall":"grossdorf-rathaus","gateway":"grossdorf-rathaus-1","reports"'
    )
    status, answer, _ = await ours.raw("POST", wire.REPORTS, content)
    assert (status, wire.decode(wire.Receipt, answer).taken) == (200, 1)
    assert [(cell[0], cell[4]) for cell in await town.cells(hub)] == [("kleinheim-rathaus", 7)]


async def test_files_of_others(api: Api) -> None:
    """A file is for gateways whose own policy names it; all else is not there, whatever the path says."""
    box = await enrolled(api, await hall(api))
    for path in (64 * "0", "x", "..%2f..%2fetc%2fpasswd", 64 * "G", "%00"):
        assert problem(await box.raw("GET", wire.FILE + path)) == (404, "unknown")


async def test_text_that_cannot_be_stored(api: Api, hub: Hub) -> None:
    """A NUL in a text becomes a replacement character: the gateway is served, and nothing breaks."""
    place = await hall(api)
    content = b'{"token": "%s", "software": "1\\u0000\\\\u0000", "zones": []}' % (await token(api, place)).encode()
    status, answer, _ = await Box(api.http, api.base, "", "").raw("POST", wire.ENROL, content)
    assert status == 200, answer
    assert await value(hub, "SELECT software FROM gateways") == "1\ufffd\\u0000"


async def test_too_many_zones(api: Api, hub: Hub) -> None:
    """A gateway cannot fill the table of zones when it enrols."""
    said = wire.Enrol(token=await token(api, await hall(api)), zones=tuple(f"z{number}" for number in range(65)))
    status, refused = await Box(api.http, api.base, "", "").refused(wire.ENROL, said)
    assert (status, refused.code, await value(hub, "SELECT count(*) FROM zones")) == (400, "bad_request", 0)


async def test_a_revoked_gateway(api: Api, hub: Hub) -> None:
    """After its revocation every request is 401; what is remembered of it does not help."""
    box = await enrolled(api, await hall(api))
    await waiting(hub)
    assert await box.poll(seconds=0) == wire.News()
    await api("POST", f"/gateways/{box.name}/revoke")
    said: list[tuple[str, Any]] = [
        (wire.ROTATE, wire.Rotate()),
        (wire.ANSWERS, wire.Answers(answers=())),
        (wire.POLL, wire.Poll(seconds=0)),
    ]
    for path, body in said:
        assert (await box.refused(path, body))[0] == 401
    for path in (wire.POLICY, wire.FILE + 64 * "0"):
        assert problem(await box.raw("GET", path)) == (401, "credential")
