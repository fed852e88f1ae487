"""docs/security.md, reliability.md and hardening.md against the tests: those that they name exist, and each attack and failure is named."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = {"security": ROOT / "tests/kernel/attacks", "reliability": ROOT / "tests/kernel/failures", "hardening": ROOT / "tests"}
"""Each with the folder whose tests it speaks of when it names no other."""
COMPLETE = [*((name, DOCUMENTS[name]) for name in ("security", "reliability")), ("reliability", ROOT / "tests/hub/failures")]
"""Of these folders every test is named."""
SHORT = {
    "A": ROOT / "tests/kernel/test_addresses.py",
    "E": ROOT / "tests/kernel/test_enforcement.py",
    "F": ROOT / "tests/kernel/test_firewall.py",
    "P": ROOT / "tests/hotspot/portal",
}
NOT_OURS = "none: not of the program"
"""The one row that no test can show."""
REFERS_UP = {NOT_OURS, "same", "same test", "same file", "both", ""}
"""What stands in a table instead of a test: the one of the row above."""
_LINK = re.compile(r"\]\((\.\./[^)#]+)(?:#[^)]*)?\)")
_SPAN_OR_LINK = re.compile(r"`([^`]*)`|\]\((\.\./tests/[^)#]+)\)")


def _text(document: str) -> str:
    return (ROOT / "docs" / f"{document}.md").read_text(encoding="utf-8")


@cache
def _tests(place: Path) -> frozenset[str]:
    """The test functions of a file, or of all files of a folder."""
    paths = [place] if place.is_file() else sorted(place.rglob("test_*.py"))
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_bytes()))]
    functions = [node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(name for name in functions if name.startswith("test_"))


def _named(document: str) -> Iterator[tuple[str, Path, str]]:
    """Every test that a document names: the words, the file or folder where it must be, and the function, "" when it is the file itself.
    A name without a file is of the file that was named last in the same line."""
    folder = DOCUMENTS[document]
    for line in _text(document).splitlines():
        place = folder
        for span, link in _SPAN_OR_LINK.findall(line):
            if link:
                place = (ROOT / "docs" / link).resolve()
                yield link, place, ""
                continue
            *where, name = span.split(": ")
            if "test_" not in name or " " in name:  # something else, as make test-kills
                continue
            for word in where:
                place = SHORT[word] if word in SHORT else _file(place if where[0] in SHORT else folder, word)
            if name.endswith(".py"):
                place = _file(place if where else folder, name)
                yield span, place, ""
            elif re.fullmatch(r"test_\w+", name):
                yield span, place, name


def _file(folder: Path, word: str) -> Path:
    return (folder if folder.is_dir() else folder.parent) / (word if word.endswith(".py") else f"{word}.py")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_test_that_is_named_exists(document: str) -> None:
    """In the very file that is named with it."""
    named = list(_named(document))
    assert [words for words, place, name in named if not place.exists() or (name and name not in _tests(place))] == []
    assert len(named) > 20


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    """Inside the project."""
    assert [link for link in _LINK.findall(_text(document)) if not (ROOT / "docs" / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_line_has_its_test(document: str) -> None:
    """Each row of each table with a column for tests names one, or is the same as the row above."""
    column, without = None, []
    for line in _text(document).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            column = None
        elif "test" in cells:
            column = cells.index("test")
        elif column is not None and not set(line) <= set("|-"):
            cell = cells[column]
            if "test_" not in cell and "(../tests/" not in cell and cell.partition(",")[0] not in REFERS_UP - {""}:
                without.append(line)
    assert without == []


@pytest.mark.parametrize(("document", "folder"), COMPLETE)
def test_every_test_of_the_folder_is_named(document: str, folder: Path) -> None:
    """Whoever adds a failure or an attack says so in the document."""
    text = _text(document)
    assert {name for path in folder.glob("test_*.py") if f"{path.name})" not in text for name in _tests(path) if name not in text} == set()
