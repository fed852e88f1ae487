"""Places and sizes of bars."""

from itertools import pairwise

import pytest

from hotspot.hub.reports import charts
from hotspot.hub.reports.making import ranked


@pytest.mark.parametrize(("most", "step"), [(0, 1), (1, 1), (4, 1), (5, 2), (17, 5), (40, 10), (363, 100), (800, 200), (12_345, 5_000)])
def test_steps_are_round(most: int, step: int) -> None:
    """1, 2 or 5 times a power of ten, at most five lines."""
    assert charts.round_step(most) == step
    drawn = charts.bars([most], ["x"])
    assert len(drawn.lines) <= 5 and drawn.lines[-1].value >= most


def test_bars_have_the_height_of_their_values() -> None:
    """Within the picture, side by side, the marked one marked; what is not nothing can be seen."""
    values = [0, 1, 500, 1_000, 250]
    drawn = charts.bars(values, list("abcde"), 3)
    heights = [bar.height for bar in drawn.bars]
    room = drawn.bottom - drawn.lines[-1].y
    assert heights == [0, 1.5, *(pytest.approx(room * value / 1_000, abs=0.06) for value in (500, 1_000, 250))]
    assert [bar.marked for bar in drawn.bars] == [False, False, False, True, False]
    assert all(left.x + left.width < right.x for left, right in pairwise(drawn.bars))
    assert drawn.bars[0].x >= drawn.left and drawn.bars[-1].x + drawn.bars[-1].width <= drawn.width
    assert charts.bars([], [], None, charts.NONE).bars == ()


def test_shades() -> None:
    """Nothing is not shaded, nor what is hardly more; the most is the darkest."""
    assert [charts.shade(value, 100) for value in (0, 2, 3, 20, 21, 99, 100)] == [0, 0, 1, 1, 2, 5, 5]
    assert charts.shade(0, 0) == 0


def test_ranked() -> None:
    """Most first; the rest is one, but never a rest of one."""
    counts = {"a": 1, "b": 3, "c": 2, "d": 0, "e": 1}
    assert [(one.name, one.number) for one in ranked(counts)] == [("b", 3), ("c", 2), ("a", 1), ("e", 1)]
    assert [(one.name, one.number) for one in ranked(counts, 2)] == [("b", 3), ("c", 2), ("", 2)]
    assert [one.name for one in ranked(counts, 3)] == ["b", "c", "a", "e"]
