"""Gateways that are none: they enrol, report, wait for news, carry out orders and take a policy as real ones do, over the same protocol and
TLS, but their visitors are made up.

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

from hotspot import control, wire
from hotspot.portal.clock import now
from hotspot.portal.settings import Hub
from hotspot.portal.uplink.link import HubRefused, HubUnavailable, Link
from hotspot.session.codes import code_of

PLANS: Final = ("free", "day")
LANGUAGES: Final = {"de": 62, "en": 9, "tr": 8, "uk": 7, "ar": 6, "ru": 4, "pl": 2, "ro": 2}
FAMILIES: Final = {"android": 52, "apple": 36, "windows": 7, "other": 5}
POOL: Final = 254
RETRY: Final = 2.0
"""Seconds until something is tried again."""


class SimulatedHall(Struct, frozen=True):
    """One of them."""

    token: str
    """For its enrolment."""
    zones: tuple[str, ...]
    busy: float
    """Visitors in a minute."""


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


class Guest(Struct):
    """Somebody online."""

    code: str
    zone: str
    plan: str
    since: float
    until: float
    rate: int
    """Bytes in a second."""
    down: int = 0


class Visitors:
    """Who comes, stays and goes in one hall; chance and time come from outside."""

    def __init__(self, hall: SimulatedHall, chance: random.Random) -> None:
        self._hall, self._chance = hall, chance
        self.online: list[Guest] = []

    def pass_(self, unix: float, seconds: float) -> tuple[wire.Row, ...]:
        """What the last ``seconds`` up to ``unix`` add to the figures."""
        rows: dict[tuple[str, str], wire.Row] = {}
        for guest in list(self.online):
            moved = int(guest.rate * seconds)
            guest.down += moved
            over = guest.until <= unix
            if over:
                self.online.remove(guest)
            self._add(rows, unix, guest, ended=int(over), seconds=int(seconds), bytes_down=moved, bytes_up=moved // 11)
        for _ in range(self._arrivals(seconds)):
            self._add(rows, unix, self._arrive(unix), visits=1)
        return tuple(rows.values())

    def _arrivals(self, seconds: float) -> int:
        mean = self._hall.busy * seconds / 60
        return int(mean) + (self._chance.random() < mean % 1)

    def _arrive(self, unix: float) -> Guest:
        chance = self._chance
        zone, plan = chance.choice(self._hall.zones), chance.choices(PLANS, (8, 2))[0]
        stay = min(chance.expovariate(1 / 900), 7_200)
        guest = Guest(code_of(chance.randbytes(16), ""), zone, plan, unix, unix + stay, chance.randrange(8_000, 60_000))
        self.online.append(guest)
        return guest

    def _add(self, rows: dict[tuple[str, str], wire.Row], unix: float, guest: Guest, visits: int = 0, **numbers: int) -> None:
        key = guest.zone, guest.plan
        quarter = int(unix) // wire.QUARTER * wire.QUARTER
        row = rows.get(key) or wire.Row(quarter, *key, languages={}, families={})
        row = msgspec.structs.replace(row, visits=row.visits + visits, peak=sum((one.zone, one.plan) == key for one in self.online))
        row = msgspec.structs.replace(row, **{name: getattr(row, name) + value for name, value in numbers.items()})
        if visits:
            for counts, shares in ((row.languages, LANGUAGES), (row.families, FAMILIES)):
                name = self._chance.choices(list(shares), list(shares.values()))[0]
                counts[name] = counts.get(name, 0) + 1
        rows[key] = row

    def answer(self, request: dict[str, object]) -> control.AnyReply:
        """An order, carried out."""
        match request.get("type"):
            case "status":
                return control.StatusIs(True, (), True, True, True, tuple(self._zone(zone) for zone in self._hall.zones))
            case "sessions":
                unix = time.time()
                return control.SessionsAre(
                    tuple(
                        control.SessionRow(g.code, g.zone, g.plan, g.since, int(g.until - unix), g.down // 11, g.down, None, False)
                        for g in self.online
                    )
                )
            case "kick" | "block":
                found = [guest for guest in self.online if guest.code == request.get("code")]
                if not found:
                    return control.Refused("unknown", f"cannot {request['type']}: no device {request.get('code')} is known here")
                found[0].until = 0.0
                return control.Done(found[0].code, "ended" if request["type"] == "kick" else "blocked")
            case _:
                return control.Refused("unknown", f"cannot carry out {request.get('type')!r}: these visitors are made up")

    def _zone(self, zone: str) -> control.ZoneStatus:
        return control.ZoneStatus(zone=zone, online=sum(guest.zone == zone for guest in self.online), plans=PLANS, open=True)


class SimulatedGateway:
    """One gateway; ``spoke`` is set when the hub has its first report."""

    def __init__(self, hall: SimulatedHall, link: Link, every: float) -> None:
        self._hall, self._link, self._every = hall, link, every
        self.spoke = asyncio.Event()
        self._visitors = Visitors(hall, random.Random(hall.token))
        self._started = time.time()
        self._policy = 0
        self._done: set[str] = set()

    async def run(self) -> None:
        """Enrol, then report and wait for news until cancelled."""
        await self._link.enrol(self._hall.token, "simulated", self._hall.zones)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._report())
            group.create_task(self._poll())

    async def _report(self) -> None:
        stream, seq, rows = secrets.token_hex(16), 0, self._visitors.pass_(time.time(), 600.0)
        while True:
            seq += 1
            report = wire.Report(stream=stream, start=1, seq=seq, closed=_moment(), rows=rows)
            await self._deliver(report)
            self.spoke.set()
            await asyncio.sleep(self._every)
            rows = self._visitors.pass_(time.time(), self._every)

    async def _deliver(self, report: wire.Report) -> None:
        """The same report is sent until it was heard of: the hub counts it once."""
        while True:
            delivery = wire.Delivery(sent=_moment(), reports=(report,), health=self._health())
            try:
                receipt = await self._link.post(wire.REPORTS, delivery, wire.Receipt)
                if receipt.rotate:
                    await self._link.rotate()
            except HubUnavailable as error:
                print(f"not delivered: {error}", file=sys.stderr, flush=True)
                await asyncio.sleep(RETRY)
            else:
                return

    async def _poll(self) -> None:
        while True:
            try:
                news = await self._link.post(
                    wire.POLL, wire.Poll(policy=self._policy, done=tuple(self._done)), wire.News, timeout=wire.POLL_SECONDS + 15
                )
                if news.policy and news.policy != self._policy:
                    self._policy = wire.decode(wire.Policy, await self._link.get(wire.POLICY)).serial
                fresh = [order for order in news.orders if order.id not in self._done]
                self._done |= {order.id for order in fresh}
                answers = [wire.Answer(order.id, msgspec.to_builtins(self._visitors.answer(order.request))) for order in fresh]
                if answers:
                    await self._link.post(wire.ANSWERS, wire.Answers(answers=tuple(answers)), wire.Ok)
            except HubUnavailable as error:
                print(f"no news: {error}", file=sys.stderr, flush=True)
                await asyncio.sleep(RETRY)

    def _health(self) -> wire.Health:
        """All is well."""
        zones = tuple(
            wire.ZoneHealth(zone, online, True, min(online + 3, POOL), POOL)
            for zone in self._hall.zones
            for online in (sum(guest.zone == zone for guest in self._visitors.online),)
        )
        return wire.Health(
            software="simulated",
            started=self._started,
            zones=zones,
            disk_free=40_000_000_000,
            disk_size=64_000_000_000,
            certificate_until=self._started + 60 * 86_400,
            policy=self._policy,
        )


def _moment() -> wire.Moment:
    at = now()
    return wire.Moment(at.unix, at.boottime, at.boot_id)


async def run(simulated: Simulated) -> None:
    """All gateways, until cancelled. A hub that refuses one ends it all."""
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
        print("gateways speak", file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        asyncio.run(run(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Simulated)))
    except* HubRefused as refused:
        sys.exit(f"a gateway was refused: {refused.exceptions}")
