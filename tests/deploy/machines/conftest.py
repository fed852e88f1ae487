"""One town for all tests of a file: an Internet, a hall that was restarted after its installation, two phones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.machines import root, town
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone, phone


@pytest.fixture(scope="session")
def disk() -> str:
    """What gateways start from."""
    return root.disk("gateway")


@pytest.fixture(scope="session")
def net() -> Iterator[str]:
    """The Internet."""
    with town.internet("deploy-net") as name:
        yield name


@pytest.fixture(scope="module")
def hall(net: str, disk: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A hall whose files are as the role writes them; it has booted with them once."""
    with town.hall("deploy-hall", 1, net, disk, Path(tmp_path_factory.mktemp("hall"))) as machine:
        machine.start()
        town.install(machine, town.settings(1))
        machine.reboot()
        yield machine


@pytest.fixture(scope="module")
def anna(hall: Machine) -> Iterator[Phone]:
    """A phone at the first access point."""
    with phone(f"{hall.name}-anna") as one:
        yield one


@pytest.fixture(scope="module")
def bert(hall: Machine) -> Iterator[Phone]:
    """A phone at the second access point."""
    with phone(f"{hall.name}-bert") as one:
        yield one
