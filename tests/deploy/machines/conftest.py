"""One town for all tests of a file: an Internet, a hall that was restarted after its installation, two phones."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines import root, sweep, town
from tests.deploy.machines.machine import Machine
from tests.deploy.machines.phone import Phone, phone


@pytest.fixture(scope="session", autouse=True)
def alone() -> Iterator[None]:
    """Nobody else boots machines here, and nothing is left of whoever did. Where none can be booted the tests are skipped, with the reason;
    ``make test-deploy`` is there to boot them, so there they fail."""
    if why := root.cannot_boot():
        if os.environ.get("HOTSPOT_DEPLOY"):
            raise LabFailed(f"cannot boot machines here: {why}")
        pytest.skip(f"cannot boot machines here: {why}")
    with sweep.alone() as first:
        if first:
            sweep.sweep()
        yield


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
