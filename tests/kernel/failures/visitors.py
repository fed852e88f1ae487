"""Visitors who come, tap, look around and leave, without end; each knows what the portal has told it, and no more."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from enum import Enum

from hotspot.lab.browse import Response, Unreachable, open_connection
from hotspot.lab.forms import Form, forms, submission
from hotspot.lab.layout import SITE
from hotspot.lab.phone import Phone
from tests.kernel.visits import PORTAL, Download

PATIENCE = 0.05
"""Seconds until a visitor who was not served tries again."""


class Told(Enum):
    """How a visitor stands by what the portal has said to it."""

    CAPTIVE = "captive"
    ONLINE = "online"
    UNKNOWN = "unknown"
    """A tap was not answered, or not with a yes: the next page tells."""


class Visitor:
    """One of them."""

    def __init__(self, phone: Phone, chance: random.Random) -> None:
        self.phone, self._chance = phone, chance
        self.told = Told.CAPTIVE
        self.acceptances = 0
        """Taps on "accept" that were answered with 303: each is a session of its own, because before it the portal offered the form."""
        self.refusals = 0
        """Taps and pages that were answered with a problem page, or not at all."""

    async def step(self) -> None:
        """One thing that visitors do. Raises nothing that a failing portal does to it."""
        try:
            form = self._form(await self.phone.get(PORTAL))
            if form is None:
                self.refusals += 1
                await asyncio.sleep(PATIENCE)
            elif form.action.startswith("/accept"):
                self.told = Told.CAPTIVE
                await self._accept(form)
            elif self._chance.random() < 0.5:
                self.told = Told.UNKNOWN
                answer = await self._send(form)
                self.told = Told.CAPTIVE if answer.status == 303 else Told.UNKNOWN
            else:
                self.told = Told.ONLINE
        except Unreachable:
            self.refusals += 1
            await asyncio.sleep(PATIENCE)

    async def _accept(self, form: Form) -> None:
        self.told = Told.UNKNOWN
        answer = await self._send(form)
        if answer.status == 303 and "/online" in (answer.header("location") or ""):
            self.acceptances += 1
            self.told = Told.ONLINE
        else:
            self.refusals += 1

    async def ask(self) -> None:
        """Look at the portal's page, so that ``told`` is what it says now. Raises ``Unreachable``; stays ``UNKNOWN`` on a problem page."""
        form = self._form(await self.phone.get(PORTAL))
        self.told = Told.UNKNOWN if form is None else Told.CAPTIVE if form.action.startswith("/accept") else Told.ONLINE

    def _form(self, page: Response) -> Form | None:
        """The page's form to accept, else the one to leave; None on a problem page."""
        if page.status != 200:
            return None
        found = {form.action.partition("?")[0]: form for form in forms(page.text)}
        return found.get("/accept") or found.get("/leave")

    async def _send(self, form: Form) -> Response:
        sent = submission(PORTAL, form)
        return await self.phone.request("POST", sent.url, headers=sent.headers, body=sent.body)


class Crowd:
    """Visitors who go on until they are told to stand still."""

    def __init__(self, visitors: Iterable[Visitor]) -> None:
        self.visitors = tuple(visitors)
        self._go = asyncio.Event()
        self._busy = 0
        self._still = asyncio.Event()
        self._still.set()

    async def _walk(self, visitor: Visitor) -> None:
        while True:
            await self._go.wait()
            self._busy += 1
            self._still.clear()
            try:
                await visitor.step()
            finally:
                self._busy -= 1
                if not self._busy:
                    self._still.set()

    def go(self) -> None:
        """Start walking."""
        self._go.set()

    async def stand(self) -> None:
        """Returns when every step has come to its end."""
        self._go.clear()
        await self._still.wait()


@asynccontextmanager
async def walking(visitors: Iterable[Visitor]) -> AsyncIterator[Crowd]:
    """A crowd that stands still at first."""
    crowd = Crowd(visitors)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(crowd._walk(visitor)) for visitor in crowd.visitors]
        yield crowd
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def downloading(phone: Phone, address: str = SITE, path: str = "/bytes/10000000000") -> AsyncIterator[Download]:
    """A long download on one connection, watched for gaps; that it ends is a failure."""
    reader, writer = await open_connection(phone.namespace, address, 80)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: download.town.example\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    download = Download(reader)
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(download.run())
            yield download
            running.cancel()
    finally:
        writer.transport.abort()
