"""What a visitor does, in one line each, for tests that are about something else."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from hotspot import control
from hotspot.ask import ask
from hotspot.lab import Hall
from hotspot.lab.browse import Response, Unreachable
from hotspot.lab.forms import forms, submission
from hotspot.lab.layout import PORTAL_NAME, SITE, SITE_TLS_PORT
from hotspot.lab.phone import Phone
from hotspot.lab.walk import until_enough

PORTAL, PORTAL_TLS = f"http://{PORTAL_NAME}/", f"https://{PORTAL_NAME}/"


async def accept(phone: Phone, portal: str = PORTAL) -> Response:
    """Open the splash page and tap; the answer to the tap."""
    page = await phone.get(portal)
    found = [form for form in forms(page.text) if form.method == "POST"]
    if page.status != 200 or len(found) != 1:
        return page
    sent = submission(portal, found[0])
    return await phone.request("POST", sent.url, headers=sent.headers, body=sent.body)


async def online(phone: Phone, seconds: float = 5.0) -> bool:
    """Does the phone reach the Internet right now? ``seconds``: how long it waits where nobody answers at all."""
    try:
        await phone.connect(SITE, SITE_TLS_PORT, seconds)
    except Unreachable:
        return False
    return True


def sessions(hall: Hall) -> tuple[control.SessionRow, ...]:
    """The sessions in progress, as staff see them."""
    reply = ask(hall.folder.control_socket, control.Sessions())
    assert isinstance(reply, control.SessionsAre), reply
    return reply.sessions


def status(hall: Hall) -> control.StatusIs:
    """How the portal says it is."""
    reply = ask(hall.folder.control_socket, control.Status())
    assert isinstance(reply, control.StatusIs), reply
    return reply


async def until(true: Callable[[], Awaitable[bool]], seconds: float) -> float:
    """Ask until it is true; returns how long it took. For what shows only from outside."""
    began = time.monotonic()
    while True:
        with contextlib.suppress(Unreachable):
            if await true():
                return time.monotonic() - began
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        await asyncio.sleep(0.02)


class Download:
    """Bytes that keep coming, watched for gaps."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.received = 0
        self.longest_gap = 0.0

    async def run(self) -> None:
        """Read until cancelled; the end of the connection is a failure."""
        last = time.monotonic()
        while data := await self._reader.read(65_536):
            now = time.monotonic()
            self.longest_gap, last = max(self.longest_gap, now - last), now
            self.received += len(data)
        raise AssertionError(f"the download ended after {self.received} bytes")


async def at_rate(measure: Callable[[], Awaitable[float]], wanted: float, tries: int = 5) -> bool:
    """Is what ``measure`` gives (bit/s) within a tenth of ``wanted`` in one of ``tries`` measurements, and above it in none?"""
    found = await until_enough(measure, 0.9 * wanted, tries)
    assert 0.9 * wanted < found[-1] < 1.1 * wanted, found
    return True


async def downloads(phone: Phone) -> float:
    """bit/s of a download begun for this, over 1.5 s once it runs."""
    return (await phone.download_rate(1.5, 0.5)).bits_per_second
