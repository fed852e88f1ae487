"""The directory of services: what the town and the district do for people, found by a word or by looking through it."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from hotspot.session.hours import Closed, Span
from hotspot.town.accounts import Fee
from hotspot.town.folding import german, holds, searchable, words

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


def of(entries: Iterable[Entry]) -> Directory:
    """A directory; of two entries with one id the later counts."""
    found = {entry.id: entry for entry in entries}
    return Directory(found, {id_: searchable(_texts(entry)) for id_, entry in found.items()})


def _texts(entry: Entry) -> list[str]:
    tables = (entry.name, entry.purpose, entry.authority_name)
    return [*(text for table in tables for text in table.values()), *entry.keywords]


def search(directory: Directory, question: str) -> tuple[Entry, ...]:
    """Entries in which every word of the question is found; all of them for a question without words."""
    asked = words(question[:MOST_LETTERS])[:MOST_WORDS]
    return tuple(entry for id_, entry in directory.entries.items() if all(holds(directory.hay[id_], word) for word in asked))


def by_letter(entries: Iterable[Entry], name: Callable[[Entry], str]) -> tuple[Group, ...]:
    """Under their first letters; ``name`` gives an entry's name in the reader's language."""
    ordered = sorted(entries, key=lambda entry: (german(name(entry)), entry.id))
    letters = dict.fromkeys(_letter(name(entry)) for entry in ordered)
    return tuple(Group(letter, tuple(entry for entry in ordered if _letter(name(entry)) == letter)) for letter in letters)


def by_authority(entries: Iterable[Entry], name: Callable[[Entry], str]) -> tuple[Group, ...]:
    """The town's, then the district's; without headings that nothing stands under."""
    ordered = sorted(entries, key=lambda entry: (german(name(entry)), entry.id))
    groups = (Group(each.value, tuple(entry for entry in ordered if entry.authority is each)) for each in Authority)
    return tuple(group for group in groups if group.entries)


def _letter(name: str) -> str:
    """``Ämter`` stands under A."""
    return next((letter.upper() for letter in german(name) if letter.isalnum()), "#")
