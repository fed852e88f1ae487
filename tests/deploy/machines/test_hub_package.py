"""The hub's package on a booted server: updated while it is asked; tables that change, that cannot be changed, that are too new."""

import contextlib
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines import hub as city
from tests.deploy.machines import root
from tests.deploy.machines.debs import NEW, NEWEST, OLD, changed, leaders, of_format, put, version
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Running
from tests.deploy.packages.built import Built

NAME, SERVICE, SOCKET = "hotspot-hub", "hotspot-hub.service", "hotspot-hub.socket"
TABLES = "usr/lib/hotspot-hub/lib/python*/site-packages/hotspot/hub/store/migrations"
RESTARTS = 5
"""Who is in the middle of a handshake or of a question then is chance."""
LOADS = ("stdbuf", "--output=L", "curl", "-s", "-o", "/dev/null", "--max-time", "30", "-H", "Connection: close")


def known() -> list[str]:
    """Migrations of this tree."""
    return sorted(path.stem for path in (root.TREE / "hotspot" / "hub" / "store" / "migrations").glob("*.sql"))


def _with(name: str, sql: str) -> Callable[[Path], None]:
    """The change that adds a migration."""

    def change(opened: Path) -> None:
        (tables,) = opened.glob(TABLES)
        (tables / f"{name}.sql").write_text(sql)

    return change


MORE, BAD = _with("9998_more", "CREATE TABLE more (number integer);\n"), _with("9999_bad", "SELECT nonsense;\n")


@pytest.fixture(scope="module")
def versions(packages: Built) -> dict[str, Path]:
    """By version: the oldest is this tree, the next has a table more, the newest one that cannot be made."""
    this, count = packages["hub"], len(known())
    return {
        OLD: this,
        NEW: changed(this, NEW, MORE, of_format(count + 1)),
        NEWEST: changed(this, NEWEST, MORE, BAD, of_format(count + 2)),
    }


