"""The firewall is started anew while new visitors come: each page load and each tap ends well."""

import asyncio
import signal
import socket
from collections import Counter

from hotspot.lab import Hall
from hotspot.lab.browse import Unreachable
from hotspot.lab.phone import Phone
from tests.kernel.failures.machine import joined
from tests.kernel.visits import PORTAL, accept, online

AT_ONCE = 4
"""Loads of each phone."""


class _Stream:
    """Loads of a phone, one after the other, until it is told to stop; ``ended`` counts how they did."""

    def __init__(self, phone: Phone) -> None:
        self.ended, self._phone, self._over = Counter[str](), phone, asyncio.Event()

    async def run(self, number: int) -> None:
        """Every other one over IPv6."""
        family = (socket.AF_INET, socket.AF_INET6)[number % 2]
        while not self._over.is_set():
            try:
                self.ended[str((await self._phone.get(PORTAL, family=family)).status)] += 1
            except Unreachable as error:
                self.ended[str(error)] += 1

    def stop(self) -> None:
        """The load in hand is the last."""
        self._over.set()


async def test_no_load_fails_while_the_firewall_is_started_anew(hall: Hall) -> None:
    """Stopped, and killed: loads before, meanwhile and afterwards all get the page; who taps while it is away is online."""
    anna, bert, *late = await joined(hall, "anna", "bert", "carl", "dora")
    streams = [_Stream(phone) for phone in (anna, bert)]
    async with asyncio.TaskGroup() as tasks:
        for stream in streams:
            for number in range(AT_ONCE):
                tasks.create_task(stream.run(number))
        for new, number in zip(late, (signal.SIGTERM, signal.SIGKILL), strict=True):
            seen = [stream.ended.total() for stream in streams]
            await hall.end("firewall", number)
            tapped = tasks.create_task(accept(new))
            await hall.start_firewall()
            assert (await tapped).status == 303
            assert await online(new)
            assert all(stream.ended.total() > before for stream, before in zip(streams, seen, strict=True))
        for stream in streams:
            stream.stop()
    assert [set(stream.ended) for stream in streams] == [{"200"}] * 2
