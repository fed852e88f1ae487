"""The hub is away for days, and comes back: all that happened meanwhile arrives, once, where it belongs."""

import time
from collections import Counter
from datetime import datetime
from itertools import count

import pytest

from tests.hub.failures.boxes import Box, times
from tests.hub.failures.city import DAY, QUARTER, City

pytestmark = pytest.mark.hub
REPORT_EVERY = 600.0
"""As often as the gateway tries; by itself it does after five minutes when the hub has been away for a while."""
SECONDS = 5.0
"""Until all of it is delivered; what was seen is in ``docs/reliability.md``."""


async def test_three_days(city: City, box: Box) -> None:
    """Visitors come and go as always; the outbox holds three days; it is empty again with the first delivery that gets through, and every
    quarter of an hour has its own numbers. Staff see that the hall was silent, and that it is back."""
    box.settings = {"report_every": REPORT_EVERY}
    came: Counter[float] = Counter()
    async with box.running():
        async with city.serving():
            await box.deliver()
        for number in count():
            if city.wall.unix >= city.wall.begin + 3 * DAY:
                break
            if number % 2 == 0:
                came[city.wall.unix // QUARTER * QUARTER] += 1
                await box.visit()
            city.wall.tick(await box.report())
        assert 0 < box.waiting < 200
        async with city.serving():
            assert await city.states() == {"kleinheim-rathaus": "silent"}
            began = time.monotonic()
            await box.report()
            took = time.monotonic() - began
            assert (await city.states(), await city.total()) == ({"kleinheim-rathaus": "well"}, box.truth)
            found = {datetime.fromisoformat(point["time"]).timestamp(): point["visits"] for point in await city.points(step="quarter")}
    assert {time: visits for time, visits in found.items() if visits} == came
    assert (box.truth, came.total() > 190, box.waiting) == (times(came.total()), True, 0)
    assert took < SECONDS
