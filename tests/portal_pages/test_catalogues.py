"""The gettext catalogues: nothing missing, nothing left over, every placeholder kept, and every translation a translation."""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

import hotspot.portal
import hotspot.printing
import portal_pages
from hotspot.portal.catalogues import ORDER, Language, language_of, locale_of

FOLDER = Path(portal_pages.__file__).parent
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "N_": None, "ngettext": (1, 2)}
MODULES = [Path(package.__file__ or "").parent for package in (hotspot.portal, hotspot.printing)]
MARKUP = re.compile(r"</?[a-zA-Z]|&[a-zA-Z]+;|&#")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z%]")
SAME_WORDS = 3
"""Words up to which a translation may be its original: names, abbreviations, ``Wi-Fi``."""

Text = str | tuple[str, ...]
"""A msgid; a pair with the plural where numbers count."""


def catalogue(language: str) -> Catalog:
    """One catalogue. Raises ``PoFileError`` for one that is no catalogue."""
    with (FOLDER / f"locales/{language}/LC_MESSAGES/portal.po").open("rb") as file:
        return read_po(file, locale=locale_of(language), abort_invalid=True)


def messages(language: str) -> list[Message]:
    """Its messages without the header."""
    return [message for message in catalogue(language) if message.id]


def texts(message: Message) -> tuple[str, ...]:
    """All forms of the translation."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


@cache
def texts_in_use() -> frozenset[Text]:
    """Every text of the templates, of the portal's modules and of what is printed."""
    sources = ((FOLDER / "templates", [("**.html", "jinja2")]), *((folder, [("**.py", "python")]) for folder in MODULES))
    return frozenset(found[2] for folder, method in sources for found in extract_from_dir(folder, method, keywords=KEYWORDS))


def faulty(language: str, catalogue: Iterable[Message]) -> dict[str, list[str]]:
    """What is wrong with single translations, by kind of fault."""
    found: dict[str, list[str]] = defaultdict(list)
    for message in catalogue:
        original = message.id if isinstance(message.id, str) else message.id[0]
        for text in texts(message):
            if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(original)):
                found["placeholders"].append(text)
            if (text[:1].isspace(), text[-1:].isspace()) != (original[:1].isspace(), original[-1:].isspace()):
                found["space at the ends"].append(text)
            if MARKUP.search(text):
                found["markup"].append(text)
            if language != "en" and text == original and len(re.findall(r"[^\W\d_]{2,}", PLACEHOLDER.sub("", text))) > SAME_WORDS:
                found["still English"].append(text)
            if language == "en" and text not in (message.id if isinstance(message.id, tuple) else (message.id,)):
                found["English that is not the original"].append(text)
    return dict(found)


def test_all_languages_are_there() -> None:
    """The thirteen, and no other."""
    assert {file.parent.parent.name for file in FOLDER.glob("locales/*/LC_MESSAGES/portal.po")} == set(ORDER)


def test_texts_are_found_where_they_stand() -> None:
    """Templates, modules of the portal and of the printing: from each at least one text is known."""
    samples = {"Accept and connect", "That did not work", "Name of the Wi-Fi"}
    assert samples <= texts_in_use()


@pytest.mark.parametrize("language", ORDER)
def test_nothing_is_missing(language: str) -> None:
    """Every text in use has a translation that nobody doubts."""
    translated = {message.id for message in messages(language) if all(texts(message)) and not message.fuzzy}
    assert texts_in_use() - translated == set()


@pytest.mark.parametrize("language", ORDER)
def test_nothing_is_left_over(language: str) -> None:
    """No translation of a text that nobody uses any more, and none is kept as a comment."""
    loaded = catalogue(language)
    assert {message.id for message in loaded if message.id} - texts_in_use() == set()
    assert list(loaded.obsolete) == []


@pytest.mark.parametrize("language", ORDER)
def test_plurals(language: str) -> None:
    """The header has the plural forms of the language, and every text with a number has each of them."""
    loaded = catalogue(language)
    expected = get_plural(locale_of(language)).num_plurals
    forms = {str(message.id): len(texts(message)) for message in loaded if isinstance(message.id, tuple)}
    assert (loaded.num_plurals, {name: number for name, number in forms.items() if number != expected}) == (expected, {})


@pytest.mark.parametrize("language", ORDER)
def test_every_translation_is_one(language: str) -> None:
    """The same values are filled in, no space at the ends comes or goes, no markup, and nothing was left in English."""
    assert faulty(language, messages(language)) == {}


def test_faults_are_seen() -> None:
    """Each kind of fault, planted."""
    planted = Catalog(locale="fr")
    planted.add("%(time)s left", "%(tme)s encore")
    planted.add("Welcome! ", "Bienvenue !")
    planted.add("Please read the terms", "<b>Lisez les conditions</b>")
    planted.add("The start page says when", "The start page says when")
    planted.add("Wi-Fi", "Wi-Fi")
    assert faulty("fr", [message for message in planted if message.id]) == {
        "placeholders": ["%(tme)s encore"],
        "space at the ends": ["Bienvenue !"],
        "markup": ["<b>Lisez les conditions</b>"],
        "still English": ["The start page says when"],
    }


@pytest.mark.parametrize("code", [code for code in ORDER if code != "de-simple"])
def test_names_and_directions_are_those_of_cldr(code: str) -> None:
    """What stands in the table is what the languages call themselves, and how they are written."""
    locale = locale_of(code)
    name = locale.get_language_name(code) or ""
    assert language_of(code) == Language(code, name[:1].upper() + name[1:], locale.text_direction, code)
