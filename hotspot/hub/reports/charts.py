"""Places and sizes of what a picture of figures is drawn from (pure): templates write the SVG, so that everything in it is escaped."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Final

from msgspec import Struct


class Bar(Struct, frozen=True):
    """One bar and its label below."""

    x: float
    y: float
    width: float
    height: float
    label: str
    """"" where there is no room for one."""
    value: int
    middle: float
    """Of the bar, for the label."""
    marked: bool


class Line(Struct, frozen=True):
    """A line across, with its number at the left."""

    y: float
    value: int


class Bars(Struct, frozen=True):
    """A whole picture."""

    width: float
    height: float
    left: float
    """Where the bars begin, right of the numbers."""
    bottom: float
    """Where they stand."""
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]


WIDTH, HEIGHT = 720.0, 220.0


class Margins(Struct, frozen=True):
    """Room for numbers and labels."""

    left: float = 52.0
    top: float = 14.0
    below: float = 26.0


FAINT: Final = 0.03
"""Less than this share of the most is not shaded."""
ROOM, NONE = Margins(), Margins(0.0, 0.0, 0.0)


def round_step(most: int, lines: int = 4) -> int:
    """A step of 1, 2 or 5 times a power of ten with which at most so many lines reach ``most``."""
    least = max(1.0, most / lines)
    power = 10 ** floor(log10(least))
    return int(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least))


def bars(values: Sequence[int], labels: Sequence[str], marked: int | None = None, margins: Margins = ROOM) -> Bars:
    """Upright bars; ``marked``: the one that stands out."""
    step = round_step(max(values, default=0))
    top = max(1, ceil(max(values, default=0) / step)) * step
    bottom, room = HEIGHT - margins.below, HEIGHT - margins.below - margins.top
    pitch = (WIDTH - margins.left) / max(1, len(values))
    wide = min(pitch * 0.72, 46.0)
    drawn = []
    for number, (value, label) in enumerate(zip(values, labels, strict=True)):
        middle = margins.left + pitch * (number + 0.5)
        high = room * value / top
        if value:
            high = max(high, 1.5)
        drawn.append(Bar(
            round(middle - wide / 2, 1), round(bottom - high, 1), round(wide, 1), round(high, 1), label, value, round(middle, 1),
            number == marked,
        ))  # fmt: skip
    lines = tuple(Line(round(bottom - room * value / top, 1), value) for value in range(0, top + 1, step))
    return Bars(WIDTH, HEIGHT, margins.left, bottom, tuple(drawn), lines)


def shade(value: int, most: int, shades: int = 5) -> int:
    """How dark a cell is: 0 for (nearly) nothing, up to ``shades``."""
    return 0 if value < most * FAINT else ceil(value / max(1, most) * shades)
