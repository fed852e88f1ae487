"""The package on a booted hall: installed on a bare Debian, updated and taken back while visitors are online, and updates that go wrong."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines import root, town
from tests.deploy.machines.busy import busy
from tests.deploy.machines.debs import BEFORE, NEW, NEWEST, OLD, changed, leaders, of_format, of_root, put, version
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone, phone
from tests.deploy.packages.built import Built

NAME = "hotspot-gateway"
SERVICES = ("hotspot-firewall.service", "hotspot-portal.service", "hotspot-lan-guard.service")


@pytest.fixture(scope="module")
def versions(packages: Built) -> dict[str, Path]:
    """The package by version; the newest stores its data in another format, the one before has a doctor that is root."""
    old = packages["gateway"]
    return {OLD: old, NEW: changed(old, NEW), NEWEST: changed(old, NEWEST, of_format(99)), BEFORE: changed(old, BEFORE, of_root)}


@pytest.fixture(scope="module")
def bare(net: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A Debian with nothing of ours."""
    with town.hall("deploy-update", 3, net, str(root.bare("gateway")), Path(tmp_path_factory.mktemp("hall"))) as machine:
        machine.start()
        yield machine


@pytest.fixture(scope="module")
def hall(bare: Machine, versions: dict[str, Path]) -> Machine:
    """It got the package, the settings and a restart."""
    put(bare, versions[OLD])
    town.install(bare, town.settings(3))
    bare.reboot()
    return bare


@pytest.fixture
def anna(hall: Machine) -> Iterator[Phone]:
    """A phone that is online."""
    with phone(f"{hall.name}-anna") as one:
        one.join()
        assert one.online() or one.accept().status == 303
        yield one


@pytest.fixture
def bert(hall: Machine) -> Iterator[Phone]:
    """A phone that is not."""
    with phone(f"{hall.name}-bert") as one:
        one.join()
        yield one


def test_all_is_applied_at_once(bare: Machine, versions: dict[str, Path]) -> None:
    """Installed by apt, without a network and before any restart: users, folder, kernel settings, command; nothing runs yet."""
    put(bare, versions[OLD])
    assert version(bare, NAME) == OLD
    wanted_users = [f"hotspot-{name}" for name in ("firewall", "portal", "guard", "doctor", "visit", "plug")]
    assert [line.split(":")[0] for line in bare.run("getent", "passwd", *wanted_users).splitlines()] == wanted_users
    folders = [f"/run/hotspot-looks{name}" for name in ("", "/visit", "/doctor", "/guard")]
    owners = bare.run("stat", "--format", "%a %U %G", *folders).splitlines()
    assert owners == ["755 root root", *(f"755 hotspot-{by} hotspot-{by}" for by in ("visit", "doctor", "guard"))]
    text = bare.run("cat", "/usr/lib/sysctl.d/60-hotspot.conf")
    wanted = dict(line.split(" = ") for line in text.splitlines() if " = " in line and not line.startswith("#"))
    # The size of the neighbours' table is one for all of a kernel: there is none to set in a machine that shares it.
    wanted = {key: value for key, value in wanted.items() if ".gc_thresh" not in key}
    assert len(wanted) >= 6
    assert {key: bare.run("sysctl", "-n", key).strip() for key in wanted} == wanted
    assert OLD in bare.run("hotspot", "--version")
    assert bare.run("systemctl", "list-units", "--no-legend", "--state=active", "hotspot-*").split() == []


def test_an_update_and_the_way_back_cut_nobody(hall: Machine, versions: dict[str, Path], anna: Phone, bert: Phone) -> None:
    """From before the update until after it no load fails and the download goes on; each service is another process then."""
    assert version(hall, NAME) == OLD
    for wanted in (NEW, OLD):
        before = leaders(hall, *SERVICES)
        with busy(anna, bert) as seen:
            put(hall, versions[wanted])
        assert version(hall, NAME) == wanted
        assert {*before, "0"}.isdisjoint(leaders(hall, *SERVICES))
        assert seen.faults() == {}
        assert anna.online()
    assert hall.run("systemctl", "--failed", "--no-legend") == ""
    assert hall.run("systemctl", "is-active", *town.SERVICES).split() == ["active"] * len(town.SERVICES)


