"""The box's own way back on a booted hall: from packages that do not start, settings that shut everybody out, power cuts in the middle."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.machines import root, town
from tests.deploy.machines.debs import changed, of_format, put
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone, phone
from tests.deploy.packages.built import Built

NAME, NUMBER = "hotspot-gateway", 4
BASE, GOOD, DEAD, HALF, DEAF, LATER, WORSE = (f"0.1.0+2027{month:02}01000000" for month in range(1, 8))
VISITS = {
    "/etc/hotspot/visit.conf": "VISIT=--no-rates --patience 0.5\n",
    "/etc/hotspot/visitor.key": "ab" * 32 + "\n",
}
MANAGEMENT = "/etc/systemd/network/20-hotspot-management.network"
OUT = f"10.20.{NUMBER}.2"
pytestmark = pytest.mark.timeout(600)


def with_visitor(opened: Path) -> None:
    """The package as it is built from the lock: scapy is among its modules."""
    (site,) = opened.glob("usr/lib/hotspot-gateway/lib/python*/site-packages")
    for file in metadata.distribution("scapy").files or ():
        if ".." not in file.parts and file.suffix != ".pyc":
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            (site / file).write_bytes(Path(str(metadata.distribution("scapy").locate_file(file))).read_bytes())


def dead(opened: Path) -> None:
    """Its program does not even start, and its way back is worth nothing either."""
    for name in ("usr/lib/hotspot-gateway/bin/hotspot", "usr/sbin/hotspot-change"):
        (opened / name).write_text("#!/bin/sh\nexit 127\n")


def half(opened: Path) -> None:
    """Its postinst fails at once, and it can be neither removed nor replaced without complaint."""
    for name in ("postinst", "prerm"):
        (opened / "DEBIAN" / name).write_text("#!/bin/sh\nexit 1\n")


def in_module(name: str, before: str, after: str) -> Callable[[Path], None]:
    """Another text in a module."""

    def change(opened: Path) -> None:
        (module,) = opened.glob(f"usr/lib/hotspot-gateway/lib/python*/site-packages/{name}")
        text = module.read_text(encoding="utf-8")
        assert text.count(before) == 1
        module.write_text(text.replace(before, after), encoding="utf-8")

    return change


NOBODY = in_module(
    "hotspot/portal/accept.py",
    "async def open_session(office: Office, client: Client, entry: Entry) -> Session | Refusal:\n",
    "async def open_session(office: Office, client: Client, entry: Entry) -> Session | Refusal:\n    raise RuntimeError\n",
)
"""It starts, says that it is well, and lets nobody online."""


@pytest.fixture(scope="module")
def versions(packages: Built) -> dict[str, Path]:
    """Packages by version."""
    old = packages["gateway"]
    base = changed(old, BASE, with_visitor)
    return {
        BASE: base,
        GOOD: changed(old, GOOD, with_visitor),
        DEAD: changed(old, DEAD, with_visitor, dead),
        HALF: changed(old, HALF, with_visitor, half),
        DEAF: changed(old, DEAF, with_visitor, NOBODY),
        LATER: changed(old, LATER, with_visitor, of_format(99)),
        WORSE: changed(old, WORSE, with_visitor, of_format(99), NOBODY),
    }


@pytest.fixture(scope="module")
def hall(net: str, versions: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A hall with test visits, installed and restarted; the package is kept where the role puts it."""
    with town.hall("deploy-change", NUMBER, net, str(root.bare("gateway")), Path(tmp_path_factory.mktemp("hall"))) as machine:
        machine.start()
        put(machine, versions[BASE])
        machine.run("sh", "-c", "mkdir -p /var/cache/hotspot && cp /srv/package.deb /var/cache/hotspot/hotspot-gateway_base.deb")
        of = town.settings(NUMBER)
        town.install(machine, of | {"gateway_portal_settings": f'{of["gateway_portal_settings"]}\n[visitor]\nkey = "visitor.key"\n'})
        for path, text in VISITS.items():
            machine.put(path, text, 0o640, "hotspot-portal")
        machine.run("systemctl", "--quiet", "enable", "hotspot-visit.timer")
        machine.reboot()
        yield machine


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


def change(hall: Machine, *words: str, seconds: float = 300) -> tuple[int, str]:
    """The program on the box: its exit status, and all that it says."""
    done = subprocess.run(hall.words("hotspot-change", *words), capture_output=True, text=True, check=False, timeout=seconds)
    return done.returncode, done.stdout + done.stderr


def state(hall: Machine) -> dict[str, Any]:
    """As the role reads it."""
    return dict(json.loads(hall.run("sh", "-c", "sh /var/lib/hotspot-change/saved/program state --json || hotspot-change state --json")))


def snapshot(hall: Machine) -> str:
    """All settings of ours with owner, mode and content."""
    return hall.run(
        "sh", "-c", "find /etc ! -name 'ld.so.cache' -printf '%p %m %u %g %l\\n' | sort; find /etc -type f -exec sha256sum {} + | sort"
    )


def gone_back(hall: Machine, because: str, seconds: float = 120) -> dict[str, Any]:
    """Waited for."""
    until = time.monotonic() + seconds
    while (told := state(hall))["state"] != "back":
        assert time.monotonic() < until, (told, hall.journal("-t", "hotspot-change"))
        time.sleep(1)  # nothing in the machine says when a unit has ended
    assert told["because"] == because
    return told


def at_rest(hall: Machine) -> None:
    """Nothing is left of a change, no unit failed."""
    assert hall.run("sh", "-c", "ls -A /var/lib/hotspot-change; ls /etc/systemd/system | grep hotspot-change; true").split() == ["last"]
    assert hall.run("systemctl", "--failed", "--no-legend") == ""
    assert hall.run("dpkg", "--audit") == ""


def test_begin_check_keep(hall: Machine, anna: Phone) -> None:
    """Twice is refused and says until when; a visit is part of the look; kept, all is over, and neither can be done again."""
    assert anna.online()
    assert state(hall) == {"state": "none"}
    assert change(hall, "keep") == (1, "hotspot-change: cannot keep: no change is pending\n")
    assert change(hall, "back") == (1, "hotspot-change: cannot back: no change is pending\n")
    status, said = change(hall, "begin", "--minutes", "0")
    assert (status, "from 1 to 1440" in said) == (2, True)
    status, said = change(hall, "begin", "--minutes", "30")
    assert (status, said) == (0, "Saved. Without 'hotspot-change keep' the box goes back by itself in 30 minutes.\n")
    told = state(hall)
    assert (told["state"], told["until"] - told["since"] in range(1795, 1806)) == ("pending", True)
    status, said = change(hall, "begin")
    assert (status, "cannot begin: a change is pending since" in said) == (3, True)
    units = [f"/etc/systemd/system/hotspot-change-{name}" for name in ("back.service", "back.timer", "boot.timer")]
    assert hall.run("systemd-analyze", "verify", *units) == ""
    status, said = change(hall, "check")
    assert (status, said) == (0, "Well. Visitors online: 1; of those from before 1 have time left.\n")
    status, said = change(hall, "keep")
    assert (status, state(hall)["state"]) == (0, "kept")
    at_rest(hall)
