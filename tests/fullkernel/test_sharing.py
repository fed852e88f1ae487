"""A full zone, in virtual time: five clients with 10 Mbit/s each in 20 Mbit/s."""

from typing import Any

import pytest

from tests.fullkernel.guests import need_user_mode, play, tell


def jain(rates: list[float]) -> float:
    """Jain's index of fairness: 1 when all are equal, 1/n when one has all."""
    return sum(rates) ** 2 / (len(rates) * sum(rate**2 for rate in rates))


@pytest.fixture(scope="module")
def shares() -> dict[str, list[float]]:
    """Mbit/s of every client in each case."""
    need_user_mode()
    found: dict[str, list[float]] = play("sharing")
    for case, rates in found.items():
        tell("sharing a full zone of 20 Mbit/s", f"{case:7} {' '.join(map(str, rates))} Mbit/s, Jain {jain(rates):.4f}")
    return found


def test_equals_get_equal_shares(shares: dict[str, list[float]]) -> None:
    """Jain's index is at least 0.99, and nothing of the zone is lost."""
    assert jain(shares["equals"]) >= 0.99
    assert sum(shares["equals"]) == pytest.approx(20, rel=0.02)


@pytest.mark.parametrize("case", ["flows", "udp"])
def test_more_flows_and_less_manners_get_no_more(shares: dict[str, list[float]], case: str) -> None:
    """A client with 16 flows, and one that sends UDP without listening, gets no more than the others with one TCP flow (2 %)."""
    greedy, *others = shares[case]
    assert greedy <= max(others) * 1.02
    assert jain(shares[case]) >= 0.99


def test_jain_knows_the_ends_of_its_scale() -> None:
    """All equal is 1, one takes all is 1/n."""
    ends: list[Any] = [jain([4.0] * 5), jain([20.0, 0.0, 0.0, 0.0, 0.0])]
    assert ends == [pytest.approx(1), pytest.approx(0.2)]
