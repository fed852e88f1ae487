"""The link against real TLS on loopback: nobody but the hub is believed, and nothing that it could say does harm."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from msgspec.structs import replace

from hotspot import wire
from hotspot.portal.uplink import link as links
from hotspot.portal.uplink.credential import Credential, CredentialFile
from hotspot.portal.uplink.link import LARGEST_FILE, LONGEST_RETRY, HubRefused, HubUnavailable, Link
from tests.hotspot.portal.uplink.authority import make
from tests.hotspot.portal.uplink.counting_hub import CountingHub, problem, says

NOTHING = wire.Delivery(sent=wire.Moment(1.0, 1.0, "b"))
MUCH = replace(NOTHING, health=wire.Health(faults=("what is amiss " * 20,) * 30))


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[CountingHub]:
    """A hub that knows the gateway of ``tmp_path``."""
    async with await CountingHub.with_authority(tmp_path / "hub") as one:
        one.enrol(tmp_path)
        yield one


@pytest.fixture
async def link(hub: CountingHub, tmp_path: Path) -> AsyncIterator[Link]:
    """A link to it."""
    async with Link(hub.hub(), tmp_path) as one:
        yield one


async def ask(link: Link, body: wire.Delivery = NOTHING) -> wire.Receipt:
    """One delivery."""
    return await link.post(wire.REPORTS, body, wire.Receipt, timeout=5.0)


async def why(link: Link, body: wire.Delivery = NOTHING) -> str:
    """Why a delivery cannot be made at this moment."""
    with pytest.raises(HubUnavailable) as caught:
        await ask(link, body)
    return str(caught.value)


async def test_what_is_sent(hub: CountingHub, link: Link) -> None:
    """The credential, JSON, and compressed when it is worth it."""
    assert await ask(link) == wire.Receipt()
    assert await ask(link, MUCH) == wire.Receipt()
    (path, small, body), (_, large, _) = hub.requests
    assert (path, small["Authorization"], body) == (wire.REPORTS, "Bearer first-credential-of-all", wire.encode(NOTHING))
    assert (small.get("Content-Encoding"), large.get("Content-Encoding"), hub.deliveries) == (None, "gzip", [NOTHING, MUCH])
    assert int(large["Content-Length"]) < len(wire.encode(MUCH)) / 4


async def _hangs_up(request: web.Request, _: bytes) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_a_connection_that_the_hub_has_just_closed(hub: CountingHub, link: Link) -> None:
    """A hub that is started anew closes connections that nobody uses, one of them just when it is used again: it is asked over another one,
    once. Over a fresh connection nothing is sent twice."""
    hub.next_answers.append(_hangs_up)
    await why(link)
    assert len(hub.requests) == 1
    await ask(link)
    hub.next_answers.append(_hangs_up)
    assert await ask(link) == wire.Receipt()
    assert len(hub.requests) == 4
    hub.next_answers += [_hangs_up, _hangs_up]
    await why(link)
    assert len(hub.requests) == 6


async def test_another_authority(hub: CountingHub, tmp_path: Path) -> None:
    """A certificate that the machine or somebody else vouches for is none."""
    other, _ = await make(tmp_path / "other", ["localhost"])
    async with Link(hub.hub(authority=other), tmp_path) as link:
        assert await why(link) == "the hub's certificate is not good: unable to get local issuer certificate"
    assert hub.requests == []


async def test_another_name(hub: CountingHub, tmp_path: Path) -> None:
    """The certificate must be for the name in the settings."""
    async with Link(hub.hub(url=f"https://127.0.0.1:{hub.port}"), tmp_path) as link:
        assert "127.0.0.1" in await why(link)
    assert hub.requests == []


async def test_no_tls(tmp_path: Path) -> None:
    """A server that speaks plain HTTP is no hub."""

    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    async with await CountingHub.with_authority(tmp_path / "hub") as hub:
        hub.enrol(tmp_path)
        server = await asyncio.start_server(plain, "127.0.0.1", 0)
        async with server, Link(hub.hub(url=f"https://localhost:{server.sockets[0].getsockname()[1]}"), tmp_path) as link:
            assert "cannot reach the hub" in await why(link)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(hub: CountingHub, link: Link, status: int) -> None:
    """The credential goes nowhere else."""
    hub.next_answers.append(says(status, Location=f"https://localhost:{hub.port}/elsewhere"))
    assert await why(link) == f"the hub's address leads elsewhere (HTTP {status}), which is not followed"
    assert [path for path, _, _ in hub.requests] == [wire.REPORTS]


async def test_no_proxy_of_the_environment(hub: CountingHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a proxy of the settings is used."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with Link(hub.hub(), tmp_path) as link:
        assert await ask(link) == wire.Receipt()
    async with Link(hub.hub(proxy="http://127.0.0.1:9"), tmp_path) as link:
        assert "cannot reach the hub" in await why(link)


@pytest.mark.parametrize("body", [b"", b"<html>login</html>", b"[]", b'{"taken": -1}', b"\xff\xfe", b'{"taken":' + b"[" * 50_000])
async def test_answers_that_make_no_sense(hub: CountingHub, link: Link, body: bytes) -> None:
    """They are no receipt: what was sent is sent again."""
    hub.next_answers.append(says(200, body))
    assert "cannot read the hub's answer" in await why(link)


async def test_an_answer_without_end(hub: CountingHub, link: Link) -> None:
    """A hub that was taken over cannot fill the memory, neither plainly nor by a few bytes that unpack to many."""

    async def endless(request: web.Request, _body: bytes) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except ConnectionError:
            return response

    hub.next_answers.append(endless)
    assert await why(link) == f"the hub's answer is larger than {wire.LARGEST:,} bytes"
    hub.next_answers.append(says(200, gzip.compress(b" " * 200 * 2**20), Content_Encoding="gzip"))
    with pytest.raises(HubUnavailable, match="larger than"):
        await link.get(wire.POLICY)
    assert LARGEST_FILE < 200 * 2**20


async def test_no_answer(hub: CountingHub, link: Link) -> None:
    """It is given up in time."""

    async def silent(_request: web.Request, _body: bytes) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    hub.next_answers.append(silent)
    begun = time.monotonic()
    with pytest.raises(HubUnavailable, match="no answer in time"):
        await link.post(wire.REPORTS, NOTHING, wire.Receipt, timeout=0.3)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7.0), ("999999", LONGEST_RETRY), ("soon", None), ("-3", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)]
)
async def test_come_back_later(hub: CountingHub, link: Link, said: str, seconds: float | None) -> None:
    """Overload is told by its status, and how long to wait by a header."""
    hub.next_answers.append(says(503, Retry_After=said))
    with pytest.raises(HubUnavailable) as caught:
        await ask(link)
    assert (str(caught.value), caught.value.retry_after) == ("the hub is not ready (HTTP 503)", seconds)


async def test_come_back_at_a_date(hub: CountingHub, link: Link) -> None:
    """As RFC 9110 allows."""
    hub.next_answers.append(says(429, Retry_After=format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)))
    with pytest.raises(HubUnavailable) as caught:
        await ask(link)
    assert caught.value.retry_after is not None
    assert 90 < caught.value.retry_after <= 100


async def test_refusals(hub: CountingHub, link: Link) -> None:
    """The hub's words, or the status when somebody else answered; a version that is too far away is a refusal, too."""
    found = []
    for answer in (says(400, wire.encode(wire.Problem("bad_request", "no"))), says(404, b"<html>"), says(200, b'{"wire": 9}')):
        hub.next_answers.append(answer)
        with pytest.raises(HubRefused) as caught:
            await ask(link)
        found.append((caught.value.status, caught.value.problem.code))
    assert found == [(400, "bad_request"), (404, "unknown"), (200, "version")]