@pytest.fixture(scope="module")
def hub(net: str, versions: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The city's server with the oldest."""
    disk = str(root.bare("hub"))
    with city.hub("deploy-cityhall", net, disk, Path(tmp_path_factory.mktemp("hub")), versions[OLD]) as machine:
        yield machine


@contextlib.contextmanager
def asked(machine: Machine, url: str) -> Iterator[Counter[str]]:
    """Somebody asks again and again, from before the beginning until after the end; filled then with how each request ended."""
    words = (*LOADS, "--cacert", "/srv/authority.pem", "-w", "%{http_code} %{exitcode}\\n", f"{url}/healthz?[1-1000000]")
    seen = Counter[str]()
    with subprocess.Popen(machine.beside(*words), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        loads = Running(process)
        try:
            loads.wait(1)
            yield seen
            loads.wait(len(loads.lines()) + 20)
        finally:
            loads.end()
    seen.update(loads.lines())


def applied(machine: Machine) -> list[str]:
    """Migrations that the database has."""
    words = ("runuser", "-u", "postgres", "--", "psql", "-Atc", "SELECT name FROM migrations ORDER BY name", "hotspot")
    return machine.run(*words).split()


def test_an_update_changes_the_tables_and_refuses_nobody(hub: Machine, versions: dict[str, Path]) -> None:
    """Tables first, then the hub: another process serves, and each request before, meanwhile and afterwards was answered."""
    assert applied(hub) == known()
    before = leaders(hub, SERVICE)
    with asked(hub, city.URL) as seen:
        put(hub, versions[NEW])
    assert (version(hub, NAME), applied(hub)) == (NEW, [*known(), "9998_more"])
    assert {*before, "0"}.isdisjoint(leaders(hub, SERVICE))
    assert set(seen) == {"200 0"}


def test_a_version_that_does_not_know_the_tables_is_refused(hub: Machine, versions: dict[str, Path]) -> None:
    """Before anything changes: the hub that knows them serves on."""
    before = leaders(hub, SERVICE)
    with asked(hub, city.URL) as seen, pytest.raises(LabFailed, match=f"of format {len(known()) + 1}, it knows up to {len(known())}"):
        put(hub, versions[OLD])
    assert (version(hub, NAME), leaders(hub, SERVICE), hub.run("dpkg", "--audit")) == (NEW, before, "")
    assert set(seen) == {"200 0"}


def test_tables_that_cannot_be_changed(hub: Machine, versions: dict[str, Path]) -> None:
    """The version before serves on in memory, and it is said; back to it the way leads over a stop."""
    before = leaders(hub, SERVICE)
    with asked(hub, city.URL) as seen, pytest.raises(LabFailed, match=r"(?s)cannot carry out 9999_bad.*the hub was not restarted"):
        put(hub, versions[NEWEST])
    assert (leaders(hub, SERVICE), applied(hub)) == (before, [*known(), "9998_more"])
    assert set(seen) == {"200 0"}
    hub.run("systemctl", "stop", SERVICE)
    put(hub, versions[NEW])
    hub.run("systemctl", "start", SERVICE)
    assert (version(hub, NAME), hub.run("dpkg", "--audit")) == (NEW, "")
    hub.run("curl", "--silent", "--fail", "--cacert", "/srv/authority.pem", f"{city.URL}/healthz")


def _answer(machine: Machine, url: str, seconds: int = 3) -> str:
    """Status and curl's own."""
    return machine.run(
        "curl", "-k", "-s", "-o", "/dev/null", "--max-time", str(seconds), "-w", "%{http_code} %{exitcode}", url, check=False
    )


@pytest.fixture(scope="module")
def url(hub: Machine) -> str:
    """The hub on 443, which systemd opens."""
    hub.run("sed", "-i", "s/:8700/:443/g", "/etc/hotspot/hub.toml")
    hub.run("systemctl", "stop", SERVICE)
    hub.run("systemctl", "enable", "--now", "--quiet", SOCKET, SERVICE)
    return city.URL.replace(":8700", ":443")


def test_a_port_of_systemd(hub: Machine, url: str) -> None:
    """Restarts refuse nobody. While the database is away the hub cannot start, and whoever knocks waits; it comes back by itself."""
    with asked(hub, url) as seen:
        for _ in range(RESTARTS):
            hub.run("systemctl", "restart", SERVICE)
    assert set(seen) == {"200 0"}
    database = hub.run("systemctl", "list-units", "--plain", "--no-legend", "--state=running", "postgresql@*").split()[0]
    hub.run("systemctl", "stop", database)
    hub.run("systemctl", "--no-block", "restart", SERVICE)
    ends = {_answer(hub, f"{url}/healthz", 2) for _ in range(6)}
    assert "000 7" not in ends  # refused
    hub.run("systemctl", "start", database)
    until = time.monotonic() + 30
    while _answer(hub, f"{url}/healthz") != "200 0" and time.monotonic() < until:
        pass
    assert _answer(hub, f"{url}/healthz") == "200 0"


def test_a_port_of_systemd_and_bad_settings(hub: Machine, url: str) -> None:
    """It is shut, so that nobody waits in it without end; mended, both units are started again."""
    hub.run("sed", "-i", "1i nonsense = 1", "/etc/hotspot/hub.toml")
    with pytest.raises(LabFailed):
        hub.run("systemctl", "restart", SERVICE)
    until = time.monotonic() + 10
    while _answer(hub, url) != "000 7" and time.monotonic() < until:
        pass
    assert _answer(hub, url) == "000 7"
    assert hub.run("systemctl", "is-active", SOCKET, SERVICE, check=False).split() == ["inactive", "failed"]
    hub.run("sed", "-i", "1d", "/etc/hotspot/hub.toml")
    hub.run("systemctl", "restart", SOCKET, SERVICE)
    assert _answer(hub, f"{url}/healthz") == "200 0"
