"""The hub behind nginx with the settings that the role writes: gateways, people and programs get through it, and nobody is written down."""

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import ClientPayloadError, ClientSession, ClientTimeout, CookieJar, TCPConnector, web
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import Struct, structs

from hotspot import wire
from hotspot.hub import passwords
from hotspot.hub.access import Role
from hotspot.hub.api.operations import Pieces
from hotspot.hub.api.web import streamed
from hotspot.hub.hub import Hub
from hotspot.hub.store import StoreUnavailable, people
from tests.deploy.roles import Role as Written
from tests.hub.conftest import Api, token_of
from tests.hub.gateways.box import Box, enrolled, hall

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
pytestmark = [
    pytest.mark.hub,
    pytest.mark.skipif(NGINX is None or os.geteuid() != 0, reason="nginx is not installed, or may not start here as it does: as root"),
]

NAME = "hub.stadt.example"
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=hub")
PASSWORD = "ein langes Kennwort"


class Front(Struct, frozen=True):
    """nginx in front of the hub."""

    api: Api
    """The administrator, through it."""
    port: int
    plain: int
    """Where it leads to TLS."""
    authority: Path
    log: Path

    def said(self) -> str:
        """What it has written down."""
        return self.log.read_text(encoding="utf-8")


def ports(number: int) -> list[int]:
    """Free ones of the loopback."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()


async def answering(port: int) -> None:
    """Returns when somebody listens there."""
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


@pytest.fixture
async def front(hub: Hub, base: str, tmp_path: Path) -> AsyncIterator[Front]:
    """Of the running hub."""
    async with fronted(hub, base, tmp_path) as running:
        yield running


@asynccontextmanager
async def fronted(hub: Hub, base: str, tmp_path: Path) -> AsyncIterator[Front]:
    """It runs with what the role writes for the least inventory; only ports, files and addresses are this test's."""
    assert NGINX is not None
    tls, plain = ports(2)
    hub.settings = structs.replace(hub.settings, url=f"https://{NAME}:{tls}", proxies=(ip_network("127.0.0.1"),))
    files = ("-keyout", str(tmp_path / "hub.key"), "-out", str(tmp_path / "hub.pem"))
    signed = ("openssl", "req", "-x509", *CURVE, "-addext", f"subjectAltName=DNS:{NAME}", *files)
    await asyncio.to_thread(subprocess.run, signed, check=True, capture_output=True)
    own = {
        "hub_url": hub.settings.url,
        "_hub_listen": [base.removeprefix("http://")],
        "_hub_settings": str(tmp_path),
        "_hub_nginx_pid": str(tmp_path / "pid"),
        "_hub_nginx_log": str(tmp_path / "log"),
        "_hub_nginx_addresses": ["127.0.0.1"],
        "_hub_nginx_redirect_port": plain,
    }
    (tmp_path / "nginx.conf").write_text(Written("hub", own).text("nginx.conf.j2"))
    words = (NGINX, "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;")
    running = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    try:
        await answering(tls)
        trusting = ssl.create_default_context(cafile=str(tmp_path / "hub.pem"))
        here = TCPConnector(resolver=Loopback(), ssl=trusting)
        async with ClientSession(connector=here, cookie_jar=CookieJar(), timeout=ClientTimeout(total=60)) as http:
            api = Api(http, hub.settings.url, await token_of(hub, "admin", Role.HOST_ADMIN))
            yield Front(api, tls, plain, tmp_path / "hub.pem", tmp_path / "log")
    finally:
        running.terminate()
        await running.communicate()


class Loopback(AbstractResolver):
    """Whatever the name: here."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """One address."""
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is held."""


