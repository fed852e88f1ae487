"""The management listener."""

import aiohttp

from hotspot.portal.management import serve_management
from tests.hotspot.portal.conftest import Bench, until
from tests.hotspot.portal.fake_firewall import FakeFirewall


async def get(bench: Bench, path: str) -> tuple[int, str, str]:
    """Status, content type and body."""
    host, port = bench.office.settings.management
    async with aiohttp.ClientSession() as http, http.get(f"http://{host}:{port}{path}") as answer:
        return answer.status, answer.headers["Content-Type"], await answer.text()


async def test_health(bench: Bench, firewall: FakeFirewall) -> None:
    """Well, degraded, and unable to let anybody in."""
    async with serve_management(bench.office):
        bench.office.closed_zones.clear()
        well = await get(bench, "/healthz")
        bench.office.internet_up = False
        degraded = await get(bench, "/healthz")
        await firewall.stop()
        await until(lambda: not bench.office.gate.up)
        failing = await get(bench, "/healthz")
    kind = "application/json"
    assert well == (200, kind, '{"status":"ok","faults":[]}')
    assert degraded == (200, kind, '{"status":"degraded","faults":["Internet not reachable"]}')
    assert failing == (503, kind, '{"status":"failing","faults":["firewall does not answer","Internet not reachable"]}')


async def test_metrics(bench: Bench) -> None:
    """Prometheus' text format, with the sessions of this moment."""
    await bench.accept()
    async with serve_management(bench.office):
        status, kind, text = await get(bench, "/metrics")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'hotspot_sessions_online{plan="free",zone="public"} 1.0' in text.splitlines()
