"""Connections that are there already when a session begins or ends: none stays on the portal, none outlives its session."""

import asyncio
import itertools
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from hotspot import control
from hotspot.ask import ask
from hotspot.lab import Hall, Options
from hotspot.lab.browse import Response, Unreachable, hang_up, open_connection, take_answer
from hotspot.lab.forms import forms, submission
from hotspot.lab.layout import SITE, SITE6
from hotspot.lab.phone import Phone
from tests.kernel.visits import PORTAL, accept, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

WITHIN = 1.0
"""Seconds after the end of a session in which everything of it is over."""
SITE_OF = {4: SITE, 6: SITE6}
PROBE = b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\nConnection: keep-alive\r\n\r\n"
_numbers = itertools.count(1)
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall() -> AsyncIterator[Hall]:
    """One hall for all."""
    async with Hall(f"ends{os.getpid()}", Options()) as hall:
        yield hall


@pytest_asyncio.fixture(loop_scope="module")
async def phone(hall: Hall) -> Phone:
    """A new phone that has joined."""
    phone = await hall.add_phone(f"visitor{next(_numbers)}")
    await phone.join()
    return phone


async def connected(phone: Phone, version: int) -> Connection:
    """A connection to the site's port 80, or to what is there for the phone."""
    return await open_connection(phone.namespace, SITE_OF[version], 80)


async def said_on(connection: Connection, data: bytes, seconds: float = 2.0) -> bytes | None:
    """Send more on a connection; what comes until it ends, None when it neither answers nor ends."""
    reader, writer = connection
    try:
        async with asyncio.timeout(seconds):
            writer.write(data)
            return await reader.read(65_536)
    except ConnectionError:
        return b""
    except TimeoutError:
        return None
    finally:
        await hang_up(writer)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("early", [b"", PROBE[:30]], ids=["idle", "half a request"])
async def test_opened_before_acceptance(phone: Phone, version: int, early: bytes) -> None:
    """A connection that the portal had taken is over when its phone goes on with it, and the next one leads to the Internet."""
    connection = await connected(phone, version)
    connection[1].write(early)
    await connection[1].drain()
    assert (await accept(phone)).status == 303
    assert await said_on(connection, PROBE[len(early) :]) == b""
    assert (await phone.send(PROBE, version)).status == 204


@pytest.mark.parametrize("version", [4, 6])
async def test_the_portal_keeps_no_connection(phone: Phone, version: int) -> None:
    """Asked to keep it, the redirect and every page end theirs all the same."""
    assert (await phone.talk(PROBE, version)).startswith(b"HTTP/1.1 302 Found\r\n")
    assert (await phone.get(PORTAL, {"Connection": "keep-alive"})).header("connection") == "close"


async def leave(hall: Hall, phone: Phone, code: str) -> float:
    """The visitor presses the button."""
    page = await phone.get(PORTAL)
    sent = submission(PORTAL, next(form for form in forms(page.text) if form.action.startswith("/leave")))
    began = time.monotonic()
    assert (await phone.request("POST", sent.url, headers=sent.headers, body=sent.body)).status == 303
    return began


async def kicked(hall: Hall, phone: Phone, code: str) -> float:
    """Staff end the session."""
    began = time.monotonic()
    assert ask(hall.folder.control_socket, control.Kick(code)) == control.Done(code, "ended")
    return began


async def time_is_up(hall: Hall, phone: Phone, code: str) -> float:
    """Two seconds more, by order of staff, and they are over."""
    given = time.monotonic()
    assert isinstance(ask(hall.folder.control_socket, control.Allow(code, seconds=2.0)), control.Done)
    await asyncio.sleep(given + 2.0 - time.monotonic())  # the session's time, not a wait for something
    return given + 2.0


End = Callable[[Hall, Phone, str], Awaitable[float]]
ENDS: dict[str, End] = {"left": leave, "kicked": kicked, "time": time_is_up}
"""Each returns the moment of the end (monotonic)."""


class Trickle:
    """A download that never ends by itself: when its last byte came."""

    def __init__(self, connection: Connection) -> None:
        self._reader, self._writer = connection
        self.last = 0.0
        self.count = 0
        self._writer.write(b"GET /drip/20 HTTP/1.1\r\nHost: download.town.example\r\n\r\n")

    async def run(self) -> None:
        """Until the connection ends or the task is cancelled."""
        try:
            while piece := await self._reader.read(1_024):
                self.last, self.count = time.monotonic(), self.count + len(piece)
        except ConnectionError:
            pass
        finally:
            await hang_up(self._writer)


async def asked_again(connection: Connection) -> Response | None:
    """One more answer on a connection that has had one; None when it is over."""
    connection[1].write(PROBE)
    try:
        async with asyncio.timeout(2):
            return await take_answer(connection[0], "GET", time.monotonic())
    except (Unreachable, TimeoutError):
        return None


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("end", ENDS)
async def test_opened_after_acceptance(hall: Hall, phone: Phone, end: str, version: int) -> None:
    """A download, and a connection that its server keeps open, work until the session ends, and a second later neither; a new one leads to
    the portal."""
    assert (await accept(phone)).status == 303
    code = re.search(r"\b[0-9A-Z]{3}-[0-9A-Z]{3}\b", (await phone.get(PORTAL)).text)
    assert code is not None
    kept = await connected(phone, version)
    trickle = Trickle(await connected(phone, version))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(trickle.run())
        answers = [await asked_again(kept) for _ in range(2)]
        assert [answer.status for answer in answers if answer is not None] == [204, 204]
        ended_at = await ENDS[end](hall, phone, code[0])

        async def captive() -> bool:
            return (await phone.send(PROBE, version, seconds=0.2)).status == 302  # one that began a moment before the end may hang

        await until(captive, WITHIN)
        captive_after = time.monotonic() - ended_at
        assert await asked_again(kept) is None
        await asyncio.sleep(max(0.0, ended_at + WITHIN - time.monotonic()) + 0.3)  # a measuring interval: a byte may still come
        running.cancel()
    await hang_up(kept[1])
    assert captive_after < WITHIN
    assert trickle.count > 0
    assert trickle.last - ended_at < WITHIN
