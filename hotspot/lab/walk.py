"""A phone's walk through a hall, from its first packet to being cut off: each step looks, measures and says whether it is right.

The numbers are those of the visitor's path in ``docs/tour.md``. The gateway is asked for nothing but what any phone may ask for, except in
steps 7 to 9, where the portal's own figures, and the hub's, are compared with the phone's.
"""

import asyncio
import re
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar
from urllib.parse import urljoin

from msgspec import Struct

from hotspot.lab import counting
from hotspot.lab.browse import Response, Unreachable, hang_up, open_connection
from hotspot.lab.figures import dropped, usage_of
from hotspot.lab.forms import Form, forms, submission
from hotspot.lab.hall import Hall
from hotspot.lab.layout import PORTAL_NAME, SITE, SITE6, SITE_PORTS, SITE_TLS_PORT
from hotspot.lab.namespaces import LabFailed, leaves
from hotspot.lab.phone import Phone, Rate
from hotspot.lab.probes import PROBES

FIRST_PAGE = 14_336
"""Bytes of the first page with its head: what fits into TCP's first ten segments (RFC 6928)."""
TOLERANCE = 0.05
"""A measured rate may differ from the plan by so much."""
USAGE_TOLERANCE = 0.01
"""The portal's figure may differ from the phone's by so much, beyond what the gateway's queue dropped, which counts and never arrives."""
MTU = 1_500
"""Bytes at layer 3 of a packet that TCP fills, and so of one that is dropped."""
REFUSED_WITHIN = 0.5
"""Seconds in which a captive client must hear a refusal; a phone that has to wait shows "no Internet"."""
SILENCE = 0.5
"""Seconds without a byte after which a connection counts as cut."""
T = TypeVar("T")
_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}\b")


class Step(Struct, frozen=True):
    """What one step saw. ``figures`` is the same for machines: seconds, bytes, bit/s, as the names say."""

    number: str
    name: str
    passed: bool
    saw: str
    figures: dict[str, float] = {}


class Plan(Struct, frozen=True):
    """The rates that the walk expects, bit/s."""

    down: float
    up: float


Numbered = tuple[str, str, Callable[[str, str], Awaitable[Step]]]
"""Number and name of a step, and what it does when it is told both."""


class Further(Protocol):
    """Steps of a walk that look at the visit from elsewhere (``walk_hub``)."""

    async def begin(self) -> None:
        """The phone is about to accept."""

    def steps(self, walker: "Walker") -> list[Numbered]:
        """What is done while the phone is online."""


