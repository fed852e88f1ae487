"""What the portal counts."""

from hotspot.portal.metrics import Metrics
from hotspot.session.forms import AcceptForm
from tests.hotspot.portal.conftest import ANNA, ANNA_IP, Bench
from tests.hotspot.session.examples import session_of


def test_online() -> None:
    """By zone and plan; a plan that nobody is on any more is gone."""
    metrics = Metrics()
    metrics.count_online([session_of(1), session_of(2, "02:00:00:00:00:02")])
    assert metrics.registry.get_sample_value("hotspot_sessions_online", {"zone": "public", "plan": "free"}) == 2
    metrics.count_online([])
    assert b"hotspot_sessions_online{" not in metrics.text()


async def test_a_visit(bench: Bench) -> None:
    """Accept, again, a stale form, leave: each is counted, and no line names the visitor."""
    visitor = await bench.accept()
    await bench.accept()
    await bench.desk.accept(visitor, AcceptForm(token="1.x", terms="2026-11"), "de", "apple")
    await bench.desk.leave(visitor, bench.desk.token(visitor))
    value = bench.office.metrics.registry.get_sample_value
    outcomes = [value("hotspot_accepts_total", {"zone": "public", "outcome": one}) for one in ("online", "again", "token")]
    assert outcomes == [1, 1, 1]
    assert value("hotspot_sessions_ended_total", {"zone": "public", "plan": "free", "reason": "left"}) == 1
    assert (value("hotspot_accept_seconds_count"), value("hotspot_grant_seconds_count")) == (2, 1)
    text = bench.office.metrics.text().decode()
    assert [secret for secret in (ANNA, ANNA_IP, visitor.code, visitor.session.id if visitor.session else "") if secret in text] == []
