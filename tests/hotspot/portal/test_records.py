"""The privacy notice cannot forget anything that the journal holds."""

import contextlib

import apsw

from hotspot.portal.journal.schema import MIGRATIONS
from hotspot.portal.records import IMPERSONAL, RECORDS


def journal_columns() -> dict[str, set[str]]:
    """Tables of a fresh journal and their columns."""
    with contextlib.closing(apsw.Connection(":memory:")) as journal:
        for script in MIGRATIONS:
            journal.execute(script)
        tables = [name for (name,) in journal.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        return {table: {row[1] for row in journal.execute(f"PRAGMA table_info({table})")} for table in tables}


def test_every_column_of_the_journal_is_in_one_record() -> None:
    """A new table or column has to be told to visitors, or to be said to hold nothing about them."""
    columns = journal_columns()
    told: dict[str, list[str]] = {table: [] for table in columns}
    for record in RECORDS:
        for table, names in record.columns.items():
            told[table] += columns[table] if names == "*" else names.split()
    assert {table: sorted(names) for table, names in told.items() if table not in IMPERSONAL} == {
        table: sorted(names) for table, names in columns.items() if table not in IMPERSONAL
    }
    assert {table: names for table, names in told.items() if table in IMPERSONAL} == {table: [] for table in IMPERSONAL}


def test_nothing_impersonal_names_a_client() -> None:
    """Whatever is called an address, a device or a pseudonym is in a record."""
    columns = journal_columns()
    assert {table for table in IMPERSONAL if columns[table] & {"mac", "ip", "address", "pseudonym", "session", "contact", "name"}} == set()
