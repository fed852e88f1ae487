"""The settings of the town's front door: what they mean, and what is said about those that cannot be used."""

import re
import tomllib
from pathlib import Path

import pytest

from hotspot.lab.services import FILE
from hotspot.portal.settings import BadSettings
from hotspot.portal.settings_reader import Reader
from hotspot.portal.settings_town import entry, feedback, services, services_file, wifi4eu
from hotspot.session.hours import parse_closed, parse_spans
from hotspot.town import directory
from hotspot.town.accounts import Fee
from hotspot.town.directory import Authority, Directory, Entry
from hotspot.town.feedback import Rules
from hotspot.town.file import file_text
from hotspot.town.wifi4eu import Wifi4eu

IBAN = "DE89 3704 0044 0532 0130 00"
NETWORK = "12345678-9abc-4def-8123-456789abcdef"
FULL = f"""
[account]
iban = "{IBAN}"
receiver = "Stadtkasse"

[services.pass]
name = {{ de = "Ausweis", en = "Identity card" }}
purpose = "Neuer Ausweis"
authority = "district"
authority_name = "Bürgerbüro"
room = "Zimmer 3"
hours = ["Mo-Fr 8-12 Uhr", "Thu 14:00-18:00"]
closed = ["12-24", 2026-12-31]
hours_note = "Mit Termin"
phone = "+49 1234 567-0"
email = "pass@stadt.example"
link = "https://pass.stadt.example/"
keywords = ["Perso"]
reachable = ["pass.stadt.example"]
[services.pass.fee]
amount = 28.80
reference = "Ausweis"
note = "Kinder frei"

[services.auto]
name = "Auto"
fee = {{ amount = "30,60", iban = "AT611904300234573201", receiver = "Kreis", bic = "BKAUATWW", reference = "Auto" }}
"""


def read(folder: Path, text: str) -> Directory:
    """The directory of a file."""
    (folder / "services.toml").write_text(text)
    return services(Reader(folder / "portal.toml"), "services.toml")


