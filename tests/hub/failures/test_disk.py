"""No room for reports: by the settings, and on a disk that is really full."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hotspot.lab.namespaces import command
from tests.hotspot.portal.conftest import until
from tests.hub.failures.boxes import Box
from tests.hub.failures.city import City

pytestmark = pytest.mark.hub
HOUR = 3_600.0


async def _hours(box: Box, number: int) -> None:
    """A visitor in every hour, and as many reports, while the hub is away."""
    for _ in range(number):
        await box.visit()
        await box.report()
        box.clock.tick(HOUR - 60)


async def test_little_room_makes_figures_coarser(city: City, box: Box) -> None:
    """Reports that the hub cannot have seen are put together: of four days the hours go, and no number is missing at the end."""
    box.settings = {"keep": 50_000}
    async with box.running():
        await _hours(box, 100)
        assert await box.sender.outbox.bytes() < 50_000
        async with city.serving():
            await box.deliver()
            assert (await city.total(), await city.alarms()) == (box.truth, set())


async def test_too_little_room_is_told(city: City, box: Box) -> None:
    """When not even that helps, the oldest go, which staff of the hall and of the hub read; what arrives is counted once."""
    box.settings = {"keep": 10_000}
    async with box.running():
        await _hours(box, 70)
        lost = box.bench.office.uplink.lost
        async with city.serving():
            await box.deliver()
            total, reports = await city.total(), box.truth["visits"]
            assert 0 < lost < reports
            assert total["visits"] >= reports - lost > 0
            assert all(total[name] <= count for name, count in box.truth.items())
            assert await city.alarms() == {(box.name, "lost")}
            assert [text for text in box.bench.office.warnings() if "given up" in text] == [
                f"{lost} reports were given up: their space on the disk was used up before the hub took them"
            ]


@pytest.fixture
async def small_disk(tmp_path: Path) -> AsyncIterator[Path]:
    """A file system of one megabyte."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    await command("mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        await command("umount", str(folder))


async def test_a_full_disk(city: City, small_disk: Path) -> None:
    """Who is online stays online; what they use while nothing can be written waits in memory, the hub reads that the journal is unwell, and
    with room again everything arrives once."""
    box = Box(city, small_disk)
    async with city.serving():
        await box.enrol()
        async with box.running():
            await box.visit(2)
            stay = await box.come()
            await box.deliver()
            stone = small_disk / "stone"
            with contextlib.suppress(OSError), stone.open("wb", buffering=0) as out:
                while out.write(bytes(4_096)):
                    pass
            office = box.bench.office
            found: set[tuple[str, str]] = set()
            for number in range(1, 200):
                await box.use(stay, number)
                if not office.journal.ok:
                    break
                await box.report()
            assert not office.journal.ok
            for _ in range(3):
                await box.use(stay, 1)
                await box.report()
                found = await city.alarms()
            assert (found, await city.total() != box.truth) == ({(box.name, "journal")}, True)
            await box.use(stay, 500)
            await box.leave(stay)
            stone.unlink()
            await until(lambda: office.journal.ok)
            await box.deliver()
            for _ in range(3):
                city.wall.tick(60)
                await box.report()
                found = await city.alarms()
            assert (found, await city.total()) == (set(), box.truth)
