"""The directory as a table."""

import pytest

from hotspot.town.sheet import GERMAN as IN_GERMAN
from hotspot.town.sheet import Row, Unreadable, decode, parse

LANGUAGES = ("de", "de-simple", "en", "tr")
GERMAN = (
    "Leistung;Name (en);Behörde;Öffnungszeiten;Stichwörter;Gebühr;IBAN;Empfänger;Verwendungszweck;Erreichbar\r\n"
    "\r\n"
    'Meldebescheinigung;Certificate;Stadt;"Mo-Fr 8-12; Do 14-18";"Ummeldung, Adresse";12,00;DE89 3704;Stadt;Bescheinigung;\r\n'
    "Rat;;;;;;;;;ratsinfo.example a.example\r\n"
)


def test_a_german_table() -> None:
    """Semicolons, German headings, several values in a cell, ids from the names, lines as the file has them."""
    first, second = parse(GERMAN, LANGUAGES)
    assert first == Row(
        line=3,
        id="meldebescheinigung",
        table={
            "name": {"de": "Meldebescheinigung", "en": "Certificate"},
            "authority": "Stadt",
            "hours": ["Mo-Fr 8-12", "Do 14-18"],
            "keywords": ["Ummeldung", "Adresse"],
            "fee": {"amount": "12,00", "iban": "DE89 3704", "receiver": "Stadt", "reference": "Bescheinigung"},
        },
        columns={
            "name": ("Leistung", "Meldebescheinigung"),
            "name.de": ("Leistung", "Meldebescheinigung"),
            "name.en": ("Name (en)", "Certificate"),
            "authority": ("Behörde", "Stadt"),
            "hours": ("Öffnungszeiten", "Mo-Fr 8-12; Do 14-18"),
            "keywords": ("Stichwörter", "Ummeldung, Adresse"),
            "fee.amount": ("Gebühr", "12,00"),
            "fee.iban": ("IBAN", "DE89 3704"),
            "fee.receiver": ("Empfänger", "Stadt"),
            "fee.reference": ("Verwendungszweck", "Bescheinigung"),
        },
    )
    assert (second.line, second.id, second.table) == (4, "rat", {"name": {"de": "Rat"}, "reachable": ["ratsinfo.example", "a.example"]})


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_delimiters(delimiter: str) -> None:
    """Found by the heading, where those in quotes do not count."""
    text = f'id{delimiter}"name"{delimiter}phone\na{delimiter}"x, y; z\nw"{delimiter}1\nb{delimiter}q{delimiter}\n'
    assert [(row.line, row.id, row.table["name"]["de"]) for row in parse(text, LANGUAGES)] == [(2, "a", "x, y; z\nw"), (4, "b", "q")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings(encoding: str) -> None:
    """As spreadsheet programs save."""
    assert decode("Name\nMüll – Säcke\n".encode(encoding)) == "Name\nMüll – Säcke\n"


def test_other_bytes() -> None:
    """Neither UTF-8 nor Windows-1252 (0x81 is nothing there)."""
    with pytest.raises(Unreadable, match="UTF-8 or Windows-1252"):
        decode(b"Name\n\x81\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the file is empty"),
        ("id;phone\na;1\n", 'line 1: expected a column "name", found id, phone'),
        ("name;colour\na;b\n", "line 1: column 'colour': expected one of id, name"),
        ("name;Leistung\na;b\n", r"line 1: expected one column name \(de\), found several"),
        ("name;phone\na;1;2\n", "line 2: expected 2 cells as in the heading, not 3"),
        ('name\n"a', "line 2: expected a table of cells"),
        ("room_xyzzy;name\n", "line 1: column 'room_xyzzy'"),
        ("Name;Name (ua)\na;b\n", r"line 1: column 'Name \(ua\)': 'ua' is no language here: expected .* pages: de, de-simple, en, tr$"),
        ("name;zweck_en-scouse\na;b\n", "line 1: column 'zweck_en-scouse': 'en-scouse' is no language here"),
    ],
)
def test_what_is_no_table(text: str, why: str) -> None:
    """Line and column are named."""
    with pytest.raises(Unreadable, match=why):
        parse(text, LANGUAGES)


def test_languages_of_texts() -> None:
    """In the ways that people write them."""
    (row,) = parse("Name;name_en;Name [tr];name-de-simple\na;b;c;d\n", LANGUAGES)
    assert row.table == {"name": {"de": "a", "en": "b", "tr": "c", "de-simple": "d"}}


def test_german_headings_are_read() -> None:
    """What an error calls a column is a heading that the table may have."""
    (row,) = parse(";".join(IN_GERMAN.values()) + "\n1;2;3;4;5;6\n", LANGUAGES)
    fee = {"amount": "3", "iban": "4", "receiver": "5", "reference": "6"}
    assert (row.id, row.table) == ("1", {"name": {"de": "2"}, "fee": fee})
