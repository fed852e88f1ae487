"""One fleet for all files of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.machines.fleet import fleet as made
from tests.deploy.machines.fleet.fleet import Fleet
from tests.deploy.packages.built import Built


@pytest.fixture(scope="package")
def fleet(net: str, packages: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A hub, two halls, a visitor online in each."""
    with made.fleet("deploy-fleet", net, packages, Path(tmp_path_factory.mktemp("fleet"))) as there:
        yield there


def pytest_itemcollected(item: pytest.Item) -> None:
    """The time that a test may take is its own: on a busy machine the fleet takes minutes to boot, and the first test waits for it."""
    item.add_marker(pytest.mark.timeout(300, func_only=True))
