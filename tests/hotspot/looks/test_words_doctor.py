"""The doctor's words: each kind that it can find has them, in both languages, and none is left that it cannot find."""

import ast
import re
from pathlib import Path

import pytest

from hotspot.doctor import examination
from hotspot.doctor.found import STUMBLED
from hotspot.looks.values import Severity
from hotspot.looks.words import Words
from hotspot.looks.words_doctor import DOCTOR, SKIPPED, STEPS

SOURCES = sorted((Path(__file__).parents[3] / "hotspot" / "doctor").glob("*.py"))
_PARTS = ("german", "english", "meaning_german", "meaning_english", "remedy_german", "remedy_english")


def _texts(node: ast.expr) -> list[str]:
    """The strings that an expression can be; an f-string stands for all kinds that begin and end as it does."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    assert isinstance(node, ast.JoinedStr), ast.dump(node)
    pattern = "".join(str(part.value) if isinstance(part, ast.Constant) else "[a-z0-9]+" for part in node.values)
    return [kind for kind in DOCTOR if re.fullmatch(pattern, kind)]


def _calls() -> dict[str, list[set[str]]]:
    """Kind -> the values that each call of ``found`` gives it."""
    given: dict[str, list[set[str]]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "found":
                values = {keyword.arg for keyword in node.keywords if keyword.arg is not None} - {"zone", "severity"}
                for kind in _texts(node.args[0]):
                    given.setdefault(kind, []).append(values)
    return given


def _names(words: Words) -> set[str]:
    """What stands in braces."""
    return {name for part in (*_PARTS, "command") for name in re.findall(r"\{(\w+)\}", getattr(words, part))}


def test_every_kind_has_words_and_every_word_a_kind() -> None:
    """What the code can find is what is written of; more than the 35 that were wanted."""
    assert set(_calls()) == set(DOCTOR)
    assert len(DOCTOR) >= 35


def test_every_brace_is_filled() -> None:
    """Each call gives all values that the words name."""
    assert {
        kind: _names(DOCTOR[kind]) - values for kind, calls in _calls().items() for values in calls if _names(DOCTOR[kind]) - values
    } == {}


@pytest.mark.parametrize("kind", DOCTOR)
def test_both_languages_say_the_same(kind: str) -> None:
    """Neither is empty nor a copy of the other, both name the same values, sentences end."""
    words = DOCTOR[kind]
    for german, english in (_PARTS[0:2], _PARTS[2:4], _PARTS[4:6]):
        one, other = getattr(words, german), getattr(words, english)
        assert one != other
        assert min(len(one), len(other)) >= 10
        assert sorted(re.findall(r"\{\w+\}", one)) == sorted(re.findall(r"\{\w+\}", other))
    assert all(getattr(words, part).endswith((".", ")")) for part in _PARTS[2:])
    assert isinstance(words.severity, Severity)


def test_every_group_has_words() -> None:
    """And every reason why one does not look."""
    source = Path(examination.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r' group\("([a-z]+)"', source)) == set(STEPS)
    reasons = {each for path in SOURCES for each in re.findall(r'NotLooked\("([a-z-]+)"\)', path.read_text(encoding="utf-8"))}
    assert reasons | {STUMBLED} == set(SKIPPED)
