"""The directory as a table: what an office keeps in a spreadsheet, with German or English column names.

A row becomes the same raw table that a TOML file holds, so both are checked by the same hand (``hotspot.portal.settings_town``). Texts may
have a column for each language: ``name``, ``name_en``, ``Name (en)``.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from hotspot.town.accounts import in_fours
from hotspot.town.directory import Entry, Texts
from hotspot.town.folding import slug
from hotspot.town.week import closed_text
from hotspot.town.week import to_text as _hours_text

DEFAULT_LANGUAGE = "de"
TEXTS = ("name", "purpose", "authority_name", "room", "hours_note", "fee_note")
"""Columns that may come once for each language."""
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "kennung", "kuerzel"),
    "name": ("name", "leistung", "dienstleistung", "bezeichnung", "service"),
    "purpose": ("purpose", "zweck", "beschreibung", "wofuer", "description"),
    "authority": ("authority", "behoerde", "zustaendig", "ebene"),
    "authority_name": ("authority-name", "zustaendige-stelle", "amt", "stelle", "name-der-behoerde", "office"),
    "room": ("room", "raum", "zimmer", "ort"),
    "hours": ("hours", "oeffnungszeiten", "zeiten", "opening-hours"),
    "closed": ("closed", "geschlossen", "schliesstage"),
    "hours_note": ("hours-note", "hinweis", "hinweis-zeiten", "note"),
    "phone": ("phone", "telefon", "tel"),
    "email": ("email", "e-mail", "mail"),
    "link": ("link", "url", "internet", "webseite", "website"),
    "keywords": ("keywords", "stichwoerter", "stichworte", "schlagwoerter", "suchwoerter"),
    "reachable": ("reachable", "erreichbar", "vorher-erreichbar", "freigegeben"),
    "fee_amount": ("fee-amount", "fee", "gebuehr", "betrag", "amount"),
    "fee_iban": ("fee-iban", "iban"),
    "fee_bic": ("fee-bic", "bic"),
    "fee_receiver": ("fee-receiver", "empfaenger", "kontoinhaber", "receiver"),
    "fee_reference": ("fee-reference", "verwendungszweck", "reference"),
    "fee_note": ("fee-note", "gebuehr-hinweis", "hinweis-gebuehr"),
}
GERMAN: Mapping[str, str] = {
    "id": "Kennung",
    "name": "Name",
    "fee_amount": "Gebühr",
    "fee_iban": "IBAN",
    "fee_receiver": "Empfänger",
    "fee_reference": "Verwendungszweck",
}
"""How German offices head the columns that a row may lack."""
_COLUMN_OF = {alias: column for column, aliases in _ALIASES.items() for alias in aliases}
_SPLIT: Mapping[str, str] = {"hours": r"[;|\n]", "closed": r"[;,|\s]", "keywords": r"[;,|\n]", "reachable": r"[;,|\s]"}
"""Columns with several values in a cell."""
_LANGUAGE = re.compile(r"(.+?)-([a-z]{2,3}(?:-[a-z0-9]{4,8})*)")


class Row(Struct, frozen=True):
    """One service as its row says it."""

    line: int
    """Of the file, the first is 1."""
    table: dict[str, Any]
    """As in a TOML file, without the id."""
    id: str
    """"" when the row has none and its name makes none."""
    columns: dict[str, tuple[str, str]]
    """Where each key comes from: heading and cell."""


class Unreadable(Exception):
    """The file is no such table; the text says where and what was expected."""


def decode(content: bytes) -> str:
    """A file of a spreadsheet program as text: UTF-8 with or without its mark, UTF-16 with it, else Windows-1252. Raises ``Unreadable``."""
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("expected a text in UTF-8 or Windows-1252")


def parse(text: str, languages: Collection[str]) -> list[Row]:
    """Rows of a table with a heading; empty rows are left out. ``languages`` are those in which texts can be. Raises ``Unreadable``."""
    first = text.lstrip("\n\r").partition("\n")[0]
    delimiter = max(";,\t", key=lambda each: re.sub('"[^"]*"', "", first).count(each))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    headings: list[tuple[str, str, str]] = []
    rows: list[Row] = []
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not headings:
                headings = _headings(cells, line, languages)
            elif len(cells) > len(headings) and any(cell.strip() for cell in cells[len(headings) :]):
                raise Unreadable(f"line {line}: expected {len(headings)} cells as in the heading, not {len(cells)}")
            else:
                rows.append(_row(line, headings, cells))
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}: expected a table of cells ({error})") from None
    if not headings:
        raise Unreadable("expected a heading with column names and a row for each service; the file is empty")
    return rows


def _headings(cells: Sequence[str], line: int, languages: Collection[str]) -> list[tuple[str, str, str]]:
    """Column, language and heading as it is written."""
    found = [_heading(cell, line, languages) for cell in cells]
    named = [(column, language) for column, language, _ in found if column]
    for column, language in named:
        if named.count((column, language)) > 1:
            raise Unreadable(f"line {line}: expected one column {column} ({language or DEFAULT_LANGUAGE}), found several")
    if ("name", DEFAULT_LANGUAGE) not in named:
        raise Unreadable(f'line {line}: expected a column "name", found {", ".join(cell.strip() or "-" for cell in cells)}')
    return found


def _heading(cell: str, line: int, languages: Collection[str]) -> tuple[str, str, str]:
    heading = cell.strip()
    tidy = slug(heading)
    if not tidy:
        return "", "", heading
    column = _COLUMN_OF.get(tidy)
    language = DEFAULT_LANGUAGE if column in TEXTS else ""
    if column is None and (suffixed := _LANGUAGE.fullmatch(tidy)) and _COLUMN_OF.get(suffixed[1]) in TEXTS:
        column, language = _COLUMN_OF[suffixed[1]], suffixed[2]
        if language not in languages:
            expected = f"expected one of the languages of the pages: {', '.join(languages)}"
            raise Unreadable(f"line {line}: column {heading!r}: {language!r} is no language here: {expected}")
    if column is None:
        known = ", ".join(_ALIASES)
        raise Unreadable(f"line {line}: column {heading!r}: expected one of {known}; texts may end in a language as name_en")
    return column, language, heading


def _row(line: int, headings: Sequence[tuple[str, str, str]], cells: Sequence[str]) -> Row:
    table: dict[str, Any] = {}
    fee: dict[str, Any] = {}
    columns: dict[str, tuple[str, str]] = {}
    for (column, language, heading), cell in zip(headings, cells, strict=False):
        value = cell.strip()
        if not column or not value:
            continue
        into, key = (fee, column.removeprefix("fee_")) if column.startswith("fee_") else (table, column)
        where = column.replace("fee_", "fee.")
        columns[f"{where}.{language}" if language else where] = heading, value
        columns.setdefault(where, (heading, value))
        if language:
            into.setdefault(key, {})[language] = value
        elif column in _SPLIT:
            into[key] = [part.strip() for part in re.split(_SPLIT[column], value) if part.strip()]
        else:
            into[key] = value
    id_ = str(table.pop("id", "")) or slug(table.get("name", {}).get(DEFAULT_LANGUAGE, ""))
    return Row(line, {**table, **({"fee": fee} if fee else {})}, id_, columns)


def to_text(entries: Iterable[Entry]) -> str:
    """The table of a directory, as ``parse`` reads it and German spreadsheet programs open it (semicolons)."""
    listed = list(entries)
    columns: list[tuple[str, str]] = []
    for column in _ALIASES:
        languages = dict.fromkeys([DEFAULT_LANGUAGE, *(lang for entry in listed for lang in _texts(entry, column))])
        columns += [(column, language) for language in languages] if column in TEXTS else [(column, "")]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([column if language in ("", DEFAULT_LANGUAGE) else f"{column}_{language}" for column, language in columns])
    for entry in listed:
        writer.writerow([_texts(entry, column).get(language, "") if language else _CELLS[column](entry) for column, language in columns])
    return out.getvalue()


def _texts(entry: Entry, column: str) -> Texts:
    if column not in TEXTS:
        return {}
    if column == "fee_note":
        return entry.fee.note if entry.fee else {}
    found: Texts = getattr(entry, column)
    return found


_CELLS: Mapping[str, Callable[[Entry], str]] = {
    "id": lambda entry: entry.id,
    "authority": lambda entry: entry.authority.value,
    "hours": lambda entry: "; ".join(_hours_text(entry.hours)),
    "closed": lambda entry: " ".join(closed_text(closed) for closed in entry.closed),
    "phone": lambda entry: entry.phone,
    "email": lambda entry: entry.email,
    "link": lambda entry: entry.link,
    "keywords": lambda entry: ", ".join(entry.keywords),
    "reachable": lambda entry: " ".join(entry.reachable),
    "fee_amount": lambda entry: f"{entry.fee.amount:.2f}".replace(".", ",") if entry.fee else "",
    "fee_iban": lambda entry: in_fours(entry.fee.iban) if entry.fee else "",
    "fee_bic": lambda entry: entry.fee.bic if entry.fee else "",
    "fee_receiver": lambda entry: entry.fee.receiver if entry.fee else "",
    "fee_reference": lambda entry: entry.fee.reference if entry.fee else "",
}
