"""A hall that is changed: packages that go wrong in different ways, and the box's own way back as people and playbooks call it."""

import json
import subprocess
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.deploy.machines.machine import Machine

NAME, NUMBER = "hotspot-gateway", 4
BASE, GOOD, DEAD, HALF, DEAF, LATER, WORSE, HUNG = (f"0.1.0+2027{month:02}01000000" for month in range(1, 9))
VISITS = {
    "/etc/hotspot/visit.conf": "VISIT=--no-rates --patience 0.5\n",
    "/etc/hotspot/visitor.key": "ab" * 32 + "\n",
}
MANAGEMENT = "/etc/systemd/network/20-hotspot-management.network"
OUT = f"10.20.{NUMBER}.2"


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


def hung(opened: Path) -> None:
    """Its postinst never ends."""
    (opened / "DEBIAN" / "postinst").write_text("#!/bin/sh\nexec sleep infinity\n")


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


def doctors(hall: Machine) -> set[str]:
    """What the doctor's own service, which may write next to nothing, finds of changes."""
    hall.run("systemctl", "start", "hotspot-doctor.service", seconds=100)
    look = json.loads(hall.run("cat", "/run/hotspot-looks/doctor/look.json"))
    return {each["kind"] for each in look["findings"] if each["kind"].startswith(("change-", "look-"))}


def gone_back(hall: Machine, because: str, seconds: float = 120) -> dict[str, Any]:
    """Waited for."""
    until = time.monotonic() + seconds
    while (told := state(hall))["state"] != "back":
        assert time.monotonic() < until, (told, hall.journal("-t", "hotspot-change"))
        time.sleep(1)  # nothing in the machine says when a unit has ended
    assert told["because"] == because
    return told


def at_rest(hall: Machine) -> None:
    """Nothing is left of a change but how it ended (and what was saved, for an hour, when the box went back by itself), no unit failed."""
    left = hall.run("sh", "-c", "ls -A /var/lib/hotspot-change; ls /etc/systemd/system | grep hotspot-change; true").split()
    assert left == (["last", "late"] if state(hall).get("because") in ("timer", "boot") and "late" in left else ["last"])
    assert hall.run("systemctl", "--failed", "--no-legend") == ""
    assert hall.run("dpkg", "--audit") == ""


def ended(hall: Machine, status: int = 0, **wanted: object) -> None:
    """Everything is as it was, and that is said."""
    got, said = change(hall, "back")
    assert got == status, said
    told = state(hall)
    known = {"state": "back", "because": "asked", "well": True, "package_stays": False, "journal_aside": False}
    assert {key: told[key] for key in known} == known | wanted
    at_rest(hall)


def seen(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a file of the machine is there, which ``process`` makes."""
    while not path.exists():
        assert process.poll() is None, f"ended without {path}"


def slow_restart(hall: Machine) -> None:
    """After a start of the box it goes back sooner than people need to say keep."""
    hall.run("sed", "-i", "s/OnActiveSec=5min/OnActiveSec=5s/", "/etc/systemd/system/hotspot-change-boot.timer")
