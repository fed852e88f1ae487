"""A box goes back to an old image of its disk, or two boxes come from one image."""

from pathlib import Path

import pytest

from tests.hub.failures.boxes import Box
from tests.hub.failures.city import OTHER_HALL, City

pytestmark = pytest.mark.hub
HOUR = 3_600.0


async def test_an_old_image(city: City, box: Box) -> None:
    """The image holds reports that the hub has meanwhile, and one that was not closed: they come again and count once. What happens then is
    counted; staff read that the box went back."""
    async with city.serving():
        async with box.running():
            await box.visit(2)
            await box.deliver()
        async with box.running():
            await box.visit(3)
            image = await box.image()
            city.wall.tick(HOUR)
            await box.visit(2)
            await box.deliver()
        city.wall.tick(HOUR)
        async with box.running():
            await box.visit()
            await box.deliver()
        assert await city.alarms() == set()
        city.wall.tick(HOUR)
        box.restore(image)
        async with box.running():
            await box.visit(4)
            await box.deliver()
        assert (await city.total(), await city.alarms()) == (box.truth, {(box.name, "restored")})


async def test_two_boxes_with_one_credential(city: City, box: Box, tmp_path: Path) -> None:
    """Somebody copies a disk and puts a second box up with it: what each of them sees is counted, once; staff read that there are two. The
    other hall of the hub is not touched by it."""
    twin, other = Box(city, tmp_path / "twin"), Box(city, tmp_path / "other")
    async with city.serving():
        await other.enrol(OTHER_HALL)
        async with other.running():
            await other.visit(3)
            await other.deliver()
        async with box.running():
            await box.visit(2)
            await box.deliver()
            image = await box.image()
        twin.restore(image)
        async with box.running(), twin.running():
            for _ in range(3):
                for one in (box, twin):
                    await one.visit(2)
                    await one.deliver()
                city.wall.tick(HOUR)
        found = await city.alarms()
        assert (await city.total(), await city.total(OTHER_HALL)) == (box.truth + twin.truth, other.truth)
        assert {alarm for alarm in found if alarm[1] != "silent"} == {(box.name, "twin"), (box.name, "restored")}
