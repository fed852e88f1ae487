"""A table (CSV) of services through the same checks as a TOML file, with errors that name line, column and cell."""

from pathlib import Path

from hotspot.portal.catalogues import known
from hotspot.portal.settings import BadSettings
from hotspot.portal.settings_reader import MAX_TEXT_FILE, Reader
from hotspot.portal.settings_town import MOST_ENTRIES, entry
from hotspot.town.directory import Entry
from hotspot.town.sheet import GERMAN, Row, Unreadable, decode, parse


class _RowReader(Reader):
    """Says where in the table a value stands."""

    def __init__(self, path: Path, row: Row) -> None:
        super().__init__(path)
        self._row = row

    def error(self, key: str, value: object, expected: str) -> BadSettings:
        """``cannot import services.csv: line 7, column 'IBAN' = 'DE12': expected ...``."""
        return BadSettings(f"cannot import {self.path}: line {self._row.line}, {self._column(key, value)}: {expected}")

    def missing(self, key: str) -> BadSettings:
        """A row without a cell that it must have."""
        column = key.removeprefix(f"services.{self._row.id}.").replace(".", "_")
        named = f"{column!r}" if column not in GERMAN else f"{column!r} (in German {GERMAN[column]!r})"
        return BadSettings(f"cannot import {self.path}: line {self._row.line}, column {named} is empty, but other cells need it")

    def _column(self, key: str, value: object) -> str:
        """``services.<id>.fee.iban`` -> the heading that it stands under."""
        field = key.removeprefix(f"services.{self._row.id}.")
        if field == "services":
            field = "id"
        heading, cell = self._row.columns.get(field, (field, str(value)))
        return f"column {heading!r} = {cell!r}"


def read_sheet(path: Path) -> list[Entry]:
    """All services of a table, or ``BadSettings`` for the first row that cannot be used."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_TEXT_FILE + 1)
    except OSError as error:
        raise BadSettings(f"cannot read {path}: {error.strerror or error}") from None
    if len(content) > MAX_TEXT_FILE:
        raise BadSettings(f"cannot read {path}: larger than {MAX_TEXT_FILE:,} bytes")
    try:
        rows = parse(decode(content), known())
    except Unreadable as error:
        raise BadSettings(f"cannot import {path}: {error}") from None
    if len(rows) > MOST_ENTRIES:
        raise BadSettings(f"cannot import {path}: {len(rows)} rows: expected at most {MOST_ENTRIES}")
    lines: dict[str, int] = {}
    entries: list[Entry] = []
    for row in rows:
        read = _RowReader(path, row)
        if "name" not in row.table or not row.id:
            raise read.missing("name" if "name" not in row.table else "id")
        entries.append(entry(read, row.id, row.table))
        if row.id in lines:
            raise read.error("services", row.id, f"expected another id than in line {lines[row.id]}; give both rows an id of their own")
        lines[row.id] = row.line
    return entries
