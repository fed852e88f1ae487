"""A hall's box is thrown away: a new one from its carton, a command at the hub, one on the box; and the old one is plugged in again."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from hotspot.lab import layout as at
from tests.deploy.machines.fleet.fleet import (
    NAME,
    NUMBERS,
    PARTNERS,
    REFUSED,
    Fleet,
    enrol,
    hall_of,
    install,
    let_in,
    online,
    refused,
    sql,
    until,
)
from tests.deploy.machines.machine import host
from tests.deploy.packages.built import Built

HALL, OTHER = PARTNERS
GATEWAY = f"{hall_of(HALL)}-1"
WAIT = re.compile(r" [1-9]\d* reports? waits?")


class Counted(Struct, frozen=True):
    """What the hub has counted of the hall."""

    visits: int
    bytes_down: int


def counted(fleet: Fleet) -> Counted:
    """All of it, of whichever box."""
    question = f"SELECT sum(visits), sum(bytes_down) FROM figures_quarters JOIN halls ON id = hall_id WHERE name = '{hall_of(HALL)}'"
    ((visits, down),) = (row.split("|") for row in sql(fleet, question))
    return Counted(int(visits), int(down))


def streams(fleet: Fleet) -> dict[str, str]:
    """Which reports of the gateway were counted, by stream: one for each start of a portal."""
    question = f"SELECT stream, seen FROM streams JOIN gateways ON id = gateway_id WHERE name = '{GATEWAY}'"
    return dict(row.split("|") for row in sql(fleet, question))


@pytest.fixture(scope="module")
def former(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The disk of the box that is thrown away. Its last hour it had no line, and let somebody in whom the hub never heard of."""
    box, line = fleet.halls[HALL], f"line{NUMBERS[HALL]}"
    box.run("sed", "-i", "/^targets = /d", "/etc/hotspot/portal.toml")  # it believes that its line is well
    box.run("systemctl", "restart", "hotspot-portal.service")
    wanted = {hall_of(partner): 1 for partner in PARTNERS}
    assert online(fleet, wanted) == wanted
    before = counted(fleet)
    host("ip", "-n", fleet.net, "link", "set", line, "down")
    try:
        assert fleet.phones[f"{HALL}-new"].accept(f"http://{at.PORTAL_NAME}/").status == 303
        waits = until(lambda: WAIT.search(box.run("hotspot", "status")), bool)
        assert waits
        box.stop()
    finally:
        host("ip", "-n", fleet.net, "link", "set", line, "up")
    assert counted(fleet).visits == before.visits
    disk, box.folder = box.folder, Path(tmp_path_factory.mktemp("new"))
    yield disk
    shutil.rmtree(disk)


def test_a_new_box_by_one_command_at_the_hub(fleet: Fleet, packages: Built, former: Path) -> None:
    """It goes on under the old one's name: the first visitor gets online and is seen, and the figures of before are there."""
    box, before = fleet.halls[HALL], counted(fleet)
    install(box, HALL, packages["gateway"], fleet.hub)
    enrol(box, fleet.said("enrolment", "create", hall_of(HALL), "--replace")["token"])
    phone = fleet.phones[HALL]
    phone.join()
    let_in(phone)
    wanted = {hall_of(partner): 1 for partner in PARTNERS}
    assert online(fleet, wanted) == wanted
    assert [each["name"] for each in fleet.said("gateway", "list", "--hall", hall_of(HALL))] == [GATEWAY]
    assert until(lambda: counted(fleet).visits, lambda visits: visits > before.visits) == before.visits + 1
    assert counted(fleet).bytes_down >= before.bytes_down


def test_the_old_box_is_refused_and_counts_nothing(fleet: Fleet, former: Path) -> None:
    """Whoever plugs it in again: its credential opens nothing, what it had kept is not counted, and the hub says so. The new one then goes
    on, and its visitor is online without a tap."""
    box = fleet.halls[HALL]
    before, known = counted(fleet), streams(fleet)
    box.stop()
    new, box.folder = box.folder, former
    try:
        box.start()
        assert REFUSED.search(refused(box))
        alarms = until(lambda: {each["kind"] for each in fleet.said("alarm", "list")}, lambda kinds: "stale_credential" in kinds, 60)
        assert "stale_credential" in alarms
        assert set(streams(fleet)) <= set(known)
        assert counted(fleet).visits == before.visits
    finally:
        box.stop()
        box.folder = new
    box.start()
    assert until(fleet.phones[HALL].online, bool)
    wanted = {hall_of(partner): 1 for partner in PARTNERS}
    assert online(fleet, wanted) == wanted
    assert counted(fleet).visits == before.visits
    assert len(streams(fleet)) > len(known)
    assert fleet.phones[OTHER].online()
    fleet.phones[f"{HALL}-new"].join(NAME.format("bert", HALL))  # the new box knows no address of it