async def test_get(hub: CountingHub, link: Link) -> None:
    """The bytes as they are."""
    hub.next_answers.append(says(200, b"\x00\xff"))
    assert await link.get(wire.FILE + "00") == b"\x00\xff"


async def test_not_enrolled(hub: CountingHub, tmp_path: Path) -> None:
    """Nothing is asked without a credential; as soon as there is one, it is used."""
    (tmp_path / "credential").unlink()
    async with Link(hub.hub(), tmp_path) as link:
        assert await why(link) == "this gateway is not enrolled: hotspot enrol --config portal.toml TOKEN"
        (tmp_path / "credential").write_text("{}")
        assert "hotspot enrol" in await why(link)
        hub.enrol(tmp_path)
        assert (await ask(link), len(hub.requests)) == (wire.Receipt(), 1)


# Credentials ------------------------------------------------------------------------------------------------------------------------


async def test_enrolment(hub: CountingHub, tmp_path: Path) -> None:
    """The token is shown once, and the credential is on disk, for nobody else to read."""
    (tmp_path / "credential").unlink()
    async with Link(hub.hub(), tmp_path) as link:
        enrolled = await link.enrol("one-time-token-000000", "1.0", ("public",))
        assert (enrolled.gateway, await ask(link)) == ("kleinheim-1", wire.Receipt())
        with pytest.raises(HubRefused, match="token"):
            await link.enrol("one-time-token-000000", "1.0", ("public",))
    assert len(set(hub.attempts)) == len(hub.attempts) == 2
    path = tmp_path / "credential"
    assert (path.stat().st_mode & 0o777, CredentialFile(tmp_path).read()) == (
        0o600,
        Credential("kleinheim-1", "kleinheim", "enrolled-credential-0"),
    )
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["credential"]


