"""``docs/troubleshooting.md`` is what the words say, and leads from what people notice to each finding."""

import re
from pathlib import Path

from hotspot.looks.troubleshooting import PROGRAMS, anchor, document

DOCUMENT = Path(__file__).parents[3] / "docs" / "troubleshooting.md"


def test_the_document_is_current() -> None:
    """Written anew it is the same: ``hotspot troubleshooting --output docs/troubleshooting.md``."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_every_finding_is_in_it_once() -> None:
    """Of all three programs, each under its own anchor, and each anchor is led to from what people notice."""
    text = document()
    wanted = {anchor(name, kind) for name, _, _, catalogue in PROGRAMS for kind in catalogue}
    there = re.findall(r'<a id="([a-z0-9-]+)"></a>', text)
    assert (set(there), len(there)) == (wanted, len(wanted))
    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", text)) == wanted
    assert len(wanted) > 80


def test_nothing_in_the_words_becomes_markup() -> None:
    """No brace is left, and no value's name is taken for a tag."""
    text = re.sub(r"```.*?```", "", document(), flags=re.DOTALL)  # what is to be typed is no markup
    assert re.findall(r"\{\w+\}", text) == []
    assert re.findall(r"(?<!\\)<(?!a id|/a|!--)", text) == []
