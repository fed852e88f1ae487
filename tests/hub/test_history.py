"""The past that demo and benchmarks give a hall is plausible, whole and always the same."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hotspot.hub.hub import Hub
from hotspot.lab import history
from hotspot.lab.history import Place
from tests.hub.town import cells, gateway

pytestmark = pytest.mark.hub


@pytest.mark.parametrize(("year", "easter_monday"), [(2024, date(2024, 4, 1)), (2025, date(2025, 4, 21)), (2026, date(2026, 4, 6))])
def test_holidays(year: int, easter_monday: date) -> None:
    """Easter moves, and others with it."""
    found = history.holidays(year)
    assert {easter_monday, easter_monday - timedelta(days=3), date(year, 10, 3)} <= found
    assert len(found) == 9


async def test_a_past_is_whole(hub: Hub) -> None:
    """Quarters come to their hours, hours to their days; nothing lies in the future; a copy has the same."""
    until = datetime.now(UTC)
    box, other = await gateway(hub), await gateway(hub, "grossdorf-rathaus")
    async with hub.store.connection() as connection:
        await history.fill(connection, [Place(box.hall_id, box.id)], until, 100)
        await history.copies(connection, box.hall_id, [other.hall_id])
        for table, step in (("figures_quarters", "hour"), ("figures_hours", "hour")):
            assert await connection.fetchval(f"SELECT max(time) <= $1 FROM {table}", until), step
        both = await connection.fetch(
            "SELECT hall_id, sum(visits)::int AS visits, sum(bytes_down)::bigint AS bytes, sum((SELECT sum(value::int) "
            "FROM jsonb_each_text(languages)))::int AS languages FROM figures_hours GROUP BY hall_id ORDER BY hall_id"
        )
        days = await connection.fetch(
            "SELECT hall_id, sum(visits)::int AS visits, sum(bytes_down)::bigint AS bytes, sum((SELECT sum(value::int) "
            "FROM jsonb_each_text(families)))::int AS languages FROM figures_days GROUP BY hall_id ORDER BY hall_id"
        )
        late = until.replace(minute=0, second=0, microsecond=0) - timedelta(days=80)
        sums = [
            await connection.fetchval(f"SELECT sum(seconds)::bigint FROM {table} WHERE time >= $1", late)
            for table in ("figures_quarters", "figures_hours")
        ]
        assert sums[0] == sums[1] > 0
        assert await connection.fetchval("SELECT count(*) FROM devices_days") > 60
    assert [tuple(row)[1:] for row in both] == [tuple(row)[1:] for row in days]
    assert tuple(both[0])[1:] == tuple(both[1])[1:]
    assert both[0]["visits"] == both[0]["languages"] > 1_000


async def test_always_the_same(hub: Hub) -> None:
    """Two runs give a hall the same figures, and busy days differ from Sundays."""
    until = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday: a Tuesday whose halls have not opened yet is as empty as a Sunday
    box = await gateway(hub)
    seen = []
    for _ in range(2):
        async with hub.store.connection() as connection:
            await history.fill(connection, [Place(box.hall_id, box.id)], until, 14)
        seen.append(await cells(hub, "figures_days", "day"))
        async with hub.store.connection() as connection:
            await connection.execute("TRUNCATE figures_quarters, figures_hours, figures_days, devices_days")
    assert seen[0] == seen[1]
    by_weekday: dict[int, list[int]] = {}
    for one in seen[0]:
        if one[2] == "public":
            by_weekday.setdefault(one[1].weekday(), []).append(one[4])
    assert max(by_weekday.get(6, [0])) < min(by_weekday[1])
