"""One control host for all tests of a file. Where there is no ansible-playbook, the tests are skipped, and one line says why."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.machines.conftest import alone
from tests.deploy.plays import control as caller
from tests.deploy.plays import site
from tests.deploy.plays.control import Control

__all__ = ["alone"]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Skipped before any fixture: whoever runs nothing waits for no other run that boots machines."""
    if why := caller.why_not():
        item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    """The control host in the namespace of the Internet."""
    with site.staffed("deploy-plays", Path(tmp_path_factory.mktemp("control"))) as one:
        yield one
