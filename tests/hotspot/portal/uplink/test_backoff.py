"""Waiting longer each time."""

from hypothesis import given
from hypothesis import strategies as st

from hotspot.portal.uplink.backoff import Backoff


def test_it_doubles_up_to_a_bound_and_begins_again() -> None:
    """With chance at its highest each wait is whole; what worked is forgotten."""
    backoff = Backoff(lambda: 1.0, first=1.0, most=5.0)
    waits = [backoff.wait() for _ in range(5)]
    backoff.reset()
    assert (waits, backoff.wait()) == ([1.0, 2.0, 4.0, 5.0, 5.0], 1.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0, 3_600))
def test_never_sooner_than_asked_for_and_never_much_later(draws: list[float], asked: float) -> None:
    """What the other side asks for is kept, and chance spreads those who were asked together."""
    draw = iter(draws)
    backoff = Backoff(lambda: next(draw), first=1.0, most=60.0)
    for _ in draws:
        assert asked + 0.5 <= backoff.wait(asked) <= asked + 60.0
