"""The daily allowance."""

from hypothesis import given
from hypothesis import strategies as st

from hotspot.session.allowance import NOTHING, Spent, pseudonym
from tests.hotspot.session.examples import MAC


def test_pseudonym() -> None:
    """The same client on the same plan on the same day; any other is another name, and none shows the MAC."""
    names = [pseudonym(key, mac, plan) for key in (b"1", b"2") for mac in (MAC, "02:00:00:00:00:02") for plan in ("free", "long")]
    assert (len(set(names)), pseudonym(b"1", MAC, "free")) == (8, names[0])
    assert [name for name in names if len(name) != 32 or MAC.replace(":", "") in name] == []


@given(st.lists(st.tuples(st.floats(-10, 1e5), st.integers(-10, 2**40))))
def test_spent_only_grows(sessions: list[tuple[float, int]]) -> None:
    """Whatever sessions report, nothing is given back."""
    spent = NOTHING
    for seconds, count in sessions:
        more = spent.plus(seconds, count)
        assert more.seconds >= spent.seconds and more.bytes >= spent.bytes
        spent = more
    assert spent == Spent(sum(max(0.0, seconds) for seconds, _ in sessions), sum(max(0, count) for _, count in sessions))
