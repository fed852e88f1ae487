"""Retention, memory and journal together."""

from hotspot.portal.retention import forget
from tests.hotspot.portal.conftest import ANNA, Bench, Clock


async def test_forget(bench: Bench, clock: Clock) -> None:
    """A day after the end nobody can say any more which device it was; a session in progress is not touched."""
    visitor = await bench.accept()
    await bench.desk.leave(visitor, bench.desk.token(visitor))
    clock.tick(86_399)
    assert await forget(bench.office) == 0
    assert (await bench.visitor()).seen_before
    clock.tick(2)
    assert await forget(bench.office) == 1
    assert await bench.rows("SELECT mac, reason FROM sessions") == [(None, "left")]
    assert not (await bench.visitor()).seen_before
    await bench.accept()
    assert await forget(bench.office) == 0
    assert await bench.rows("SELECT mac FROM sessions WHERE state = 'online'") == [(ANNA,)]
