"""The city's side: a hub over TLS on a database, which can stop and come back at the same address, and what its staff see of it."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector, web
from msgspec import Struct

from hotspot.hub import watch
from hotspot.hub.access import Role
from hotspot.hub.app import make_runner
from hotspot.hub.hub import Hub
from hotspot.hub.settings import Settings
from hotspot.hub.store import Store
from hotspot.portal.settings import Hub as HubSettings
from hotspot.portal.settings_hub import trusting
from hotspot.portal.uplink.link import Link
from tests.hotspot.portal.conftest import Clock
from tests.hub.conftest import Api, token_of

QUARTER, DAY = 900.0, 86_400.0
HALL, OTHER_HALL = "kleinheim-rathaus", "grossdorf-rathaus"
VERSION = "1.0"
"""Of the gateways' software, as they say when they enrol."""

Hook = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


class Wall:
    """The true time, which goes by only when a test lets it; everybody's clocks go with it, also those that are wrong."""

    def __init__(self) -> None:
        self.begin = self.unix = (time.time() - 10 * DAY) // 3_600 * 3_600
        self.clocks: list[BoxClock] = []

    def __call__(self) -> datetime:
        """As a hub reads it."""
        return datetime.fromtimestamp(self.unix, UTC)

    def tick(self, seconds: float) -> None:
        """Time goes by."""
        self.unix += seconds
        for clock in self.clocks:
            clock.unix += seconds
            clock.boottime += seconds


class RealTime(Wall):
    """The machine's time, for gateways that go by it."""

    ahead = timedelta()
    """By how much the hub's own clock is ahead of it."""

    def __call__(self) -> datetime:
        """Now."""
        return datetime.now(UTC) + self.ahead


class BoxClock(Clock):
    """The clocks of a box: they go with the true time, and a test may set them wrong."""

    def __init__(self, wall: Wall) -> None:
        super().__init__()
        self.wall = wall
        self.unix = wall.unix
        wall.clocks.append(self)

    def tick(self, seconds: float) -> None:
        """Time goes by for all."""
        self.wall.tick(seconds)

    def reboot(self, off: float, boot_id: str) -> None:
        """The machine was off for so many seconds; its wall clock went on."""
        self.wall.tick(off)
        self.boottime, self.boot_id = 10.0, boot_id


class Tls(Struct, frozen=True):
    """An authority (PEM), and the server's side of a certificate by it for ``localhost``."""

    authority: str
    context: ssl.SSLContext


class City:
    """A hub at one address. ``async with city.serving()`` is one run of its process; the database stays between runs."""

    def __init__(self, dsn: str, tls: Tls, wall: Wall) -> None:
        self.dsn, self.tls, self.wall = dsn, tls, wall
        self.port = 0
        self.hooks: list[Hook] = []
        """Called before each answer goes out."""
        self.admin = ""
        """An API token."""
        self._hub: Hub | None = None
        self._api: Api | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Api]:
        """The hub is there; yields its API as the administrator sees it."""
        async with Store(self.dsn, timeout=5.0) as store, asyncio.TaskGroup() as tasks:
            self._hub = hub = Hub(Settings(database=self.dsn), store, self.wall)
            listening = tasks.create_task(store.listen())
            runner = make_runner(hub, 0.1)
            runner.app.on_response_prepare.extend(self.hooks)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", self.port, ssl_context=self.tls.context, reuse_address=True).start()
                self.port = runner.addresses[0][1]
                self.admin = self.admin or await token_of(hub, "admin", Role.HOST_ADMIN)
                async with ClientSession(connector=TCPConnector(ssl=trusting(self.tls.authority))) as http:
                    self._api = Api(http, f"https://localhost:{self.port}", self.admin)
                    yield self._api
            finally:
                self._hub = self._api = None
                await runner.cleanup()
                listening.cancel()

    @property
    def hub(self) -> Hub:
        """The process that runs."""
        assert self._hub is not None
        return self._hub

    @property
    def api(self) -> Api:
        """The API of the process that runs."""
        assert self._api is not None
        return self._api

    def settings(self, **changes: Any) -> HubSettings:
        """The section ``[hub]`` of a gateway."""
        return HubSettings(**{"url": f"https://localhost:{self.port}", "authority": self.tls.authority, "away": "open", **changes})

    async def token(self, hall: str = HALL) -> str:
        """A one-time token for a gateway of a hall; hall and town are made when they are not there."""
        town = hall.partition("-")[0]
        for path, body in (("/partners", {"name": town, "title": town}), ("/halls", {"name": hall, "partner": town, "title": hall})):
            assert (await self.api("POST", path, body))[0] in (201, 409)
        status, made = await self.api("POST", f"/halls/{hall}/enrolments", {})
        assert status == 201, made
        token: str = made["token"]
        return token

    async def enrol(self, state_dir: Path, hall: str = HALL) -> str:
        """A gateway of a hall becomes known by a one-time token; its name."""
        async with Link(self.settings(), state_dir) as link:
            return (await link.enrol(await self.token(hall), VERSION, ("public",))).gateway

    # What staff see

    async def total(self, hall: str = HALL) -> Counter[str]:
        """All figures of a hall, added up."""
        names = {"visits": "visits", "ended": "ended", "up": "bytes_up", "down": "bytes_down", "seconds": "seconds"}
        total: Counter[str] = Counter()
        for point in await self.points(hall):
            total.update({name: point[key] for name, key in names.items()})
        return +total

    async def points(self, hall: str = HALL, step: str = "day") -> list[dict[str, Any]]:
        """Figures of a hall by time, from days before the test on."""
        begin, end = (self.wall() + timedelta(days=days) for days in (-12, 3))
        status, reply = await self.api("GET", f"/halls/{hall}/figures", step=step, **{"from": f"{begin:%Y-%m-%d}", "to": f"{end:%Y-%m-%d}"})
        assert status == 200, reply
        found: list[dict[str, Any]] = reply["points"]
        return found

    async def states(self) -> dict[str, str]:
        """Each hall's state at this moment, by name."""
        status, reply = await self.api("GET", "/figures/now")
        assert status == 200, reply
        return {hall["hall"]: hall["state"] for hall in reply}

    async def alarms(self) -> set[tuple[str, str]]:
        """Gateway and kind of the alarms in force, after a look of the hub."""
        await watch.run(self.hub)
        status, reply = await self.api("GET", "/alarms")
        assert status == 200, reply
        return {(alarm["gateway"], alarm["kind"]) for alarm in reply}
