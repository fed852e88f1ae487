"""The life of a town by the playbooks: one entry of the inventory makes it known at the hub; saved and put back; another box for a hall;
it leaves, and nothing of it is left."""

import contextlib
import hashlib
import json
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.expressions import DEPLOY
from tests.deploy.machines import town
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import phone
from tests.deploy.packages.built import Built
from tests.deploy.plays import disk, site
from tests.deploy.plays.control import Control

pytestmark = pytest.mark.timeout(600)  # a play takes its time, and some tests run three
HUB = "hub.grossstadt.example"
ADDRESS = town.line(site.HUB).partition("/")[0]
HALLS = {"kleinheim-rathaus": 1, "bergdorf-rathaus": 2}


def inventory(control: Control, packages: Built) -> None:
    """Two halls of different towns, and the hub on its own line, with a certificate as `make authority` makes it."""
    files = control.folder / "wlan"
    for word in ("new", "authority"):
        subprocess.run((str(DEPLOY.parent / "scripts" / "control"), word, str(files)), check=True, capture_output=True)
        if word == "new":
            named = files / "group_vars" / "all.yml"
            named.write_text(
                named.read_text(encoding="utf-8").replace("hotspot_hub: hub.grossstadt.example", f"hotspot_hub: {ADDRESS}"),
                encoding="utf-8",
            )
    updates = "unattended-upgrades" not in disk.missing("gateway")
    own = {"gateway_package": str(packages["gateway"]), "gateway_unattended_upgrades": updates}
    everywhere = {"gateway_hub_url": f"https://{ADDRESS}", "gateway_hub_authority": str(files / "files" / "authority.pem")}
    halls = {name: site.settings(number, gateway_hub_report_every="1 s", **own) for name, number in HALLS.items()}
    site.inventory(control, halls, ["bergdorf-rathaus"], **everywhere)
    hosts = json.loads((control.inventory / "hosts.yml").read_text(encoding="utf-8"))
    hosts["all"]["children"]["hub"] = {"hosts": {HUB: {"ansible_host": ADDRESS}}}
    control.write("hosts.yml", hosts)
    control.write(
        "group_vars/hub.yml",
        {
            "hub_package": str(packages["hub"]),
            "hub_url": f"https://{ADDRESS}",
            "hub_tls": "own",
            "hub_pdf": False,
            **{f"hub_{name}": str(files / "files" / f"{file}.pem") for name, file in (("certificate", "hub"), ("authority", "authority"))},
            "hub_key": str(files / "files" / "hub.key"),
            "hub_unattended_upgrades": updates,
        },
    )


