"""Packages of this tree, each built once in a run of the tests, when it is asked for; of what is installed beside them."""

import shutil
import subprocess
from pathlib import Path

from deploy.packages import build, wheels
from tests.deploy.packages.wheelhouse import stocked
from tests.deploy.release import ARCHITECTURE, debian

TREE = Path(__file__).parents[3]
EPOCH = 1_790_000_000
VERSION = "0.1.0+20260921141320"
PARTS = ("gateway", "hub")
Store = tuple[Path, dict[str, list[wheels.Pin]]]
"""Folder of wheels, and a lock for each package that fits them."""


def target(part: str) -> build.Target:
    """What the tests build."""
    return build.Target(part, debian(), ARCHITECTURE, VERSION, EPOCH)


def copied(to: Path) -> Path:
    """This tree as somebody else has it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TREE, capture_output=True, check=True
    ).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (TREE / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(TREE / name, to / name)
    return to


def wheelhouse(folder: Path) -> Store:
    """Wheels of what is installed here, in ``folder``."""
    python = build.PYTHON_OF[debian()]
    locks = {part: list(wheels.wanted(build.pins_of(part, TREE), python)) for part in PARTS}
    everything = {pin.name: pin for part in PARTS for pin in locks[part]}
    made = stocked(everything.values(), folder / f"python{python}-{build.MACHINES[ARCHITECTURE]}")
    return folder, {part: [pin for pin in made if pin.name in {each.name for each in locks[part]}] for part in PARTS}


class Built(dict[str, Path]):
    """Part -> its package in ``output``, built from ``tree`` when it is asked for first."""

    def __init__(self, output: Path, store: Store, tree: Path) -> None:
        super().__init__()
        self._output, self._store, self._tree = output, store, tree

    def __missing__(self, part: str) -> Path:
        self[part] = build.build(target(part), self._output, self._store[0], self._tree, self._store[1][part])
        return self[part]
