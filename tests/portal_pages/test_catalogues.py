"""The gettext catalogues: nothing missing, nothing left over, every placeholder kept."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import hotspot.portal.texts
import portal_pages

FOLDER = Path(portal_pages.__file__).parent
LANGUAGES = sorted(file.parent.parent.name for file in FOLDER.glob("locales/*/LC_MESSAGES/portal.po"))


def catalogue(language: str) -> Catalog:
    """One catalogue."""
    with (FOLDER / f"locales/{language}/LC_MESSAGES/portal.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def texts_in_use() -> set[str]:
    """Every text of the templates and of ``texts.py``."""
    keywords: dict[str, tuple[int, ...] | None] = {"_": None, "N_": None}
    sources = ((FOLDER / "templates", [("**.html", "jinja2")]), (Path(hotspot.portal.texts.__file__).parent, [("texts.py", "python")]))
    return {str(found[2]) for folder, method in sources for found in extract_from_dir(folder, method, keywords=keywords)}


def test_german_and_english_are_there() -> None:
    """At least these two."""
    assert {"de", "en"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_complete(language: str) -> None:
    """Every text is translated, none is fuzzy, none is left over."""
    messages = [message for message in catalogue(language) if message.id]
    assert {message.id for message in messages if message.string and not message.fuzzy} == texts_in_use()
    assert len(messages) == len(texts_in_use())


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_kept(language: str) -> None:
    """A translation fills in the same values as its original."""
    pairs = [(str(message.id), str(message.string)) for message in catalogue(language) if message.id]
    placeholder = re.compile(r"%\(\w+\)s")
    assert [pair for pair in pairs if sorted(placeholder.findall(pair[0])) != sorted(placeholder.findall(pair[1]))] == []
