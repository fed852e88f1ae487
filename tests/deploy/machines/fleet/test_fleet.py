"""A hub and two halls of different partners, each a booted Debian: enrolled by command; visitors of each are seen at the hub."""

import json

from tests.deploy.machines import hub as city
from tests.deploy.machines import town
from tests.deploy.machines.fleet.fleet import PARTNERS, Fleet, hall_of, online


def test_everything_is_started(fleet: Fleet) -> None:
    """No unit failed, on no machine."""
    for machine, services in ((fleet.hub, city.SERVICES), *((hall, town.SERVICES) for hall in fleet.halls.values())):
        assert machine.run("systemctl", "--failed", "--no-legend") == ""
        assert machine.run("systemctl", "is-active", *services).split() == ["active"] * len(services)


def test_the_hub_serves_and_has_saved(fleet: Fleet) -> None:
    """It answers over TLS, and the first backup is there and can be used."""
    assert json.loads(fleet.hub.run("curl", "--silent", "--cacert", "/srv/authority.pem", f"{city.URL}/healthz"))
    dump = fleet.hub.run("sh", "-c", "ls /var/lib/hotspot-hub-backup/*.dump").strip()
    own = ("runuser", "-u", "hotspot-hub", "--", "hotspot", "hub", "restore", "--check", "--config", "/etc/hotspot/hub.toml")
    fleet.hub.run(*own, dump)


def test_a_visitor_of_each_hall_is_seen_at_the_hub(fleet: Fleet) -> None:
    """One in each hall, and that outlives a restart of the hub."""
    one_each = {hall_of(partner): 1 for partner in PARTNERS}
    assert online(fleet, one_each) == one_each
    fleet.hub.run("systemctl", "restart", "hotspot-hub.service")
    assert online(fleet, one_each) == one_each
    assert sorted(each["hall"] for each in fleet.said("gateway", "list")) == sorted(one_each)
