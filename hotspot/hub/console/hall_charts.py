"""Charts of a hall (pure): figures in, series with their places in a picture out. The same numbers stand in the table behind each chart."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import floor, log10
from typing import Final, Literal

from msgspec import Struct

from hotspot.hub.api.figures import Point

Unit = Literal["number", "size"]
HEIGHT: Final = 160.0
"""Of a picture, in pixels, without the labels below."""
LABELS: Final = 7
"""Below a chart at most, so that they fit on a phone."""


class Series(Struct, frozen=True, kw_only=True):
    """The values of one chart."""

    name: str
    unit: Unit
    values: tuple[int | None, ...]
    """None: that step has not begun."""

    @property
    def known(self) -> tuple[int, ...]:
        """Those that there are."""
        return tuple(value for value in self.values if value is not None)

    @property
    def total(self) -> int:
        """Of all steps."""
        return sum(self.known)

    @property
    def top(self) -> int:
        """The largest value."""
        return max(self.known, default=0)

    @property
    def top_at(self) -> int:
        """Which step has it; the first of several."""
        return self.values.index(self.top) if self.known else 0


class Bar(Struct, frozen=True):
    """A bar of a picture: percent of its width, pixels of its height."""

    x: float
    y: float
    width: float
    height: float


class Picture(Struct, frozen=True, kw_only=True):
    """A chart as a picture."""

    bars: tuple[Bar, ...]
    ceiling: int
    """The value at the upper edge: round, and no smaller than the largest."""


def series(points: Sequence[Point], begins: Sequence[datetime], now: datetime) -> tuple[Series, ...]:
    """Visits, most online at once, bytes both ways; a step of which nothing is stored is 0."""
    by_time: Mapping[float, Point] = {point.time.timestamp(): point for point in points}
    there = [by_time.get(begin.timestamp()) if begin <= now else None for begin in begins]
    past = [begin <= now for begin in begins]

    def of(name: str, unit: Unit, *keys: str) -> Series:
        values = tuple(
            (sum(getattr(point, key) or 0 for key in keys) if point is not None else 0) if begun else None
            for point, begun in zip(there, past, strict=True)
        )
        return Series(name=name, unit=unit, values=values)

    return of("visits", "number", "visits"), of("peak", "number", "peak"), of("volume", "size", "bytes_up", "bytes_down")


def picture(one: Series) -> Picture:
    """Bars from left to right."""
    top = ceiling(one.top, one.unit)
    width = 100.0 / max(1, len(one.values))
    bars = []
    for number, value in enumerate(one.values):
        if value:
            height = max(2.0, HEIGHT * value / top)
            bars.append(Bar(round(width * (number + 0.12), 2), round(HEIGHT - height, 1), round(width * 0.76, 2), round(height, 1)))
    return Picture(bars=tuple(bars), ceiling=top)


def ceiling(top: int, unit: Unit = "number") -> int:
    """The next round number that can be halved. Bytes are at least megabytes."""
    least = 10**6 if unit == "size" else 1
    top = max(top, 2 * least)
    magnitude: int = 10 ** floor(log10(top))
    factors = (10, 12, 16, 20, 30, 40, 60, 80, 100) if magnitude > 1 else (20, 40, 60, 80, 100)
    return next(factor * magnitude // 10 for factor in factors if factor * magnitude >= 10 * top)


def labelled(count: int) -> tuple[int, ...]:
    """Which of so many steps have a label below the chart."""
    every = next(every for every in (1, 2, 3, 4, 6, 8, 12, 24) if count / every <= LABELS or every == 24)
    return tuple(range(0, count, every))


def share(part: int, whole: int) -> float:
    """In percent, 0 of nothing."""
    return round(100.0 * part / whole, 1) if whole else 0.0
