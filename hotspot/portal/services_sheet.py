"""A table (CSV) of services through the same checks as a TOML file, with errors that name line, column and cell."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from hotspot.portal.catalogues import known
from hotspot.portal.settings import BadSettings
from hotspot.portal.settings_reader import MAX_TEXT_FILE, Reader
from hotspot.portal.settings_town import MOST_ENTRIES, entry, read_account
from hotspot.town.directory import Entry
from hotspot.town.sheet import GERMAN, Row, Unreadable, decode, parse


class WrongCell(BadSettings):
    """``cannot import services.csv: line 7, column 'IBAN' = 'DE12': expected ...``."""

    def __init__(self, path: Path, line: int, column: str, cell: str, expected: str) -> None:
        """``column``: the heading as it is written; ``cell``: "" for one that is empty; ``expected``: "" when others need it."""
        said = f" = {cell!r}: {expected}" if expected else " is empty, but other cells need it"
        shown = f"{column!r}" if expected or column not in GERMAN else f"{column!r} (in German {GERMAN[column]!r})"
        super().__init__(f"cannot import {path}: line {line}, column {shown}{said}")
        self.line, self.column, self.cell, self.expected = line, column, cell, expected


class Judged(Struct, frozen=True):
    """A row, and what its checks say."""

    row: Row
    entry: Entry | None
    """None: it cannot be used."""
    wrong: WrongCell | None


class _RowReader(Reader):
    """Says where in the table a value stands."""

    def __init__(self, path: Path, row: Row) -> None:
        super().__init__(path)
        self._row = row

    def error(self, key: str, value: object, expected: str) -> BadSettings:
        """What is wrong with a cell."""
        field = key.removeprefix(f"services.{self._row.id}.")
        if field == "services":
            field = "id"
        heading, cell = self._row.columns.get(field, (field, str(value)))
        return WrongCell(self.path, self._row.line, heading, cell, expected)

    def missing(self, key: str) -> BadSettings:
        """A row without a cell that it must have."""
        column = key.removeprefix(f"services.{self._row.id}.").replace(".", "_")
        return WrongCell(self.path, self._row.line, column, "", "")


def judge(path: Path, content: bytes, account: Mapping[str, Any] | None = None) -> list[Judged]:
    """All rows of a table. ``path``: what it is called in errors; ``account``: where fees go that name none, as ``[account]`` of a file.
    Raises ``BadSettings`` for what is no such table."""
    try:
        rows = parse(decode(content), known())
    except Unreadable as error:
        raise BadSettings(f"cannot import {path}: {error}") from None
    if len(rows) > MOST_ENTRIES:
        raise BadSettings(f"cannot import {path}: {len(rows)} rows: expected at most {MOST_ENTRIES}")
    usual = None if account is None else read_account(Reader(path), account, "account")
    lines: dict[str, int] = {}
    return [_judged(path, row, usual, lines) for row in rows]


def _judged(path: Path, row: Row, account: Any, lines: dict[str, int]) -> Judged:
    """``lines``: of the ids that there were so far."""
    read = _RowReader(path, row)
    try:
        if "name" not in row.table or not row.id:
            raise read.missing("name" if "name" not in row.table else "id")
        found = entry(read, row.id, row.table, account)
        if row.id in lines:
            raise read.error("services", row.id, f"expected another id than in line {lines[row.id]}; give both rows an id of their own")
    except WrongCell as error:
        return Judged(row, None, error)
    lines[row.id] = row.line
    return Judged(row, found, None)


def read_sheet(path: Path) -> list[Entry]:
    """All services of a table, or ``BadSettings`` for the first row that cannot be used."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_TEXT_FILE + 1)
    except OSError as error:
        raise BadSettings(f"cannot read {path}: {error.strerror or error}") from None
    if len(content) > MAX_TEXT_FILE:
        raise BadSettings(f"cannot read {path}: larger than {MAX_TEXT_FILE:,} bytes")
    return _all_good(judge(path, content))


def _all_good(judged: Sequence[Judged]) -> list[Entry]:
    entries = []
    for one in judged:
        if one.wrong is not None:
            raise one.wrong
        assert one.entry is not None, "a row is either good or wrong"
        entries.append(one.entry)
    return entries
