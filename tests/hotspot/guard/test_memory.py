"""Tables that no stranger can fill to hide."""

from hypothesis import given
from hypothesis import strategies as st

from hotspot.guard.memory import HOUR, PROVEN, Memory, Turns, Window


class _Entry:
    def __init__(self, key: int, now: float) -> None:
        self.key, self.first, self.last = key, now, now


def _memory(most: int = 4) -> "Memory[int, _Entry]":
    return Memory(_Entry, most)


def test_a_flood_pushes_out_newcomers_only() -> None:
    """Who has been here for a while stays, however many come."""
    memory = _memory()
    for now in (0.0, PROVEN):
        memory.heard(1, now)
    for key in range(100, 10_000):
        memory.heard(key, PROVEN)
    assert (memory.get(1) is not None, len(memory), memory.pushed_out) == (True, 5, 9_896)


def test_nothing_is_left_after_an_hour_of_silence() -> None:
    """Known or not."""
    memory = _memory()
    for key, now in ((1, 0.0), (1, PROVEN), (2, 5.0), (3, 100.0)):
        memory.heard(key, now)
    memory.forget(PROVEN + HOUR)
    assert [entry.key for entry in memory] == [3]


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 20)), max_size=200))
def test_it_never_grows_beyond_its_bounds(heard: list[tuple[int, float]]) -> None:
    """Whoever comes in whatever order; and the entry is always the one of the key."""
    memory, now = _memory(), 0.0
    for key, after in heard:
        now += after
        assert memory.heard(key, now).key == key
        memory.forget(now, 50)
        assert len(memory) <= 8
        assert all(now - entry.last < 50 for entry in memory)


def test_windows() -> None:
    """So many times within so many seconds."""
    window = Window(3, 10)
    assert [window.add(now) for now in (0.0, 1.0, 11.0, 10.5, 11.5)] == [False, False, False, True, True]


def test_turns() -> None:
    """To and fro counts, a change that stays does not."""
    turns = Turns(2, 10)
    assert [turns.add(value, now) for now, value in enumerate("aabbccdd")] == [False] * 8
    assert [turns.add(value, 20.0) for value in "abab"] == [False, False, False, True]
