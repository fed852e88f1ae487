"""Settings that contradict each other."""

from pathlib import Path

import pytest

from hotspot.doctor.agreement import judge
from hotspot.doctor.network import Interface
from hotspot.doctor.subject import Zone
from tests.hotspot.doctor.gateways import inspected, links, portal, subject, zone


def kinds(folder: Path, old: str = "", new: str = "", more: str = "", zones: dict[str, Zone] | None = None) -> set[str]:
    """What is found."""
    return {finding.kind for finding in judge(subject(portal(folder, old, new, more), firewall=inspected(zones)))}


def test_settings_that_agree(tmp_path: Path) -> None:
    """Nothing to say."""
    assert kinds(tmp_path) == set()


@pytest.mark.parametrize(
    ("zones", "kind"),
    [
        ({"public": zone(capture_port=9090)}, "ports-differ"),
        ({"public": zone(lan="lan1")}, "interfaces-differ"),
        ({"public": zone(total_down=5_000_000)}, "plan-above-line"),
        ({"public": zone(ceilings={"rate_down": 10**6, "rate_up": 10**9, "seconds": 9e9, "volume": None})}, "plan-above-ceiling"),
        ({"public": zone(ceilings={"rate_down": 10**9, "rate_up": 10**9, "seconds": 60, "volume": None})}, "plan-above-ceiling"),
        ({"public": zone(ceilings={"rate_down": 10**9, "rate_up": 10**9, "seconds": 9e9, "volume": 10**6})}, "plan-above-ceiling"),
        ({"public": zone(), "council": zone(lan="lan1", addresses=("198.18.16.1/20",))}, "zone-without-portal"),
    ],
)
def test_the_firewall_wants_something_else(tmp_path: Path, zones: dict[str, Zone], kind: str) -> None:
    """Ports, interfaces, ceilings, zones."""
    assert kinds(tmp_path, zones=zones) == {kind}


def test_a_zone_by_another_name(tmp_path: Path) -> None:
    """Both sides miss one."""
    assert kinds(tmp_path, "zones.public", "zones.council") == {"zone-without-firewall", "zone-without-portal"}


def test_another_socket(tmp_path: Path) -> None:
    """The portal would look in vain."""
    assert kinds(tmp_path, "/run/f.sock", "/run/g.sock") == {"socket-differs"}


def test_hours(tmp_path: Path) -> None:
    """Closed for years is found; closed on Sundays is not."""
    opened = ('plans = ["free"]', 'plans = ["free"]\nhours = "hall"')
    table = '[hours.hall]\nopen = ["Mon-Fri 08:00-12:00"]\n'
    assert kinds(tmp_path, *opened, table) == set()
    assert kinds(tmp_path, *opened, table + 'closed = ["2020-01-01..2090-01-01"]\n') == {"hours-never-open"}


@pytest.mark.parametrize(
    ("address", "found"), [("198.18.4.7/24", True), ("198.18.16.1/20", False), ("2001:db8:1:0:9::1/80", True), ("10.0.0.1/8", False)]
)
def test_networks(address: str, found: bool) -> None:
    """The zone's network on another interface, in whole or in part."""
    there = links(wan0=Interface("wan0", 1_500, True, (address,)))
    assert [finding.kind for finding in judge(subject(links=there))] == (["subnets-overlap"] if found else [])


def test_two_zones_with_one_network() -> None:
    """Named once, with both interfaces."""
    zones = {"public": zone(), "council": zone(lan="lan1")}
    findings = list(judge(subject(firewall=inspected(zones))))
    assert [(finding.kind, finding.values) for finding in findings] == [("subnets-overlap", {"one": "lan0", "other": "lan1"})]
