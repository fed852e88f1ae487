"""The list of what is stored, as towns sign it, is the one that the program makes."""

from pathlib import Path

from hotspot import data_list
from hotspot.hub.data import inventory
from hotspot.hub.data.words import Of
from hotspot.hub.settings import DAY, Retention
from hotspot.portal.records import IMPERSONAL, RECORDS

CHECKED_IN = Path(__file__).parents[2] / "docs" / "privacy" / "datenliste.md"


def test_the_document_is_current() -> None:
    """``hotspot hub data inventory > docs/privacy/datenliste.md`` renews it."""
    assert CHECKED_IN.read_text(encoding="utf-8") == data_list.text()


def test_every_record_of_the_privacy_notice_has_basis_and_source() -> None:
    """What visitors are told is what the list tells; none is missing, none is left over."""
    assert [record.heading for record in RECORDS] == list(data_list.BASES)
    assert sorted(data_list.NOT_OF_VISITORS) == sorted(IMPERSONAL)


def test_no_duration_is_left_open() -> None:
    """Every time that a record names has a value."""
    assert [record.heading for record in RECORDS if record.until.count("%(") != len(data_list.times(record))] == []


def test_times_are_those_of_the_settings() -> None:
    """Another retention in hub.toml is another time in the list."""
    rows = {(row.table, row.column): row.until for row in inventory.listed(Retention(feedback=30 * DAY, orders=1_800.0))}
    assert rows["feedback", "text"] == "nach 30 Tagen, höchstens einen Monat später"
    assert rows["orders", "request"].startswith("nach 30 Minuten")


def test_every_entry_is_complete() -> None:
    """Purpose, category, legal basis, retention and source are there for each column."""
    rows = list(inventory.listed())
    assert [row for row in rows if not all((row.what, row.category, row.purpose, row.basis, row.until, row.source))] == []
    assert len(rows) == len({(row.table, row.column) for row in rows})


def test_visitors_are_in_one_table_only() -> None:
    """Of a visitor's device the hub knows a code in an order, for an hour; messages are written by those who want to be read."""
    by_category = {of: {entry.table for entry in inventory.ENTRIES for group in entry.groups if group.of is of} for of in Of}
    assert (by_category[Of.DEVICE], by_category[Of.WRITER]) == ({"orders"}, {"feedback"})


def test_parts() -> None:
    """The hub's and the hall's part can be had alone."""
    hub, hall = data_list.text("hub"), data_list.text("gateway")
    assert ("## Im Rathaus" in hub, "## Im Hub" in hall) == (False, False)
    assert data_list.text().endswith(hall.partition("\n## ")[2])
