"""Which columns the journal has: found out by making an empty one."""

import contextlib

import apsw

from hotspot.portal.journal.schema import MIGRATIONS


def columns() -> dict[str, tuple[str, ...]]:
    """Every table of a fresh journal with its columns, in order."""
    with contextlib.closing(apsw.Connection(":memory:")) as journal:
        for script in MIGRATIONS:
            journal.execute(script)
        tables = [name for (name,) in journal.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        return {table: tuple(row[1] for row in journal.execute(f"PRAGMA table_info({table})")) for table in sorted(tables)}
