"""The command line's client against a real hub, over HTTP and HTTPS, and against what is no hub."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hotspot.hub.app import make_runner
from hotspot.hub.hub import Hub
from hotspot.hub_client import Client, HubRefused, HubUnavailable, Login, login, login_file, part
from hotspot.lab import certificates
from tests.hub.conftest import Api

pytestmark = pytest.mark.hub


async def ask(where: Login, *words: Any, seconds: float = 5.0, **query: Any) -> Any:
    """What the client says, beside the loop of the hub."""
    return await asyncio.to_thread(lambda: Client(where, seconds).ask(*words, **query))


async def test_answers_files_and_refusals(api: Api) -> None:
    """JSON comes back as values, files as bytes, refusals with status, code and words; what is None in a query is not sent."""
    mine = Login(url=f"{api.base}/", token=api.token)
    made = await ask(mine, "POST", "/partners", {"name": "kleinheim", "title": "Größe & Co."})
    assert (made["title"], await ask(mine, "GET", f"/partners/{part('kleinheim')}")) == ("Größe & Co.", made)
    assert await ask(mine, "GET", "/halls", partner="kleinheim", after=None) == []
    lines = (await asyncio.to_thread(lambda: b"".join(Client(mine).pieces("GET", "/audit.csv", action="partner.")))).splitlines()
    assert (len(lines), await asyncio.to_thread(lambda: Client(mine).fetch("GET", "/audit.csv", action="no."))) == (2, lines[0] + b"\r\n")
    with pytest.raises(HubRefused, match="expected a name that no partner has") as refused:
        await ask(mine, "POST", "/partners", {"name": "kleinheim", "title": "x"})
    assert (refused.value.status, refused.value.code) == (409, "conflict")
    with pytest.raises(HubRefused, match="Authorization is missing"):
        await ask(Login(url=api.base), "GET", "/halls")
    with pytest.raises(HubRefused, match=r"name = 'a/b': there is none|partner = '"):
        await ask(mine, "GET", f"/partners/{part('a/b')}")


@asynccontextmanager
async def serving(work: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A web server that is no hub."""
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", work)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield "http://{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


async def test_what_is_no_hub() -> None:
    """A web page, a redirect, silence and a closed port: each says so in one line, and no token follows a redirect."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(status=404, text="<h1>not found</h1>", content_type="text/html")

    heard: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        heard.append(request.path)
        raise web.HTTPFound("/elsewhere")

    async def silence(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        raise AssertionError

    async with serving(page) as url:
        with pytest.raises(HubUnavailable, match="answers with status 404, not as a hub does: is the address right"):
            await ask(Login(url=url), "GET", "/halls")
    async with serving(redirect) as url:
        with pytest.raises(HubUnavailable, match="answers with status 302"):
            await ask(Login(url=url, token="secret"), "GET", "/halls")
    assert heard == ["/api/v1/halls"]
    async with serving(silence) as url:
        with pytest.raises(HubUnavailable, match=r"no answer within 0.2 s"):
            await ask(Login(url=url), "GET", "/halls", seconds=0.2)
    with pytest.raises(HubUnavailable, match="Connection refused"):
        await ask(Login(url=url), "GET", "/halls")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "url = '': expected an address such as"),
        ("hub.example", "url = 'hub.example': expected an address such as"),
        ("ftp://hub.example", "expected an address such as"),
        ("http://hub.example", "would show the token to everybody on the way: use https"),
        ("https://hub.example:99999", "expected a port up to 65535"),
    ],
)
def test_addresses_that_cannot_be(url: str, expected: str) -> None:
    """Nothing is sent."""
    with pytest.raises(HubUnavailable, match=expected):
        Client(Login(url=url)).ask("GET", "/me")


async def test_https_with_an_authority_of_its_own(hub: Hub, tmp_path: Path) -> None:
    """The authority is named: it works; else, with another one, or with another name, it says what to do."""
    await certificates.make(tmp_path)
    await certificates.certify(tmp_path, "hub", ["localhost"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "hub.pem", tmp_path / "hub.key")
    runner = make_runner(hub, 0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        port = runner.addresses[0][1]
        authority = str(tmp_path / "authority.pem")
        assert (await ask(Login(url=f"https://localhost:{port}", authority=authority), "GET", "/openapi.json"))["openapi"] == "3.1.0"
        with pytest.raises(HubUnavailable, match=r"cannot be verified .*: name its authority \(--authority or HOTSPOT_HUB_AUTHORITY\)"):
            await ask(Login(url=f"https://localhost:{port}"), "GET", "/openapi.json")
        with pytest.raises(HubUnavailable, match="cannot be verified"):
            await ask(Login(url=f"https://127.0.0.1:{port}", authority=authority), "GET", "/openapi.json")
        with pytest.raises(HubUnavailable, match="cannot use the authority .*none.pem: No such file"):
            await ask(Login(url=f"https://localhost:{port}", authority=str(tmp_path / "none.pem")), "GET", "/openapi.json")
        with pytest.raises(HubUnavailable, match="cannot ask the hub"):
            await ask(Login(url=f"http://127.0.0.1:{port}"), "GET", "/openapi.json")
    finally:
        await runner.cleanup()


def test_where_a_login_comes_from(tmp_path: Path) -> None:
    """What is given, else the environment, else the file; the file's token and authority are for its own hub only."""
    environ = {"HOME": str(tmp_path)}
    file = login_file(environ)
    assert (file, login(environ)) == (tmp_path / ".config/hotspot/hub.toml", Login())
    file.parent.mkdir(parents=True)
    file.write_text('url = "https://a.example"\ntoken = "file"\nauthority = "/a.pem"\n')
    assert login(environ) == Login(url="https://a.example", token="file", authority="/a.pem")
    assert login({**environ, "HOTSPOT_HUB_TOKEN": "env"}) == Login(url="https://a.example", token="env", authority="/a.pem")
    assert login({**environ, "HOTSPOT_HUB_URL": "https://b.example/"}) == Login(url="https://b.example")
    assert login(environ, "https://b.example", "/b.pem", "given") == Login(url="https://b.example", token="given", authority="/b.pem")
    file.write_text("url = ")
    with pytest.raises(HubUnavailable, match=r"hub.toml: .*run 'hotspot hub login' again"):
        login(environ)
