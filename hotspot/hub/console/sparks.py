"""A curve of a few numbers as the ``d`` of an SVG path (pure): short, because a page has a thousand of them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

WIDTH, HEIGHT = 104, 24
"""Of the drawing."""
_EDGE: Final = 2
_ROOM: Final = HEIGHT - 2 * _EDGE


def path(points: Sequence[int]) -> str:
    """From old to new, the highest at the top, in whole steps from each point to the next; ``""`` without at least two."""
    if len(points) < 2:
        return ""
    top, step = max(*points, 1), (WIDTH - 2 * _EDGE) // (len(points) - 1)
    heights = [HEIGHT - _EDGE - round(_ROOM * point / top) for point in points]
    steps = [f"{step} {after - before}" for before, after in pairwise(heights)]
    return f"M{_EDGE} {heights[0]}l{' '.join(steps)}".replace(" -", "-")
