"""A table of services, checked as a file is."""

from pathlib import Path

import pytest

from hotspot.lab.services import FILE
from hotspot.portal.services_sheet import read_sheet
from hotspot.portal.settings import BadSettings
from hotspot.portal.settings_reader import Reader
from hotspot.portal.settings_town import services_file
from hotspot.town.accounts import Fee
from hotspot.town.directory import Authority, Entry
from hotspot.town.sheet import to_text

HEAD = "Kennung;Name;Behörde;Öffnungszeiten;Gebühr;IBAN;Empfänger;Verwendungszweck;Erreichbar\n"
GOOD = "pass;Ausweis;Kreis;;28,80;DE89 3704 0044 0532 0130 00;Stadtkasse;Ausweis;\n"


def sheet(folder: Path, text: str, encoding: str = "cp1252") -> Path:
    """A file as Excel saves it."""
    path = folder / "services.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_good_table(tmp_path: Path) -> None:
    """One row, one service."""
    fee = Fee(cents=2_880, iban="DE89370400440532013000", receiver="Stadtkasse", reference="Ausweis")
    expected = [Entry(id="pass", name={"de": "Ausweis"}, authority=Authority.DISTRICT, fee=fee)]
    assert read_sheet(sheet(tmp_path, HEAD + GOOD)) == expected


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (GOOD.replace("DE89", "DE88"), "line 3, column 'IBAN' = 'DE88 3704 0044 0532 0130 00': expected an IBAN whose check digits"),
        (GOOD.replace("28,80", "gratis"), "line 3, column 'Gebühr' = 'gratis': expected an amount in euro"),
        (GOOD.replace("Stadtkasse", ""), "line 3, column 'fee_receiver' (in German 'Empfänger') is empty"),
        (GOOD.replace(";Ausweis;\n", ";;\n"), "line 3, column 'fee_reference' (in German 'Verwendungszweck') is empty"),
        ("x;;;;;;;;\n", "line 3, column 'name' (in German 'Name') is empty"),
        (";!;;;;;;;\n", "line 3, column 'id' (in German 'Kennung') is empty"),
        ("x;X;Staat;;;;;;\n", "line 3, column 'Behörde' = 'Staat': expected \"town\" or \"district\""),
        ("x;X;;mittags;;;;;\n", "line 3, column 'Öffnungszeiten' = 'mittags': expected days and hours"),
        ("x;X;;;;;;;*.example.org\n", "line 3, column 'Erreichbar' = '*.example.org': expected the whole name"),
        ("x y;X;;;;;;;\n", "line 3, column 'Kennung' = 'x y': expected an id of a-z"),
        ("pass;X;;;;;;;\n", "line 3, column 'Kennung' = 'pass': expected another id than in line 2"),
        ("x;X\x81;;;;;;;\n", "expected a text in UTF-8 or Windows-1252"),
    ],
)
def test_errors_name_line_column_and_cell(tmp_path: Path, row: str, error: str) -> None:
    """As the person at the spreadsheet sees them."""
    path = sheet(tmp_path, HEAD + GOOD.replace("pass", "pass", 1))
    path.write_bytes(path.read_bytes() + row.encode("latin-1"))
    with pytest.raises(BadSettings) as caught:
        read_sheet(path)
    assert str(caught.value).startswith(f"cannot import {path}: {error}")


def test_a_language_that_no_page_has(tmp_path: Path) -> None:
    """Before any row is looked at: the heading, and all languages that there are."""
    path = sheet(tmp_path, "Name;Name (ua)\nRat;Рада\n", "utf-8")
    with pytest.raises(BadSettings) as caught:
        read_sheet(path)
    expected = "expected one of the languages of the pages: de, de-simple, en, fr, tr, ar, uk, ru, pl, ro, fa, es, it"
    assert str(caught.value) == f"cannot import {path}: line 1: column 'Name (ua)': 'ua' is no language here: {expected}"


def test_no_such_file(tmp_path: Path) -> None:
    """One line."""
    with pytest.raises(BadSettings, match="cannot read .*nowhere.csv: No such file or directory"):
        read_sheet(tmp_path / "nowhere.csv")


def test_what_is_exported_is_imported_again(tmp_path: Path) -> None:
    """The lab's directory through a spreadsheet and back, in UTF-8 with its mark."""
    entries = services_file(Reader(FILE))
    assert read_sheet(sheet(tmp_path, to_text(entries), "utf-8-sig")) == entries
