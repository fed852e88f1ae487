"""A hub and two halls of different partners, each a booted Debian: enrolled by command; visitors of each are seen at the hub."""

import contextlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.deploy.machines import hub as city
from tests.deploy.machines import root, town
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import phone

PARTNERS = ("kleinheim", "bergdorf")


@pytest.fixture(scope="module")
def hub(net: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The city's server."""
    with city.hub("deploy-hub", net, root.disk("hub"), Path(tmp_path_factory.mktemp("hub"))) as machine:
        yield machine


@pytest.fixture(scope="module")
def halls(net: str, disk: str, hub: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Machine]]:
    """One hall of each partner, installed, booted and enrolled."""
    authority = hub.run("cat", "/srv/authority.pem")
    with contextlib.ExitStack() as running:
        there = {}
        for number, partner in enumerate(PARTNERS, 1):
            folder = Path(tmp_path_factory.mktemp(partner))
            machine = running.enter_context(town.hall(f"deploy-{partner}", number, net, disk, folder))
            machine.start()
            town.install(machine, town.settings(number, gateway_hub_url=city.URL, gateway_hub_report_every="1 s"))
            machine.put("/etc/hotspot/hub-authority.pem", authority, 0o640, "hotspot-portal")
            machine.reboot()
            city.said(hub, "partner", "create", partner, "--title", f"Gemeinde {partner}")
            city.said(hub, "hall", "create", f"{partner}-rathaus", "--partner", partner, "--title", "Rathaus")
            token = city.said(hub, "enrolment", "create", f"{partner}-rathaus")["token"]
            machine.run("hotspot", "enrol", "--config", "/etc/hotspot/portal.toml", "-", stdin=f"{token}\n")
            there[partner] = machine
        yield there


def _online(hub: Machine, wanted: dict[str, int]) -> dict[str, int]:
    """Visitors online by hall, of those that spoke from now on and are well; asked until it is as wanted, for half a minute."""
    began, until = datetime.now(UTC), time.monotonic() + 30
    while True:
        spoke = [each for each in city.said(hub, "figures", "now") if each["seen_at"] and datetime.fromisoformat(each["seen_at"]) > began]
        told = {each["hall"]: each["online"] for each in spoke if each["state"] == "well"}
        if told == wanted or time.monotonic() > until:
            return told


def test_the_hub_serves_and_has_saved(hub: Machine) -> None:
    """Nothing failed, it answers over TLS, and the first backup is there and can be used."""
    assert hub.run("systemctl", "--failed", "--no-legend") == ""
    assert hub.run("systemctl", "is-active", *city.SERVICES).split() == ["active"] * len(city.SERVICES)
    assert json.loads(hub.run("curl", "--silent", "--cacert", "/srv/authority.pem", f"{city.URL}/healthz"))
    dump = hub.run("sh", "-c", "ls /var/lib/hotspot-hub-backup/*.dump").strip()
    own = ("runuser", "-u", "hotspot-hub", "--", "hotspot", "hub", "restore", "--check", "--config", "/etc/hotspot/hub.toml")
    hub.run(*own, dump)


def test_a_visitor_of_each_hall_is_seen_at_the_hub(hub: Machine, halls: dict[str, Machine]) -> None:
    """Nobody before, one in each hall afterwards, and the halls survive a restart of the hub and of one of them."""
    nobody = {f"{partner}-rathaus": 0 for partner in PARTNERS}
    assert _online(hub, nobody) == nobody
    with contextlib.ExitStack() as phones:
        for partner in PARTNERS:
            one = phones.enter_context(phone(f"deploy-{partner}-anna"))
            one.join()
            assert one.accept().status == 303
            assert one.online()
        one_each = dict.fromkeys(nobody, 1)
        assert _online(hub, one_each) == one_each
        hub.run("systemctl", "restart", "hotspot-hub.service")
        halls["bergdorf"].reboot()
        assert _online(hub, one_each) == one_each
    assert sorted(each["hall"] for each in city.said(hub, "gateway", "list")) == sorted(nobody)


def test_who_at_the_hub_may_read_what(hub: Machine) -> None:
    """The key and the backups belong to the hub; PostgreSQL listens on its socket and the loopback alone; the hub has no capability."""
    modes = hub.run("stat", "--format", "%n %a %U %G", "/etc/hotspot/hub.key", "/etc/hotspot", "/var/lib/hotspot-hub-backup").splitlines()
    assert modes == [
        "/etc/hotspot/hub.key 640 root hotspot-hub",
        "/etc/hotspot 750 root hotspot-hub",
        "/var/lib/hotspot-hub-backup 700 hotspot-hub hotspot-hub",
    ]
    listening = {line.split()[3] for line in hub.run("ss", "-tlnH").splitlines()}
    assert {each for each in listening if not each.startswith(("127.0.0.1:", "[::1]:"))} == {"0.0.0.0:8700", "[::]:8700"}
    leader = hub.run("systemctl", "show", "--value", "--property=MainPID", "hotspot-hub.service").strip()
    status = hub.run("cat", f"/proc/{leader}/status")
    assert {line.split()[1] for line in status.splitlines() if line.startswith("Cap")} == {"0" * 16}