async def _takes_and_hangs_up(hub: CountingHub, request: web.Request, body: bytes) -> web.StreamResponse:
    """The hub has done it, and its answer does not arrive."""
    hub.answer(request, body)
    return await _hangs_up(request, body)


@pytest.mark.parametrize("lost", [1, 2])
async def test_an_answer_to_the_enrolment_is_lost(
    hub: CountingHub, link: Link, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    """The same attempt again, and the credential is there; after the third one without an answer nothing more is tried."""
    monkeypatch.setattr(links, "ENROL_AGAIN", (0.0, 0.0))
    (tmp_path / "credential").unlink()
    hub.next_answers += lost * [partial(_takes_and_hangs_up, hub)]
    enrolled = await link.enrol("one-time-token-000000", "1", ())
    assert (enrolled.credential, await ask(link)) == ("enrolled-credential-0", wire.Receipt())
    assert (len(hub.attempts), len(set(hub.attempts))) == (lost + 1, 1)
    hub.next_answers += 3 * [_hangs_up]
    with pytest.raises(HubUnavailable):
        await link.enrol("one-time-token-000000", "1", ())
    assert not hub.next_answers


@pytest.mark.parametrize("status", [503, 429])
async def test_a_hub_that_did_nothing_is_not_asked_again(hub: CountingHub, link: Link, status: int) -> None:
    """It says itself that it is not ready: whoever enrols hears it at once. Nor is one that cannot be reached, or is not trusted."""
    hub.next_answers.append(says(status))
    with pytest.raises(HubUnavailable, match=f"HTTP {status}"):
        await link.enrol("one-time-token-000000", "1", ())
    assert (len(hub.requests), hub.tokens) == (1, {"one-time-token-000000"})
    await hub.stop()
    with pytest.raises(HubUnavailable, match="cannot reach the hub") as caught:
        await link.enrol("one-time-token-000000", "1", ())
    assert not caught.value.sent


async def test_rotation(hub: CountingHub, link: Link, tmp_path: Path) -> None:
    """The new one is stored, then used, then the old one is forgotten."""
    await link.rotate()
    first = Credential("kleinheim-1", "kleinheim", "first-credential-of-all", "rotated-credential-0001")
    assert CredentialFile(tmp_path).read() == first
    await link.rotate()  # asked again before it was used: there is one already
    assert (CredentialFile(tmp_path).read(), len(hub.requests)) == (first, 1)
    await ask(link)
    assert CredentialFile(tmp_path).read() == Credential("kleinheim-1", "kleinheim", "rotated-credential-0001")
    assert hub.credentials == {"rotated-credential-0001"}


async def test_a_rotation_whose_answer_is_lost(hub: CountingHub, link: Link, tmp_path: Path) -> None:
    """The old one goes on; so it does when the hub has forgotten the new one, as after a backup was restored."""

    async def lost(request: web.Request, body: bytes) -> web.StreamResponse:
        hub.answer(request, body)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    hub.next_answers.append(lost)
    with pytest.raises(HubUnavailable):
        await link.rotate()
    await ask(link)
    await link.rotate()
    hub.credentials = {"first-credential-of-all"}
    await ask(link)
    assert CredentialFile(tmp_path).read() == Credential("kleinheim-1", "kleinheim", "first-credential-of-all")


async def test_a_new_credential_whose_first_use_is_not_answered(hub: CountingHub, link: Link, tmp_path: Path) -> None:
    """The hub may have ended the old one by it: the new one is tried again."""

    async def unanswered(request: web.Request, body: bytes) -> web.StreamResponse:
        hub.answer(request, body)
        return problem(503, "unavailable", "database")

    await link.rotate()
    hub.next_answers.append(unanswered)
    with pytest.raises(HubUnavailable):
        await ask(link)
    assert hub.credentials == {"rotated-credential-0001"}
    await ask(link)
    assert CredentialFile(tmp_path).read() == Credential("kleinheim-1", "kleinheim", "rotated-credential-0001")


async def test_rotated_while_another_request_was_under_way(hub: CountingHub, link: Link, tmp_path: Path) -> None:
    """A refusal of the old credential is not believed when there is another one by now."""

    async def late(_request: web.Request, _body: bytes) -> web.StreamResponse:
        hub.credentials = {"rotated-credential-0009"}
        CredentialFile(tmp_path).write(Credential("kleinheim-1", "kleinheim", "rotated-credential-0009"))
        return problem(401, "credential", "expected a credential that is known")

    hub.next_answers.append(late)
    assert await ask(link) == wire.Receipt()
    with pytest.raises(HubRefused, match="known"):
        hub.credentials = set()
        await ask(link)
