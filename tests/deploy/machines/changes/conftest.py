"""One hall for all tests of a file, with test visits and a package that is kept where the role puts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.machines import root, town
from tests.deploy.machines.changes.changing import (
    BASE,
    DEAD,
    DEAF,
    GOOD,
    HALF,
    HUNG,
    LATER,
    NOBODY,
    NUMBER,
    VISITS,
    WORSE,
    change,
    dead,
    half,
    hung,
    with_visitor,
)
from tests.deploy.machines.debs import changed, of_format, put
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone, phone
from tests.deploy.packages.built import Built


@pytest.fixture(scope="session")
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
        HUNG: changed(old, HUNG, with_visitor, hung),
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


@pytest.fixture(autouse=True)
def over(hall: Machine) -> Iterator[None]:
    """A test that fails leaves no change to the next one."""
    yield
    if hall.run("find", "/var/lib/hotspot-change", "-name", "armed", check=False):
        change(hall, "back")


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
