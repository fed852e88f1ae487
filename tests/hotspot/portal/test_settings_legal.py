"""The legal sections of the settings: what they mean, and what is said about those that cannot be used."""

from datetime import date
from pathlib import Path

import pytest

from hotspot.portal import settings_legal
from hotspot.portal.legal import Accessibility, Imprint, Legal, OwnText, Party, Privacy
from hotspot.portal.model_terms import model_texts
from hotspot.portal.settings import BadSettings, Terms
from hotspot.portal.settings_reader import Reader

FULL = """
[operator]
name = "Stadt  Musterstadt"
address = ["Marktplatz 1", "12345 Musterstadt"]
represented_by = "Bürgermeisterin Petra Muster"
phone = "+49 1234 567-0"
email = "rathaus@musterstadt.example"
link = "https://musterstadt.example/"
register = "HRB 1"
vat_id = "DE123456789"

[responsible]
name = "Petra Muster"

[authority]
name = "Kommunalaufsicht"

[processor]
name = "Stadt Großmuster"

[imprint]
file.de = "imprint.txt"
text.en = "From the town."
instead = true

[privacy]
officer = { name = "Beauftragter" }
authority = { name = "Landesbeauftragte", link = "https://datenschutz.example/" }
basis = "Artikel 6 DSGVO mit § 3 Landesgesetz."

[accessibility]
status = "partial"
assessed = 2026-11-16
method = "external"
barriers.de = "Keine Untertitel."
contact = { name = "Bürgerbüro" }
enforcement = { name = "Schlichtungsstelle" }
text = "Mehr dazu im Rathaus."
"""


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """A reader of a file whose texts are beside it."""
    (tmp_path / "imprint.txt").write_text("Vom Amt.\r\n\r\nZweiter Absatz.\r\n", encoding="utf-8")
    return Reader(tmp_path / "portal.toml")


def raw_of(text: str, read: Reader) -> object:
    """A table, as TOML has it."""
    read.path.write_text(text, encoding="utf-8")
    return read.toml()


def test_every_key(read: Reader) -> None:
    """All of it, whole."""
    assert settings_legal.legal(read, raw_of(FULL, read)) == Legal(
        imprint=Imprint(
            operator=Party(
                "Stadt Musterstadt",
                ("Marktplatz 1", "12345 Musterstadt"),
                "+49 1234 567-0",
                "rathaus@musterstadt.example",
                "https://musterstadt.example/",
            ),
            represented_by="Bürgermeisterin Petra Muster",
            register="HRB 1",
            vat_id="DE123456789",
            responsible=Party("Petra Muster"),
            authority=Party("Kommunalaufsicht"),
            own=OwnText({"en": "From the town.", "de": "Vom Amt.\n\nZweiter Absatz."}, instead=True),
        ),
        privacy=Privacy(
            officer=Party("Beauftragter"),
            authority=Party("Landesbeauftragte", link="https://datenschutz.example/"),
            processor=Party("Stadt Großmuster"),
            basis={"de": "Artikel 6 DSGVO mit § 3 Landesgesetz."},
        ),
        accessibility=Accessibility(
            status="partial",
            assessed=date(2026, 11, 16),
            method="external",
            barriers={"de": "Keine Untertitel."},
            contact=Party("Bürgerbüro"),
            enforcement=Party("Schlichtungsstelle"),
            own=OwnText({"de": "Mehr dazu im Rathaus."}),
        ),
    )


