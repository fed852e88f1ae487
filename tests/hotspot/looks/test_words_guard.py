"""Every finding of the guard has words in both languages that its values fill."""

import string

import pytest

from hotspot.looks.values import Finding
from hotspot.looks.words import Words, filled
from hotspot.looks.words_guard import GUARD

KEYS = {"interface", "port", "times", "network", "sign"}


@pytest.mark.parametrize("kind", GUARD)
def test_words_are_whole(kind: str) -> None:
    """Both languages say what, what for, and what to do, and name values that there are."""
    words = GUARD[kind]
    texts = [getattr(words, field) for field in Words.__struct_fields__ if field != "severity"]
    assert all(texts)
    named = {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}
    assert named <= KEYS
    finding = Finding(kind=kind, severity=words.severity, values=dict.fromkeys(KEYS, "7"))
    assert all("{" not in filled(text, finding) for text in texts)
