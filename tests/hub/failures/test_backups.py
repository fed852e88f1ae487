"""The hub's database is lost, and what there is of it is last night's backup."""

from pathlib import Path

import pytest

from hotspot.hub.data.backup import backup, restore
from tests.hub.failures.boxes import Box
from tests.hub.failures.city import City

pytestmark = pytest.mark.hub
HOUR = 3_600.0


async def test_gateways_send_again_what_the_backup_lacks(city: City, box: Box, tmp_path: Path) -> None:
    """Reports that were delivered after the backup are gone from the hub and no longer wait in the halls; halls send them again, of
    this start of the portal and of the one before, and all is counted once. Doing it twice changes nothing, and nobody is alarmed."""
    file = tmp_path / "hub.dump"
    async with city.serving():
        async with box.running():
            await box.visit(3)
            await box.deliver()
            await backup(city.dsn, file, city.wall())
            city.wall.tick(HOUR)
            await box.visit(2)
            await box.deliver()
        city.wall.tick(HOUR)
        async with box.running():
            await box.visit(4)
            await box.deliver()
            assert await city.total() == box.truth
    for _ in range(2):
        city.wall.tick(HOUR)
        await restore(city.dsn, file, city.wall(), replace=True)
        async with city.serving(), box.running():
            assert (await city.total())["visits"] == 3
            await box.visit()
            await box.deliver()
            city.wall.tick(60)
            await box.deliver()
            assert (await city.total(), await city.alarms()) == (box.truth, set())
