"""Packages on machines: the one of this tree, and changed ones to update to."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.deploy.machines.machine import Machine
from tests.deploy.packages.built import VERSION

OLD = VERSION
NEW, NEWEST = (f"0.1.0+2027{month}01000000" for month in ("01", "02"))
BEFORE = "0.0.9"
SECONDS = 400


def changed(package: Path, version: str, *changes: Callable[[Path], None]) -> Path:
    """The same as another version, with changes in its opened folder."""
    opened, out = package.parent / "opened", package.parent / f"{package.stem.partition('_')[0]}_{version}.deb"
    subprocess.run(["dpkg-deb", "--raw-extract", package, opened], check=True)
    control = opened / "DEBIAN" / "control"
    control.write_text(control.read_text(encoding="utf-8").replace(OLD, version), encoding="utf-8")
    for change in changes:
        change(opened)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", opened, out], check=True, capture_output=True)
    shutil.rmtree(opened)
    return out


def of_format(number: int) -> Callable[[Path], None]:
    """The change that says: stored data are of this format."""

    def change(opened: Path) -> None:
        (told,) = opened.glob("usr/lib/hotspot-*/format")
        preinst = opened / "DEBIAN" / "preinst"
        preinst.write_text(preinst.read_text().replace(f"knows={told.read_text().strip()}", f"knows={number}"))
        told.write_text(f"{number}\n")

    return change


def portal_dead(opened: Path) -> None:
    """The change that leaves a portal which does not start: the package itself can be installed."""
    (portal,) = opened.glob("usr/lib/hotspot-gateway/lib/python*/site-packages/hotspot/portal/__init__.py")
    portal.write_text("raise SystemExit('broken on purpose')\n", encoding="utf-8")


def of_root(opened: Path) -> None:
    """The change back to a version whose doctor is root, and which believes root's looks alone."""
    folders = opened / "usr" / "lib" / "tmpfiles.d" / "hotspot-gateway.conf"
    text = folders.read_text()
    for name in ("hotspot-doctor", "hotspot-visit"):
        text = text.replace(f" {name} {name} ", " root root ")
    folders.write_text(text)
    unit = opened / "usr" / "lib" / "systemd" / "system" / "hotspot-doctor.service"
    unit.write_text(re.sub("^AmbientCapabilities=.*$", "", unit.read_text().replace("User=hotspot-doctor\n", ""), flags=re.MULTILINE))


def put(machine: Machine, package: Path, *words: str) -> None:
    """Bring a package and install it, with ``apt-get install`` unless told otherwise. Raises ``LabFailed`` with what was said."""
    with package.open("rb") as content:
        subprocess.run(machine.words("cp", "/dev/stdin", "/srv/package.deb"), stdin=content, check=True)
    words = words or ("apt-get", "install", "-q", "-y", "--no-install-recommends", "--allow-downgrades")
    machine.run("env", "DEBIAN_FRONTEND=noninteractive", *words, "/srv/package.deb", seconds=SECONDS)


def version(machine: Machine, name: str) -> str:
    """Which is installed."""
    return machine.run("dpkg-query", "--show", "--showformat=${Version}", name).partition("~")[0]


def leaders(machine: Machine, *services: str) -> list[str]:
    """Their processes, "0" for none."""
    return machine.run("systemctl", "show", "--value", "--property=MainPID", *services).split()
