"""What changes, as it is told to open windows: who hears what, when it ends, and that many cost as much as one."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import msgspec
import pytest
from aiohttp import ClientResponse, ClientTimeout

from hotspot import wire
from hotspot.hub import board
from hotspot.hub.access import Role
from hotspot.hub.console import live
from hotspot.hub.hub import Hub
from hotspot.hub.store.pool import notify
from tests.hub.console.conftest import Seat, Seats
from tests.hub.console.test_overview import alarm, city
from tests.hub.fleet import Box, says

pytestmark = pytest.mark.hub
SOON: Final = 30.0
"""Seconds in which something has to come."""


class Window:
    """One page that is open."""

    def __init__(self, response: ClientResponse) -> None:
        self._response = response

    async def event(self, name: str = "change") -> Any:
        """The next event of that name; others before it are skipped."""
        async with asyncio.timeout(SOON):
            found = ""
            while line := (await self._response.content.readline()).decode():
                if line.startswith("event: "):
                    found = line[7:].strip()
                elif line.startswith("data: ") and found == name:
                    return msgspec.json.decode(line[6:])
        raise EOFError(name)

    async def ends(self) -> None:
        """Returns when nothing more comes."""
        async with asyncio.timeout(SOON):
            while await self._response.content.readline():
                pass


@asynccontextmanager
async def window(seat: Seat, since: str = "") -> AsyncIterator[Window]:
    """Open a page that keeps itself up to date."""
    headers = {"Cookie": f"session={seat.secret}; language=en", "Accept": "text/event-stream"}
    timeout = ClientTimeout(total=None)
    async with seat.http.get(f"{seat.base}/live?since={since}", headers=headers, timeout=timeout) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream" and response.headers["Cache-Control"] == "no-store"
        yield Window(response)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks that follow each other quickly."""
    monkeypatch.setattr(board, "INTERVAL", 0.1)
    monkeypatch.setattr(board, "GAP", 0.05)


async def online(hub: Hub, box: Box, number: int) -> None:
    """A gateway has spoken: so many visitors are there."""
    async with hub.store.transaction() as connection:
        health = wire.Health(software="1.0", zones=(wire.ZoneHealth("public", online=number),))
        await says(connection, box, hub.now(), health)


async def test_first_all_then_what_changes(seats: Seats, hub: Hub) -> None:
    """Whoever has seen nothing gets everything; after that a hall, its town and the sums, in the reader's words."""
    towns = await city(hub)
    async with window(await seats.admin()) as page:
        first = await page.event()
        assert sorted(first["halls"]) == ["grossdorf-0", "grossdorf-1", "kleinheim-0", "kleinheim-1"]
        assert first["halls"]["kleinheim-0"] == ["good", "All well", "", "3", "0"]
        assert first["sums"]["online"] == "12"
        await online(hub, towns["kleinheim"][1], 1_234)
        told = await page.event()
        assert told["halls"] == {"kleinheim-1": ["good", "All well", "", "1,234", "0"]}
        assert told["towns"] == {"kleinheim": ["good", "All well", "1,237", "0"]}
        assert told["sums"]["online"] == "1,243" and "amiss" not in told and told["worse"] == []


async def test_whoever_comes_back_gets_the_difference(seats: Seats, hub: Hub) -> None:
    """From the glance that the page was drawn of, or that was told last; nothing when nothing is different."""
    towns = await city(hub)
    seen = await hub.board.latest(0)
    await online(hub, towns["grossdorf"][0], 7)
    await hub.board.latest(0)
    async with window(await seats.admin(), seen.number) as page:
        assert list((await page.event())["halls"]) == ["grossdorf-0"]
    same = await hub.board.latest(0)
    assert live.changes(same, same, None, "en") == b""


