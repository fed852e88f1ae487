"""Which numbers have come, in little room."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.hub import seen


@given(st.lists(st.integers(1, 40), max_size=60))
def test_as_a_set(numbers: list[int]) -> None:
    """The runs hold exactly the numbers that were added, ascending and with a gap between any two."""
    known: set[int] = set()
    runs: seen.Seen = ()
    for number in numbers:
        assert seen.has(runs, number) == (number in known)
        if number not in known:
            runs = seen.with_number(runs, number)
            known.add(number)
    pairs = list(zip(runs[::2], runs[1::2], strict=True))
    assert {number for first, last in pairs for number in range(first, last + 1)} == known
    assert all(first <= last for first, last in pairs)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(pairs))
    assert seen.highest(runs) == max(known, default=0)


def test_twice() -> None:
    """What has come cannot be added."""
    with pytest.raises(ValueError, match="it has come"):
        seen.with_number((1, 5), 3)


def test_full() -> None:
    """So many gaps and no more."""
    runs: seen.Seen = ()
    for number in range(seen.MOST_RUNS):
        assert not seen.full(runs)
        runs = seen.with_number(runs, 2 * number + 1)
    assert seen.full(runs)
