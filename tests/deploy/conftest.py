"""What boots machines for minutes is collected by ``make test-deploy`` alone; one boot is part of every run, and where there is an
ansible-playbook one scene of the playbooks."""

import os
from pathlib import Path

import pytest

from tests.deploy.packages.built import Built, Store, copied, wheelhouse

EACH_RUN = {"test_boot.py", "test_city.py"}
MACHINES = Path(__file__).with_name("machines")
PLAYS = Path(__file__).with_name("plays")
LONG = [str(path) for folder in (MACHINES, PLAYS) for path in folder.rglob("test_*.py") if path.name not in EACH_RUN]
"""Of the tests below these folders, those that are not part of every run."""
collect_ignore = [] if os.environ.get("HOTSPOT_DEPLOY") else LONG


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Wheels, and a lock for each package."""
    return wheelhouse(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this tree as it is now."""
    return copied(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="session")
def packages(tree: Path, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Both packages, for all tests of them and of the machines that get them."""
    return Built(tmp_path_factory.mktemp("packages"), store, tree)
