"""docs/console.md against the console: what it says in bold stands on the screen, its links and pictures lead somewhere, its commands can
be typed."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.hub.console.pictures import DOCUMENTS
from tests.hub.console.test_sources import german
from tests.hub.test_operations import commands, parse

GUIDE: Final = Path(__file__).parents[3] / "docs" / "console.md"
LARGEST: Final = 150_000
"""Bytes of a picture."""


def text() -> str:
    """The guide, without what is to be typed."""
    return re.sub(r"^ *```.*?^ *```$", "", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchor(heading: str) -> str:
    """Where a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_what_is_bold_is_on_the_screen() -> None:
    """Each bold text is a German text of the catalogues, to the letter."""
    known = {words for found in german().values() for _, translations in found for words in translations}
    bold = {re.sub(r"\s+", " ", words) for words in re.findall(r"\*\*(.+?)\*\*", text(), flags=re.DOTALL)}
    assert sorted(bold - known) == []
    assert len(bold) > 150


def test_every_link_leads_somewhere() -> None:
    """To a file, or to a heading of the guide or of another document."""
    headings = {document: set[str]() for document in GUIDE.parent.glob("*.md")}
    for document, found in headings.items():
        found.update(anchor(line) for line in re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE))
    wrong = []
    for target in re.findall(r"\]\(([^)]+)\)|src=\"([^\"]+)\"", text()):
        name, _, place = "".join(target).partition("#")
        file = GUIDE.parent / name if name else GUIDE
        if not file.exists() or (place and place not in headings[file]):
            wrong.append("".join(target))
    assert wrong == []


def test_its_pictures_are_those_that_are_taken() -> None:
    """None is missing, none is left over, none is large."""
    shown = set(re.findall(r"pictures/(console-[\w.-]+\.png)", text()))
    taken = {f"console-{one.place}-{'phone' if one.screen.touch else 'desktop'}.png" for one in DOCUMENTS}
    assert shown == taken
    assert [name for name in sorted(shown) if not 0 < (GUIDE.parent / "pictures" / name).stat().st_size < LARGEST] == []


def test_every_section_fits_a_screen() -> None:
    """The contents name each section; none is longer than a reader can see at once."""
    sections = re.split(r"^## ", text(), flags=re.MULTILINE)[1:]
    assert [section.partition(".")[0] for section in sections] == [str(number) for number in range(1, len(sections) + 1)]
    assert [section.partition("\n")[0] for section in sections if len(section.splitlines()) > 60] == []


def test_every_command_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is understood, to the last option."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "authority.pem").touch()
    lines = list(commands(re.sub(r"^ +", "", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)))
    for line in lines:
        parse(line)
    assert len(lines) >= 8