class Walker:
    """Walks one phone through a hall. What one step learns, the next ones use."""

    def __init__(self, hall: Hall, phone: Phone, plan: Plan, seconds: float = 4.0, further: Further | None = None) -> None:
        self.hall, self.phone, self.plan, self.seconds, self._further = hall, phone, plan, seconds, further
        self.portal = f"{'https' if hall.options.tls else 'http'}://{PORTAL_NAME}/"
        self._page = self.portal
        self._form: Form | None = None
        self._before = counting.Bytes(0, 0)
        self.code = ""
        """The device code that the visitor's page shows."""

    async def walk(self, tell: Callable[[Step], None] = lambda step: None) -> list[Step]:
        """All steps in order, each told as soon as it is done. The first that cannot be done ends the walk."""
        steps: list[Step] = []
        for number, name, action in self._steps():
            try:
                step = await action(number, name)
            except* (Unreachable, LabFailed, ConnectionError) as group:  # some steps do two things at once
                step = Step(number, name, False, "; ".join(str(error) for error in leaves(group)))
            steps.append(step)
            tell(step)
            if not step.passed and number in ("0", "3", "4"):
                break
        return steps

    def complete(self, steps: list[Step]) -> bool:
        """Were all steps walked, and did all pass?"""
        return [step.number for step in steps] == [number for number, _, _ in self._steps()] and all(step.passed for step in steps)

    def _steps(self) -> list[Numbered]:
        """The walk."""
        return [
            ("0", "address", self.address),
            ("1", "first packet", self.first_packet),
            ("2", "probe", self.probe),
            ("3", "page", self.page),
            ("4", "accept", self.accept),
            ("5", "grant", self.grant),
            ("6", "plan's speed", self.speed),
            ("7", "usage", self.usage),
            *(self._further.steps(self) if self._further else []),
            ("end", "leave", self.leave),
        ]

    async def address(self, number: str, name: str) -> Step:
        """The phone gets a lease, a router, a name server and an IPv6 address of its own, and true answers to its questions."""
        began = time.monotonic()
        await self.phone.join()
        took = time.monotonic() - began
        lease = self.phone.lease
        told = await self.phone.resolve("www.town.example")
        option = f", option 114 {lease.option_114}" if lease.option_114 else ""
        saw = f"DHCP {lease.ip}, SLAAC {self.phone.address6}, in {took:.2f} s{option}; DNS answers truly"
        return Step(number, name, told == SITE, saw if told == SITE else f"www.town.example is {told}, not {SITE}", {"seconds": took})

    async def first_packet(self, number: str, name: str) -> Step:
        """What an unknown client sends is refused at once, on both stacks, so that nothing on the phone waits."""
        took = []
        for address in (SITE, SITE6):
            began = time.monotonic()
            try:
                await self.phone.connect(address, SITE_TLS_PORT)
            except Unreachable:
                took.append(time.monotonic() - began)
            else:
                return Step(number, name, False, f"a captive phone reaches port {SITE_TLS_PORT} of {address}")
        saw = f"port 443 refused in {took[0] * 1000:.1f} ms (IPv4), {took[1] * 1000:.1f} ms (IPv6)"
        return Step(number, name, max(took) < REFUSED_WITHIN, saw, {"seconds_ipv4": took[0], "seconds_ipv6": took[1]})

    async def probe(self, number: str, name: str) -> Step:
        """Every system's connectivity probe is led to the portal."""
        answers = [
            (probe, await self.phone.get(f"http://{probe.host}{probe.path}", {"User-Agent": probe.user_agent}, family))
            for probe in PROBES
            for family in ((socket.AF_INET6,) if probe.host.startswith("ipv6.") else (socket.AF_INET, socket.AF_INET6))
        ]
        for probe, answer in answers:
            if answer.status != 302 or not (answer.header("location") or "").startswith(self.portal):
                return Step(number, name, False, f"{probe.host} answers {answer.status}, Location {answer.header('location')}")
        self._page = answers[0][1].header("location") or self.portal
        slowest = max(answer.seconds for _, answer in answers)
        families = len({probe.family for probe in PROBES})
        saw = f"{len(answers)} probes of {families} families, IPv4 and IPv6: 302 to {self._page}; slowest {slowest * 1000:.1f} ms"
        return Step(number, name, True, saw, {"probes": len(answers), "seconds_slowest": slowest})

    async def page(self, number: str, name: str) -> Step:
        """The splash page comes, small and in the visitor's language, with one form to accept."""
        answer = await self.phone.get(self._page, {"Accept-Language": "en-GB,en;q=0.9"})
        found = [form for form in forms(answer.text) if form.method == "POST"]
        if answer.status != 200 or len(found) != 1:
            return Step(number, name, False, f"{self._page} answers {answer.status} with {len(found)} forms to send")
        self._form = found[0]
        english = '<html lang="en' in answer.text
        saw = f"{answer.wire_bytes} bytes in {answer.seconds * 1000:.1f} ms, {'in English as asked' if english else 'NOT in English'}"
        figures = {"bytes": float(answer.wire_bytes), "seconds": answer.seconds}
        return Step(number, name, english and answer.wire_bytes <= FIRST_PAGE, saw, figures)

    async def accept(self, number: str, name: str) -> Step:
        """One tap: the form is sent, and from then on it counts how long until a connection gets through."""
        if self._form is None:
            raise LabFailed("cannot accept: there was no form")
        self._before = await self._counted()
        if self._further:
            await self._further.begin()
        sent = submission(self._page, self._form)
        began = time.monotonic()
        answer = await self.phone.request("POST", sent.url, headers=sent.headers, body=sent.body)
        answered = time.monotonic() - began
        if answer.status != 303:
            return Step(number, name, False, f"{sent.url} answers {answer.status}, expected 303: {_gist(answer)}")
        await self._until_online(began + 5)
        online = time.monotonic() - began
        shown = await self.phone.get(urljoin(sent.url, answer.header("location") or "/"))
        code = _CODE.search(shown.text)
        self.code = code[0] if code else ""
        saw = f"303 after {answered * 1000:.1f} ms, first connection outside after {online * 1000:.1f} ms; device {self.code or '?'}"
        return Step(number, name, bool(code), saw, {"seconds_answered": answered, "seconds_online": online})

    async def _until_online(self, deadline: float) -> None:
        """Connect to a port that a captive client is refused; again at once when refused, until ``deadline`` (monotonic seconds)."""
        while True:
            try:
                await self.phone.connect(SITE, SITE_TLS_PORT)
            except Unreachable:
                if time.monotonic() > deadline:
                    raise
            else:
                return

    async def grant(self, number: str, name: str) -> Step:
        """The probes hear their true servers now, over IPv4 and IPv6."""
        heard = 0
        for probe in (probe for probe in PROBES if probe.host in ("connectivitycheck.gstatic.com", "captive.apple.com")):
            for family in (socket.AF_INET, socket.AF_INET6):
                answer = await self.phone.get(f"http://{probe.host}{probe.path}", {"User-Agent": probe.user_agent}, family)
                if (answer.status, answer.text) != (probe.status, probe.body):
                    return Step(number, name, False, f"{probe.host} answers {answer.status}, expected {probe.status}: {_gist(answer)}")
                heard += 1
        page = await self.phone.get("http://www.town.example/")
        saw = f"{heard} probes answered by their own servers, IPv4 and IPv6; http://www.town.example/ is {page.status}"
        return Step(number, name, page.status == 200, saw, {"probes": heard})

    async def speed(self, number: str, name: str) -> Step:
        """TCP as fast as it goes, each way, against what the plan says; bytes at layer 3."""
        phone, enough = self.phone, 1 - TOLERANCE
        downs = await until_enough(lambda: _bits(phone.download_rate(self.seconds)), enough * self.plan.down)
        ups = await until_enough(lambda: _bits(phone.upload_rate(self.seconds)), enough * self.plan.up)
        downs6 = await until_enough(lambda: _bits(phone.download_rate(self.seconds / 2, family=socket.AF_INET6)), enough * self.plan.down)
        down, up, down6 = downs[-1], ups[-1], downs6[-1]
        again = [f"{rate / 1e6:.2f}" for rates in (downs, downs6, ups) for rate in rates[:-1]]
        off = [rate / plan - 1 for rate, plan in ((down, self.plan.down), (up, self.plan.up), (down6, self.plan.down))]
        saw = (
            f"down {down / 1e6:.2f} of {self.plan.down / 1e6:g} Mbit/s ({off[0]:+.1%}), down over IPv6 {down6 / 1e6:.2f} ({off[2]:+.1%}),"
            f" up {up / 1e6:.2f} of {self.plan.up / 1e6:g} ({off[1]:+.1%})"
        )
        if again:
            saw += f"; measured again after {', '.join(again)}"
        figures = {"down": down, "up": up, "down_ipv6": down6, "plan_down": self.plan.down, "plan_up": self.plan.up}
        return Step(number, name, max(map(abs, off)) <= TOLERANCE, saw, figures)

    async def usage(self, number: str, name: str) -> Step:
        """The portal's figures for this device against what the phone itself has counted."""
        mine = (await self._counted()).since(self._before)
        told = await usage_of(self.hall.folder, self.code)
        off = [(theirs / ours - 1) if ours else 1.0 for theirs, ours in ((told.down, mine.down), (told.up, mine.up))]
        saw = (
            f"portal: {told.down / 1e6:.2f} MB down, {told.up / 1e6:.2f} MB up; phone: {mine.down / 1e6:.2f} and {mine.up / 1e6:.2f} MB"
            f" with what the queue dropped ({off[0]:+.1%}, {off[1]:+.1%})"
        )
        figures = {"portal_down": told.down, "portal_up": told.up, "phone_down": mine.down, "phone_up": mine.up}
        return Step(number, name, max(map(abs, off)) <= USAGE_TOLERANCE, saw, {key: float(value) for key, value in figures.items()})

    async def _counted(self) -> counting.Bytes:
        """Bytes so far by the phone's own count, with those that were meant for it and dropped on the gateway."""
        mine = await self.phone.forwarded()
        return counting.Bytes(mine.down + MTU * await dropped(self.hall.layout.gateway, "lan0"), mine.up)

    async def leave(self, number: str, name: str) -> Step:
        """The leave button, while something is being downloaded: the connection is cut, and nothing new gets through."""
        online = urljoin(self.portal, "/online")
        page = await self.phone.get(online)
        found = [form for form in forms(page.text) if form.method == "POST"]
        if len(found) != 1:
            return Step(number, name, False, f"{online} answers {page.status} with {len(found)} forms to send")
        sent = submission(online, found[0])
        answer, answered, cut = await self.cut_by(lambda: self.phone.request("POST", sent.url, headers=sent.headers, body=sent.body))
        try:
            await self.phone.connect(SITE, SITE_TLS_PORT)
        except Unreachable:
            saw = f"{answer.status} after {answered * 1000:.1f} ms; the running download was cut {cut * 1000:.1f} ms after the tap"
            return Step(number, name, answer.status == 303, saw, {"seconds_answered": answered, "seconds_cut": cut})
        return Step(number, name, False, f"{answer.status}, but port {SITE_TLS_PORT} of the Internet can still be reached")

    async def cut_by(self, act: Callable[[], Awaitable[T]]) -> tuple[T, float, float]:
        """Do something that ends the session while the phone downloads; its answer, and the seconds until it came and until the last byte.
        Raises ``LabFailed`` when bytes go on coming."""
        reader, writer = await open_connection(self.phone.namespace, SITE, SITE_PORTS[1])
        try:
            writer.write(b"GET /drip/1 HTTP/1.1\r\nHost: download.town.example\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(100)
            began = time.monotonic()
            async with asyncio.TaskGroup() as group:
                last = group.create_task(_last_byte(reader))
                answer = await act()
                answered = time.monotonic() - began
            return answer, answered, max(0.0, last.result() - began)
        finally:
            writer.transport.abort()
            await hang_up(writer)


async def _last_byte(reader: asyncio.StreamReader, most: float = 5.0) -> float:
    """When (monotonic) the last byte came, before ``SILENCE`` or the connection's end; ``LabFailed`` after ``most`` seconds of bytes."""
    started = last = time.monotonic()
    while True:
        try:
            async with asyncio.timeout(SILENCE):
                if not await reader.read(65_536):
                    return last
        except (TimeoutError, ConnectionError):
            return last
        last = time.monotonic()
        if last - started > most:
            raise LabFailed(f"cannot see a cut: bytes still come {most} s after leaving")


def _gist(answer: Response) -> str:
    """The words of a page, cut short, to say what was seen instead."""
    words = re.sub(r"<style.*?</style>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return " ".join(words.split())[:160]


async def until_enough(measure: Callable[[], Awaitable[float]], least: float, tries: int = 3) -> list[float]:
    """What up to ``tries`` measurements found (bit/s), one made after the other until there is at least ``least``.

    TCP may take a moment to fill a rate that has just changed, and a busy machine leaves some of it unused now and then; more than a plan
    has is never measured away.
    """
    found = [await measure()]
    while found[-1] < least and len(found) < tries:
        found.append(await measure())
    return found


async def _bits(measured: Awaitable[Rate]) -> float:
    return (await measured).bits_per_second
