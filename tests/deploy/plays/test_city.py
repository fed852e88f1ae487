"""The playbooks in one scene: a city and two towns from ``site.yml``, each known to the other; a visitor in each hall is seen at the hub
and in Prometheus; an update that does not work is taken back.

The short form of the proof: part of every run where there is an ansible-playbook (``HOTSPOT_ANSIBLE_PLAYBOOK=`` leaves it out)."""

import contextlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.machines.debs import NEW, OLD, changed, leaders, portal_dead, version
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone, phone
from tests.deploy.packages.built import Built
from tests.deploy.plays import disk, site
from tests.deploy.plays.control import PATIENCE, Control

pytestmark = pytest.mark.timeout(PATIENCE)

HALLS = ("kleinheim-rathaus", "bergdorf-rathaus")
BOTH = {"at_once": 2}
"""Halls beside each other: this is a part of every run."""
MACHINES = ("deploy-kleinheim", "deploy-bergdorf")


def write(control: Control, packages: Built, hub: dict[str, Any], canary: list[str]) -> None:
    """The inventory. What cannot be had here and is not needed for this is left away: unattended-upgrades."""
    updates = "unattended-upgrades" not in disk.missing("gateway")
    site.inventory(
        control,
        {name: site.settings(number, gateway_unattended_upgrades=updates) for number, name in enumerate(HALLS, 1)},
        canary,
        {
            "hub_package": str(packages["hub"]),
            "hub_url": f"https://{site.ADDRESS_OF_HUB}",
            "hub_first_admin": "anna",
            "hub_unattended_upgrades": "unattended-upgrades" not in disk.missing("hub"),
            **hub,
        },
        gateway_package=str(packages["gateway"]),
        gateway_hub_url=f"https://{site.ADDRESS_OF_HUB}",
        gateway_hub_authority=hub["hub_authority"],
        gateway_hub_report_every="1 s",
    )


@pytest.fixture(scope="module", autouse=True)
def certified(control: Control, packages: Built) -> dict[str, str]:
    """The hub's certificate, and one entry in the inventory for each machine."""
    files = site.authority(control.folder)
    write(control, packages, files, [])
    return files


@pytest.fixture(scope="module")
def hub(control: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A bare server."""
    with site.server("deploy-hub", control, Path(tmp_path_factory.mktemp("hub"))) as machine:
        yield machine


@pytest.fixture(scope="module")
def halls(control: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Machine]]:
    """Two bare boxes."""
    with contextlib.ExitStack() as running:
        yield {
            name: running.enter_context(site.hall(machine, number, control, Path(tmp_path_factory.mktemp(machine))))
            for number, (name, machine) in enumerate(zip(HALLS, MACHINES, strict=True), 1)
        }


@pytest.fixture(scope="module")
def visitors(halls: dict[str, Machine]) -> Iterator[dict[str, Phone]]:
    """A phone in each hall."""
    with contextlib.ExitStack() as phones:
        yield {name: phones.enter_context(phone(f"{machine.name}-anna")) for name, machine in halls.items()}


def said(hub: Machine, *words: str) -> Any:
    """What a command of the hub's staff prints, for programs: asked on the hub itself."""
    own = ("runuser", "-u", "hotspot-hub", "--", "hotspot", "hub", "--here")
    return json.loads(hub.run(*own, *words, "--json"))


def online(hub: Machine, wanted: dict[str, int]) -> dict[str, int]:
    """Visitors online by hall, of those that spoke from now on and are well; asked until it is as wanted, for two minutes."""
    began, until = datetime.now(UTC), time.monotonic() + 120
    while True:
        spoke = [each for each in said(hub, "figures", "now") if each["seen_at"] and datetime.fromisoformat(each["seen_at"]) > began]
        told = {each["hall"]: each["online"] for each in spoke if each["state"] == "well"}
        if told == wanted or time.monotonic() > until:
            return told


def asked(hub: Machine, query: str, wanted: Any) -> Any:
    """What Prometheus answers, asked until it is as wanted, for five minutes."""
    until = time.monotonic() + 300
    while True:
        answer = json.loads(
            hub.run("curl", "--silent", "--get", "--data-urlencode", f"query={query}", "http://127.0.0.1:9090/api/v1/query")
        )
        told = sorted(each["metric"].get("hall", "") for each in answer["data"]["result"])
        if told == wanted or time.monotonic() > until:
            return told
        time.sleep(1)


def test_a_look_at_bare_machines(hub: Machine, halls: dict[str, Machine], control: Control) -> None:
    """The whole city with --check --diff, before anything is installed."""
    played = control.play("site", "--check", "--diff", **BOTH)
    assert played.code == 0, played.text
    assert set(played.hosts) >= {*HALLS, site.CITY}


def test_one_playbook_makes_a_city(hub: Machine, halls: dict[str, Machine], control: Control, visitors: dict[str, Phone]) -> None:
    """Hub, Prometheus and both halls, enrolled with tokens that the play fetched; a visitor of each hall is seen at the hub."""
    played = control.play("site", **BOTH)
    assert played.code == 0, played.text
    for machine in (hub, *halls.values()):
        assert machine.run("systemctl", "--failed", "--no-legend") == ""
    assert sorted(each["hall"] for each in said(hub, "gateway", "list")) == sorted(HALLS)
    for one in visitors.values():
        one.join()
        assert one.get("http://www.town.example/").location == site.NAMES
        assert one.accept().status == 303
        assert one.online()
    assert online(hub, dict.fromkeys(HALLS, 1)) == dict.fromkeys(HALLS, 1)


def test_a_second_run_changes_nothing(hub: Machine, halls: dict[str, Machine], control: Control) -> None:
    """Of the hub, of Prometheus and of the halls."""
    played = control.play("site", **BOTH)
    assert (played.code, played.changed()) == (0, []), played.text
    assert {counts["changed"] for counts in played.hosts.values()} == {0}


def test_prometheus_sees_the_halls(hub: Machine, halls: dict[str, Machine]) -> None:
    """By the hub, with the token that the play had made: a visitor in each; the rules are loaded."""
    assert asked(hub, "hotspot_zone_online == 1", sorted(HALLS)) == sorted(HALLS)
    rules = json.loads(hub.run("curl", "--silent", "http://127.0.0.1:9090/api/v1/rules"))["data"]["groups"]
    assert rules
    assert {rule["health"] for group in rules for rule in group["rules"]} <= {"ok", "unknown"}


def test_an_update_that_does_not_work_is_taken_back(
    hub: Machine,
    halls: dict[str, Machine],
    control: Control,
    packages: Built,
    certified: dict[str, str],
    visitors: dict[str, Phone],
) -> None:
    """The canary goes back by itself and is well, the other town's hall was not touched; nobody has to tap again, the hub hears both."""
    write(control, packages, certified, [HALLS[0]])
    before = leaders(halls[HALLS[1]], "hotspot-firewall.service", "hotspot-portal.service")
    played = control.play("gateways", gateway_package=str(changed(packages["gateway"], NEW, portal_dead)))
    assert played.code == 2, played.text
    assert played.says("hotspot-portal.service")
    assert played.says("The box is back at what it had before, and well.")
    assert {version(machine, "hotspot-gateway") for machine in halls.values()} == {OLD}
    assert leaders(halls[HALLS[1]], "hotspot-firewall.service", "hotspot-portal.service") == before
    assert all(one.online() for one in visitors.values())
    assert online(hub, dict.fromkeys(HALLS, 1)) == dict.fromkeys(HALLS, 1)
