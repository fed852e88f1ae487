"""``/metrics`` of the hub: who sees what, and that its counters are exact and outlive retention."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from hotspot import wire
from hotspot.cli import main
from hotspot.hub import retention
from hotspot.hub.access import Permission, Role
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.store import marks
from tests.hub.conftest import Api, token_of
from tests.hub.fleet import boxes, says
from tests.hub.town import delivery, gateway, report, row

pytestmark = pytest.mark.hub
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


async def scrape(api: Api, token: str | None = None) -> tuple[int, Samples]:
    """Status, and all samples of halls by name and labels."""
    headers = {"Authorization": f"Bearer {api.token if token is None else token}"}
    async with api.http.get(f"{api.base}/metrics", headers=headers) as response:
        text = await response.text()
        if response.status != 200:
            return response.status, {}
    found = {
        (sample.name, tuple(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return 200, found


async def test_a_host_sees_all_halls_and_a_partner_its_own(api: Api, hub: Hub) -> None:
    """Series are of the halls that the token's user may see; the process is the host's; without the permission: nothing."""
    for partner in ("kleinheim", "grossdorf"):
        for box in await boxes(hub.store, 2, partner):
            async with hub.store.transaction() as connection:
                await says(connection, box, hub.now(), wire.Health(software='1.0 "x"', zones=(wire.ZoneHealth("public", online=3),)))
    status, everything = await scrape(api)
    halls = {dict(labels)["hall"] for _, labels in everything if "hall" in dict(labels)}
    assert (status, halls) == (200, {"kleinheim-0", "kleinheim-1", "grossdorf-0", "grossdorf-1"})
    place = (("partner", "kleinheim"), ("hall", "kleinheim-0"), ("gateway", "kleinheim-0-1"))
    assert everything["hotspot_zone_online", (*place, ("zone", "public"))] == 3
    assert everything["hotspot_gateway_info", (*place, ("software", '1.0 "x"'))] == 1
    assert everything["hotspot_gateway_internet_up", place] == 1
    assert ("process_resident_memory_bytes", ()) in everything
    theirs = await token_of(hub, "karl", Role.PARTNER_VIEWER, "kleinheim")
    status, own = await scrape(api, theirs)
    assert (status, {dict(labels).get("partner") for _, labels in own}) == (200, {"kleinheim"})
    assert own == {key: value for key, value in everything.items() if dict(key[1]).get("partner") == "kleinheim"}
    blind = await token_of(hub, "ida", Role.HOST_OPERATOR, permissions=frozenset({Permission.SEE}))
    assert [(await scrape(api, token))[0] for token in (blind, "", "x" * 30)] == [403, 401, 401]


async def test_counters_are_exact_before_and_after_rolling_up_and_outlive_retention(api: Api, hub: Hub) -> None:
    """A zone's visits are told at once, stay the same when hours and days are made of them, and when the days are erased."""
    box, now, ingest = await gateway(hub), hub.now(), Ingest(hub)
    series = ("hotspot_zone_visits_total", (("partner", "kleinheim"), ("hall", "kleinheim-rathaus"), ("zone", "public")))
    for number, hours in enumerate((0, 3, 30), 1):
        told = report(number, now, [row(now - timedelta(hours=hours), visits=number, bytes_down=1_000)])
        assert (await ingest.take(box, delivery(now, told))).taken == 1
    assert (await scrape(api))[1][series] == 6
    await retention.roll_up_until(hub, now - timedelta(hours=2))
    assert (await scrape(api))[1][series] == 6
    await retention.roll_up_until(hub, now)
    assert (await scrape(api))[1][series] == 6
    async with hub.store.connection() as connection:
        rows = await connection.fetch("SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'figures_days'::regclass")
        parts = [each["name"] for each in rows]
        for part in parts:
            await connection.execute(f"DROP TABLE {part}")
    assert (await scrape(api))[1][series] == 6


async def test_the_hub_knows_of_its_backups(api: Api, hub: Hub, tmp_path: Path) -> None:
    """A good one is known with its moment and size; one that was not made, or not carried away, is told until there is a good one again."""
    (tmp_path / "hub.toml").write_text(f'database = "{hub.settings.database}"\n')

    async def run(*words: str, result: str = "") -> int:
        command = ["hub", *words, "--config", str(tmp_path / "hub.toml")]
        done = await asyncio.to_thread(CliRunner().invoke, main, command, env={"SERVICE_RESULT": result or None})
        return done.exit_code

    async def told() -> tuple[float | None, ...]:
        _, samples = await scrape(api)
        names = ("hotspot_hub_backup_timestamp_seconds", "hotspot_hub_backup_bytes", "hotspot_hub_backup_failed")
        return tuple(samples.get((name, ())) for name in names)

    assert await told() == (None, None, 0)
    began = hub.now().timestamp()
    assert await run("backup", str(tmp_path / "hub-1.dump")) == 0
    at, size, failed = await told()
    assert at is not None
    assert (began - 1 <= at <= hub.now().timestamp(), size, failed) == (True, (tmp_path / "hub-1.dump").stat().st_size, 0)
    assert await run("backup-tried", result="success") == 0
    assert await told() == (at, size, 0)
    assert await run("backup", str(tmp_path / "hub-1.dump")) == 1
    assert await run("backup-tried", result="exit-code") == 0
    assert await told() == (at, size, 1)
    assert await run("backup", str(tmp_path / "hub-2.dump")) == 0
    assert (await told())[2] == 0
    assert await run("backup-tried", result="exit-code") == 0  # it was made, and whoever carries it away failed
    assert (await told())[2] == 1


async def test_starts_of_processes_are_counted(api: Api, hub: Hub) -> None:
    """Each once, also of those that start at the same moment."""
    assert (await scrape(api))[1]["hotspot_hub_starts_total", ()] == 0

    async def start() -> None:
        async with hub.store.connection() as connection:
            await marks.count(connection, marks.STARTS, hub.now())

    await asyncio.gather(*(start() for _ in range(5)))
    assert (await scrape(api))[1]["hotspot_hub_starts_total", ()] == 5
