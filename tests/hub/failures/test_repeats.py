"""The same report twice, and reports out of order."""

from random import Random

import pytest
from aiohttp import web

from hotspot import wire
from hotspot.portal.uplink.counting import moment
from tests.hub.failures.boxes import Box
from tests.hub.failures.city import City

pytestmark = pytest.mark.hub


async def test_answers_that_are_lost(city: City, box: Box) -> None:
    """The hub has counted what it was sent, and the line breaks before it says so, three times: all of it comes again, and counts once."""
    lost = 0

    async def cut(request: web.Request, _: web.StreamResponse) -> None:
        nonlocal lost
        if request.path == wire.REPORTS and lost < 3:
            lost += 1
            assert request.transport is not None
            request.transport.abort()

    city.hooks.append(cut)
    async with box.running(), city.serving():
        for _ in range(4):
            await box.visit(2)
            await box.report()
            assert await city.total() == box.truth
        assert (lost, box.waiting, await city.alarms()) == (3, 0, set())


async def test_any_order_any_number_of_times(city: City, box: Box) -> None:
    """Reports that wait are thrown at the hub one by one, shuffled and each three times, and then as the gateway does it: once."""
    async with box.running():
        for _ in range(20):
            await box.visit()
            await box.report()
        async with city.serving():
            reports = await box.sender.outbox.next()
            thrown = [*reports, *reports, *reports]
            Random(5).shuffle(thrown)
            receipts = []
            for one in thrown:
                sent = wire.Delivery(sent=moment(box.clock()), reports=(one,))
                receipts.append(await box.link.post(wire.REPORTS, sent, wire.Receipt))
            assert len(reports) == 20
            assert (sum(one.taken for one in receipts), sum(one.known for one in receipts)) == (20, 40)
            assert (await city.total(), await box.deliver(), await city.total()) == (box.truth, 1, box.truth)
            assert await city.alarms() == set()
