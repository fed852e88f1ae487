"""The directory: search and grouping."""

import pytest

from hotspot.town.directory import Authority, Directory, Entry, Group, among, by_authority, by_letter, of, ordered, search

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
    assert by_letter(ordered(ALL.entries.values(), german_name)) == (Group("A", (OFFICE, PASS)), Group("M", (WASTE,)))


def test_by_authority() -> None:
    """The town first; nothing stands under an empty heading."""
    assert by_authority(ordered(ALL.entries.values(), german_name)) == (Group("town", (OFFICE, PASS)), Group("district", (WASTE,)))
    assert by_authority(ordered([WASTE], german_name)) == (Group("district", (WASTE,)),)


def test_among() -> None:
    """The first of those that are wanted, under their headings; no heading without entries."""
    groups = by_letter(ordered(ALL.entries.values(), german_name))
    assert among(groups, {"pass", "muell"}, 9) == (Group("A", (PASS,)), Group("M", (WASTE,)))
    assert among(groups, {"pass", "amt", "muell"}, 1) == (Group("A", (OFFICE,)),)
    assert among(groups, set(), 9) == ()


def test_a_name_is_folded_once() -> None:
    """However many entries and letters there are: anybody may ask for the directory, and the portal answers others meanwhile."""
    asked = []

    def name(entry: Entry) -> str:
        asked.append(entry.id)
        return entry.name["de"]

    entries = ordered([Entry(id=f"s-{number}", name={"de": chr(65 + number % 26)}) for number in range(500)], name)
    assert (len(by_letter(entries)), len(by_authority(entries)), len(asked)) == (26, 1, 500)


def test_other_alphabets_have_letters_too() -> None:
    """And what has none has a sign."""
    entries = [Entry(id="a", name={"ru": "Паспорт"}), Entry(id="b", name={"ru": "…"})]
    assert [group.heading for group in by_letter(ordered(entries, lambda entry: entry.name["ru"]))] == ["#", "П"]


def test_the_later_entry_of_one_id_counts() -> None:
    """A hall overrides what its partner says."""
    mine = Entry(id="pass", name={"de": "Pass"})
    assert of([PASS, mine]).entries == {"pass": mine}


def test_reachable_names() -> None:
    """Each once, in order; an empty directory has none."""
    assert (ALL.reachable, Directory().reachable, bool(ALL), bool(Directory())) == (("a.example", "b.example"), (), True, False)
