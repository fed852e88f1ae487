"""A partner leaves: it gets everything of its own, the hub keeps nothing, its box is refused; the other one's visitors notice nothing."""

import csv
import io
import json
import subprocess
import zipfile

from tests.deploy.machines.busy import LOADERS, MORE, busy
from tests.deploy.machines.fleet.fleet import PARTNERS, REFUSED, Fleet, hall_of, online, refused, sql

LEAVES, STAYS = PARTNERS
FILE = "/srv/kleinheim.zip"


def exported(fleet: Fleet) -> zipfile.ZipFile:
    """The file that the partner gets."""
    content = subprocess.run(fleet.hub.words("cat", FILE), capture_output=True, check=True).stdout
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive


def table(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    """Its rows."""
    return list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode())))


def there(fleet: Fleet, partner: str) -> int:
    """How many of a hall's phones are online."""
    return sum(fleet.phones[key].online() for key in (partner, f"{partner}-new"))


def dumped(fleet: Fleet) -> list[str]:
    """Every line of the hub's database, with the table that it is of."""
    told, lines = "", []
    for line in fleet.hub.run("runuser", "-u", "postgres", "--", "pg_dump", "--data-only", "hotspot").splitlines():
        if line.startswith("COPY "):
            told = line.split()[1].removeprefix("public.")
        lines.append(f"{told}: {line}")
    return lines


def test_a_partner_takes_everything_along(fleet: Fleet) -> None:
    """Exported, left, erased, each by one command, while somebody in the other town downloads and others load pages."""
    counted = int(sql(fleet, f"SELECT sum(visits) FROM figures_quarters JOIN halls ON id = hall_id WHERE name = '{hall_of(LEAVES)}'")[0])
    others = sql(fleet, f"SELECT sum(visits) FROM figures_quarters JOIN halls ON id = hall_id WHERE name = '{hall_of(STAYS)}'")
    assert counted >= 1
    wanted = {hall_of(STAYS): there(fleet, STAYS)}
    with busy(fleet.phones[STAYS], fleet.phones[f"{STAYS}-new"]) as seen:
        fleet.hub.run("hotspot", "hub", "export", "partner", LEAVES, "--to", FILE)
        archive = exported(fleet)
        fleet.hub.run("hotspot", "hub", "partner", "leave", LEAVES, "--confirm", LEAVES)
        said = refused(fleet.halls[LEAVES])
        fleet.hub.run("hotspot", "hub", "erase", "partner", LEAVES, "--confirm", LEAVES)
        assert online(fleet, wanted) == wanted
    assert sum(int(row["visits"]) for row in table(archive, "figures_quarters")) == counted
    assert [row["name"] for row in table(archive, "halls")] == [hall_of(LEAVES)]
    assert [row["name"] for row in table(archive, "gateways")] == [f"{hall_of(LEAVES)}-1"]
    rows = {entry["table"]: entry["rows"] for entry in json.loads(archive.read("contents.json"))["tables"]}
    assert rows == {name: len(table(archive, name)) for name in rows}
    assert STAYS not in "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".csv"))
    assert REFUSED.search(said)
    assert (seen.faults(), seen.ends["200 0"] > LOADERS * MORE) == ({}, True)
    assert sql(fleet, f"SELECT sum(visits) FROM figures_quarters JOIN halls ON id = hall_id WHERE name = '{hall_of(STAYS)}'") == others


def test_the_hub_has_nothing_of_it(fleet: Fleet) -> None:
    """The whole database, line by line: its name is in the one entry of the audit log that says what was erased."""
    lines = dumped(fleet)
    left = [line for line in lines if LEAVES in line]
    assert len([line for line in lines if STAYS in line]) > 5
    assert len(left) == 1
    assert left[0].startswith("audit")
    assert "partner.erase" in left[0]
    assert [each["name"] for each in fleet.said("partner", "list")] == [STAYS]


def test_its_visitors_are_not_cut_off(fleet: Fleet) -> None:
    """The hall goes on by itself, until somebody fetches the box; its visitor is online, and the hub hears nothing of it any more."""
    assert fleet.phones[LEAVES].online()
    wanted = {hall_of(STAYS): there(fleet, STAYS)}
    assert online(fleet, wanted) == wanted
