"""The walk's step about speed: a moment of too little is measured again, too much never."""

import pytest

from hotspot.lab.phone import Rate
from hotspot.lab.walk import at_rate


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        ([10, 1], 10),
        ([9.3, 9.9, 1], 9.9),
        ([9.3, 8, 9.4, 10], 9.4),
        ([12, 10], 12),
        ([9, 12, 10], 12),
    ],
    ids=["at once", "at the second", "never", "too much", "too much at the second"],
)
async def test_only_too_little_is_measured_again(rates: list[float], told: float) -> None:
    """Mbit/s of a plan of 10, one measurement after the other."""
    measured = iter(rates)

    async def measure() -> Rate:
        return Rate(round(next(measured) * 1e6 / 8), 1.0)

    assert await at_rate(measure, 10e6) == pytest.approx(told * 1e6)
