"""A real Prometheus beside the town: it sees the visitors of each hall; nothing is wrong, until a line is cut."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.machines.fleet.fleet import NUMBERS, PARTNERS, PORT, Fleet, hall_of, management, online, until
from tests.deploy.machines.fleet.prometheus import Asked, prometheus
from tests.deploy.machines.machine import host

CUT, OTHER = PARTNERS
INSTANCE = f"{management(CUT)}:{PORT}"


@pytest.fixture(scope="module")
def asked(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Prometheus, with a town that is well."""
    everybody = {hall_of(partner): 1 for partner in PARTNERS}
    assert online(fleet, everybody) == everybody
    with prometheus(fleet, Path(tmp_path_factory.mktemp("prometheus"))) as running:
        yield running


def test_visitors_are_seen_and_no_alert_fires(asked: Asked) -> None:
    """Of each hall by way of the hub, and from its gateway itself; all targets answer, all rules can be computed, none says anything."""
    instances = {f"{management(partner)}:{PORT}" for partner in PARTNERS}
    assert asked.query("sum by (hall) (hotspot_zone_online)") == {hall_of(partner): 1.0 for partner in PARTNERS}
    assert asked.query("sum by (instance) (hotspot_sessions_online)") == dict.fromkeys(instances, 1.0)
    assert set(asked.query("up").values()) == {1.0}
    assert asked.health() == {"ok"}
    assert asked.alerts() == set()


def test_a_line_that_is_cut_is_told(asked: Asked, fleet: Fleet) -> None:
    """Only of that hall: the gateway says itself that it has no Internet, the hub that it hears nothing; by our own rules it is pending.
    When the line is back, so is everything, and who was online still is."""
    line = f"line{NUMBERS[CUT]}"
    host("ip", "-n", fleet.net, "link", "set", line, "down")
    try:
        wanted = {
            ("GatewayInternetDown", INSTANCE, "firing", True),
            ("GatewayInternetDown", INSTANCE, "pending", False),
            ("HallSilent", hall_of(CUT), "firing", True),
        }
        told = until(asked.alerts, lambda seen: wanted <= seen, 60)
        assert wanted <= told
        assert {where for _, where, _, _ in told} == {INSTANCE, hall_of(CUT)}
        assert {name for name, *_ in told} <= {"GatewayInternetDown", "HallSilent", "GatewayReportBacklog"}
        assert fleet.phones[OTHER].online()
    finally:
        host("ip", "-n", fleet.net, "link", "set", line, "up")
    assert until(asked.alerts, lambda seen: seen == set(), 60) == set()
    assert all(fleet.phones[partner].online() for partner in PARTNERS)
