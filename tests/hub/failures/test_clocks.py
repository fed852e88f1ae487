"""A box whose wall clock is wrong by a day: everything is counted once, and where it belongs as far as anybody can know."""

from collections import Counter
from datetime import datetime

import pytest

from tests.hub.failures.boxes import Box
from tests.hub.failures.city import DAY, QUARTER, City

pytestmark = pytest.mark.hub
WRONG = pytest.mark.parametrize("off", [DAY, -DAY])


async def _quarters(city: City) -> Counter[float]:
    """Visits by quarter of an hour, as the hub has them."""
    points = await city.points(step="quarter")
    return +Counter({datetime.fromisoformat(point["time"]).timestamp(): point["visits"] for point in points})


async def _visits(city: City, box: Box, came: Counter[float]) -> None:
    """Visitors of an hour, each in a quarter of its own."""
    for _ in range(4):
        came[city.wall.unix // QUARTER * QUARTER] += 1
        await box.visit()
        city.wall.tick(QUARTER - 60)


@WRONG
async def test_wrong_all_the_time(city: City, box: Box, off: float) -> None:
    """It reports as it always does: the hub puts it right, and tells staff."""
    box.clock.unix += off
    came: Counter[float] = Counter()
    async with city.serving(), box.running():
        for _ in range(2):
            await _visits(city, box, came)
            await box.deliver()
        assert (await city.total(), await _quarters(city), await city.alarms()) == (box.truth, came, {(box.name, "clock")})


@WRONG
async def test_put_right_before_it_can_report(city: City, box: Box, off: float) -> None:
    """The hub is away while the clock is wrong, and the time server is there again before the hub: within one boot nothing is in doubt."""
    box.clock.unix += off
    came: Counter[float] = Counter()
    async with box.running():
        await _visits(city, box, came)
        await box.report()
        box.clock.unix -= off
        await _visits(city, box, came)
        async with city.serving():
            await box.deliver()
            assert (await city.total(), await _quarters(city), await city.alarms()) == (box.truth, came, {(box.name, "clock")})


@WRONG
async def test_put_right_by_a_reboot(city: City, box: Box, off: float) -> None:
    """The clock is wrong, the hub is away, and then the box starts anew with the right time: nobody knows how wrong it was. Nothing is lost
    or counted twice; what would lie in the future counts when it came, the rest as the box said."""
    came: Counter[float] = Counter()
    box.clock.unix += off
    async with box.running():
        await _visits(city, box, came)
        await box.report()
    box.clock.reboot(60, "boot-2")
    box.clock.unix -= off
    later: Counter[float] = Counter()
    async with box.running(), city.serving():
        await _visits(city, box, later)
        arrival = city.wall.unix // QUARTER * QUARTER
        await box.deliver()
        said = Counter({time + off: visits for time, visits in came.items()}) if off < 0 else Counter({arrival: came.total()})
        assert (await city.total(), await _quarters(city)) == (box.truth, said + later)
