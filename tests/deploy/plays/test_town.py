"""A town by the playbooks: one entry of the inventory makes it known to the hub; saved, put back; it leaves, and nothing of it is left."""

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
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import phone
from tests.deploy.packages.built import Built
from tests.deploy.plays import disk, site
from tests.deploy.plays.control import PATIENCE, Control

pytestmark = pytest.mark.timeout(PATIENCE)
HALL = "kleinheim-rathaus"
ELSEWHERE = "bergdorf"
"""A town that stays."""


def inventory(control: Control, packages: Built) -> None:
    """A hall, and the hub itself on the line's 443, with a certificate as `make authority` makes it."""
    files = control.folder / "wlan"
    for word in ("new", "authority"):
        subprocess.run((str(DEPLOY.parent / "scripts" / "control"), word, str(files)), check=True, capture_output=True)
        if word == "new":
            named = files / "group_vars" / "all.yml"
            text = named.read_text(encoding="utf-8").replace("hub: hub.grossstadt.example", f"hub: {site.ADDRESS_OF_HUB}")
            named.write_text(text, encoding="utf-8")
    made = {f"hub_{key}": str(files / "files" / name) for key, name in (("certificate", "hub.pem"), ("key", "hub.key"))}
    authority, url = str(files / "files" / "authority.pem"), f"https://{site.ADDRESS_OF_HUB}"
    site.inventory(
        control,
        {HALL: site.settings(1, gateway_hub_report_every="1 s")},
        [HALL],
        {
            "hub_package": str(packages["hub"]),
            "hub_url": url,
            "hub_tls": "own",
            "hub_authority": authority,
            "hub_pdf": False,
            "hub_unattended_upgrades": "unattended-upgrades" not in disk.missing("hub"),
            **made,
        },
        gateway_package=str(packages["gateway"]),
        gateway_hub_url=url,
        gateway_hub_authority=authority,
        gateway_unattended_upgrades="unattended-upgrades" not in disk.missing("gateway"),
    )