async def test_a_gateway_reports_and_waits_for_news(front: Front, hub: Hub) -> None:
    """It enrols, its report is taken, and its poll, held open by both, is answered at once when there is news."""
    box = await enrolled(front.api, await hall(front.api))
    sent = wire.Moment(hub.now().timestamp(), 1.0, "b")
    report = wire.Report(stream="0123456789abcdef" * 2, start=1, seq=1, closed=sent)
    receipt = await box.post(wire.REPORTS, wire.Delivery(sent=sent, health=wire.Health(), reports=(report,)), wire.Receipt)
    assert (receipt.taken, receipt.refused) == (1, ())
    plan = {"down": "10 Mbit/s", "up": "2 Mbit/s", "time": "2 h"}
    document = {"plans": {"free": plan}, "terms": {"version": "1"}, "zones": {"public": {"plans": ["free"]}}}
    began = asyncio.get_running_loop().time()
    assert await box.poll(seconds=0.5) == wire.News()
    assert asyncio.get_running_loop().time() - began >= 0.5
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(box.poll(seconds=30))
        began = asyncio.get_running_loop().time()
        status, said = await front.api("POST", "/policy/changes", {"documents": [{"scope": "host", "document": document}]})
        assert status == 201, said
        news = await poll
        assert asyncio.get_running_loop().time() - began < 5
    assert news.policy > 0
    assert "/wire/" not in front.said()


async def test_somebody_logs_in_at_the_console(front: Front, hub: Hub) -> None:
    """Their cookie never leaves TLS, forms are ours by the name that the browser shows, and pages stay up to date."""
    await hall(front.api)
    await front.api("POST", "/users", {"name": "karl", "role": "partner-editor", "partner": "kleinheim", "full_name": "", "email": ""})
    async with hub.store.transaction() as connection:
        user = await people.user(connection, "karl")
        assert user is not None
        await people.set_password(connection, user.id, await passwords.hashed(PASSWORD))
    ours = {"Origin": front.api.base, "Sec-Fetch-Site": "same-origin"}
    fields = {"name": "karl", "password": PASSWORD}
    async with front.api.http.post(f"{front.api.base}/login", data=fields, headers=ours, allow_redirects=False) as response:
        cookie = response.headers["Set-Cookie"]
        assert (response.status, cookie.startswith("__Host-session="), "Secure" in cookie) == (303, True, True)
        assert response.headers.getall("Strict-Transport-Security") == ["max-age=31536000"]
        assert response.headers["Server"] == "nginx"
    async with front.api.http.get(f"{front.api.base}/") as response:
        assert (response.status, "__Host-session" in response.request_info.headers["Cookie"]) == (200, True)
    async with front.api.http.get(f"{front.api.base}/live", headers={"Accept": "text/event-stream"}) as response:
        assert response.status == 200
        async with asyncio.timeout(5):
            assert await response.content.readline() == b"retry: 3000\n"
    theirs = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    async with front.api.http.post(f"{front.api.base}/login", data=fields, headers=theirs, allow_redirects=False) as response:
        assert response.status == 403


async def test_nobody_chooses_where_they_come_from(front: Front, hub: Hub) -> None:
    """nginx says itself who asks: whoever guesses is slowed down, whatever they say of themselves."""
    moment = hub.now()
    hub.now = lambda: moment  # the pause after the fifth guess is a second

    async def tried(source: str) -> int:
        body, headers = {"name": "nobody", "password": "falsch"}, {"X-Forwarded-For": source}
        async with front.api.http.post(f"{front.api.base}/api/v1/login", json=body, headers=headers) as response:
            return response.status

    assert [await tried(f"198.51.100.{number}") for number in range(6)] == [401] * 5 + [429]


async def test_a_file_of_the_largest_size_comes_through(front: Front) -> None:
    """And one that is larger is refused by the hub itself, in its words."""
    headers = {"Authorization": f"Bearer {front.api.token}", "Content-Type": "application/octet-stream"}
    for size, expected in (16 * 1024 * 1024, 201), (17 * 1024 * 1024, 413):
        async with front.api.http.post(f"{front.api.base}/api/v1/policy/files", data=BytesIO(bytes(size)), headers=headers) as response:
            assert response.status == expected
            assert response.content_type == ("application/json" if expected == 201 else "application/problem+json")


