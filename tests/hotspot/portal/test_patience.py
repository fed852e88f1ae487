"""While the firewall is started anew, requests of visitors wait for it: not for ever, not without bound, and not for who has gone."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from hotspot.portal.desk import Accepted, Refusal, Visitor
from hotspot.portal.door import Door
from hotspot.portal.patience import Patience
from hotspot.session.states import State
from tests.hotspot.portal.conftest import until
from tests.hotspot.portal.desk_in_memory import TOKEN, DeskInMemory
from tests.hotspot.portal.served_hall import HOST, Answer, Hall, close, hall, heading

REQUEST = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
GOOD = {"token": TOKEN, "terms": "2026-11"}


@pytest.fixture(autouse=True)
def room_for_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """All visitors of these tests have the same."""
    monkeypatch.setattr(Patience, "PER_CLIENT", 1_000)
    monkeypatch.setattr(Door, "PER_CLIENT", 1_000)


@asynccontextmanager
async def away() -> AsyncIterator[Hall]:
    """A hall whose firewall is being started."""
    async with hall() as at:
        at.desk.gate_up = False
        yield at


def back(at: Hall) -> None:
    """It answers again."""
    at.desk.gate_up = True
    at.desk.gate_back.set()


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/api/captive", 200), ("/online", 303), ("/left", 409)])
async def test_who_comes_meanwhile_gets_the_page_a_moment_later(path: str, status: int) -> None:
    """Pages, and what systems ask, as if nothing had been."""
    async with away() as at, asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(at.get(path))
        await until(lambda: at.waiting == 1)
        back(at)
        assert (await asked).status == status
    assert at.waiting == 0


async def test_who_accepts_meanwhile_gets_in() -> None:
    """The button too, when it was pressed while the firewall was away, and when it was lost after the visitor had been recognised."""
    async with away() as at, asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(at.post("/accept", GOOD))
        await until(lambda: at.waiting == 1)
        back(at)
        assert ((await asked).status, at.desk.state) == (303, State.ONLINE)


@pytest.mark.parametrize("path", ["/accept", "/voucher"])
async def test_lost_in_the_middle(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be done because the connection was lost is asked for once more, whole, when it is back."""
    asked = []

    async def lost(desk: DeskInMemory, visitor: Visitor, *_: object) -> Accepted | Refusal:
        asked.append(visitor)
        if len(asked) == 1:
            desk.gate_up = False
            return Refusal("firewall")
        return Accepted(visitor)

    for name in ("accept", "redeem"):
        monkeypatch.setattr(DeskInMemory, name, lost)
    monkeypatch.setattr(DeskInMemory, "has_vouchers", lambda *_: True)
    async with hall() as at, asyncio.TaskGroup() as tasks:
        answer = tasks.create_task(at.post(path, {**GOOD, "code": "A"}))
        await until(lambda: at.waiting == 1)
        back(at)
        assert ((await answer).status, len(asked)) == (303, 2)


async def test_what_the_firewall_refuses_is_not_asked_again() -> None:
    """It is there and has said no."""
    async with hall() as at:
        at.desk.refusal = Refusal("firewall")
        async with asyncio.timeout(2):
            assert (await at.post("/accept", GOOD)).status == 503


def goes_on_by_itself(answer: Answer) -> bool:
    """Its script is the one that the policy allows, and without scripts the browser does it."""
    policy = answer.headers["Content-Security-Policy"]
    return "setTimeout(look" in answer.text and "script-src 'sha256-" in policy and '<noscript><meta http-equiv="refresh"' in answer.text


async def test_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is a page that goes on by itself as soon as it can; systems get an empty answer. Other problems are no such page."""
    monkeypatch.setattr(Patience, "SECONDS", 0.05)
    async with away() as at:
        page, system = await asyncio.gather(at.get("/"), at.get("/api/captive"))
        assert (page.status, heading(page), goes_on_by_itself(page)) == (503, "Wir können gerade niemanden verbinden", True)
        assert (system.status, system.text) == (503, "")
        assert not goes_on_by_itself(await at.get("/nothing"))


async def test_no_more_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one client and of all: the next get the page that goes on by itself at once; those who wait are served."""
    for bound in ("PER_CLIENT", "MOST"):
        with monkeypatch.context() as few:
            few.setattr(Patience, bound, 3)
            async with away() as at, asyncio.TaskGroup() as tasks:
                waiting = [tasks.create_task(at.get("/")) for _ in range(3)]
                await until(lambda at=at: at.waiting == 3)  # type: ignore[misc]
                async with asyncio.timeout(2):
                    assert goes_on_by_itself(await at.get("/"))
                back(at)
                assert [(await one).status for one in waiting] == [200] * 3


async def test_who_has_gone_waits_no_more() -> None:
    """A client that opens connection after connection and hangs up leaves nothing behind: no request that waits and no task."""
    async with away() as at:
        before = len(asyncio.all_tasks())
        for _ in range(20):
            writers = [(await asyncio.open_connection("127.0.0.1", at.port))[1] for _ in range(10)]
            for writer in writers:
                writer.write(REQUEST)
            await until(lambda: at.waiting == 10)
            for writer in writers:
                await close(writer)
            await until(lambda: at.waiting == 0)
        await until(lambda: len(asyncio.all_tasks()) == before)


async def test_who_is_turned_out_waits_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many connections the oldest go; their requests do not stay."""
    monkeypatch.setattr(Door, "PER_CLIENT", 5)
    async with away() as at:
        writers = []
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", at.port)
            writer.write(REQUEST)
            writers.append(writer)
        await until(lambda: at.waiting == 5)
        for writer in writers:
            await close(writer)
        await until(lambda: at.waiting == 0)


@pytest.fixture
def a_quick_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stops take no seconds."""
    monkeypatch.setattr(Patience, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(Door, "LISTEN_SECONDS", 0.1)
    yield


@pytest.mark.usefixtures("a_quick_end")
async def test_a_portal_that_stops_answers_those_who_wait() -> None:
    """Before their connections are cut."""
    async with asyncio.TaskGroup() as tasks:
        async with away() as at:
            asked = tasks.create_task(at.get("/"))
            await until(lambda: at.waiting == 1)
        assert goes_on_by_itself(await asked)


async def test_who_begins_to_wait_while_the_portal_stops_has_as_little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The door cuts those who wait longer."""
    monkeypatch.setattr(Patience, "STOP_SECONDS", 0.0)
    async with away() as at:
        at.stop_waiting()
        began = asyncio.get_running_loop().time()
        assert goes_on_by_itself(await at.get("/"))
        assert asyncio.get_running_loop().time() - began < Patience.SECONDS / 2
