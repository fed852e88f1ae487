"""The walk's step about speed: a moment of too little is measured again, too much never."""

import pytest

from hotspot.lab.walk import until_enough


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        ([10, 1], [10]),
        ([9.3, 9.9, 1], [9.3, 9.9]),
        ([9.3, 8, 9.4, 10], [9.3, 8, 9.4]),
        ([12, 10], [12]),
        ([9, 12, 10], [9, 12]),
    ],
    ids=["at once", "at the second", "never", "too much", "too much at the second"],
)
async def test_only_too_little_is_measured_again(rates: list[float], told: list[float]) -> None:
    """Mbit/s of a plan of 10 of which 9.5 are enough, one measurement after the other; all that was found is told."""
    measured = iter(rates)

    async def measure() -> float:
        return next(measured)

    assert await until_enough(measure, 9.5) == told
