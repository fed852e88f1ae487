"""The package on a booted hall: installed on a bare Debian, updated and taken back while visitors are online, by dpkg alone."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.packages import build, wheels
from hotspot.lab import layout as at
from tests.deploy.machines import root, town
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone, Running, phone
from tests.deploy.packages.test_packages import DEBIAN, TREE
from tests.deploy.packages.wheelhouse import stocked

OLD, NEW = "0.1.0+20260101000000", "0.1.0+20260202000000"
SECONDS = 400
CUT = ("--speed-limit", "1", "--speed-time", "5")
"""curl gives up when nothing comes for so many seconds."""
SERVICES = ("hotspot-portal.service", "hotspot-firewall.service")
LOADS = ("stdbuf", "--output=L", "curl", "-4", "-s", "-o", "/dev/null", "-H", "Connection: close", "-w", "%{http_code}\\n")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``old.deb``, as ``make package`` makes it, and ``new.deb``, the same as a later version."""
    folder = tmp_path_factory.mktemp("debs")
    python = build.PYTHON_OF[DEBIAN]
    pins = stocked(wheels.wanted(wheels.pins(TREE / "requirements" / "runtime.txt"), python), folder / "wheels" / f"python{python}-x86_64")
    made = build.build(build.Target("gateway", DEBIAN, "amd64", OLD, 1_790_000_000), folder, folder / "wheels", TREE, pins)
    made.rename(folder / "old.deb")
    opened = folder / "opened"
    subprocess.run(["dpkg-deb", "--raw-extract", folder / "old.deb", opened], check=True)
    control = opened / "DEBIAN" / "control"
    control.write_text(control.read_text(encoding="utf-8").replace(OLD, NEW), encoding="utf-8")
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", opened, folder / "new.deb"], check=True, capture_output=True
    )
    shutil.rmtree(opened)
    return folder


def put(machine: Machine, package: Path) -> None:
    """Bring a package, and install it."""
    with package.open("rb") as content:
        subprocess.run(machine.words("cp", "/dev/stdin", "/srv/package.deb"), stdin=content, check=True)
    machine.run("dpkg", "--install", "/srv/package.deb", seconds=SECONDS)


def leaders(machine: Machine) -> set[str]:
    """The processes of both services."""
    return set(machine.run("systemctl", "show", "--value", "--property=MainPID", *SERVICES).split())


def version(machine: Machine) -> str:
    """Which is installed."""
    return machine.run("dpkg-query", "--show", "--showformat=${Version}", "hotspot-gateway").partition("~")[0]


@pytest.fixture(scope="module")
def hall(net: str, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A bare Debian that got the package, the settings and a restart."""
    with town.hall("deploy-update", 3, net, str(root.bare("gateway")), Path(tmp_path_factory.mktemp("hall"))) as machine:
        machine.start()
        put(machine, packages / "old.deb")
        machine.run("install", "-m", "644", "/usr/lib/hotspot-gateway/hotspot.sysctl", "/etc/sysctl.d/60-hotspot.conf")
        town.install(machine, town.settings(3))
        machine.reboot()
        yield machine


@contextlib.contextmanager
def busy(anna: Phone, bert: Phone) -> Iterator[Running]:
    """Anna downloads all the time, and bert loads one page after the other; the download must be going on at the end."""
    endless = "http://download.town.example:8000/drip/50"
    with (
        anna.begin("curl", "-4", "-s", "-o", "/dev/null", *CUT, endless) as download,
        bert.begin(*LOADS, f"http://{at.PORTAL_NAME}/?[1-100000]") as loads,
    ):
        assert loads.line() == "200"
        yield loads
        assert download.running


def test_an_update_and_the_way_back_cut_nobody(hall: Machine, packages: Path) -> None:
    """Sessions go on, downloads are not cut and no connection is refused; while the firewall restarts the page says so with 503."""
    assert version(hall) == OLD
    with phone("deploy-update-anna") as anna, phone("deploy-update-bert") as bert:
        anna.join()
        bert.join()
        assert anna.accept().status == 303
        assert anna.online()
        for package, wanted in (("new.deb", NEW), ("old.deb", OLD)):
            before = leaders(hall)
            with busy(anna, bert) as loads:
                put(hall, packages / package)
                after = leaders(hall)
                seen = loads.until("200", 50)
            assert version(hall) == wanted
            assert before.isdisjoint(after)
            assert set(seen) <= {"200", "503"}
            assert seen[-50:] == ["200"] * 50
            assert anna.online()
    assert hall.run("systemctl", "--failed", "--no-legend") == ""
