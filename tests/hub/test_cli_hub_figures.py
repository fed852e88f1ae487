"""``hotspot hub figures``, ``erased``, ``upkeep`` and ``distribute``."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot.cli import main
from hotspot.hub.hub import Hub
from hotspot.hub.ingest import Ingest
from hotspot.hub.store import distribution
from tests.hub.conftest import Api
from tests.hub.town import cells, delivery, gateway, report, row

pytestmark = pytest.mark.hub
DAY = timedelta(days=1)


async def hotspot(api: Api, *arguments: str, status: int = 0) -> str:
    """What a command prints."""
    environ = {"HOTSPOT_HUB_URL": api.base, "HOTSPOT_HUB_TOKEN": api.token, "TZ": "UTC", "HOME": "/nonexistent"}
    done = await asyncio.to_thread(CliRunner().invoke, main, ["hub", *arguments], env=environ, catch_exceptions=False)
    assert done.exit_code == status, done.output
    return done.output


@pytest.fixture
async def visited(hub: Hub) -> datetime:
    """A noon when a hall had visitors, two days ago."""
    now = datetime.now(UTC).replace(microsecond=0)
    noon = (now - 2 * DAY).replace(hour=12, minute=0, second=0)
    rows = [
        row(noon, visits=3, seconds=90, bytes_down=2_000_000, peak=2, languages={"de": 2, "tr": 1}),
        row(noon, "council", visits=1),
        row(noon - 80 * DAY, visits=7),
    ]
    await Ingest(hub).take(await gateway(hub), delivery(now, report(1, now, rows, days=())))
    return noon


async def test_figures(api: Api, hub: Hub, visited: datetime) -> None:
    """All halls now, a hall and its town over a time, as a table, as JSON and as CSV."""
    table = await hotspot(api, "figures", "now")
    assert "kleinheim-rathaus" in table
    assert "visits today" in table
    when = ("--from", f"{visited:%Y-%m-%d}", "--to", f"{visited + DAY:%Y-%m-%d}")
    for words in (("hall", "kleinheim-rathaus"), ("partner", "kleinheim")):
        found = json.loads(await hotspot(api, "figures", *words, *when, "--by", "zone", "--json"))
        assert [(point["name"], point["visits"]) for point in found["points"]] == [("council", 1), ("public", 3)]
    lines = (await hotspot(api, "figures", "hall", "kleinheim-rathaus", *when, "--by", "language", "--csv")).splitlines()
    assert [line.split(",")[1:3] for line in lines] == [["language", "visits"], ["de", "2"], ["tr", "1"]]
    assert "no devices were counted" in await hotspot(api, "figures", "devices", "kleinheim-rathaus")
    output = await hotspot(api, "figures", "hall", "nowhere", status=1)
    assert "cannot show figures: hall = 'nowhere': expected the name of a hall" in output


async def test_upkeep_and_its_proof(api: Api, hub: Hub, visited: datetime, database: str, tmp_path: Path) -> None:
    """Upkeep on the hub makes hours and days; what it erased is listed."""
    config = tmp_path / "hub.toml"
    config.write_text(f'database = "{database}"\n[retention]\nquarters = "1 h"\nhours = "3000 d"\n')
    assert "2 hours were made, 3 rows erased" in await hotspot(api, "upkeep", "--config", str(config))
    assert await cells(hub) == []
    assert sum(one[4] for one in await cells(hub, "figures_days", "day")) == 11
    entries = json.loads(await hotspot(api, "erased", "--json"))
    assert sum(entry["rows"] for entry in entries) == 3
    assert {(entry["rule"], entry["seconds"]) for entry in entries if entry["rows"]} == {("quarters", 3_600.0)}


async def test_citus_is_not_here(api: Api, database: str, tmp_path: Path) -> None:
    """Without the extension nothing is changed, and the command says what is missing."""
    config = tmp_path / "hub.toml"
    config.write_text(f'database = "{database}"\n')
    output = await hotspot(api, "distribute", "--config", str(config), status=1)
    assert output.startswith("cannot distribute the tables: the extension citus is not installed")


async def test_what_is_to_be_distributed_can_be(hub: Hub) -> None:
    """Every table that is spread by hall has it in its primary key and refers to nothing that is not everywhere; every partitioned table of
    halls is among them."""
    async with hub.store.connection() as connection:
        keys = await connection.fetch(
            "SELECT c.conrelid::regclass::text AS name, bool_or(a.attname = 'hall_id') AS by_hall FROM pg_constraint c "
            "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey) WHERE c.contype IN ('p', 'u') GROUP BY c.oid, 1"
        )
        references = await connection.fetch(
            "SELECT conrelid::regclass::text AS name, confrelid::regclass::text AS to FROM pg_constraint WHERE contype = 'f'"
        )
        parted = await connection.fetch(
            "SELECT t.partrelid::regclass::text AS name FROM pg_partitioned_table t "
            "JOIN pg_attribute a ON a.attrelid = t.partrelid AND a.attname = 'hall_id'"
        )
    assert {row["name"] for row in keys if row["name"] in distribution.BY_HALL and not row["by_hall"]} == set()
    spread = set(distribution.BY_HALL)
    everywhere = spread | set(distribution.REFERENCE)
    assert [tuple(row) for row in references if row["name"] in everywhere and row["to"] not in everywhere] == []
    assert [tuple(row) for row in references if row["to"] in spread] == []
    assert {row["name"] for row in parted} <= spread
    statements = distribution.plan()
    assert statements[0] == "SELECT create_reference_table('host')"
    assert "SELECT create_distributed_table('streams', 'hall_id', colocate_with => 'figures_quarters')" in statements
