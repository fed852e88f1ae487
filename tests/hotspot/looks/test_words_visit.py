"""The words of visits: one for each kind that the visitor can find, and none that it cannot."""

import re
import string
from pathlib import Path

import pytest

from hotspot.looks.values import Finding, Severity
from hotspot.looks.words import filled
from hotspot.looks.words_visit import STEPS, VISIT

pytestmark = pytest.mark.pure

SOURCE = Path(__file__).parents[3] / "hotspot" / "visitor"
WORDS = "\n".join(path.read_text() for path in sorted(SOURCE.glob("*.py")))
KINDS = set(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"', WORDS)) & set(VISIT)


def test_every_kind_is_found_by_something() -> None:
    """No words for what cannot be found."""
    assert set(VISIT) - KINDS == set()


def test_what_is_found_has_words() -> None:
    """Every kind that the code raises or notes by name."""
    named = set(re.findall(r'(?:Failed|find|instead)\(\s*"([a-z0-9-]+)"', WORDS))
    assert named
    assert named - set(VISIT) == set()


def test_steps_have_words() -> None:
    """Every step of the walk."""
    named = set(re.findall(r'N\("([a-z0-9-]+)"', WORDS)) | set(re.findall(r'^ +\("([a-z-]+)", online\.', WORDS, re.MULTILINE))
    assert named - set(STEPS) == set()
    assert len(named) >= 25


@pytest.mark.parametrize("kind", VISIT)
def test_words_are_whole(kind: str) -> None:
    """German and English, meaning and remedy, with the same values in both; a value that is missing leaves no hole."""
    words = VISIT[kind]
    pairs = [(words.german, words.english), (words.meaning_german, words.meaning_english), (words.remedy_german, words.remedy_english)]
    for german, english in pairs:
        assert german
        assert english
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (german, english)]
        assert fields[0] == fields[1]
        assert "{" not in filled(german, Finding(kind=kind, severity=Severity.NOTICE)).replace("{ }", "")
