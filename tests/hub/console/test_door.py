"""The console's door: who gets in, whose forms are taken, what every answer carries."""

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ServerDisconnectedError
from msgspec import structs
from structlog.testing import capture_logs

from hotspot.hub import passwords
from hotspot.hub.access import Role
from hotspot.hub.console.pages import CREDENTIALS
from hotspot.hub.console.web import PARTS
from hotspot.hub.hub import Hub
from hotspot.hub.store import StoreUnavailable, audit, people
from tests.hub.console.conftest import Seats, secret_of

pytestmark = pytest.mark.hub
PASSWORD = "ein langes Kennwort"


async def given(hub: Hub, name: str) -> None:
    """A user (made before) gets ``PASSWORD``."""
    async with hub.store.transaction() as connection:
        user = await people.user(connection, name)
        assert user is not None
        await people.set_password(connection, user.id, await passwords.hashed(PASSWORD))


async def test_strangers_are_led_to_the_login(seats: Seats) -> None:
    """And from there to where they wanted to go; nobody else's address is a goal."""
    answer = await seats.stranger.get("/settings/x?a=b")
    assert answer.status == 404
    answer = await seats.stranger.get("/")
    assert (answer.status, answer.goal) == (303, "/login")
    answer = await seats.stranger.get("/login?next=//evil.example/")
    assert (answer.status, 'value="/"' in answer.text) == (200, True)


async def test_whose_word_for_tls_counts(seats: Seats, hub: Hub, base: str) -> None:
    """A proxy of ours says that a browser speaks TLS: its cookies never leave TLS. Of anybody else that is no news; a proxy that nobody has
    named is told once."""
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
    for proxies, secure in ((), False), ((ip_network("127.0.0.0/8"),), True):
        hub.settings = structs.replace(hub.settings, proxies=proxies)
        with capture_logs() as logs:
            for _ in range(2):
                async with seats.http.get(f"{base}/language/de", headers=told, allow_redirects=False) as response:
                    assert ("Secure" in response.headers["Set-Cookie"]) is secure
        assert [(entry["event"], entry["proxy"]) for entry in logs] == ([] if secure else [("a proxy is not believed", "127.0.0.1")])


async def test_a_form_of_another_site_is_refused(seats: Seats) -> None:
    """Without the token of this session, or from elsewhere."""
    admin = await seats.admin()
    assert (await admin.post("/logout", {"csrf": ""})).status == 403
    assert (await admin.get("/")).status == 200
    assert (await admin.post("/logout")).goal == "/login"
    assert (await admin.get("/")).goal == "/login"


async def test_a_form_from_nowhere_is_refused(seats: Seats, base: str) -> None:
    """``null`` is what a frame without an origin says of itself; it is nobody's name."""
    for headers in ({"Origin": "null"}, {"Origin": ""}, {}):
        async with seats.http.post(f"{base}/login", data={"name": "x", "password": "y"}, headers=headers) as response:
            assert response.status == 403


async def test_nothing_of_a_stranger_is_kept(seats: Seats, base: str) -> None:
    """Who has no session is led away before the form has come, however much of it is to come; a login is small."""
    host, _, port = base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /settings/in/host/branding HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {base}\r\n"
    writer.write(f"{head}Content-Type: multipart/form-data; boundary=X\r\nContent-Length: 4000000\r\n\r\n".encode())
    assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 303")
    writer.close()
    headers = {"Origin": base, "Content-Type": "application/x-www-form-urlencoded"}
    async with seats.http.post(f"{base}/login", data=b"name=" + b"x" * CREDENTIALS, headers=headers) as response:
        assert response.status == 413


async def test_parts_of_a_form_are_few(seats: Seats) -> None:
    """Taking thousands of them apart would keep everybody else waiting."""
    answer = await (await seats.admin()).upload(
        "/settings/in/host/branding", {f"a{number}": "1" for number in range(PARTS)}, {"file": ("x", b"")}
    )
    assert (answer.status, f"at most {PARTS}" in answer.words) == (400, True)


async def test_a_file_that_breaks_off_is_no_whole_one(seats: Seats, settled: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the database goes in the middle, the connection is cut: no page of an error is in the table, and nobody takes a part for all."""
    entries, asked = audit.entries, 0

    async def broken(*words: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise StoreUnavailable("gone")
        return await entries(*words)

    monkeypatch.setattr(audit, "entries", broken)
    with pytest.raises((ClientPayloadError, ServerDisconnectedError)):
        await (await seats.admin()).get("/audit.csv")


async def test_every_answer_is_under_the_same_policy(seats: Seats) -> None:
    """Pages, refusals and redirects: nothing from elsewhere, nobody's frame, no copy in a cache."""
    admin = await seats.admin()
    for answer in (await admin.get("/"), await admin.get("/nowhere"), await seats.stranger.get("/"), await seats.stranger.get("/login")):
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_session_of_a_disabled_user_is_over(seats: Seats, hub: Hub) -> None:
    """At once."""
    secret = await secret_of(hub, "otto", Role.HOST_OPERATOR)
    seat = (await seats.admin()).__class__(seats.http, seats.base, secret)
    assert (await seat.get("/")).status == 200
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE users SET disabled_at = now() WHERE name = 'otto'")
    assert (await seat.get("/")).goal == "/login"