async def _handshake(front: Front, tls: ssl.SSLContext, name: str = NAME) -> tuple[str, str]:
    """Version and suite."""
    _, writer = await asyncio.open_connection("127.0.0.1", front.port, ssl=tls, server_hostname=name)
    try:
        cipher = writer.get_extra_info("cipher")
        return str(cipher[1]), str(cipher[0])
    finally:
        writer.close()


async def test_only_tls_that_is_recommended(front: Front) -> None:
    """1.2 and 1.3 with the suites of TR-02102-2; nothing older, no CBC, no other key exchange; another name sees no certificate."""
    tls = ssl.create_default_context(cafile=str(front.authority))
    assert await _handshake(front, tls) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    assert await _handshake(front, tls) == ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")
    for weak in ("ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"):
        tls.set_ciphers(weak)
        with pytest.raises(ssl.SSLError):
            await _handshake(front, tls)
    old = ssl.create_default_context(cafile=str(front.authority))
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        await _handshake(front, old)
    with pytest.raises(ssl.SSLError):
        await _handshake(front, ssl.create_default_context(cafile=str(front.authority)), "other.stadt.example")


async def test_another_name_over_tls_finds_nothing(front: Front) -> None:
    """Whoever asks for it in a connection that was opened for the hub's: neither the hub, nor a page of nginx's own."""
    async with front.api.http.get(f"{front.api.base}/", headers={"Host": "evil.example"}) as response:
        assert response.status == 421
        assert "nginx!" not in await response.text()


async def test_without_tls_there_is_only_the_way_to_it(front: Front) -> None:
    """By the hub's name, whatever was asked for."""
    url = f"http://127.0.0.1:{front.plain}/halls?a=b"
    async with ClientSession() as http, http.get(url, headers={"Host": "evil.example"}, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (301, f"{front.api.base}/halls?a=b")
        assert response.headers["Server"] == "nginx"


@pytest.mark.parametrize("base", ["http://127.0.0.1:9"])
async def test_a_hub_that_is_away(front: Front, base: str) -> None:
    """Programs are told so in their words, people in theirs, both to come again; nobody is written down, nor what they asked for."""
    del base
    box = Box(front.api.http, front.api.base, "", "")
    status, problem = await box.refused(wire.POLL, wire.Poll())
    assert (status, problem.code) == (503, "unavailable")
    status, said = await front.api("GET", "/halls/kleinheim-rathaus", None, search="Anna Muster")
    assert (status, said["code"]) == (503, "unavailable")
    async with front.api.http.get(f"{front.api.base}/halls/kleinheim-rathaus?next=Anna") as response:
        assert (response.status, response.content_type, response.headers["Retry-After"]) == (503, "text/html", "10")
        assert "Bitte laden Sie die Seite" in await response.text()
        assert response.headers.getall("Strict-Transport-Security") == ["max-age=31536000"]
    asked = [line.split()[:3] for line in front.said().splitlines() if line.startswith(("GET", "POST"))]
    assert asked == [["POST", "/wire/v1/poll", "503"], ["GET", "/api/v1/halls", "503"], ["GET", "-", "503"]]
    assert not any(word in front.said() for word in ("127.0.0.1", "kleinheim", "Anna", "client"))


async def test_an_answer_that_is_cut_is_known_to_be(hub: Hub, tmp_path: Path) -> None:
    """When the hub ends in the middle of a file, nobody takes what has come for the whole."""

    async def half() -> AsyncIterator[bytes]:
        yield b"name;visits\n"
        raise StoreUnavailable("away")

    async def answer(request: web.Request) -> web.StreamResponse:
        return await streamed(request, Pieces(half(), "text/csv"), "export")

    app = web.Application()
    app.router.add_get("/api/v1/export", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with fronted(hub, base, tmp_path) as front, front.api.http.get(f"{front.api.base}/api/v1/export") as response:
            assert response.status == 200
            with pytest.raises(ClientPayloadError):
                await response.read()
    finally:
        await runner.cleanup()