@pytest.fixture(scope="module")
def hub(control: Control, packages: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The city's server, as the play makes it; another town is at home there, too."""
    inventory(control, packages)
    with site.server("deploy-city", control, Path(tmp_path_factory.mktemp("hub"))) as machine:
        played = control.play("hub")
        assert played.code == 0, played.text
        asked(machine, "partner", "create", ELSEWHERE, "--title", "Gemeinde Bergdorf")
        yield machine


@pytest.fixture(scope="module")
def box(hub: Machine, control: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A Debian with nothing of ours, where the inventory expects it."""
    with site.hall("deploy-town", 1, control, Path(tmp_path_factory.mktemp("box"))) as machine:
        yield machine


def asked(hub: Machine, *words: str) -> Any:
    """What the hub says on its own machine."""
    own = ("runuser", "-u", "hotspot-hub", "--", "hotspot", "hub", "--here", "--authority", "/etc/hotspot/hub-authority.pem")
    return json.loads(hub.run(*own, *words, "--json"))


def heard(hub: Machine) -> list[tuple[str, bool]]:
    """Gateways, and whether each speaks; asked until it does, for three minutes."""
    until = time.monotonic() + 180
    while True:
        states = [(one["name"], one["state"] in ("ok", "degraded")) for one in asked(hub, "gateway", "list")]
        if (states and all(speaks for _, speaks in states)) or time.monotonic() > until:
            return states


SPEAKS = [("kleinheim-rathaus-1", True)]


def walk(box: Machine) -> None:
    """A visitor comes in, is led, taps, and is online."""
    with phone(f"{box.name}-anna") as anna:
        anna.join()
        assert anna.get("http://www.town.example/").location == site.NAMES
        assert anna.accept().status == 303
        assert anna.online()


def test_one_entry_is_a_hall(box: Machine, hub: Machine, control: Control) -> None:
    """Town and hall are made known at the hub with the words of the inventory, the box enrols by itself, a visitor gets online."""
    played = control.play("gateways")
    assert played.code == 0, played.text
    towns = {one["name"]: one["title"] for one in asked(hub, "partner", "list")}
    assert towns == {"bergdorf": "Gemeinde Bergdorf", "kleinheim": "Gemeinde Kleinheim"}
    assert [(one["name"], one["partner"], one["title"]) for one in asked(hub, "hall", "list")] == [(HALL, "kleinheim", "Rathaus 1")]
    assert heard(hub) == SPEAKS
    assert "not enrolled" not in box.run("hotspot", "check", "doctor", check=False)  # what is said of it is of now, not of before
    walk(box)


def test_a_look_says_how_it_stands(box: Machine, control: Control) -> None:
    """Versions, the hub's gateways; nothing changes."""
    played = control.play("status")
    assert (played.code, played.changed()) == (0, []), played.text
    assert all(counts["changed"] == counts["failed"] == 0 for counts in played.hosts.values())
    wanted = ("package 0.1.0", "kleinheim-rathaus-1", "last backup: /var/lib/hotspot-hub-backup/hub-")
    assert [words for words in wanted if not played.says(words)] == []


def test_the_box_that_is_there_is_not_shut_out(box: Machine, hub: Machine, control: Control) -> None:
    """Whoever forgot to connect the new one is told so."""
    same = control.play("replace", hall=HALL)
    assert (same.code, same.says("nothing is shut out")) == (0, True), same.text
    assert heard(hub) == SPEAKS


def test_another_box_by_one_command(box: Machine, hub: Machine, control: Control, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The old one is gone, a bare one hangs in its place: a visitor is online, it goes by the old one's name, and nothing is left to do."""
    box.forget()
    box.folder = Path(tmp_path_factory.mktemp("new"))
    box.start()
    site.prepared(box, control, "mgmt0", f"{site.ADDRESS.format(1)}/24")
    played = control.play("replace", hall=HALL)
    assert played.code == 0, played.text
    assert played.says(f"{HALL}: the box is in place, a visitor gets online, the hub hears it")
    assert heard(hub) == SPEAKS
    walk(box)
    again = control.play("gateways")
    assert (again.code, again.changed()) == (0, []), again.text


def test_saved_fetched_and_put_back(box: Machine, hub: Machine, control: Control) -> None:
    """What came after the backup is gone, what was before is there, and the hall speaks to the hub again."""
    played = control.play("backup", backups="saved")
    assert played.code == 0, played.text
    (dump,) = (control.folder / "saved").glob("hub-*.dump")
    assert hashlib.sha256(dump.read_bytes()).hexdigest() in Path(f"{dump}.json").read_text(encoding="utf-8")
    assert "ansible" not in hub.run("ls", "/var/tmp")
    asked(hub, "partner", "create", "later", "--title", "Gemeinde Später")
    refused = control.play("restore", file=f"saved/{dump.name}", confirm="another")
    assert (refused.code, refused.says("expected -e file=FILE")) == (2, True), refused.text
    played = control.play("restore", file=f"saved/{dump.name}", confirm=site.CITY)
    assert played.code == 0, played.text
    assert [one["name"] for one in asked(hub, "partner", "list")] == ["bergdorf", "kleinheim"]
    assert heard(hub) == SPEAKS
    assert hub.run("systemctl", "--failed", "--no-legend") == ""


def test_a_hall_closes_and_its_town_stays(hub: Machine, control: Control) -> None:
    """First shut out and handed over, later erased: all of it is in our hands, whole, before anything is erased. Its box, which nobody can
    reach any more, is left alone; the town's other hall goes on. A second run finds nothing to do."""
    closing = "kleinheim-buecherei"
    asked(hub, "hall", "create", closing, "--partner", "kleinheim", "--title", "Bücherei")
    there = {closing: {"ansible_host": site.ADDRESS.format(8)}}
    control.write("closing.yml", {"all": {"children": {"partner_kleinheim": {"hosts": there}}}})
    try:
        for wrong in ({"hall": closing, "confirm": HALL}, {"hall": "bergdorf-rathaus", "confirm": "bergdorf-rathaus"}, {"hall": closing}):
            refused = control.play("remove", **wrong)
            assert (refused.code, refused.says("expected -e hall=NAME -e confirm=NAME")) == (2, True), refused.text
        wanted = {"hall": closing, "confirm": closing, "boxes": "keep"}
        later = control.play("remove", **wanted, erase="later")
        assert later.code == 0, later.text
        assert {one["name"]: bool(one["closed_at"]) for one in asked(hub, "hall", "list")} == {closing: True, HALL: False}
        played = control.play("remove", **wanted)
        assert played.code == 0, played.text
        assert [one["name"] for one in asked(hub, "hall", "list")] == [HALL]
        folder = control.folder / "handed-over"
        subprocess.run(("sha256sum", "--check", "--quiet", f"{closing}.zip.sha256"), cwd=folder, check=True)
        with zipfile.ZipFile(folder / f"{closing}.zip") as archive:
            assert archive.testzip() is None
            assert "Bücherei" in archive.read("halls.csv").decode()
        assert closing not in hub.run("ls", "/var/lib/hotspot-hub-backup")
        again = control.play("remove", **wanted)
        assert (again.code, again.changed()) == (0, []), again.text
    finally:
        (control.inventory / "closing.yml").unlink()
    assert heard(hub) == SPEAKS


def test_a_town_leaves(box: Machine, hub: Machine, control: Control) -> None:
    """Its data are in our hands, whole; nothing of it is at the hub or on its box, which still can be reached; the other town is as before.
    A second run finds nothing to do."""
    for wrong in ({"confirm": "bergdorf"}, {}):
        refused = control.play("leave", partner="kleinheim", **wrong)
        assert (refused.code, refused.says("expected -e partner=NAME -e confirm=NAME")) == (2, True), refused.text
    played = control.play("leave", partner="kleinheim", confirm="kleinheim")
    assert played.code == 0, played.text
    folder = control.folder / "handed-over"
    subprocess.run(("sha256sum", "--check", "--quiet", "kleinheim.zip.sha256"), cwd=folder, check=True)
    with zipfile.ZipFile(folder / "kleinheim.zip") as archive:
        assert archive.testzip() is None
        assert b"kleinheim-rathaus" in archive.read("halls.csv")
    paper = (folder / "kleinheim-geloescht.txt").read_text(encoding="utf-8")
    assert f"{HALL}: Programm, Einstellungen, Schlüssel, Adresslisten, Sitzungen und Protokolle entfernt" in paper
    assert [one["name"] for one in asked(hub, "partner", "list")] == [ELSEWHERE]
    assert asked(hub, "gateway", "list") == []
    assert "kleinheim.zip" not in hub.run("ls", "/var/lib/hotspot-hub-backup")
    left = box.run("sh", "-c", "find /etc /var/lib /var/cache /run -name '*hotspot*'")
    elsewhere = ("/etc/systemd/network/20-hotspot-", "/run/systemd/", "/var/lib/dpkg/")
    assert [path for path in left.split() if not path.startswith(elsewhere)] == []
    assert "guests" not in box.run("ls", "/sys/class/net").split()
    assert box.run("sysctl", "--values", "net.ipv4.ip_forward").strip() == "0"
    assert "hotspot" not in box.run("nft", "list", "tables")  # with who was let in
    again = control.play("leave", partner="kleinheim", confirm="kleinheim")
    assert (again.code, again.changed()) == (0, []), again.text
