"""Two halls of different towns, the first of them the canary: updates, the way back, and what becomes of the other when a hall goes
back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.machines.busy import busy
from tests.deploy.machines.debs import NEW, NEWEST, OLD, changed, leaders, portal_dead, version
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone, phone
from tests.deploy.packages.built import Built
from tests.deploy.plays import disk, site
from tests.deploy.plays.control import PATIENCE, Control, Played

pytestmark = pytest.mark.timeout(PATIENCE)

CANARY, OTHER = "kleinheim-rathaus", "bergdorf-rathaus"
NAME = "hotspot-gateway"
SERVICES = ("hotspot-firewall.service", "hotspot-portal.service")


@pytest.fixture(scope="module")
def versions(packages: Built) -> dict[str, Path]:
    """The package by version; the newest does not work."""
    old = packages["gateway"]
    return {OLD: old, NEW: changed(old, NEW), NEWEST: changed(old, NEWEST, portal_dead)}


def write(control: Control, package: Path) -> None:
    """The inventory with this package for both halls."""
    updates = "unattended-upgrades" not in disk.missing("gateway")
    halls = {name: site.settings(number, gateway_unattended_upgrades=updates) for number, name in enumerate((CANARY, OTHER), 1)}
    site.inventory(control, halls, [CANARY], gateway_package=str(package))


@pytest.fixture(scope="module")
def halls(control: Control, versions: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Machine]]:
    """Both, with the oldest package."""
    write(control, versions[OLD])
    with (
        site.hall("deploy-kleinheim", 1, control, Path(tmp_path_factory.mktemp("kleinheim"))) as canary,
        site.hall("deploy-bergdorf", 2, control, Path(tmp_path_factory.mktemp("bergdorf"))) as other,
    ):
        played = control.play("gateways")
        assert played.code == 0, played.text
        yield {CANARY: canary, OTHER: other}


@pytest.fixture
def anna(halls: dict[str, Machine]) -> Iterator[Phone]:
    """A phone in the canary's hall that is online."""
    with phone(f"{halls[CANARY].name}-anna") as one:
        one.join()
        assert one.online() or one.accept().status == 303
        yield one


@pytest.fixture
def bert(halls: dict[str, Machine]) -> Iterator[Phone]:
    """A phone there that is not."""
    with phone(f"{halls[CANARY].name}-bert") as one:
        one.join()
        yield one


def order(played: Played) -> list[str]:
    """Halls in the order in which the gateway's package was installed."""
    return [line.partition(":")[0] for line in played.changed() if line.endswith("Install the package")]


def test_an_update_and_the_way_back_cut_nobody(
    halls: dict[str, Machine], control: Control, versions: dict[str, Path], anna: Phone, bert: Phone
) -> None:
    """The canary first, then the other; from before the run until after it no load fails and the download goes on."""
    for wanted in (NEW, OLD):
        write(control, versions[wanted])
        before = leaders(halls[CANARY], *SERVICES)
        with busy(anna, bert) as seen:
            played = control.play("gateways")
        assert played.code == 0, played.text
        assert order(played) == [CANARY, OTHER]
        assert {name: version(machine, NAME) for name, machine in halls.items()} == {CANARY: wanted, OTHER: wanted}
        assert {*before, "0"}.isdisjoint(leaders(halls[CANARY], *SERVICES))
        assert seen.faults() == {}
        assert anna.online()


def test_settings_are_changed_while_visitors_are_there(
    halls: dict[str, Machine], control: Control, versions: dict[str, Path], anna: Phone, bert: Phone
) -> None:
    """The same playbook, nobody notices, and the second run has nothing to do."""
    write(control, versions[OLD])
    with busy(anna, bert) as seen:
        played = control.play("gateways", "-l", CANARY, gateway_town="Stadt Kleinheim", gateway_total_down="90 Mbit/s")
    assert played.code == 0, played.text
    assert 0 < played.hosts[CANARY]["changed"] < 10
    assert seen.faults() == {}
    assert anna.online()
    assert control.play("gateways", "-l", CANARY).code == 0


def test_an_update_that_does_not_work_goes_back_and_stops_at_the_canary(
    halls: dict[str, Machine], control: Control, versions: dict[str, Path], anna: Phone
) -> None:
    """The play says what was wrong and that the box is back; the other hall was not touched, but has the package already."""
    write(control, versions[NEWEST])
    before = leaders(halls[OTHER], *SERVICES)
    played = control.play("gateways")
    assert played.code == 2, played.text
    assert played.says("hotspot-portal.service")
    assert played.says("The box is back at what it had before, and well.")
    assert {name: version(machine, NAME) for name, machine in halls.items()} == {CANARY: OLD, OTHER: OLD}
    assert leaders(halls[OTHER], *SERVICES) == before
    assert [line for line in played.changed() if line.startswith(OTHER)] == [f"{OTHER}: hotspot.hall.gateway : Bring the package"]
    for machine in halls.values():
        assert machine.run("systemctl", "--failed", "--no-legend") == ""
        assert site.healthy(machine)
    assert anna.online()
    write(control, versions[OLD])
    again = control.play("gateways")
    assert (again.code, [line for line in again.changed() if "package" not in line]) == (0, []), again.text
