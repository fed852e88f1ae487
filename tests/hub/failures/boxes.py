"""A gateway: the portal's real parts with a journal on disk and the reporting side, a firewall in memory, and a count of what is true."""

import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from hotspot.portal.desk import Visitor
from hotspot.portal.uplink.link import Link
from hotspot.portal.uplink.sender import Sender
from tests.hotspot.portal.conftest import Bench, hall_settings, running
from tests.hotspot.portal.fake_firewall import FakeFirewall
from tests.hub.failures.city import HALL, BoxClock, City

PHONES = {f"198.18.0.{number}": f"02:00:00:00:00:{number:02x}" for number in range(10, 30)}
VISIT = Counter({"visits": 1, "ended": 1, "up": 100, "down": 2_000, "seconds": 60})
"""What a visit comes to."""


def times(number: int) -> Counter[str]:
    """What so many visits come to."""
    return Counter({name: number * count for name, count in VISIT.items()})


class Box:
    """One box; ``async with box.running()`` is one start of its portal. ``sent`` and ``bench`` are of the start that is going on."""

    def __init__(self, city: City, folder: Path) -> None:
        self.city, self.folder = city, folder
        self.clock = BoxClock(city.wall)
        self.truth: Counter[str] = Counter()
        """What really happened."""
        self.name = ""
        """At the hub."""
        self.settings: dict[str, Any] = {}
        """Of ``[hub]``, other than usual."""
        self.bench: Bench
        self.sender: Sender
        self.link: Link
        self._firewall: FakeFirewall
        self._phones = cycle(PHONES)

    async def enrol(self, hall: str = HALL) -> None:
        """Become known to the hub."""
        self.folder.mkdir(exist_ok=True)
        self.name = await self.city.enrol(self.folder, hall)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Box"]:
        """The portal runs; nothing is sent by itself."""
        hub = self.city.settings(**self.settings)
        settings = replace(hall_settings(self.folder), hub=hub)
        async with (
            FakeFirewall(settings.firewall_socket) as self._firewall,
            running(settings, self.clock) as self.bench,
            Link(hub, self.folder) as self.link,
        ):
            self.bench.office.closed_zones.clear()  # nothing listens here, and the hub is not to hear of that
            self._firewall.neighbours = {ip: (mac, "public") for ip, mac in PHONES.items()}
            self.sender = Sender(self.bench.office, self.link, lambda: 0.5)
            yield self

    async def visit(self, times: int = 1) -> None:
        """So many visitors come one after the other, use something, and leave a minute later."""
        for _ in range(times):
            visitor = await self.come()
            self.clock.tick(60)
            assert visitor.session is not None
            self._firewall.used[visitor.session.id] = (100, 2_000)
            await self.bench.desk.leave(visitor, self.bench.desk.token(visitor))
            self.truth += VISIT - Counter(visits=1)

    async def come(self) -> Visitor:
        """One visitor comes."""
        visitor = await self.bench.accept(next(self._phones))
        self.truth += Counter(visits=1)
        return visitor

    async def use(self, visitor: Visitor, down: int) -> None:
        """A visitor downloads so much more within a minute, and the portal reads it."""
        assert visitor.session is not None
        session = visitor.session.id
        before = self._firewall.used.get(session, (0, 0))
        self._firewall.used[session] = (before[0], before[1] + down)
        self.clock.tick(60)
        self.truth += Counter(down=down, seconds=60)
        await self.bench.meter.read()

    async def leave(self, visitor: Visitor) -> None:
        """And goes."""
        await self.bench.desk.leave(visitor, self.bench.desk.token(visitor))
        self.truth += Counter(ended=1)

    async def report(self) -> float:
        """What was counted goes to the hub, or waits; how many seconds the sender wants to wait."""
        return await self.sender.turn()

    async def deliver(self, tries: int = 60) -> int:
        """Try as the sender does until nothing waits; how often it took."""
        for number in range(1, tries + 1):
            wait = await self.report()
            if not self.waiting and self.bench.office.uplink.connected_since is not None:
                return number
            self.clock.tick(wait)
        raise AssertionError(f"{self.waiting} reports still wait: {self.bench.office.uplink.trouble}")

    @property
    def waiting(self) -> int:
        """Reports that the hub does not have yet."""
        return self.bench.office.uplink.backlog

    async def image(self) -> dict[str, bytes]:
        """The state folder, as a disk image has it."""
        await self.bench.office.save()
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}

    def restore(self, image: dict[str, bytes]) -> None:
        """Put an image back, also into another box; the portal must not run."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        for name, content in image.items():
            (self.folder / name).write_bytes(content)
