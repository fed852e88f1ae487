"""The words of visits: one for each kind that the visitor can find, and none that it cannot."""

import re
import string
from pathlib import Path

import pytest

from hotspot.looks.values import Finding, Severity
from hotspot.looks.words import GERMAN, filled
from hotspot.looks.words_visit import NO_TIME, REASONS, STEPS, VISIT, why

pytestmark = pytest.mark.pure

SOURCE = Path(__file__).parents[3] / "hotspot" / "visitor"
WORDS = "\n".join(path.read_text() for path in sorted(SOURCE.glob("*.py")))
TWINS = (
    r"(\w+)=known\.said\(",
    r"(\w+)=\w+ or NOTHING",
    r"(\w+)=_NOBODY",
    r'"?(\w+)"?[=:] ?WAYS',
    r'"?(\w+)"?[=:] ?(?:Said|_title|number)\(',
)
IN_TWO = {name for pattern in TWINS for name in re.findall(pattern, WORDS)}
"""Values that have a German twin."""
PLAIN = {("certificate-name", "name"), ("portal-name-unknown", "name"), ("portal-name-elsewhere", "name")}
"""Names of hosts."""
KINDS = (set(re.findall(r'"([a-z0-9-]+)"', WORDS)) | {NO_TIME}) & set(VISIT)


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
    named = set(re.findall(r'N\("([a-z0-9-]+)"', WORDS)) | set(re.findall(r'^ +\("([a-z-]+)", (?:online|apart)\.', WORDS, re.MULTILINE))
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
        fields = [{name.removesuffix(GERMAN) for _, name, _, _ in string.Formatter().parse(text) if name} for text in (german, english)]
        assert fields[0] == fields[1]
        assert "{" not in filled(german, Finding(kind=kind, severity=Severity.NOTICE)).replace("{ }", "")


def test_every_reason_has_words() -> None:
    """Why a step was not tried, in both languages: no reason stands raw in a report."""
    named = set(re.findall(r'Skipped\(\s*"([a-z0-9-]+)"', WORDS))
    assert {reason for reason in named if why(reason).german == reason} == set()
    assert {reason for reason in REASONS if why(reason).german == why(reason).english} == set()
    assert (why("needs-dns").german, why("needs-dns").english) == ("braucht „Namen wahr beantwortet“", 'needs "Names answered truly"')
    assert (why("dns-lies").english, why("of-tomorrow").german) == (
        "The name server lies: … leads into the network itself or nowhere",
        "of-tomorrow",
    )


def test_no_english_in_german_sentences() -> None:
    """A value that is told in words is named by its German twin in German texts."""
    assert {"found", "expected", "name", "way", "what"} <= IN_TWO
    wrong = []
    for kind, words in VISIT.items():
        for text in (words.german, words.meaning_german, words.remedy_german):
            fields = {name for _, name, _, _ in string.Formatter().parse(text) if name}
            wrong += [(kind, name) for name in fields & IN_TWO if (kind, name) not in PLAIN]
    assert wrong == []
