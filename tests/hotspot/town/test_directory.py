"""The directory: search and grouping."""

import pytest

from hotspot.town.directory import Authority, Directory, Entry, Group, by_authority, by_letter, of, search

WASTE = Entry(
    id="muell", name={"de": "Müllabfuhr", "en": "Waste collection"}, purpose={"de": "Tonnen und Säcke"}, authority=Authority.DISTRICT
)
PASS = Entry(
    id="pass", name={"de": "Ausweis"}, keywords=("Perso",), authority_name={"de": "Bürgerbüro"}, reachable=("b.example", "a.example")
)
OFFICE = Entry(id="amt", name={"de": "Ämter"}, reachable=("a.example",))
ALL = of([WASTE, PASS, OFFICE])


def german_name(entry: Entry) -> str:
    """The name in German."""
    return entry.name["de"]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", (WASTE, PASS, OFFICE)),
        ("?!", (WASTE, PASS, OFFICE)),
        ("muell", (WASTE,)),
        ("waste", (WASTE,)),
        ("MÜLL tonne", (WASTE,)),
        ("müll perso", ()),
        ("perso", (PASS,)),
        ("buergerbuero ausweis", (PASS,)),
        ("zzz", ()),
    ],
)
def test_search(question: str, found: tuple[Entry, ...]) -> None:
    """Every word must be there, in any text of any language; no words find all."""
    assert search(ALL, question) == found


def test_a_long_question_is_cut() -> None:
    """Nobody makes the portal look for a book."""
    assert search(ALL, "ausweis " * 8 + "zzz " * 1_000) == (PASS,)


def test_by_letter() -> None:
    """Umlauts stand under their letter."""
    assert by_letter(ALL.entries.values(), german_name) == (Group("A", (OFFICE, PASS)), Group("M", (WASTE,)))


def test_by_authority() -> None:
    """The town first; nothing stands under an empty heading."""
    assert by_authority(ALL.entries.values(), german_name) == (Group("town", (OFFICE, PASS)), Group("district", (WASTE,)))
    assert by_authority([WASTE], german_name) == (Group("district", (WASTE,)),)


def test_other_alphabets_have_letters_too() -> None:
    """And what has none has a sign."""
    entries = [Entry(id="a", name={"ru": "Паспорт"}), Entry(id="b", name={"ru": "…"})]
    assert [group.heading for group in by_letter(entries, lambda entry: entry.name["ru"])] == ["#", "П"]


def test_the_later_entry_of_one_id_counts() -> None:
    """A hall overrides what its partner says."""
    mine = Entry(id="pass", name={"de": "Pass"})
    assert of([PASS, mine]).entries == {"pass": mine}


def test_reachable_names() -> None:
    """Each once, in order; an empty directory has none."""
    assert (ALL.reachable, Directory().reachable, bool(ALL), bool(Directory())) == (("a.example", "b.example"), (), True, False)