async def test_an_alarm_is_told_at_once(seats: Seats, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the database's signal, not with the next look; only what becomes worse is said aloud."""
    monkeypatch.setattr(board, "INTERVAL", 60.0)
    towns = await city(hub)
    async with window(await seats.admin()) as page:
        await page.event()
        await alarm(hub, towns["kleinheim"][0])
        async with hub.store.transaction() as connection:
            await notify(connection, "alarms")
        told = await page.event()
        assert told["halls"]["kleinheim-0"][:3] == ["bad", "Fault", "No Internet"]
        assert told["worse"] == ["kleinheim-0: Fault"]
        (shown,), more = told["amiss"]
        assert (shown[0], shown[3], shown[5], more) == ("kleinheim-0", "bad", "No Internet", 0)
        async with hub.store.connection() as connection:
            number = await connection.fetchval("SELECT id FROM alarms")
        await (await seats.admin()).post(f"/alarms/{number}/acknowledge")
        (shown,), _ = (await page.event())["amiss"]
        assert shown[8] is True  # others see at once that somebody sees to it
        async with hub.store.transaction() as connection:
            await connection.execute("DELETE FROM alarms")
            await notify(connection, "alarms")
        told = await page.event()
        assert told["worse"] == [] and told["amiss"] == [[], 0]


async def test_a_partner_hears_of_its_own_halls_only(seats: Seats, hub: Hub) -> None:
    """Also in sums, and of no alarm of the hub itself."""
    towns = await city(hub)
    gerda = await seats("gerda", Role.PARTNER_EDITOR, "kleinheim")
    async with window(gerda) as page:
        first = await page.event()
        assert sorted(first["halls"]) == ["kleinheim-0", "kleinheim-1"] and first["sums"]["online"] == "6"
        await online(hub, towns["grossdorf"][0], 99)
        await alarm(hub, None, "remote_write", "warning", text="no route")
        await online(hub, towns["kleinheim"][0], 4)
        told = await page.event()
        assert list(told["halls"]) == ["kleinheim-0"] and "amiss" not in told and told["sums"]["online"] == "7"


@pytest.mark.parametrize(
    "ending",
    [
        "DELETE FROM console_sessions",
        "UPDATE users SET disabled_at = now() WHERE name = 'gerda'",
        "UPDATE console_sessions SET idle_until = now()",
        "UPDATE console_sessions SET expires_at = now()",
        "UPDATE users SET role = 'partner-viewer' WHERE name = 'gerda'",
    ],
)
async def test_it_ends_with_the_session(seats: Seats, hub: Hub, ending: str) -> None:
    """Whatever ends it: also another role, because the page was drawn for the one before."""
    await city(hub)
    gerda = await seats("gerda", Role.PARTNER_EDITOR, "kleinheim")
    async with window(gerda) as page:
        await page.event()
        async with hub.store.transaction() as connection:
            await connection.execute(ending)
        assert await page.event("over") == {}
        await page.ends()


async def test_an_open_window_does_not_use_the_session(seats: Seats, hub: Hub) -> None:
    """Somebody who went home is logged out in time, whatever is open on their screen."""
    await city(hub)
    admin = await seats.admin()
    async with window(admin) as page:
        await page.event()
        async with hub.store.transaction() as connection:
            await connection.execute("UPDATE console_sessions SET idle_until = now() + interval '3 seconds'")
        assert await page.event("over") == {}
    assert (await admin.get("/")).goal == "/login"


async def test_many_windows_cost_one_look(seats: Seats, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty windows of ten people: one look at the halls for each change, not fifty; all are told the same."""
    towns = await city(hub)
    monkeypatch.setattr(board, "INTERVAL", 60.0)
    async with AsyncExitStack() as stack:
        pages = []
        for number in range(10):
            seat = await seats(f"otto{number}", Role.HOST_OPERATOR)
            pages += [await stack.enter_async_context(window(seat)) for _ in range(5)]
        for page in pages:
            await page.event()
        before = hub.board.made
        await online(hub, towns["kleinheim"][0], 50)
        async with hub.store.transaction() as connection:
            await notify(connection, "alarms")
        told = [await page.event() for page in pages]
        assert hub.board.made == before + 1
        assert all(each == told[0] for each in told) and told[0]["halls"]["kleinheim-0"][3] == "50"


async def test_windows_are_bounded(seats: Seats, hub: Hub) -> None:
    """Six of one session; the seventh is told to come later, and another session is not concerned."""
    await city(hub)
    admin = await seats.admin()
    headers = {"Cookie": f"session={admin.secret}", "Accept": "text/event-stream"}
    async with AsyncExitStack() as stack:
        for _ in range(board.MOST_OF_SESSION):
            await stack.enter_async_context(window(admin))
        async with admin.http.get(f"{admin.base}/live", headers=headers) as response:
            assert response.status == 429 and int(response.headers["Retry-After"]) > 0
        await stack.enter_async_context(window(await seats("otto", Role.HOST_OPERATOR)))
    async with asyncio.timeout(SOON):
        while hub.board.listeners:  # they are missed with the next look
            await hub.board.newer(await hub.board.latest())
    async with window(admin) as page:
        await page.event()


async def test_who_reads_nothing_is_dropped(seats: Seats, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its buffers are full and stay so: the connection is cut."""
    monkeypatch.setattr(live, "SLOW", 0.3)
    monkeypatch.setattr(live, "HEARTBEAT", 0.0)
    monkeypatch.setattr(live, "BEAT", b":" + b" " * 8_000_000 + b"\n\n")
    await city(hub)
    admin = await seats.admin()
    host, _, port = admin.base.removeprefix("http://").partition(":")
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        lazy.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(lazy, (host, int(port)))
        head = f"GET /live HTTP/1.1\r\nHost: {host}\r\nCookie: session={admin.secret}\r\nAccept: text/event-stream\r\n\r\n"
        await loop.sock_sendall(lazy, head.encode())
        assert (await loop.sock_recv(lazy, 12)) == b"HTTP/1.1 200"
        assert hub.board.listeners == 1
        async with asyncio.timeout(SOON):
            while hub.board.listeners:
                await hub.board.newer(await hub.board.latest())


async def test_it_says_something_while_nothing_changes(seats: Seats, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no proxy cuts it."""
    monkeypatch.setattr(live, "HEARTBEAT", 0.2)
    await city(hub)
    admin = await seats.admin()
    headers = {"Cookie": f"session={admin.secret}", "Accept": "text/event-stream"}
    async with admin.http.get(f"{admin.base}/live", headers=headers) as response, asyncio.timeout(SOON):
        while await response.content.readline() != b": \n":
            pass


async def test_only_scripts_get_a_stream(seats: Seats, hub: Hub) -> None:
    """A person who opens the address gets a page; a stranger is led to the login."""
    await city(hub)
    assert (await (await seats.admin()).get("/live")).status == 400
    assert (await seats.stranger.get("/live")).goal.startswith("/login")


async def test_it_ends_at_once_when_the_process_does(seats: Seats, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """However far the next look is."""
    monkeypatch.setattr(board, "INTERVAL", 60.0)
    await city(hub)
    async with window(await seats.admin()) as page:
        await page.event()
        hub.signals.stop()
        await page.ends()


async def test_a_silent_hall_is_told_though_nobody_says_so(seats: Seats, hub: Hub) -> None:
    """Time passes, no report comes: with the next look it is worse."""
    towns = await city(hub)
    async with window(await seats.admin()) as page:
        await page.event()
        async with hub.store.transaction() as connection:
            await says(connection, towns["kleinheim"][0], hub.now() - timedelta(minutes=4))
        told = await page.event()
        assert told["halls"]["kleinheim-0"][0] == "bad" and told["halls"]["kleinheim-0"][3] == "–"
        assert told["worse"] == ["kleinheim-0: No contact"]
