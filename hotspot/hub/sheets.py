"""The services directory as a table for a spreadsheet program (CSV), checked by the gateways' own reader. Pure."""

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from hotspot.portal.services_sheet import Judged, judge
from hotspot.portal.settings import BadSettings
from hotspot.portal.settings_reader import Reader
from hotspot.portal.settings_town import MOST_ENTRIES, entry, read_account
from hotspot.town.directory import Entry
from hotspot.town.sheet import Unreadable, decode, to_text

MOST: Final = MOST_ENTRIES
"""Services of a hall."""
MOST_BYTES: Final = 1_000_000
"""Of a table."""
_FILE: Final = Path("table")
_HEADINGS: Final[Mapping[str, str]] = {
    "id": "Kennung",
    "name": "Name",
    "purpose": "Zweck",
    "authority": "Behörde",
    "authority_name": "Zuständige Stelle",
    "room": "Raum",
    "hours": "Öffnungszeiten",
    "closed": "Geschlossen",
    "hours_note": "Hinweis",
    "phone": "Telefon",
    "email": "E-Mail",
    "link": "Webseite",
    "keywords": "Stichwörter",
    "reachable": "Erreichbar",
    "fee_amount": "Gebühr",
    "fee_iban": "IBAN",
    "fee_bic": "BIC",
    "fee_receiver": "Empfänger",
    "fee_reference": "Verwendungszweck",
    "fee_note": "Gebühr-Hinweis",
}
"""What the columns are called in a German office (``hotspot.town.sheet`` reads both)."""
_EXAMPLE: Final[Mapping[str, str]] = {
    "Name": "Personalausweis",
    "Zweck": "Neuer Ausweis, Verlust melden, Adresse ändern.",
    "Behörde": "Stadt",
    "Zuständige Stelle": "Bürgerbüro",
    "Raum": "Erdgeschoss, Zimmer 3",
    "Öffnungszeiten": "Mo-Fr 08:00-12:00; Do 14:00-18:00",
    "Telefon": "+49 1234 567-100",
    "E-Mail": "buergerbuero@musterstadt.example",
    "Stichwörter": "Ausweis, Pass, Reisepass",
    "Name (en)": "Identity card",
}
_FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?![0-9 ()/-]*$)")
"""How a cell begins that a spreadsheet program would take for a formula; a telephone number is none."""


class NoTable(ValueError):
    """A file that is no table of services; the text says where and what was expected."""


class Wrong(Struct, frozen=True):
    """What is wrong with a row."""

    column: str
    """Its heading, as it is written; of a column that is not there what it is called in a German office."""
    cell: str
    expected: str
    """"": the cell is empty, but others need it."""


class Line(Struct, frozen=True):
    """A row of a table."""

    line: int
    """Of the file, the first is 1."""
    id: str
    name: str
    table: dict[str, Any]
    """As in the settings."""
    entry: Entry | None
    """What it means; None: it cannot be used."""
    wrong: Wrong | None


def text_of(content: bytes) -> str:
    """A file as a spreadsheet program saves it, as text. Raises ``NoTable``."""
    if len(content) > MOST_BYTES:
        raise NoTable(f"expected at most {MOST_BYTES} bytes, not {len(content)}")
    try:
        found = decode(content)
    except Unreadable as error:
        raise NoTable(str(error)) from None
    if "\0" in found:
        raise NoTable("expected a text without NUL characters: save the table as CSV")
    return found


def read(text: str, account: Mapping[str, Any] | None) -> list[Line]:
    """The rows of a table. ``account``: where fees go that name none. Raises ``NoTable``."""
    content = text.encode()
    if len(content) > MOST_BYTES:
        raise NoTable(f"expected at most {MOST_BYTES} bytes, not {len(content)}")
    try:
        judged = judge(_FILE, content, account)
    except BadSettings as error:
        raise NoTable(str(error).removeprefix(f"cannot import {_FILE}: ")) from None
    return [_line(one) for one in judged]


def _line(one: Judged) -> Line:
    names = one.row.table.get("name", {})
    wrong = None if one.wrong is None else Wrong(_HEADINGS.get(one.wrong.column, one.wrong.column), one.wrong.cell, one.wrong.expected)
    return Line(one.row.line, one.row.id, next(iter(names.values()), ""), one.row.table, one.entry, wrong)


def entries(services: Mapping[str, Any], account: Mapping[str, Any] | None) -> dict[str, Entry]:
    """Services as the settings have them, by id; what no gateway could read is left out."""
    reader = Reader(_FILE)
    found: dict[str, Entry] = {}
    try:
        usual = None if account is None else read_account(reader, account, "account")
    except BadSettings:
        usual = None
    for id_, raw in services.items():
        try:
            found[id_] = entry(reader, id_, raw, usual)
        except BadSettings:
            continue
    return found


def table(services: Mapping[str, Entry]) -> bytes:
    """As Excel and LibreOffice open it in a German office: semicolons, German headings, a mark that says UTF-8."""
    rows = list(csv.reader(io.StringIO(to_text(services.values()), newline=""), delimiter=";"))
    heads = [_heading(column) for column in rows[0]]
    return _written([heads, *([_cell(cell) for cell in row] for row in rows[1:])])


def template() -> bytes:
    """A table to begin with: the headings, and one row as an example."""
    heads = [*_HEADINGS.values()]
    heads.insert(heads.index("Name") + 1, "Name (en)")
    return _written([heads, [_EXAMPLE.get(head, "") for head in heads]])


def _heading(column: str) -> str:
    if column in _HEADINGS:
        return _HEADINGS[column]
    base, _, language = column.rpartition("_")
    return f"{_HEADINGS[base]} ({language})"


def _cell(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _written(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig")
