"""Which hall gets a change in which stage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.hub.policy.rollout import Stage, plan

HALLS = [f"hall-{number}" for number in range(40)]


@given(st.integers(1, 9), st.lists(st.integers(1, 100), max_size=5), st.sets(st.sampled_from(HALLS)))
def test_every_hall_once(serial: int, shares: list[int], halls: set[str]) -> None:
    """Each hall is in exactly one stage, shares are of all halls, and the same question has the same answer."""
    stages = [Stage(percent=share) for share in shares]
    planned = plan(serial, halls, stages)
    assert sorted(name for names in planned for name in names) == sorted(halls)
    assert all(planned)
    if halls and shares:
        reached = {sum(map(len, planned[: count + 1])) for count in range(len(planned))}
        assert -(-len(halls) * shares[0] // 100) in reached
    assert plan(serial, sorted(halls, reverse=True), stages) == planned


def test_named_halls_first() -> None:
    """Halls by name, then a share in which they count, then the rest."""
    planned = plan(7, HALLS, [Stage(halls=("hall-3", "hall-5", "hall-3")), Stage(percent=25)])
    assert (planned[0], [len(names) for names in planned]) == (("hall-3", "hall-5"), [2, 8, 30])


def test_not_always_the_same_towns() -> None:
    """Another serial draws another share."""
    assert plan(1, HALLS, [Stage(percent=25)])[0] != plan(2, HALLS, [Stage(percent=25)])[0]


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (Stage(), "either halls or percent in stage 1"),
        (Stage(halls=("hall-1",), percent=5), "either halls or percent in stage 1"),
        (Stage(halls=("other",)), "halls = 'other' in stage 1: expected a hall that the change is for"),
    ],
)
def test_stages_that_make_no_sense(stage: Stage, expected: str) -> None:
    """What is wrong is named."""
    with pytest.raises(ValueError, match=expected):
        plan(1, HALLS, [stage])
