"""The wall clock jumps by a day, forwards and back, while portal and DHCP server run."""

import asyncio
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from hotspot.lab import Hall, Options, processes
from hotspot.lab.phone import Phone
from tests.kernel.conftest import RaiseHall
from tests.kernel.failures.fence import watched
from tests.kernel.failures.machine import joined, kill
from tests.kernel.failures.visitors import downloading
from tests.kernel.visits import PORTAL, accept, online, sessions
from tests.kernel.wall_clock import WallClock, faked

DAY = 86_400
WATCHED_SECONDS = 6.5
"""Longer than the firewall waits until it believes that a lease is gone."""


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["a day on", "a day back"])
async def test_wall_clock_jumps(raise_hall: RaiseHall, wall_clock: WallClock, jump: int) -> None:
    """Who is online stays it with the same time left, over a restart of both processes too; a page that was open before the jump still lets
    its visitor in; who came after the jump has the whole time of the plan when the clock is set right again."""
    hall = await raise_hall(Options())
    anna, bert, carl = await joined(hall, "anna", "bert", "carl")
    assert (await accept(anna)).status == 303
    began = time.monotonic()
    async with watched(hall, anna), downloading(anna) as download:
        wall_clock.set(jump)
        await _dated(bert, jump)
        await _as_before(hall, [anna], [bert, carl], began)
        assert (await accept(bert)).status == 303
        await kill(hall, "portal", "firewall")
        await hall.start_firewall()
        await hall.start_portal()
        await _as_before(hall, [anna, bert], [carl], began)
        wall_clock.set(0)
        await _dated(carl, 0)
        assert (await accept(carl)).status == 303
        await _as_before(hall, [anna, bert, carl], [], began)
        await kill(hall, "portal")
        await hall.start_portal()
        await _as_before(hall, [anna, bert, carl], [], began)
        assert download.longest_gap < 2


async def _dated(phone: Phone, offset: int) -> None:
    """The portal lives at that time, by the date of its answer: the check of the check."""
    answer = await phone.get(PORTAL)
    told = parsedate_to_datetime(answer.header("date") or "").timestamp()
    assert abs(told - time.time() - offset) < 60, (answer.status, told - time.time(), offset)


async def _as_before(hall: Hall, inside: list[Phone], outside: list[Phone], began: float) -> None:
    """These are online and no others, and nobody has got or lost time."""
    assert [await online(phone) for phone in (*inside, *outside)] == [True] * len(inside) + [False] * len(outside)
    left = [row.seconds_left for row in sessions(hall)]
    passed = time.monotonic() - began
    assert (len(left), all(7_200 - passed - 5 < seconds <= 7_200 for seconds in left)) == (len(inside), True), left


async def test_dhcp_server_lives_at_another_time(raise_hall: RaiseHall, wall_clock: WallClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease file's times are wall-clock times: when they jump with the whole machine, who is online stays it, and a new phone joins."""
    real = processes.start

    def start(name: str, namespace: str, words: list[str], log: Path, env: dict[str, str] | None = None) -> object:
        dated = {**(env or {}), **faked(str(wall_clock.file))} if name == "dnsmasq" else env
        return real(name, namespace, words, log, dated)

    monkeypatch.setattr(processes, "start", start)
    hall = await raise_hall(Options())
    (anna,) = await joined(hall, "anna")
    assert (await accept(anna)).status == 303
    inside = [anna]
    for number, (jump, watched_seconds) in enumerate(
        ((DAY, WATCHED_SECONDS), (-DAY, 1.0), (0, WATCHED_SECONDS))
    ):  # forwards, back, forwards
        wall_clock.set(jump)
        inside += await joined(hall, f"fresh{number}")  # its request makes the server look at its leases
        assert (await accept(inside[-1])).status == 303
        until_then = time.monotonic() + watched_seconds
        while time.monotonic() < until_then:
            assert [await online(phone) for phone in inside] == [True] * len(inside)
            await asyncio.sleep(0.2)  # a watch over a stretch of time: that nothing happens tells nobody
    assert len(sessions(hall)) == len(inside)
