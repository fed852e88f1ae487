"""Usage only grows."""

from hypothesis import given
from hypothesis import strategies as st

from firewall.metering import SHORTEST_LOOK, Meter, next_look


@given(st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 1_000), st.booleans()), max_size=30))
def test_usage_is_the_sum_of_what_was_sent(steps: list[tuple[int, int, bool]]) -> None:
    """Counters that go back to zero, because somebody put an element back, lose nothing that was read and count nothing twice."""
    meter, up, down, counter_up, counter_down = Meter(), 0, 0, 0, 0
    for more_up, more_down, reset in steps:
        if reset:
            counter_up = counter_down = 0
        up, down = up + more_up, down + more_down
        counter_up, counter_down = counter_up + more_up, counter_down + more_down
        before = (meter.up, meter.down)
        meter.read(counter_up, counter_down, 1.0)
        assert (meter.up, meter.down) >= before
        # A counter that has passed its old reading again before anybody looked cannot be told from one that went on.
        assert (meter.up <= up, meter.down <= down) == (True, True)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 5_000), st.integers(0, 5_000))
def test_exchange_carries_what_was_not_read(up: int, down: int, lost_up: int, lost_down: int) -> None:
    """The new counter starts at the last reading; what the old one counted since is not lost."""
    meter = Meter(read_up=up, read_down=down)
    meter.exchanged(lost_up, lost_down)
    assert (meter.up, meter.down) == (up + lost_up, down + lost_down)
    meter.read(up + 7, down + 9, 2.0)
    assert (meter.up, meter.down) == (up + lost_up + 7, down + lost_down + 9)


def test_changed_is_when_a_counter_moved() -> None:
    """A reading that shows nothing new leaves the time."""
    meter = Meter(changed=1.0)
    meter.read(0, 0, 5.0)
    assert meter.changed == 1.0
    meter.read(0, 1, 6.0)
    assert meter.changed == 6.0


def test_next_look() -> None:
    """No later than the volume can be used up, and not more often than is worth it."""
    assert (next_look(13_500_000, 1_500_000, 12_000_000), next_look(1_000, 999, 12_000_000)) == (8.0, SHORTEST_LOOK)
