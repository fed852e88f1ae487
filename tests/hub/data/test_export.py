"""Everything of a partner as a file."""

import csv
import io
import json
import zipfile

import pytest

from hotspot.hub.hub import Hub
from hotspot.hub.store.ownership import OWNED
from tests.hub.conftest import Api
from tests.hub.data.everything import fill

pytestmark = pytest.mark.hub


async def fetched(api: Api, path: str) -> zipfile.ZipFile:
    """A ZIP file of the API, whole."""
    async with api.http.get(f"{api.base}/api/v1{path}", headers={"Authorization": f"Bearer {api.token}"}) as response:
        assert (response.status, response.content_type) == (200, "application/zip")
        archive = zipfile.ZipFile(io.BytesIO(await response.read()))
    assert archive.testzip() is None
    return archive


def table(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    """The rows of a table in the file."""
    return list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode())))


@pytest.mark.parametrize("path", ["/partners/kleinheim/export", "/halls/kleinheim-rathaus/export"])
async def test_everything_and_nothing_of_others(api: Api, hub: Hub, path: str) -> None:
    """Each table has exactly the one row of this partner; what only a partner has is not in the file of a hall."""
    async with hub.store.transaction() as connection:
        await fill(connection, "grossdorf")
        await fill(connection, "kleinheim")
    archive = await fetched(api, path)
    contents = json.loads(archive.read("contents.json"))
    rows = {entry["table"]: entry["rows"] for entry in contents["tables"]}
    assert rows == {entry.name: len(table(archive, entry.name)) for entry in OWNED}
    ofpartner = {
        "partners",
        "users",
        "api_tokens",
        "console_sessions",
        "identities",
        "factors",
        "recovery_codes",
        "channels",
        "notifications",
    } | {f"policy_{name}" for name in ("changes", "documents", "document_files", "drafts", "rollouts")}
    of_hall = {name for name in rows if name not in ofpartner} - ({"channel_events"} if "halls" in path else set())
    whole = path.startswith("/partners")
    assert {name for name, count in rows.items() if count} == (set(rows) if whole else of_hall)
    assert "grossdorf" not in "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".csv"))
    assert table(archive, "feedback")[0]["text"] == "Mehr Bänke in kleinheim"
    assert [archive.read(name) for name in archive.namelist() if name.startswith("files/")] == ([b"kleinheim"] if whole else [])


async def test_no_secret_is_in_it(api: Api, hub: Hub) -> None:
    """Hashes and keys are left out."""
    async with hub.store.transaction() as connection:
        await fill(connection, "kleinheim")
    archive = await fetched(api, "/partners/kleinheim/export")
    held = {name: set(archive.read(f"{name}.csv").decode().splitlines()[0].split(",")) for name in ("users", "api_tokens", "credentials")}
    assert [names & {"password_hash", "token_hash", "secret_hash"} for names in held.values()] == [set(), set(), set()]
    assert [json.loads(row["item"]) for row in table(archive, "policy_items")] == [{"plan": "guest"}]


async def test_who_took_it_is_on_record(api: Api, hub: Hub) -> None:
    """An export is in the audit log."""
    async with hub.store.transaction() as connection:
        await fill(connection, "kleinheim")
    await fetched(api, "/partners/kleinheim/export")
    async with hub.store.connection() as connection:
        found = await connection.fetch("SELECT actor, partner FROM audit WHERE action = 'partner.export'")
    assert [tuple(row) for row in found] == [("user admin", "kleinheim")]


async def test_a_year_of_figures_comes_in_pieces(api: Api, hub: Hub) -> None:
    """More rows than are fetched at once are all there, in order."""
    async with hub.store.transaction() as connection:
        _, hall = await fill(connection, "kleinheim")
        await connection.execute(
            "INSERT INTO figures_days (hall_id, day, zone, plan, visits, ended, seconds, bytes_up, bytes_down, peak) "
            "SELECT $1, current_date, 'public', 'p' || number, number, 0, 0, 0, 0, 0 FROM generate_series(1, 4999) number",
            hall,
        )
    rows = table(await fetched(api, "/halls/kleinheim-rathaus/export"), "figures_days")
    assert sum(int(row["visits"]) for row in rows) == sum(range(5_000)) + 3
    assert len(rows) == 5_000
