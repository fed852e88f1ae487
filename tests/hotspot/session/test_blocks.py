"""Blocks."""

from hotspot.session.blocks import Block, in_force


def test_in_force() -> None:
    """Until its time, or until it is lifted."""
    timed, open_end = Block("public", "02:00:00:00:00:01", "", 0.0, until=100.0), Block("public", "02:00:00:00:00:01", "", 0.0)
    assert [in_force(timed, 99.0), in_force(timed, 100.0), in_force(open_end, 1e12), in_force(None, 0.0)] == [True, False, True, False]
