"""A hub and two halls of different partners, each a booted Debian with our package, and the office from which staff looks after them."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines import hub as city
from tests.deploy.machines import root, town
from tests.deploy.machines.debs import put
from tests.deploy.machines.machine import Machine, cable, host, namespace
from tests.deploy.machines.phone import Phone, phone

T = TypeVar("T")
PARTNERS = ("kleinheim", "bergdorf")
NUMBERS = dict(zip(PARTNERS, (5, 6), strict=True))
"""Of their halls among the machines of the line."""
OFFICE = 40
"""Number of the office there."""
NAME = "{}s-galaxy-of-{}"
"""What the phones call themselves when they ask for an address."""
REFUSED = re.compile(r"^hub +AWAY since .*refused", re.MULTILINE)
"""How ``hotspot status`` says it."""
PORT = 9464
"""Of a portal's metrics, towards management."""


class Fleet(Struct, frozen=True):
    """All of it."""

    net: str
    """Namespace of the Internet."""
    office: str
    """Namespace of staff: at the management networks of the halls, and at the line."""
    hub: Machine
    halls: dict[str, Machine]
    """By partner."""
    phones: dict[str, Phone]
    """Of each hall the one that is online: ``kleinheim`` and ``bergdorf``; the one that nobody has let in: ``kleinheim-new`` …"""

    def said(self, *words: str) -> Any:
        """What a command of the hub's staff says."""
        return city.said(self.hub, *words)


def hall_of(partner: str) -> str:
    """Its name at the hub."""
    return f"{partner}-rathaus"


def management(partner: str) -> str:
    """The address of its hall towards staff."""
    return f"10.20.{NUMBERS[partner]}.2"


def settings(partner: str) -> dict[str, Any]:
    """What the inventory says of its hall."""
    hub = {"gateway_hub_url": city.URL, "gateway_hub_report_every": "1 s"}
    return town.settings(NUMBERS[partner], gateway_management_listen=f"{management(partner)}:{PORT}", **hub)


@contextlib.contextmanager
def fleet(name: str, net: str, packages: Mapping[str, Path], folder: Path) -> Iterator[Fleet]:
    """Everything, with a visitor online in each hall."""
    with contextlib.ExitStack() as running:
        hub = running.enter_context(city.hub(f"{name}-hub", net, str(root.bare("hub")), folder / "hub", packages["hub"]))
        office = running.enter_context(namespace(f"{name}-office"))
        _desk(office, net)
        halls, phones = {}, {}
        for partner in PARTNERS:
            names = (f"{name}-{partner}", NUMBERS[partner], net, str(root.bare("gateway")), folder / partner)
            halls[partner] = running.enter_context(town.hall(*names))
            _staff(office, net, partner)
            city.said(hub, "partner", "create", partner, "--title", f"Gemeinde {partner}")
            city.said(hub, "hall", "create", hall_of(partner), "--partner", partner, "--title", "Rathaus")
            install(halls[partner], partner, packages["gateway"], hub)
            enrol(halls[partner], city.said(hub, "enrolment", "create", hall_of(partner))["token"])
            for which, key in (("anna", partner), ("bert", f"{partner}-new")):
                phones[key] = running.enter_context(phone(f"{name}-{partner}-{which}"))
                phones[key].join(NAME.format(which, partner))
        for partner in PARTNERS:
            let_in(phones[partner])
        yield Fleet(net, office, hub, halls, phones)


def install(machine: Machine, partner: str, package: Path, hub: Machine) -> None:
    """A box from its carton to a hall that nobody has let in at the hub: package, settings, restart."""
    machine.start()
    put(machine, package)
    town.install(machine, settings(partner))
    machine.put("/etc/hotspot/hub-authority.pem", hub.run("cat", "/srv/authority.pem"), 0o640, "hotspot-portal")
    machine.reboot()


def enrol(machine: Machine, token: str) -> None:
    """The one command on the box."""
    machine.run("hotspot", "enrol", "--config", "/etc/hotspot/portal.toml", "-", stdin=f"{token}\n")


def let_in(one: Phone, seconds: float = 30.0) -> None:
    """Tap, as soon as the hall has seen its Internet after a restart. Raises ``LabFailed`` with all that the phone saw, and when."""
    began, seen = time.monotonic(), [""]
    while True:
        try:
            said = one.accept().told()
        except LabFailed as error:  # a page without a form: "no Internet at the moment"; or it is in by now, on a slow machine
            said = str(error)
        if one.online():
            return
        after = time.monotonic() - began
        if not seen[-1].endswith(said):
            seen.append(f"after {after:.1f} s: {said}")
        if after > seconds:
            raise LabFailed(f"{one.space}: nobody gets online: {'; '.join(seen[1:])}")
        time.sleep(PATIENCE)  # as people tap; a phone that asks as fast as it can has used up what a captive one may ask of names


PATIENCE = 0.5


def _desk(office: str, net: str) -> None:
    """The office's own line, over which it reaches the hub."""
    cable(office, "line0", net, "office0")
    host("ip", "-n", net, "link", "set", "office0", "master", "line", "up")
    host("ip", "-n", office, "link", "set", "line0", "up")
    host("ip", "-n", office, "address", "add", town.line(OFFICE), "dev", "line0")
    host("ip", "-n", office, "address", "add", town.line6(OFFICE), "dev", "line0", "nodad")


def _staff(office: str, net: str, partner: str) -> None:
    """The other end of the cable at a hall's management socket."""
    number = NUMBERS[partner]
    host("ip", "-n", net, "link", "set", f"staff{number}", "netns", office)
    host("ip", "-n", office, "link", "set", f"staff{number}", "up")
    host("ip", "-n", office, "address", "add", f"10.20.{number}.1/24", "dev", f"staff{number}")


def until(look: Callable[[], T], good: Callable[[T], bool], seconds: float = 30.0) -> T:
    """Look again and again until it is good, at most so long; what was seen last. Each look is a command, which takes its time."""
    end = time.monotonic() + seconds
    while not good(seen := look()) and time.monotonic() < end:
        pass
    return seen


def online(fleet: Fleet, wanted: Mapping[str, int], seconds: float = 30.0) -> dict[str, int]:
    """Visitors online by hall, of those that spoke from now on and are well; asked until it is as wanted."""
    began = datetime.now(UTC)

    def look() -> dict[str, int]:
        spoke = [each for each in fleet.said("figures", "now") if each["seen_at"] and datetime.fromisoformat(each["seen_at"]) > began]
        return {each["hall"]: each["online"] for each in spoke if each["state"] == "well"}

    return until(look, lambda told: told == wanted, seconds)


def refused(hall: Machine) -> str:
    """Wait until its portal says that the hub refuses it; what it said last."""
    return until(lambda: hall.run("hotspot", "status"), lambda said: bool(REFUSED.search(said)))


def sql(fleet: Fleet, question: str) -> list[str]:
    """What the hub's database says, a line for each row."""
    return fleet.hub.run("runuser", "-u", "postgres", "--", "psql", "-Atc", question, "hotspot").splitlines()
