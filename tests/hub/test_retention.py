"""What is too old is erased, no more than that, and there is proof of it; room for what comes is made in time."""

from datetime import UTC, datetime, timedelta

import pytest

from hotspot.hub import retention
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.settings import Settings
from hotspot.hub.store import audit, partitions
from tests.hub.conftest import Api
from tests.hub.town import NOON, cells, delivery, gateway, report, row

pytestmark = pytest.mark.hub
DAY = timedelta(days=1)


async def test_what_is_too_old_is_erased(hub: Hub, api: Api) -> None:
    """After 91 days the quarters of a day are gone, its hours and its day are not; the log says what, when and how many."""
    now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    hub.now = lambda: now
    box = await gateway(hub)
    rows = [row(now - off, visits=1) for off in (timedelta(), DAY, DAY - timedelta(minutes=15))]
    await Ingest(hub).take(box, delivery(now, report(1, now, rows)))
    await retention.roll_up(hub)
    await retention.keep_up(hub)
    assert len(await cells(hub)) == 3

    later = now + 90 * DAY
    hub.now = lambda: later
    await retention.keep_up(hub)
    assert [one[1] for one in await cells(hub)] == [now]
    assert [one[4] for one in await cells(hub, "figures_hours")] == [2]
    assert [one[4] for one in await cells(hub, "figures_days", "day")] == [2]
    async with hub.store.connection() as connection:
        log = [
            tuple(one)
            for one in await connection.fetch("SELECT at, rule, seconds, subject, begins, ends, rows FROM retention_log WHERE rows > 0")
        ]
    midnight = (now - DAY).replace(hour=0)
    assert log == [(later, "quarters", 90 * 86_400.0, "figures_quarters", midnight, midnight + DAY, 2)]
    await retention.keep_up(hub)
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM retention_log WHERE rows > 0") == 1


async def test_the_proof_by_the_api(hub: Hub, api: Api) -> None:
    """Staff of the host can ask what was erased."""
    now = datetime.now(UTC)
    hub.now = lambda: now
    box = await gateway(hub)
    await Ingest(hub).take(box, delivery(now, report(1, now, [row(now - DAY, visits=1)])))
    assert await retention.erase(hub, now + 95 * DAY) == 1
    status, found = await api("GET", "/erased")
    erased = [one for one in found if one["rows"]]
    assert status == 200
    assert [(one["rule"], one["subject"], one["rows"], one["seconds"]) for one in erased] == [
        ("quarters", "figures_quarters", 1, 7_776_000)
    ]


async def test_the_audit_log_is_kept_whole_until_its_time(hub: Hub, api: Api) -> None:
    """Entries cannot be changed, and go with their month, in the default part as well."""
    async with hub.store.transaction() as connection:
        before = await connection.fetchval("SELECT count(*) FROM audit")
        await audit.write(connection, "hub", "test")
        await connection.execute("INSERT INTO audit (at, actor, action) VALUES ($1, 'hub', 'old')", NOON - 4_000 * DAY)
    assert await retention.erase(hub, hub.now()) >= 1
    async with hub.store.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM audit") == before + 1
        assert await connection.fetchval("SELECT sum(rows)::int FROM retention_log WHERE subject = 'audit'") == 1


async def test_room_is_made_in_time(hub: Hub) -> None:
    """Parts for the next two weeks and months are there, are made once, and hold what belongs to them."""
    async with hub.store.connection() as connection:
        now = (await partitions.parts(connection, "figures_quarters"))[0].begins + 3 * DAY  # the day on which the tables were made
        assert timedelta() <= datetime.now(UTC) - now < 2 * DAY  # today, or yesterday when the tests began before midnight
        assert await partitions.ahead(connection, now) == []
        made = await partitions.ahead(connection, now + 10 * DAY)
        assert [name for name in made if name.startswith("figures_quarters")] == [
            f"figures_quarters_p{now + number * DAY:%Y%m%d}" for number in range(15, 25)
        ]
        for growing in partitions.GROWING:
            found = await partitions.parts(connection, growing.table)
            assert found
            assert [one.ends for one in found[:-1]] == [one.begins for one in found[1:]]
            assert found[0].begins <= now < found[-1].begins


async def test_a_busy_table_is_erased_later(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads for long is not interrupted, and holds nobody else up for long; the next turn erases."""
    from hotspot.hub.store import retention as rows

    monkeypatch.setattr(rows, "_PATIENCE", "50ms")
    now = datetime.now(UTC)
    late = now + 200 * DAY
    async with hub.store.connection() as connection:
        old = [part.name for part in await partitions.parts(connection, "figures_quarters")]
        async with hub.store.transaction() as reading:
            await reading.execute("SELECT count(*) FROM figures_quarters")
            await retention.erase(hub, late)
            assert [part.name for part in await partitions.parts(connection, "figures_quarters")] == old
        await retention.erase(hub, late)
        assert await partitions.parts(connection, "figures_quarters") == []


def test_every_rule_of_the_settings_is_kept() -> None:
    """Each rule of [retention] that speaks of a growing table has one, and no table a rule that is not there."""
    rules = set(Settings(database="").retention.__struct_fields__)
    assert {growing.rule for growing in partitions.GROWING} == rules - {"orders"}
