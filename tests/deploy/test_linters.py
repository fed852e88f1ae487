"""What yamllint, ansible-lint and ansible-playbook say of the collection, where they are installed."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.collection import COLLECTION
from tests.deploy.expressions import DEPLOY

LINTERS = {
    "yamllint": ("--strict", "--config-file", ".yamllint", ".", "../../../inventory"),
    "ansible-lint": ("--offline", "--profile", "production"),
    "ansible-playbook": ("--syntax-check", "--inventory", "../../../inventory/hosts.yml", "hotspot.hall.site", "hotspot.hall.status"),
}


@dataclass
class Copies:
    """Of collection and inventory, for programs that write beside what they read, and install what they check."""

    looked_at: Path
    """The collection that they are to look at."""
    environment: dict[str, str]
    """In which they find it by its name, a second time, and nobody's home."""


def copies(folder: Path) -> Copies:
    """Two: one to be looked at, one to be found, which may be installed over; whole, without links out of them."""
    for name in ("looked-at", "found"):
        for part in ("ansible_collections", "inventory"):
            shutil.copytree(DEPLOY / part, folder / name / part)
    (folder / "home").mkdir()
    found = {"ANSIBLE_COLLECTIONS_PATH": str(folder / "found"), "HOME": str(folder / "home"), "LANG": "C.UTF-8"}
    return Copies(folder / "looked-at" / COLLECTION.relative_to(DEPLOY), {**found, "PATH": "/usr/local/bin:/usr/bin:/bin"})


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("program", LINTERS)
def test_what_the_linters_say(program: str, tmp_path: Path) -> None:
    """Nothing, where they are installed. They may take minutes."""
    if (found := shutil.which(program)) is None:
        pytest.skip(f"{program} is not installed here; test_collection.py and test_lint.py stand in for it")
    of = copies(tmp_path)
    beside = {**of.environment, "PATH": f"{Path(found).parent}:{of.environment['PATH']}"}  # one calls the other
    words = (found, *LINTERS[program])
    done = subprocess.run(words, cwd=of.looked_at, env=beside, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout + done.stderr if done.returncode else "") == (0, "")


def test_linters_work_on_copies(tmp_path: Path) -> None:
    """ansible-lint of Debian 13 makes a folder in what it looks at, and ansible-galaxy, which it may call, removes what it installs over:
    neither is this tree, and each is whole."""
    of = copies(tmp_path)
    places = (of.looked_at, Path(of.environment["ANSIBLE_COLLECTIONS_PATH"]) / COLLECTION.relative_to(DEPLOY))
    own = {path.relative_to(COLLECTION) for path in COLLECTION.rglob("*")}
    for place in places:
        assert COLLECTION not in (place, *place.parents)
        assert {path.relative_to(place) for path in place.rglob("*")} == own
        assert [path for path in place.rglob("*") if path.is_symlink()] == []
    assert places[0] != places[1]
    assert all((of.looked_at / word).exists() for words in LINTERS.values() for word in words if word.startswith("."))
    assert {"HOME", "LANG"} <= of.environment.keys()