def test_everything(tmp_path: Path) -> None:
    """All keys; texts without a language are German; fees without an account go to the file's."""
    expected = [
        Entry(
            id="pass",
            name={"de": "Ausweis", "en": "Identity card"},
            purpose={"de": "Neuer Ausweis"},
            authority=Authority.DISTRICT,
            authority_name={"de": "Bürgerbüro"},
            room={"de": "Zimmer 3"},
            hours=tuple(sorted([*parse_spans("Mon-Fri 08:00-12:00"), *parse_spans("Thu 14:00-18:00")])),
            closed=(parse_closed("12-24"), parse_closed("2026-12-31")),
            hours_note={"de": "Mit Termin"},
            phone="+49 1234 567-0",
            email="pass@stadt.example",
            link="https://pass.stadt.example/",
            keywords=("Perso",),
            reachable=("pass.stadt.example",),
            fee=Fee(cents=2_880, iban=IBAN.replace(" ", ""), receiver="Stadtkasse", reference="Ausweis", note={"de": "Kinder frei"}),
        ),
        Entry(
            id="auto",
            name={"de": "Auto"},
            fee=Fee(cents=3_060, iban="AT611904300234573201", receiver="Kreis", reference="Auto", bic="BKAUATWW"),
        ),
    ]
    assert read(tmp_path, FULL) == directory.of(expected)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('iban = "DE89', 'iban = "DE88', "account.iban = 'DE88 3704 0044 0532 0130 00': expected an IBAN whose check digits"),
        ("amount = 28.80", "amount = 0", "services.pass.fee.amount = 0: expected an amount in euro from 0.01"),
        (
            'reference = "Ausweis"',
            f'reference = "{"x" * 141}"',
            f"services.pass.fee.reference = '{'x' * 141}': expected 1 to 140 characters",
        ),
        ('receiver = "Kreis"', f'receiver = "{"x" * 71}"', f"services.auto.fee.receiver = '{'x' * 71}': expected 1 to 70 characters"),
        ('receiver = "Kreis", ', "", "services.auto.fee.receiver is missing"),
        (
            'reference = "Auto"',
            f'reference = "ß{"Ж" * 139}"',
            f"services.auto.fee.reference = 'ß{'Ж' * 139}': expected 9 bytes less: receiver and reference together are more",
        ),
        (
            'purpose = "Neuer Ausweis"',
            'purpose = { ua = "Новий паспорт" }',
            "services.pass.purpose.ua = 'Новий паспорт': expected one of the languages of the pages: de, de-simple, en",
        ),
        ('note = "Kinder frei"', 'note = { DE = "frei" }', "services.pass.fee.note.DE = 'frei': expected one of the languages"),
        ('"BKAUATWW"', '"BKAU"', "services.auto.fee.bic = 'BKAU': expected a BIC"),
        ('iban = "AT611904300234573201", ', "", "services.auto.fee.receiver = 'Kreis': expected iban beside it"),
        (
            "[services.pass.fee]",
            '[services.pass.fee]\ncolour = "red"',
            "services.pass.fee.colour = 'red': unknown key, expected one of amount",
        ),
        ('name = "Auto"', 'name = "Auto"\nplace = "x"', "services.auto.place = 'x': unknown key, expected one of name, purpose"),
        ('name = "Auto"', "", "services.auto.name is missing"),
        ('name = "Auto"', 'name = " "', "services.auto.name = ' ': expected a name"),
        ('name = "Auto"', f'name = "{"x" * 121}"', "services.auto.name.de = "),
        ('"pass.stadt.example"]', '"*.stadt.example"]', "services.pass.reachable = '*.stadt.example': expected the whole name of a host"),
        ('"pass.stadt.example"]', '"192.0.2.7"]', "services.pass.reachable = '192.0.2.7': expected the whole name of a host"),
        ('"pass.stadt.example"]', '"gstatic.com"]', "services.pass.reachable = 'gstatic.com': expected no name with connectivitycheck"),
        ('"Thu 14:00-18:00"', '"am Nachmittag"', "services.pass.hours = 'am Nachmittag': expected days and hours"),
        ('"12-24"', '"Heiligabend"', "services.pass.closed = 'Heiligabend': expected a day such as"),
        ('"district"', '"state"', 'services.pass.authority = \'state\': expected "town" or "district"'),
        ('"+49 1234 567-0"', '"call me"', "services.pass.phone = 'call me': expected a telephone number"),
        ('"pass@stadt.example"', '"stadt.example"', "services.pass.email = 'stadt.example': expected an e-mail address"),
        ('"https://pass.stadt.example/"', '"javascript:alert(1)"', "services.pass.link = 'javascript:alert(1)': expected an address"),
        ("[services.auto]", "[services.Auto]", "services = 'Auto': expected an id of a-z, 0-9 and -"),
        ("[account]", "[money]", "money = {"),
    ],
)
def test_errors_name_file_key_and_value(tmp_path: Path, old: str, new: str, error: str) -> None:
    """And what was expected."""
    assert old in FULL
    with pytest.raises(BadSettings) as caught:
        read(tmp_path, FULL.replace(old, new))
    assert str(caught.value).startswith(f"cannot use {tmp_path / 'services.toml'}: {error}")


def test_a_hall_overrides_its_partner(tmp_path: Path) -> None:
    """Several files; of one id the later file's entry counts, the others stay."""
    (tmp_path / "partner.toml").write_text('[services.a]\nname = "A"\n[services.b]\nname = "B"\n')
    (tmp_path / "hall.toml").write_text('[services.b]\nname = "B here"\n')
    found = services(Reader(tmp_path / "portal.toml"), ["partner.toml", "hall.toml"])
    assert found == directory.of([Entry(id="a", name={"de": "A"}), Entry(id="b", name={"de": "B here"})])
    assert services(Reader(tmp_path / "portal.toml"), []) == Directory()


def test_no_such_file(tmp_path: Path) -> None:
    """Is an error, no empty directory."""
    with pytest.raises(BadSettings, match=r"services = .nowhere\.toml.: expected a readable file \(No such file"):
        services(Reader(tmp_path / "portal.toml"), "nowhere.toml")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """A directory as a file: the lab's, and one with everything that can stand in it."""
    for source in (FILE.read_text(), FULL):
        first = read(tmp_path, source)
        assert read(tmp_path, file_text(first.entries.values())) == first


