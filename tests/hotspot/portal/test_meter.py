"""The meter: usage gets into the journal, and an idle hall costs nothing."""

from msgspec.structs import replace

from hotspot.portal.settings import Settings
from tests.hotspot.portal.conftest import BERT_IP, Bench, Clock, running, until
from tests.hotspot.portal.fake_firewall import FakeFirewall


async def test_usage_is_written(portal_settings: Settings, firewall: FakeFirewall, clock: Clock) -> None:
    """By itself, every interval."""
    async with running(replace(portal_settings, usage_interval=0.02), clock) as bench:
        session = (await bench.accept()).session
        assert session is not None
        firewall.used[session.id] = (10, 20)
        await until(lambda: bench.office.register.sessions[session.id].bytes_down == 20 and not bench.office.register.unwritten())
        assert await bench.rows("SELECT bytes_up, bytes_down FROM sessions") == [(10, 20)]


async def test_only_what_changed(bench: Bench, firewall: FakeFirewall) -> None:
    """One reading writes the sessions whose bytes changed in one commit; the next one, without traffic, writes nothing."""
    anna, _bert = (await bench.accept()).session, await bench.accept(BERT_IP)
    assert anna is not None
    await bench.meter.read()
    before = await bench.rows("SELECT total_changes()")
    await bench.meter.read()
    assert await bench.rows("SELECT total_changes()") == before
    firewall.used[anna.id] = (10, 20)
    await bench.meter.read()
    after = await bench.rows("SELECT total_changes()")
    assert (int(str(after[0][0])) - int(str(before[0][0])), bench.office.register.unwritten()) == (1, {})


async def test_metrics(bench: Bench, firewall: FakeFirewall) -> None:
    """Bytes are counted by zone, plan and direction; sessions online by zone and plan."""
    session = (await bench.accept()).session
    assert session is not None
    firewall.used[session.id] = (10, 20)
    await bench.meter.read()
    firewall.used[session.id] = (15, 20)
    await bench.meter.read()
    value = bench.office.metrics.registry.get_sample_value
    labels = {"zone": "public", "plan": "free"}
    actual = [value("hotspot_bytes_total", {**labels, "direction": way}) for way in ("up", "down")]
    assert (actual, value("hotspot_sessions_online", labels)) == ([15.0, 20.0], 1.0)