def test_a_service_that_does_not_come_back_is_named(hall: Machine, versions: dict[str, Path], anna: Phone, bert: Phone) -> None:
    """The others go on with the new version all the same; when it is mended, the update comes to its end, and nobody was cut."""
    hall.run("cp", "-p", "/etc/hotspot/firewall.toml", "/srv/good.toml")
    hall.run("sed", "-i", "1i nonsense = 1", "/etc/hotspot/firewall.toml")
    before = leaders(hall, *SERVICES)
    with pytest.raises(LabFailed, match=r"does not run with this version: hotspot-firewall\.service\."):
        put(hall, versions[NEW])
    after = leaders(hall, *SERVICES)
    assert (after[0], {*before, "0"}.isdisjoint(after[1:])) == ("0", True)
    assert anna.online()
    assert 'http-equiv="refresh"' in bert.get("http://portal.hall.example/").text
    hall.run("cp", "-p", "/srv/good.toml", "/etc/hotspot/firewall.toml")
    hall.run("dpkg", "--configure", NAME, seconds=100)
    assert "0" not in leaders(hall, *SERVICES)
    until = time.monotonic() + 10  # after half a minute without a firewall nobody waits any more: the page goes on by itself
    while bert.get("http://portal.hall.example/").status == 503 and time.monotonic() < until:
        pass
    assert bert.accept().status == 303
    assert hall.run("dpkg", "--audit") == ""


def test_a_version_that_does_not_know_the_data_is_refused(hall: Machine, versions: dict[str, Path], anna: Phone) -> None:
    """Before anything changes: the service runs on. Once it is stopped, whoever does that has seen to the data."""
    put(hall, versions[NEWEST])
    before = leaders(hall, *SERVICES)
    with pytest.raises(LabFailed, match="cannot take this version: the stored data are of format 99"):
        put(hall, versions[OLD])
    assert (version(hall, NAME), leaders(hall, *SERVICES)) == (NEWEST, before)
    assert hall.run("dpkg", "--audit") == ""
    assert anna.online()
    hall.run("systemctl", "stop", "hotspot-portal.service")
    put(hall, versions[OLD])
    hall.run("systemctl", "start", "hotspot-portal.service")
    assert (version(hall, NAME), anna.online()) == (OLD, True)


def test_looks_change_hands_with_the_version(hall: Machine, versions: dict[str, Path]) -> None:
    """What root's doctor wrote is believed after the update, and its own user writes the next one; on the way back that one is gone, and
    root writes again. None is refused as a stranger's."""
    folder = "/run/hotspot-looks/doctor"

    def owners() -> list[str]:
        return hall.run("sh", "-c", f"stat --format %U {folder} {folder}/look.json || true").split()

    def reads() -> bool:
        return "belongs to user" not in hall.run("hotspot", "check", "doctor", check=False)

    put(hall, versions[BEFORE])
    hall.run("systemctl", "start", "hotspot-doctor.service")
    assert (owners(), reads()) == (["root", "root"], True)
    put(hall, versions[NEW])
    assert (owners(), reads()) == (["hotspot-doctor", "root"], True)
    hall.run("systemctl", "start", "hotspot-doctor.service")
    assert (owners(), reads()) == (["hotspot-doctor", "hotspot-doctor"], True)
    put(hall, versions[BEFORE])
    assert owners() == ["root"]
    hall.run("systemctl", "start", "hotspot-doctor.service")
    assert (owners(), reads()) == (["root", "root"], True)
    put(hall, versions[OLD])
    assert hall.run("systemctl", "--failed", "--no-legend") == ""
