"""Whatever is sent, in whatever order and however often: the sums at the hub are the truth."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspot import wire
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.store import Store
from tests.hub.conftest import database_of
from tests.hub.town import NOON, cells, delivery, gateway, report, row

pytestmark = pytest.mark.hub
QUARTER = timedelta(minutes=15)


_QUARTERS = st.integers(-20, 0)
_ROWS = st.lists(
    st.builds(
        lambda q, zone, plan, n: row(NOON + q * QUARTER, zone, plan, visits=n, seconds=2 * n, peak=n, languages={"de": n}),
        _QUARTERS,
        st.sampled_from(("public", "council")),
        st.sampled_from(("free", "day")),
        st.integers(0, 50),
    ),
    max_size=4,
)
_SENT = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 6), st.sampled_from("ab")), max_size=25)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(contents=st.lists(_ROWS, min_size=24, max_size=24), sent=_SENT)
async def test_sums_are_the_truth(cluster: object, contents: list[list[wire.Row]], sent: list[tuple[int, int, str]]) -> None:
    """Whatever two gateways of a hall send, as often and in whatever order: the sum of what was sent at least once."""
    async with database_of(cluster) as dsn, Store(dsn) as store:  # type: ignore[arg-type]
        from hotspot.hub.settings import Settings

        hub = Hub(Settings(database=dsn), store, lambda: NOON)
        boxes = [await gateway(hub, name=name) for name in ("left", "right")]
        ingesting = Ingest(hub)
        report_of = {key: contents[key[0] * 12 + (key[1] - 1) * 2 + "ab".index(key[2])] for key in sent}
        await asyncio.gather(
            *(ingesting.take(boxes[box], delivery(NOON, report(n, NOON, report_of[box, n, s], stream=s))) for box, n, s in sent)
        )
        truth: dict[tuple[object, ...], list[int]] = {}
        for rows in report_of.values():
            for one in rows:
                known = truth.setdefault((one.quarter, one.zone, one.plan), [0, 0, 0])
                known[:] = [known[0] + one.visits, known[1] + one.seconds, max(known[2], one.peak)]
        found = {(int(c[1].timestamp()), c[2], c[3]): [c[4], c[6], c[9]] for c in await cells(hub)}
        assert found == truth