def test_text_that_needs_care(tmp_path: Path) -> None:
    """Quotes, backslashes, lines and other alphabets come through."""
    text = 'Zeile "eins" \\ \n zwei\t\x7f بطاقة'
    one = entry(Reader(tmp_path / "x"), "a", {"name": "A", "purpose": text})
    assert read(tmp_path, file_text([one])).entries == {"a": one}


def test_the_labs_directory() -> None:
    """The demo's services are good, some of the town, some of the district, some with a fee, one reachable before acceptance."""
    entries = services_file(Reader(FILE))
    assert len(entries) == 10
    assert {one.authority for one in entries} == set(Authority)
    assert [one.id for one in entries if one.fee] == ["personalausweis", "meldebescheinigung", "gewerbe"]
    assert directory.of(entries).reachable == ("ratsinfo.musterstadt.example",)


def test_the_examples_of_the_document(tmp_path: Path) -> None:
    """docs/services.md shows every key, and all that it shows is good."""
    document = (Path(__file__).parents[3] / "docs" / "services.md").read_text()
    examples = re.findall(r"```toml\n(.*?)```", document, re.DOTALL)
    (shown,) = [example for example in examples if "[services.personalausweis]" in example]
    found = read(tmp_path, shown)
    assert set(tomllib.loads(shown)["services"]["personalausweis"]) == set(Entry.__struct_fields__) - {"id"}
    assert [one.fee is not None for one in found.entries.values()] == [True]
    reader = Reader(tmp_path / "portal.toml")
    sections = [tomllib.loads(example) for example in examples if example.startswith(("[feedback]", "[wifi4eu]"))]
    assert [feedback(reader, section.get("feedback")) or wifi4eu(reader, section.get("wifi4eu")) for section in sections] == [
        Rules(next={"de": "Das Bürgerbüro liest jede Meldung am nächsten Arbeitstag."}),
        Wifi4eu(NETWORK),
    ]


def test_most_entries(tmp_path: Path) -> None:
    """In one file, and in all together, where an entry of two files counts once."""
    for name, first, count in (("a", 0, 500), ("b", 499, 1), ("c", 499, 2), ("d", 0, 501)):
        (tmp_path / f"{name}.toml").write_text("".join(f'[services.s-{number}]\nname = "x"\n' for number in range(first, first + count)))
    reader = Reader(tmp_path / "portal.toml")
    assert len(services(reader, ["a.toml", "b.toml"]).entries) == 500
    for names, error in (
        (["a.toml", "c.toml"], r"portal.toml: services = .*: expected at most 500 entries in all files together, not 501"),
        (["d.toml"], "d.toml: services = '501 entries': expected at most 500"),
    ):
        with pytest.raises(BadSettings, match=error):
            services(reader, names)


def test_feedback(tmp_path: Path) -> None:
    """Absent or switched off: no form. The section alone switches it on."""
    reader = Reader(tmp_path / "portal.toml")
    assert [feedback(reader, raw) for raw in (None, {"enabled": False}, {})] == [None, None, Rules()]
    given = {"next": {"de": "Wir lesen alles."}, "keep": "90 d", "keep_done": "7 d"}
    assert feedback(reader, given) == Rules(next={"de": "Wir lesen alles."}, keep=90 * 86_400.0, keep_done=7 * 86_400.0)
    for raw, error in (
        ({"keep": "1 h"}, "feedback.keep = '1 h': expected 86400 to"),
        ({"days": 3}, "feedback.days = 3: unknown key, expected one of enabled, next, keep, keep_done"),
    ):
        with pytest.raises(BadSettings, match=error):
            feedback(reader, raw)


def test_wifi4eu(tmp_path: Path) -> None:
    """Absent: off. Nothing but a network identifier is taken."""
    reader = Reader(tmp_path / "portal.toml")
    assert wifi4eu(reader, None) is None
    assert wifi4eu(reader, {"network_id": NETWORK, "self_test": True}) == Wifi4eu(NETWORK, self_test=True)
    with pytest.raises(BadSettings, match="wifi4eu.network_id = 'x': expected the network identifier"):
        wifi4eu(reader, {"network_id": "x"})
    with pytest.raises(BadSettings, match="wifi4eu.network_id is missing"):
        wifi4eu(reader, {})
