"""A full zone, in virtual time: five clients with 10 Mbit/s each in 20 Mbit/s."""

from typing import Any

import pytest

from tests.fullkernel.guests import Play, playing, tell


def jain(rates: list[float]) -> float:
    """Jain's index of fairness: 1 when all are equal, 1/n when one has all."""
    return sum(rates) ** 2 / (len(rates) * sum(rate**2 for rate in rates))


@playing(Play("sharing"))
def test_equals_get_equal_shares(found: dict[str, list[float]]) -> None:
    """Jain's index is at least 0.99, and nothing of the zone is lost."""
    for case, rates in found.items():
        tell("sharing a full zone of 20 Mbit/s", f"{case:7} {' '.join(map(str, rates))} Mbit/s, Jain {jain(rates):.4f}")
    assert jain(found["equals"]) >= 0.99
    assert sum(found["equals"]) == pytest.approx(20, rel=0.02)


@pytest.mark.parametrize("case", ["flows", "udp"])
@playing(Play("sharing"))
def test_more_flows_and_less_manners_get_no_more(found: dict[str, list[float]], case: str) -> None:
    """A client with 16 flows, and one that sends UDP without listening, gets no more than the others with one TCP flow (2 %)."""
    greedy, *others = found[case]
    assert greedy <= max(others) * 1.02
    assert jain(found[case]) >= 0.99


def test_jain_knows_the_ends_of_its_scale() -> None:
    """All equal is 1, one takes all is 1/n."""
    ends: list[Any] = [jain([4.0] * 5), jain([20.0, 0.0, 0.0, 0.0, 0.0])]
    assert ends == [pytest.approx(1), pytest.approx(0.2)]
