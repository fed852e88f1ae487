"""The list of what is stored against the tables of a real database."""

import pytest

from hotspot.hub.data import inventory
from hotspot.hub.store import Store
from hotspot.hub.store.ownership import NOBODYS, OWNED, columns
from hotspot.hub.store.partitions import GROWING
from tests.hub.conftest import Api

pytestmark = pytest.mark.hub


async def test_every_column_is_described(store: Store) -> None:
    """No table and no column is missing in the list, and none is in it that does not exist; none stands twice."""
    async with store.connection() as connection:
        there = await columns(connection)
    told: dict[str, list[str]] = {entry.table: [] for entry in inventory.ENTRIES}
    for column in inventory.listed():
        told[column.table].append(column.column)
    assert {table: sorted(names) for table, names in told.items()} == {table: sorted(names) for table, names in there.items()}


async def test_every_table_is_somebodys_or_nobodys(store: Store) -> None:
    """Export and erasure know every table."""
    async with store.connection() as connection:
        there = await columns(connection)
    assert sorted([*(table.name for table in OWNED), *NOBODYS]) == sorted(there)


async def test_every_table_that_knows_a_hall_or_partner_is_owned(store: Store) -> None:
    """Whatever names a partner, hall, gateway, user or channel belongs to somebody."""
    async with store.connection() as connection:
        there = await columns(connection)
    links = {"partner_id", "hall_id", "gateway_id", "user_id", "channel_id"}
    assert {table for table in NOBODYS if links & set(there[table])} == set()


def test_tables_cut_by_month_say_so() -> None:
    """A part of a table is dropped when all of it is old enough; where a part is a month, the list tells it."""
    told = {entry.table: "höchstens einen Monat später" in entry.until for entry in inventory.ENTRIES}
    assert {table.table: table.step == "month" for table in GROWING} == {table.table: told[table.table] for table in GROWING}


async def test_by_the_api(api: Api) -> None:
    """The list is there for machines, with the times of this hub's settings."""
    status, rows = await api("GET", "/data/inventory")
    times = {(row["table"], row["column"]): row["until"] for row in rows}
    assert (status, times["feedback", "text"], times["figures_quarters", "visits"]) == (
        200,
        "nach 180 Tagen, höchstens einen Monat später",
        "nach 90 Tagen",
    )
