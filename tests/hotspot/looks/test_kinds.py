"""Every kind of finding is found by some test: one that none triggers may have words and never be said."""

from pathlib import Path

from hotspot.looks.words_doctor import DOCTOR
from hotspot.looks.words_guard import GUARD
from hotspot.looks.words_visit import VISIT

TESTS = Path(__file__).parents[2]
UNTRIED = frozenset({"guard-deaf"})
"""What no test names yet. Whoever adds a kind adds a test."""


def test_every_kind_is_named_by_a_test() -> None:
    """In quotes, as what was found, by a test that is not about words."""
    texts = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py") if path.parent != Path(__file__).parent)
    untried = {kind for kind in (*DOCTOR, *VISIT, *GUARD) if f'"{kind}"' not in texts}
    assert untried <= UNTRIED
    assert untried.isdisjoint(DOCTOR)
