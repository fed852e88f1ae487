"""Durations, rates and sizes as people write them."""

import pytest

from hotspot.session.quantities import parse_bytes, parse_rate, parse_seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("2 h", 7_200), ("1 h 30 min", 5_400), ("24h", 86_400), ("0.5 s", 0.5), (45, 45), (1.5, 1.5)]
)
def test_seconds(text: object, seconds: float) -> None:
    """Units may be added up; plain numbers are seconds."""
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize(("text", "rate"), [("10 Mbit/s", 10_000_000), ("512 kbit/s", 512_000), ("2.5 Mbit/s", 2_500_000), (8_000, 8_000)])
def test_rates(text: object, rate: int) -> None:
    """Decimal, in bit/s."""
    assert parse_rate(text) == rate


@pytest.mark.parametrize(("text", "size"), [("500 MB", 500_000_000), ("2 GB", 2 * 10**9), ("1 MiB", 2**20), (7, 7)])
def test_bytes(text: object, size: int) -> None:
    """Decimal, unless somebody means the other."""
    assert parse_bytes(text) == size


@pytest.mark.parametrize("value", ["", "fast", "10", "10 MB/s", "-5 s", "5 s x", -1, True, None, float("nan")])
def test_not_a_duration(value: object) -> None:
    """The error shows what was expected."""
    with pytest.raises(ValueError, match='expected a duration such as "2 h"'):
        parse_seconds(value)
