"""Hours and days are the sums of their quarters, and what is asked for is exact before, while and after they are made."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspot.hub import retention, spans
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.settings import Settings
from hotspot.hub.store import Store, figures
from hotspot.hub.store.figures import Point
from tests.hub.conftest import database_of
from tests.hub.town import NOON, cells, delivery, gateway, report, row

pytestmark = pytest.mark.hub
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


async def asked(hub: Hub, hall: int, step: str, by: str = "none", back: timedelta = 4 * DAY) -> list[Point]:
    """Figures of the last days."""
    span = spans.span((hub.now() - back).isoformat(), (hub.now() + DAY).isoformat(), step, BERLIN, hub.now())
    async with hub.store.connection() as connection:
        return await figures.points(connection, [hall], span, step, by, 10_000)


async def test_hours_and_days(hub: Hub) -> None:
    """An hour is made when it is over, its day by the clocks of the hall; languages and peaks with them."""
    hub.now = lambda: NOON
    box = await gateway(hub)
    late = datetime(2026, 11, 17, 23, 30, tzinfo=UTC)  # 00:30 on the 18th in Berlin
    rows = [
        row(late - HOUR, visits=1, peak=4, languages={"de": 1}),
        row(late, visits=2, peak=2, languages={"de": 1, "tr": 1}),
        row(NOON - 5 * HOUR, visits=4, seconds=9, languages={"tr": 2}),
        row(NOON, visits=8),
    ]
    await Ingest(hub).take(box, delivery(NOON, report(1, NOON, rows)))
    await retention.roll_up(hub)
    place = (box.hall,)
    assert [(one[1], one[4], one[9]) for one in await cells(hub, "figures_hours")] == [
        (late.replace(hour=22, minute=0), 1, 4),
        (late.replace(minute=0), 2, 2),
        (NOON - 5 * HOUR, 4, 0),
    ]
    days = await cells(hub, "figures_days", "day")
    assert days == [
        (*place, date(2026, 11, 17), "public", "free", 1, 0, 0, 0, 0, 4, {"de": 1}),
        (*place, date(2026, 11, 18), "public", "free", 6, 0, 9, 0, 0, 2, {"de": 1, "tr": 3}),
    ]
    async with hub.store.connection() as connection:
        assert [one["hour"] for one in await connection.fetch("SELECT hour FROM rollup_due")] == [NOON]


async def test_today_of_all_halls(hub: Hub) -> None:
    """The day so far is exact between two roll-ups, and of each hall's own calendar."""
    hub.now = lambda: NOON
    box = await gateway(hub)
    far = await gateway(hub, "auckland-hall", time_zone="Pacific/Auckland")  # there it is 01:00 on the 19th
    ingest = Ingest(hub)
    for one in (box, far):
        await ingest.take(one, delivery(NOON, report(1, NOON, [row(NOON - 5 * HOUR, visits=1), row(NOON - 30 * HOUR, visits=2)])))
        await ingest.take(one, delivery(NOON, report(2, NOON, [row(NOON, visits=4)])))

    async def today() -> list[int]:
        async with hub.store.connection() as connection:
            found = await figures.today(connection, [box.hall_id, far.hall_id], NOON)
        return [found[one.hall_id].visits for one in (box, far)]

    assert await today() == [5, 4]
    await retention.roll_up(hub)
    assert await today() == [5, 4]
    await ingest.take(box, delivery(NOON, report(3, NOON, [row(NOON - 5 * HOUR, visits=8)])))
    assert await today() == [13, 4]


_SENT = st.lists(
    st.tuples(
        st.integers(-300, 1),
        st.sampled_from(("public", "council")),
        st.sampled_from(("free", "day")),
        st.integers(0, 9),
        st.sampled_from(("de", "tr")),
    ),
    max_size=6,
)


def expected(rows: list[tuple[int, str, str, int, str]], step: str, by: str) -> dict[tuple[Any, str], tuple[int, ...]]:
    """The truth, added up in Python."""
    found: dict[tuple[Any, str], tuple[int, ...]] = {}
    for off, zone, plan, number, language in rows:
        at = NOON + off * timedelta(minutes=15)
        beginning: Any = {
            "quarter": at,
            "hour": at.replace(minute=0),
            "day": at.astimezone(BERLIN).date(),
            "month": at.astimezone(BERLIN).date().replace(day=1),
        }[step]
        if by == "language":
            if number:
                found[beginning, language] = (found.get((beginning, language), (0,))[0] + number,)
            continue
        key = (beginning, {"none": "", "zone": zone, "plan": plan}[by])
        visits, seconds, peak = found.get(key, (0, 0, 0))
        found[key] = (visits + number, seconds + 3 * number, max(peak, number))
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.one_of(_SENT, st.just("roll up")), max_size=8))
async def test_exact_at_any_moment(cluster: Any, steps: list[Any]) -> None:
    """Reports of the last three days in any order, roll-ups in between: every step by every name is what was sent."""
    async with database_of(cluster) as dsn, Store(dsn) as store:
        hub = Hub(Settings(database=dsn), store, lambda: NOON + HOUR)
        box = await gateway(hub)
        ingest = Ingest(hub)
        sent: list[tuple[int, str, str, int, str]] = []
        for number, step in enumerate(steps, 1):
            if step == "roll up":
                await retention.roll_up(hub)
                continue
            rows = [
                row(NOON + off * timedelta(minutes=15), zone, plan, visits=n, seconds=3 * n, peak=n, languages={language: n})
                for off, zone, plan, n, language in step
            ]
            await ingest.take(box, delivery(NOON + HOUR, report(number, NOON + HOUR, rows)))
            sent += step
        for size in ("quarter", "hour", "day", "month"):
            for by in ("none", "zone", "plan", "language"):
                points = await asked(hub, box.hall_id, size, by)
                found = {(p.at, p.key): (p.visits,) if by == "language" else (p.visits, p.seconds, p.peak) for p in points}
                assert found == expected(sent, size, by), (size, by)
