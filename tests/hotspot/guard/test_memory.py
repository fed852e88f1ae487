"""Tables that no stranger can fill to hide."""

from hypothesis import given
from hypothesis import strategies as st

from hotspot.guard.memory import HOUR, PROVEN, Memory, Often, Rooms, Turns, Window


class _Entry:
    def __init__(self, key: int, now: float) -> None:
        self.key, self.first, self.last = key, now, now


def _memory(most: int = 4) -> "Memory[int, _Entry]":
    return Memory(_Entry, Rooms.of(most, most))


def test_a_flood_pushes_out_newcomers_only() -> None:
    """Who has been here for a while stays, however many come."""
    memory = _memory()
    for now in (0.0, PROVEN):
        memory.heard(1, now)
    for key in range(100, 10_000):
        memory.heard(key, PROVEN)
    assert (memory.get(1) is not None, len(memory), memory.pushed_out) == (True, 5, 9_896)


def test_who_is_known_and_has_to_go_is_counted() -> None:
    """As many others stay as the table holds: somebody is forgotten who is still there."""
    memory = _memory()
    for key in range(5):
        for now in (key, key + PROVEN):
            memory.heard(key, now)
    assert (memory.get(0), memory.pushed_out) == (None, 1)


def test_a_flood_in_one_zone_takes_nothing_from_another() -> None:
    """They share one room, and the table that takes most of it gives way; what was in it tells its owner."""
    rooms, gone = Rooms.of(8, 8), list[int]()
    one, other = Memory(_Entry, rooms), Memory(_Entry, rooms, lambda entry: gone.append(entry.key))
    for key in range(3):
        one.heard(key, 1.0)
    for key in range(100, 200):
        other.heard(key, 1.0)
    assert (len(one), len(other), one.pushed_out, other.pushed_out) == (3, 5, 0, 95)
    assert gone == list(range(100, 195))
    one.heard(3, 1.0)
    assert (len(one), len(other)) == (4, 4)


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
    window, often = Window(), Often(3, 10)
    assert [window.add(now, often) for now in (0.0, 1.0, 11.0, 10.5, 11.5)] == [False, False, False, True, True]
    assert Window().add(1.0, Often(1, 10))


def test_turns() -> None:
    """To and fro counts, a change that stays does not."""
    turns, often = Turns(), Often(2, 10)
    assert [turns.add(value, now, often) for now, value in enumerate("aabbccdd")] == [False] * 8
    assert [turns.add(value, 20.0, often) for value in "abab"] == [False, False, False, True]
