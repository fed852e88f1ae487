"""The directory of services: what the town and the district do for people, found by a word or by looking through it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from hotspot.session.hours import Closed, Span
from hotspot.town.accounts import Fee
from hotspot.town.folding import german, searchable, spellings, words

MOST_LETTERS, MOST_WORDS = 100, 8
"""Of a question; what is longer is cut."""

Texts = Mapping[str, str]
"""A text by language."""


class Authority(StrEnum):
    """Who is responsible: people go to two different houses."""

    TOWN = "town"
    DISTRICT = "district"


class Entry(Struct, frozen=True, kw_only=True):
    """One service."""

    id: str
    """Part of its page's address: ``kfz-zulassung``."""
    name: Texts
    purpose: Texts = {}
    """What it is for, in a sentence or two."""
    authority: Authority = Authority.TOWN
    authority_name: Texts = {}
    room: Texts = {}
    hours: tuple[Span, ...] = ()
    closed: tuple[Closed, ...] = ()
    """Days on which the hours do not hold."""
    hours_note: Texts = {}
    """What the hours do not say: by appointment, school holidays."""
    phone: str = ""
    email: str = ""
    link: str = ""
    keywords: tuple[str, ...] = ()
    """Further words that people look for, in any language."""
    reachable: tuple[str, ...] = ()
    """Hosts that clients may reach before they have accepted."""
    fee: Fee | None = None


class Directory(Struct, frozen=True):
    """All services of a hall."""

    entries: Mapping[str, Entry] = {}
    """By id."""
    hay: Mapping[str, str] = {}
    """What each entry is found by."""

    def __bool__(self) -> bool:
        return bool(self.entries)

    @property
    def reachable(self) -> tuple[str, ...]:
        """All hosts of all entries, each once, in order."""
        return tuple(sorted({host for entry in self.entries.values() for host in entry.reachable}))


class Group(Struct, frozen=True):
    """Entries under a heading."""

    heading: str
    """A letter, or an authority's value."""
    entries: tuple[Entry, ...]


Ordered = tuple[tuple[str, Entry], ...]
"""Entries with the folded names by which they are sorted."""


def of(entries: Iterable[Entry]) -> Directory:
    """A directory; of two entries with one id the later counts."""
    found = {entry.id: entry for entry in entries}
    return Directory(found, {id_: searchable(_texts(entry)) for id_, entry in found.items()})


def _texts(entry: Entry) -> list[str]:
    tables = (entry.name, entry.purpose, entry.authority_name)
    return [*(text for table in tables for text in table.values()), *entry.keywords]


def search(directory: Directory, question: str) -> tuple[Entry, ...]:
    """Entries in which every word of the question is found; all of them for a question without words."""
    asked = [spellings(word) for word in dict.fromkeys(words(question[:MOST_LETTERS])[:MOST_WORDS])]
    return tuple(entry for id_, entry in directory.entries.items() if _has_all(directory.hay[id_], asked))


def _has_all(hay: str, asked: Iterable[Iterable[str]]) -> bool:
    return all(any(spelling in hay for spelling in spellings) for spellings in asked)


def ordered(entries: Iterable[Entry], name: Callable[[Entry], str]) -> Ordered:
    """By name; ``name`` gives an entry's name in the reader's language. Folding a name is dear, so it is done once."""
    return tuple(sorted(((german(name(entry)), entry) for entry in entries), key=lambda each: (each[0], each[1].id)))


def by_letter(entries: Ordered) -> tuple[Group, ...]:
    """Under their first letters."""
    return _grouped((_letter(folded), entry) for folded, entry in entries)


def by_authority(entries: Ordered) -> tuple[Group, ...]:
    """The town's, then the district's; without headings that nothing stands under."""
    groups = {group.heading: group for group in _grouped((entry.authority.value, entry) for _, entry in entries)}
    return tuple(groups[each.value] for each in Authority if each.value in groups)


def among(groups: Iterable[Group], wanted: Collection[str], most: int) -> tuple[Group, ...]:
    """What of the groups has one of these ids, the first ``most``; a group without entries is none."""
    kept: list[Group] = []
    for group in groups:
        entries = tuple(entry for entry in group.entries if entry.id in wanted)[:most]
        most -= len(entries)
        if entries:
            kept.append(Group(group.heading, entries))
    return tuple(kept)


def _grouped(entries: Iterable[tuple[str, Entry]]) -> tuple[Group, ...]:
    """Entries by their headings, both in the order in which they come."""
    groups: dict[str, list[Entry]] = {}
    for heading, entry in entries:
        groups.setdefault(heading, []).append(entry)
    return tuple(Group(heading, tuple(under)) for heading, under in groups.items())


def _letter(folded: str) -> str:
    """``Ämter`` stands under A; wants a name as ``german`` folds it."""
    return next((letter.upper() for letter in folded if letter.isalnum()), "#")
