"""A hall from one playbook: a bare Debian becomes a gateway, a second run changes nothing, wrong settings touch nothing, and settings that
cut the way to the box are taken back by the box itself."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.machines import town
from tests.deploy.machines.debs import OLD, version
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import phone
from tests.deploy.packages.built import Built
from tests.deploy.plays import disk, site
from tests.deploy.plays.control import PATIENCE, Control

pytestmark = pytest.mark.timeout(PATIENCE)

HALL = "kleinheim-rathaus"


def files(machine: Machine) -> str:
    """All that a playbook could have written, with its content."""
    return machine.run(
        "sh", "-c", "find /etc /var/lib/dpkg /usr/sbin /var/cache/hotspot* -type f -exec sha256sum {} + 2>/dev/null | sort; ss -tlnH"
    )


@pytest.fixture(scope="module")
def settings(packages: Built) -> dict[str, object]:
    """What the inventory has for the hall. Where unattended-upgrades cannot be had for the machines, nothing wants it."""
    return site.settings(
        1, gateway_package=str(packages["gateway"]), gateway_unattended_upgrades="unattended-upgrades" not in disk.missing("gateway")
    )


@pytest.fixture(scope="module")
def hall(control: Control, settings: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The box, with nothing of ours, in the inventory."""
    site.inventory(control, {HALL: settings}, [])
    with site.hall("deploy-kleinheim", 1, control, Path(tmp_path_factory.mktemp("hall"))) as machine:
        yield machine


def test_a_look_at_a_bare_box_touches_nothing(hall: Machine, control: Control) -> None:
    """--check --diff says what would be, before anything is installed."""
    before = files(hall)
    played = control.play("gateways", "--check", "--diff")
    assert played.code == 0, played.text
    assert played.hosts[HALL]["changed"] > 10
    assert "+++ after" in played.text
    assert files(hall) == before


def test_contradictions_are_refused_before_anything_is_touched(hall: Machine, control: Control) -> None:
    """Each is named with key, value and what was expected."""
    before = files(hall)
    for extra, words in (
        ({"gateway_management": {"interface": "wan0", "addresses": ["10.20.1.2/24"]}}, "wan0"),
        ({"gateway_portal_name": ""}, "gateway_portal_name"),
        ({"gateway_wan": {"interface": "wan7", "dhcp": True}}, "wan7"),
        ({"gateway_total_down": "much"}, "much"),
        ({"gateway_certificate_from_hub": True}, "gateway_hub_url"),
        ({"gateway_unknown_town": 1, "gateway_wan": {"interfase": "wan0"}}, "interfase"),
    ):
        played = control.play("gateways", **extra)
        assert (played.code, played.says(words)) == (2, True), played.text
        assert played.changed() == []
    assert files(hall) == before


def test_the_first_run_makes_a_hall(hall: Machine, control: Control) -> None:
    """Services run, the portal is well, a visitor comes in, is led, taps and is online."""
    played = control.play("gateways")
    assert (played.code, played.hosts.get(HALL, {}).get("failed")) == (0, 0), played.text
    assert version(hall, "hotspot-gateway") == OLD
    assert hall.run("systemctl", "--failed", "--no-legend") == ""
    assert hall.run("systemctl", "is-active", *town.SERVICES).split() == ["active"] * len(town.SERVICES)
    assert site.healthy(hall)
    with phone(f"{hall.name}-anna") as anna:
        anna.join()
        assert anna.get("http://www.town.example/").location == site.NAMES
        assert anna.accept().status == 303
        assert anna.online()


def test_a_second_run_changes_nothing(hall: Machine, control: Control) -> None:
    """Neither by its own words nor on the disk."""
    before = files(hall)
    for options in ((), ("--check",)):
        played = control.play("gateways", *options)
        assert (played.code, played.changed()) == (0, []), played.text
        assert played.hosts[HALL]["changed"] == 0
    assert files(hall) == before


def test_visitors_are_online_again_after_a_restart_of_the_box(hall: Machine) -> None:
    """Accepted before it, online after it without another tap."""
    with phone(f"{hall.name}-anna") as anna:
        anna.join()
        assert anna.online() or anna.accept().status == 303
        hall.reboot()
        until = time.monotonic() + 30
        while not (back := anna.online()) and time.monotonic() < until:
            pass  # each question waits for its answer
        assert back
    assert hall.run("systemctl", "--failed", "--no-legend") == ""


def test_settings_that_cut_the_management_network_are_taken_back(hall: Machine, control: Control) -> None:
    """An address where nobody reaches the box: the box goes back by itself, and the next run of the right inventory changes nothing."""
    before = hall.run("cat", "/etc/systemd/network/20-hotspot-management.network")
    wrong = {"interface": "mgmt0", "addresses": ["10.99.1.2/24"]}
    # Time enough for the play to come as far as the network: what it changes after the minutes are over, nobody takes back.
    played = control.play("gateways", gateway_management=wrong, _gateway_change_minutes=3)
    assert played.code != 0, played.text
    until = time.monotonic() + 600
    while (state := json.loads(hall.run("hotspot-change", "state", "--json")))["state"] != "back":
        assert time.monotonic() < until, state
        time.sleep(1)  # the box counts the minutes
    assert (state["because"], state["well"]) == ("timer", True)
    assert hall.run("cat", "/etc/systemd/network/20-hotspot-management.network") == before
    again = control.play("gateways")
    assert (again.code, again.changed()) == (0, []), again.text
