"""A portal to test: settings, a fake firewall, and the whole service on loopback."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from firewall.api import Rates
from hotspot.portal.desk import Accepted, Desk, Visitor
from hotspot.portal.meter import Meter
from hotspot.portal.office import Office
from hotspot.portal.recovery import Recovery
from hotspot.portal.settings import HallTexts, Settings, Terms, Zone
from hotspot.session.forms import AcceptForm
from hotspot.session.plans import Plan
from hotspot.session.sessions import Now
from tests.hotspot.portal.fake_firewall import FakeFirewall

ANNA, ANNA_IP = "02:00:00:00:00:0a", "198.18.0.10"
BERT, BERT_IP = "02:00:00:00:00:0b", "198.18.0.11"
RATES = Rates(rate_down=64_000, ceil_down=10_000_000, rate_up=64_000, ceil_up=2_000_000)
FREE = Plan(name="free", title={"de": "Kostenlos"}, rates=RATES, seconds=7_200, volume=1_000_000, idle=900)
LONG = Plan(name="long", title={"de": "Lang"}, rates=RATES, seconds=36_000)


class Clock:
    """Three clocks that stand still until a test moves them."""

    def __init__(self) -> None:
        self.unix, self.boottime, self.boot_id = 1_800_000_000.0, 1_000.0, "boot-1"

    def __call__(self) -> Now:
        """Read them."""
        return Now(unix=self.unix, boottime=self.boottime, boot_id=self.boot_id)

    def tick(self, seconds: float) -> None:
        """Time goes by."""
        self.unix += seconds
        self.boottime += seconds

    def reboot(self, off: float, boot_id: str) -> None:
        """The machine was off for so many seconds."""
        self.unix += off
        self.boottime, self.boot_id = 10.0, boot_id


_ports = count(20_000 + os.getpid() * 40 % 10_000)


def free_port() -> int:
    """A TCP port that nobody uses, never the same twice, and below those that the kernel gives to outgoing connections."""
    for port in _ports:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("the counter has no end")


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something that happens in this event loop; fails with ``TimeoutError``."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  any condition, also one that no event tells of
            await asyncio.sleep(0.005)


@pytest.fixture
def clock() -> Clock:
    """A clock of one's own."""
    return Clock()


def hall_settings(folder: Path) -> Settings:
    """Two plans, one zone, everything below ``folder``."""
    return Settings(
        state_dir=folder,
        firewall_socket=folder / "firewall.sock",
        control_socket=folder / "control.sock",
        looks=folder / "looks",
        management=("127.0.0.1", free_port()),
        usage_interval=60.0,
        hall=HallTexts(name="Rathaus", contact="Empfang"),
        terms=Terms(version="2026-11", text={"de": "Bitte freundlich.", "en": "Please be kind."}),
        plans={"free": FREE, "long": LONG},
        zones={
            "public": Zone(
                name="public",
                plans=("free", "long"),
                portal_url="http://portal.hall.example/",
                listen=("127.0.0.1",),
                capture_port=free_port(),
                portal_port=free_port(),
                portal_tls_port=free_port(),
            )
        },
    )


@pytest.fixture
def portal_settings(tmp_path: Path) -> Settings:
    """A hall below the test's folder."""
    return hall_settings(tmp_path)


@pytest.fixture
async def firewall(portal_settings: Settings) -> AsyncIterator[FakeFirewall]:
    """Anna and Bert are there."""
    async with FakeFirewall(portal_settings.firewall_socket) as fake:
        fake.neighbours = {ANNA_IP: (ANNA, "public"), BERT_IP: (BERT, "public")}
        yield fake


class Bench:
    """The parts of a portal without its listeners, connected to the fake firewall."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        self.office = Office(settings, clock, look_seconds=0.05)
        self.recovery = Recovery(self.office)
        self.meter = Meter(self.office, self.recovery)
        self.desk = Desk(self.office)

    async def visitor(self, ip: str = ANNA_IP) -> Visitor:
        """A visitor who is there."""
        visitor = await self.desk.visitor(ip)
        assert visitor is not None
        return visitor

    async def accept(self, ip: str = ANNA_IP) -> Visitor:
        """A visitor who gets online."""
        visitor = await self.visitor(ip)
        accepted = await self.desk.accept(visitor, self.form(visitor), "de", "android")
        assert isinstance(accepted, Accepted), accepted
        return accepted.visitor

    def form(self, visitor: Visitor, plan: str | None = None) -> AcceptForm:
        """The form that the visitor's page sends."""
        return AcceptForm(token=self.desk.token(visitor), terms=self.desk.terms.version, plan=plan)

    async def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What the journal holds."""
        return await self.office.journal.read(sql)


@asynccontextmanager
async def running(settings: Settings, clock: Clock) -> AsyncIterator[Bench]:
    """A bench, connected (when there is a firewall) and with its background tasks, but for those that only wait for time to pass."""
    bench = Bench(settings, clock)
    async with bench.office.journal:
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(bench.office.gate.run(bench.recovery.connected)),
                tasks.create_task(bench.recovery.events()),
                tasks.create_task(bench.meter.run()),
            ]
            if settings.firewall_socket.exists():
                await until(lambda: bench.office.gate.up)
            try:
                yield bench
            finally:
                for task in background:
                    task.cancel()
        await bench.office.save()


@pytest.fixture
async def bench(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> AsyncIterator[Bench]:
    """A portal connected to its firewall."""
    async with running(portal_settings, clock) as one:
        yield one


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Log lines go nowhere; tests of the log ask structlog for them."""
    import structlog

    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), cache_logger_on_first_use=False)
    yield
    structlog.reset_defaults()
