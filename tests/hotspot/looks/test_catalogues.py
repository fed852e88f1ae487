"""The words of all three programs: there for every kind, in both languages, and never in the way of a look."""

import re
from string import Formatter

import msgspec
import pytest

from hotspot.looks.catalogues import CATALOGUES, step_words, titles, words
from hotspot.looks.values import By, Finding, Kind, Severity
from hotspot.looks.words import GERMAN, Words

KINDS = [(by, kind) for by, catalogue in CATALOGUES.items() for kind in catalogue]


def finding(kind: str, **values: str) -> Finding:
    """Of that kind."""
    return Finding(kind=kind, severity=Severity.WARNING, values={key.replace("_", "-"): value for key, value in values.items()})


@pytest.mark.parametrize("by", list(By))
def test_every_program_has_words(by: By) -> None:
    """All of them, in both languages; every kind can stand in a look."""
    assert CATALOGUES[by]
    for kind, known in CATALOGUES[by].items():
        assert msgspec.convert(kind, Kind) == kind
        texts = msgspec.structs.asdict(known)
        assert [key for key, text in texts.items() if key not in ("command", "severity") and not str(text).strip()] == [], kind


@pytest.mark.parametrize(("by", "kind"), KINDS, ids=[f"{by.value}-{kind}" for by, kind in KINDS])
def test_every_text_can_be_filled(by: By, kind: str) -> None:
    """With nothing in the finding, and with every value that its texts name; both languages name the same values."""
    known = words(by, kind)
    assert isinstance(known, Words)
    assert "{" not in "".join(titles(by, finding(kind)))
    for german, english in ((known.german, known.english), (known.meaning_german, known.meaning_english)):
        assert {name.removesuffix(GERMAN) for name in names(german)} == names(english)
    every = {name: f"<{name}>" for name in names(known.german)}
    german, _ = titles(by, finding(kind, **every))
    assert [name for name in every if f"<{name}>" not in german] == []


def names(text: str) -> set[str]:
    """What stands in its braces; only names that a value can have."""
    found = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_]*", name) for name in found), text
    return found


def test_what_is_not_known_is_its_own_name() -> None:
    """A newer gateway finds what this version has no words for."""
    for by in By:
        assert words(by, "of-tomorrow") is None
        german, english = titles(by, finding("of-tomorrow"))
        assert (german, english) == (
            "Befund „of-tomorrow“, den diese Version nicht kennt",
            "Finding “of-tomorrow”, which this version does not know",
        )
        assert step_words(by, "of-tomorrow").german == "of-tomorrow"
    assert step_words(By.VISIT, "dhcp").german != step_words(By.VISIT, "dhcp").english