@pytest.fixture(scope="module")
def hub(control: Control, packages: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The city's server, as the play makes it."""
    inventory(control, packages)
    with site.server("deploy-city", control, Path(tmp_path_factory.mktemp("hub"))) as machine:
        played = control.play("hub")
        assert played.code == 0, played.text
        yield machine


class Boxes:
    """The boxes in the halls, each of which can be taken away."""

    def __init__(self, control: Control, folders: pytest.TempPathFactory) -> None:
        self._control, self._folders = control, folders
        self._open: dict[str, contextlib.ExitStack] = {}
        self.of: dict[str, Machine] = {}

    def put(self, hall: str) -> None:
        """A Debian with nothing of ours, where the inventory expects it."""
        self._open[hall] = contextlib.ExitStack()
        folder = Path(self._folders.mktemp(hall))
        self.of[hall] = self._open[hall].enter_context(site.hall(f"deploy-{hall[:4]}", HALLS[hall], self._control, folder))

    def take(self, hall: str) -> None:
        """It is gone, with its disk."""
        self._open.pop(hall).close()

    def take_all(self) -> None:
        """At the end."""
        for hall in [*self._open]:
            self.take(hall)


@pytest.fixture(scope="module")
def boxes(hub: Machine, control: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    """One in each hall."""
    there = Boxes(control, tmp_path_factory)
    try:
        for hall in HALLS:
            there.put(hall)
        yield there
    finally:
        there.take_all()


def asked(hub: Machine, *words: str) -> Any:
    """What the hub says on its own machine."""
    own = ("runuser", "-u", "hotspot-hub", "--", "hotspot", "hub", "--here", "--authority", "/etc/hotspot/hub-authority.pem")
    return json.loads(hub.run(*own, *words, "--json"))


def heard(hub: Machine, *halls: str) -> dict[str, str]:
    """Gateway -> state of those of some halls, asked until each speaks, for a minute."""
    until = time.monotonic() + 60
    while True:
        states = {one["name"]: one["state"] for one in asked(hub, "gateway", "list") if one["hall"] in halls}
        if (len(states) == len(halls) and not {"new", "silent", "revoked"} & {*states.values()}) or time.monotonic() > until:
            return states


def test_one_entry_is_a_hall(boxes: Boxes, hub: Machine, control: Control) -> None:
    """Towns and halls are made known at the hub with the words of the inventory, each box enrols by itself, a visitor gets online. A second
    run changes nothing."""
    played = control.play("gateways")
    assert played.code == 0, played.text
    assert {one["name"]: one["title"] for one in asked(hub, "partner", "list")} == dict.fromkeys(
        ("bergdorf", "kleinheim"), "Gemeinde Kleinheim"
    )
    halls = {one["name"]: (one["partner"], one["title"]) for one in asked(hub, "hall", "list")}
    assert halls == {"bergdorf-rathaus": ("bergdorf", "Rathaus 2"), "kleinheim-rathaus": ("kleinheim", "Rathaus 1")}
    assert set(heard(hub, *HALLS)) == {"bergdorf-rathaus-1", "kleinheim-rathaus-1"}
    order = [line for line in played.text.splitlines() if line.startswith("PLAY [The ")]
    assert [line.split("]")[0] for line in order[-2:]] == ["PLAY [The canary", "PLAY [The other halls"]
    with phone(f"{boxes.of['kleinheim-rathaus'].name}-anna") as anna:
        anna.join()
        assert anna.accept().status == 303
        assert anna.online()
    again = control.play("gateways")
    assert (again.code, again.changed()) == (0, []), again.text


def test_a_look_says_how_it_stands(boxes: Boxes, control: Control) -> None:
    """Versions, the last visit, the hub's gateways; nothing changes."""
    played = control.play("status")
    assert (played.code, played.changed()) == (0, []), played.text
    assert all(counts["changed"] == counts["failed"] == 0 for counts in played.hosts.values())
    assert "package " in played.text
    assert "bergdorf-rathaus-1" in played.text


def test_saved_fetched_and_put_back(boxes: Boxes, hub: Machine, control: Control) -> None:
    """What came after the backup is gone, what was before is there, and the halls speak to the hub again."""
    played = control.play("backup", backups="saved")
    assert played.code == 0, played.text
    (dump,) = (control.folder / "saved").glob("hub-*.dump")
    about = json.loads(Path(f"{dump}.json").read_text(encoding="utf-8"))
    assert hashlib.sha256(dump.read_bytes()).hexdigest() in json.dumps(about)
    asked(hub, "partner", "create", "later", "--title", "Gemeinde Später")
    refused = control.play("restore", file=f"saved/{dump.name}", confirm="another")
    assert (refused.code, "expected -e file=FILE" in refused.text) == (2, True), refused.text
    played = control.play("restore", file=f"saved/{dump.name}", confirm=HUB)
    assert played.code == 0, played.text
    assert [one["name"] for one in asked(hub, "partner", "list")] == ["bergdorf", "kleinheim"]
    assert set(heard(hub, *HALLS)) == {"bergdorf-rathaus-1", "kleinheim-rathaus-1"}
    assert hub.run("systemctl", "--failed", "--no-legend") == ""


def test_another_box_by_one_command(boxes: Boxes, hub: Machine, control: Control) -> None:
    """It goes on under the name of the one before, whose credential is worth nothing; said is how long it took. With the box that is there
    already nobody is shut out."""
    (before,) = [one for one in asked(hub, "gateway", "list") if one["hall"] == "bergdorf-rathaus"]
    same = control.play("replace", hall="bergdorf-rathaus")
    assert (same.code, "nothing is shut out" in same.text) == (0, True), same.text
    assert [line for line in same.changed() if "Shut it out" in line] == []
    boxes.take("bergdorf-rathaus")
    boxes.put("bergdorf-rathaus")
    played = control.play("replace", hall="bergdorf-rathaus")
    assert played.code == 0, played.text
    assert "bergdorf-rathaus: the box is in place, a visitor gets online, the hub hears it; " in played.text
    (after,) = [one for one in asked(hub, "gateway", "list") if one["hall"] == "bergdorf-rathaus"]
    assert (after["name"], after["state"] in ("ok", "degraded")) == (before["name"], True)
    assert after["enrolled_at"] > before["enrolled_at"]


def test_a_town_leaves(boxes: Boxes, hub: Machine, control: Control) -> None:
    """Its data are in our hands, whole; nothing of it is at the hub or on its box, which still can be reached; the other town is as before.
    A second run finds nothing to do."""
    for wrong in ({"confirm": "bergdorf"}, {}):
        refused = control.play("leave", partner="kleinheim", **wrong)
        assert (refused.code, "expected -e partner=NAME -e confirm=NAME" in refused.text) == (2, True), refused.text
    played = control.play("leave", partner="kleinheim", confirm="kleinheim")
    assert played.code == 0, played.text
    folder = control.folder / "handed-over"
    subprocess.run(("sha256sum", "--check", "--quiet", "kleinheim.zip.sha256"), cwd=folder, check=True)
    with zipfile.ZipFile(folder / "kleinheim.zip") as archive:
        assert archive.testzip() is None
        assert b"kleinheim-rathaus" in archive.read("halls.csv")
    paper = (folder / "kleinheim-geloescht.txt").read_text(encoding="utf-8")
    assert "kleinheim-rathaus: Programm, Einstellungen, Schlüssel, Adresslisten, Sitzungen und Protokolle entfernt" in paper
    assert [one["name"] for one in asked(hub, "partner", "list")] == ["bergdorf"]
    assert [one["name"] for one in asked(hub, "gateway", "list")] == ["bergdorf-rathaus-1"]
    assert hub.run("sh", "-c", "ls /var/lib/hotspot-hub-backup | grep -c zip || true").strip() == "0"
    box = boxes.of["kleinheim-rathaus"]
    left = box.run("sh", "-c", "find /etc /var/lib /var/cache /run -name '*hotspot*'")
    elsewhere = ("/etc/systemd/network/20-hotspot-", "/run/systemd/", "/var/lib/dpkg/")
    assert [path for path in left.split() if not path.startswith(elsewhere)] == []
    assert box.run("sh", "-c", "ls /sys/class/net | grep -c guests || true").strip() == "0"
    assert box.run("sh", "-c", "sysctl -n net.ipv4.ip_forward").strip() == "0"
    again = control.play("leave", partner="kleinheim", confirm="kleinheim")
    assert (again.code, again.changed()) == (0, []), again.text
