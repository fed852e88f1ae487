"""A partner that has left is erased; nobody else is touched."""

import asyncpg
import pytest

from hotspot.hub.access import Role
from hotspot.hub.hub import Hub
from hotspot.hub.store.ownership import OWNED
from tests.hub.conftest import Api, token_of
from tests.hub.data.everything import fill, whole

pytestmark = pytest.mark.hub


async def test_only_its_rows_are_gone(api: Api, hub: Hub, database: str) -> None:
    """The whole database afterwards is the one before without this partner; every table had something of it."""
    async with hub.store.transaction() as connection:
        await fill(connection, "grossdorf")
    before = await whole(database)
    async with hub.store.transaction() as connection:
        await fill(connection, "kleinheim")
    between = await whole(database)
    status, erased = await api("POST", "/partners/kleinheim/erasure", {"confirm": "kleinheim"})
    assert (status, erased["subject"]) == (200, "partner kleinheim")
    after = await whole(database)
    entry = [row for row in after.pop("audit") if row not in before["audit"]]
    assert {table: rows for table, rows in after.items() if table != "api_tokens"} == {
        table: rows for table, rows in before.items() if table not in ("audit", "api_tokens")
    }
    assert erased["rows"] == {table: len(between[table]) - len(before[table]) for table in [*(one.name for one in OWNED), "policy_files"]}
    assert set(erased["rows"].values()) == {1}
    assert len(entry) == 1
    assert "partner.erase" in entry[0]


async def test_a_hall_alone(api: Api, hub: Hub, database: str) -> None:
    """A closed hall goes with all that hangs on it; its partner and the partner's people stay."""
    async with hub.store.transaction() as connection:
        await fill(connection, "kleinheim")
    status, erased = await api("POST", "/halls/kleinheim-rathaus/erasure", {"confirm": "kleinheim-rathaus"})
    after = await whole(database)
    assert (status, len(erased["rows"])) == (200, len([table for table in OWNED if table.name in erased["rows"]]))
    assert {table: len(after[table]) for table in ("partners", "halls", "gateways", "figures_days", "feedback", "policy_documents")} == {
        "partners": 1,
        "halls": 0,
        "gateways": 0,
        "figures_days": 0,
        "feedback": 0,
        "policy_documents": 1,
    }


async def test_who_takes_part_is_not_erased(api: Api, hub: Hub, database: str) -> None:
    """Refused while the partner takes part or the hall is open, and with a name that is not confirmed; nothing changes."""
    async with hub.store.transaction() as connection:
        await fill(connection, "kleinheim")
        await connection.execute("UPDATE partners SET left_at = NULL")
        await connection.execute("UPDATE halls SET closed_at = NULL")
    await api("GET", "/partners")  # the token's last use is noted once an hour
    before = await whole(database)
    status, problem = await api("POST", "/partners/kleinheim/erasure", {"confirm": "kleinheim"})
    assert (status, problem["detail"].partition(":")[0]) == (409, "kleinheim takes part")
    assert (await api("POST", "/halls/kleinheim-rathaus/erasure", {"confirm": "kleinheim-rathaus"}))[0] == 409
    assert (await api("POST", "/partners/kleinheim/erasure", {"confirm": "grossdorf"}))[0] == 400
    assert await whole(database) == before


async def test_nobody_else_may(api: Api, hub: Hub) -> None:
    """Neither the partner's own people nor the host's operators can erase or export."""
    async with hub.store.transaction() as connection:
        await fill(connection, "kleinheim")
    for role, partner in ((Role.PARTNER_EDITOR, "kleinheim"), (Role.HOST_OPERATOR, None)):
        theirs = api.as_(await token_of(hub, role.value, role, partner))
        assert (await theirs("POST", "/partners/kleinheim/erasure", {"confirm": "kleinheim"}))[0] == 403
        assert (await theirs("GET", "/partners/kleinheim/export"))[0] == 403


async def test_the_audit_log_lets_go_of_nothing_else(hub: Hub) -> None:
    """Rows of the log can be neither changed nor removed outside an erasure, and not changed in one."""
    async with hub.store.transaction() as connection:
        await fill(connection, "kleinheim")
    refused = []
    for setting in ("off", "on"):
        for sql in ("DELETE FROM audit", "UPDATE audit SET actor = 'x'", "TRUNCATE audit"):
            async with hub.store.connection() as connection:
                change = connection.transaction()
                await change.start()
                await connection.execute("SELECT set_config('hotspot.erasure', $1, true)", setting)
                try:
                    await connection.execute(sql)
                except asyncpg.RaiseError:
                    refused.append((setting, sql.split()[0]))
                await change.rollback()
    assert refused == [("off", "DELETE"), ("off", "UPDATE"), ("off", "TRUNCATE"), ("on", "UPDATE"), ("on", "TRUNCATE")]