def test_no_section_is_no_error(read: Reader) -> None:
    """The pages then say what is known."""
    assert settings_legal.legal(read, None) == Legal()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "Stadt  Musterstadt"', 'name = " "', "legal.operator.name = ' ': expected a name"),
        ('name = "Petra Muster"', "", "legal.responsible.name is missing"),
        ("[authority]\nname", "[authority]\nnmae", "legal.authority.nmae = 'Kommunalaufsicht': unknown key, expected one of name, address"),
        ('"rathaus@musterstadt.example"', '"rathaus"', "legal.operator.email = 'rathaus': expected an address such as"),
        ('"+49 1234 567-0"', '"none"', "legal.operator.phone = 'none': expected a telephone number"),
        ('"https://datenschutz.example/"', '"datenschutz"', "legal.privacy.authority.link = 'datenschutz': expected an address such as"),
        ('"imprint.txt"', '"none.txt"', "legal.imprint.file.de = 'none.txt': expected a readable file"),
        ("text.en", "text.de", "legal.imprint.file.de = 'imprint.txt': expected either this or legal.imprint.text.de"),
        ("text.en", "text.English", "legal.imprint.text.English = 'From the town.': expected one of the languages"),
        ('text.en = "From the town."\n', "", None),
        ('"partial"', '"mostly"', "legal.accessibility.status = 'mostly': Invalid enum value 'mostly'"),
        ('barriers.de = "Keine Untertitel."', "", "legal.accessibility.barriers = '': expected a text"),
        ('status = "partial"', "", 'legal.accessibility.status = \'\': expected "full", "partial" or "none"'),
        ("2026-11-16", '"16.11.2026"', "legal.accessibility.assessed = '16.11.2026': expected a date such as 2026-11-01"),
        ("[processor]", "[host]", "legal.host = {'name': 'Stadt Großmuster'}: unknown key, expected one of operator"),
    ],
)
def test_errors_name_key_and_value(read: Reader, old: str, new: str, said: str | None) -> None:
    """What is wrong, where, and what was expected; ``said`` None: nothing is wrong."""
    assert old in FULL
    raw = raw_of(FULL.replace(old, new, 1), read)
    if said is None:
        assert settings_legal.legal(read, raw).imprint.own.text == {"de": "Vom Amt.\n\nZweiter Absatz."}
        return
    with pytest.raises(BadSettings) as caught:
        settings_legal.legal(read, raw)
    assert str(caught.value).startswith(f"cannot use {read.path}: {said}")


def test_instead_needs_a_text(read: Reader) -> None:
    """A page cannot be replaced by nothing."""
    with pytest.raises(BadSettings, match=r"legal\.privacy\.instead = True: expected legal\.privacy\.text or legal\.privacy\.file"):
        settings_legal.legal(read, {"privacy": {"instead": True}})


def test_a_text_that_is_no_text_is_too_long(read: Reader) -> None:
    """Bounds are told."""
    with pytest.raises(BadSettings, match=r"legal\.imprint\.text\.de = 'xxxx.*expected at most 100,000 characters, not 100,001"):
        settings_legal.legal(read, {"imprint": {"text": "x" * 100_001}})
    with pytest.raises(BadSettings, match=r"legal\.operator\.address = 'xxxx.*expected at most 200 characters, not 201"):
        settings_legal.legal(read, {"operator": {"name": "x", "address": ["x" * 201]}})
    with pytest.raises(BadSettings, match=r"legal\.operator\.address = \['x', .*expected at most 10 lines"):
        settings_legal.legal(read, {"operator": {"name": "x", "address": ["x"] * 11}})


def test_terms_with_a_date(read: Reader) -> None:
    """Texts and files, and from when they are."""
    raw = {"version": "2026-11", "date": date(2026, 11, 1), "text": {"en": "Be kind."}, "file": {"de": "imprint.txt"}}
    expected = Terms("2026-11", {"en": "Be kind.", "de": "Vom Amt.\n\nZweiter Absatz."}, date(2026, 11, 1))
    assert settings_legal.terms(read, raw) == expected


def test_terms_without_a_text_are_the_model(read: Reader) -> None:
    """Only the version must be given; an empty text is a mistake, not a wish for the model."""
    assert settings_legal.terms(read, {"version": "2026-11"}) == Terms("2026-11", model_texts())
    with pytest.raises(BadSettings, match=r"terms\.text = \{'de': ' '\}: expected the terms in at least one language"):
        settings_legal.terms(read, {"version": "1", "text": {"de": " "}})
    with pytest.raises(BadSettings, match=r"terms\.version is missing"):
        settings_legal.terms(read, {})
    with pytest.raises(BadSettings, match=r"terms\.date = 'soon': expected a date"):
        settings_legal.terms(read, {"version": "1", "date": "soon"})
