"""Gateways that are none: they enrol, report, wait for news, carry out orders and take a policy as real ones do, over the same protocol and
TLS, but their visitors are made up (``crowd``).

``python -P -m hotspot.lab.simulator FILE`` runs all gateways of ``FILE`` (JSON, ``Simulated``) in one process until it is ended, and logs
``gateways speak`` when each has enrolled and reported once.
"""

import asyncio
import random
import secrets
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from hotspot import wire
from hotspot.lab.crowd import ZONE, Crowd
from hotspot.portal.clock import now
from hotspot.portal.settings import Hub
from hotspot.portal.uplink.link import HubRefused, HubUnavailable, Link
from hotspot.portal.vitals import SOFTWARE

POOL: Final = 254
RETRY: Final = 2.0
"""Seconds until something is tried again."""
GRACE: Final = 15.0
"""Seconds for an answer that was due."""


class SimulatedHall(Struct, frozen=True):
    """One of them."""

    token: str
    """For its enrolment."""
    size: float
    """Visitors in an hour in which it is open."""
    time_zone: str


class Simulated(Struct, frozen=True):
    """All of them."""

    url: str
    authority: str
    """PEM."""
    folder: str
    """For their credentials."""
    every: float
    """Seconds between two reports."""
    halls: tuple[SimulatedHall, ...]


class SimulatedGateway:
    """One gateway; ``spoke`` is set when the hub has its first report."""

    def __init__(self, hall: SimulatedHall, link: Link, every: float) -> None:
        self._hall, self._link, self._every = hall, link, every
        self.spoke = asyncio.Event()
        self._started = time.time()
        self.crowd = Crowd(hall.size, hall.time_zone, random.Random(hall.token), self._started)
        self._policy = 0
        self._done: set[str] = set()
        """Orders that were carried out."""

    async def run(self) -> None:
        """Enrol, then report and wait for news until cancelled, or until the hub wants no more of it. Raises ``HubRefused`` when it was
        never wanted."""
        try:
            await self._link.enrol(self._hall.token, SOFTWARE, (ZONE,))
            async with asyncio.TaskGroup() as group:
                group.create_task(self._report())
                group.create_task(self._poll())
        except* HubRefused as refused:
            if not self.spoke.is_set():
                raise
            _log(f"a gateway ends: {refused.exceptions[0]}")

    async def _report(self) -> None:
        stream, seq = secrets.token_hex(16), 0
        while True:
            seq += 1
            report = wire.Report(stream=stream, start=1, seq=seq, closed=_moment(), rows=self.crowd.pass_until(time.time()))
            await self._deliver(report)
            self.spoke.set()
            await asyncio.sleep(self._every)

    async def _deliver(self, report: wire.Report) -> None:
        """The same report is sent until it was heard of: the hub counts it once."""
        while True:
            try:
                delivery = wire.Delivery(sent=_moment(), reports=(report,), health=self._health())
                receipt = await self._link.post(wire.REPORTS, delivery, wire.Receipt)
                await self._follow(receipt.policy)
                if receipt.rotate:
                    await self._link.rotate()
            except HubUnavailable as error:
                _log(f"not delivered: {error}")
                await asyncio.sleep(error.retry_after or RETRY)
            else:
                return

    async def _poll(self) -> None:
        while True:
            poll = wire.Poll(policy=self._policy, done=tuple(self._done))
            try:
                news = await self._link.post(wire.POLL, poll, wire.News, timeout=wire.POLL_SECONDS + GRACE)
                self._done.difference_update(poll.done)  # the hub has heard of them
                await self._follow(news.policy)
                await self._obey([order for order in news.orders if order.id not in self._done])
            except HubUnavailable as error:
                _log(f"no news: {error}")
                await asyncio.sleep(error.retry_after or RETRY)

    async def _follow(self, serial: int) -> None:
        """Take the policy that the hub names."""
        if serial not in (0, self._policy):
            self._policy = wire.decode(wire.Policy, await self._link.get(wire.POLICY)).serial

    async def _obey(self, orders: list[wire.Order]) -> None:
        """Carry out orders, and say what became of them."""
        if not orders:
            return
        self._done.update(order.id for order in orders)
        replies = ((order.id, self.crowd.answer(order.request, time.time())) for order in orders)
        answers = tuple(wire.Answer(name, msgspec.to_builtins(reply)) for name, reply in replies)
        await self._link.post(wire.ANSWERS, wire.Answers(answers=answers), wire.Ok)

    def _health(self) -> wire.Health:
        """All is well."""
        online = len(self.crowd.online)
        return wire.Health(
            software=SOFTWARE,
            started=self._started,
            zones=(wire.ZoneHealth(ZONE, online, True, min(online + 3, POOL), POOL),),
            disk_free=40_000_000_000,
            disk_size=64_000_000_000,
            certificate_until=self._started + 60 * 86_400,
            policy=self._policy,
        )


def _moment() -> wire.Moment:
    at = now()
    return wire.Moment(at.unix, at.boottime, at.boot_id)


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def run(simulated: Simulated) -> None:
    """All gateways, until cancelled. A hub that does not let one in ends it all: ``HubRefused``, in a group."""
    hub = Hub(url=simulated.url, authority=simulated.authority)
    gateways = []
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for number, hall in enumerate(simulated.halls):
            folder = Path(simulated.folder, f"gateway-{number}")
            folder.mkdir(parents=True, exist_ok=True)
            link = await stack.enter_async_context(Link(hub, folder))
            gateways.append(SimulatedGateway(hall, link, simulated.every))
            group.create_task(gateways[-1].run())
        for gateway in gateways:
            await gateway.spoke.wait()
        _log("gateways speak")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        asyncio.run(run(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Simulated)))
    except* HubRefused as refused:
        sys.exit(f"a gateway was refused: {refused.exceptions}")
