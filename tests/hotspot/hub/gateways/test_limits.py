"""How often one gateway may ask."""

from hypothesis import given
from hypothesis import strategies as st

from hotspot.hub.gateways import limits
from hotspot.hub.gateways.limits import Buckets, Slots


def test_a_burst_and_then_a_pace() -> None:
    """Five at once, then two a second; who is refused hears how long to wait, and is let in after that."""
    buckets = Buckets(per_second=2, burst=5)
    assert [buckets.take("a", 100.0) for _ in range(7)] == [0, 0, 0, 0, 0, 0.5, 0.5]
    assert buckets.take("b", 100.0) == 0
    assert [buckets.take("a", 100.5) for _ in range(2)] == [0, 0.5]
    assert [buckets.take("a", 1_000.0) for _ in range(6)] == [0, 0, 0, 0, 0, 0.5]


@given(st.lists(st.floats(0, 3), max_size=200))
def test_never_more_than_agreed(pauses: list[float]) -> None:
    """In any stretch of time no more get through than the burst and what the pace allows in it."""
    buckets, now, through = Buckets(per_second=3, burst=4), 0.0, []
    for pause in pauses:
        now += pause
        if buckets.take("a", now) == 0:
            through.append(now)
    for first, begun in enumerate(through):
        for last in range(first, len(through)):
            assert last - first + 1 <= 4 + 3 * (through[last] - begun) + 1e-6


def test_memory_is_bounded() -> None:
    """However many ask, so many are remembered, and the one that floods is among them."""
    buckets = Buckets(per_second=1, burst=10)
    for _ in range(10):
        buckets.take("flood", 0.0)
    for number in range(3 * limits.MOST_KEYS):
        buckets.take(number, 0.0)
        assert len(buckets._full_at) <= limits.MOST_KEYS
    assert buckets.take("flood", 0.0) > 0


def test_slots() -> None:
    """So many in hand of each, and room again when one is over."""
    slots = Slots(2)
    assert [slots.take("a") for _ in range(3)] == [True, True, False]
    assert slots.take("b")
    slots.give_back("a")
    assert slots.take("a")
    for key in ("a", "a", "b"):
        slots.give_back(key)
    assert slots._taken == {}
