"""Debian packages of gateway and hub, each with its own Python environment: ``make package``; its ARGS are those of
``python -P -m deploy.packages.build``.

From this tree and the wheels that its locks name by their hashes: the same commit makes the same bytes in any folder, at any time, with
the tools of the same Debian (compression and the wheel's maker are theirs). Wheels that ``--wheels`` has not yet are downloaded here, never
where the package is installed. Beside each package stands a list of what is in it (CycloneDX).
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import gmtime, strftime

from deploy.packages import contents, wheels

TREE = Path(__file__).parents[2]
PYTHON_OF = {"12": "3.11", "13": "3.13"}
"""Debian -> its Python."""
NEWEST_GLIBC = {"12": 36, "13": 41}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
LOCKS = {"gateway": ("runtime", ("scapy",)), "hub": ("hub", ())}
"""The lock of each package, and what it needs beside it of the development lock: the synthetic visitor's scapy."""


class CannotBuild(Exception):
    """The text says why."""


@dataclass(frozen=True)
class Target:
    """What is built."""

    part: str
    debian: str
    architecture: str
    version: str
    epoch: int

    @property
    def package(self) -> str:
        """Its name."""
        return f"hotspot-{self.part}"

    @property
    def python(self) -> str:
        """The release's Python."""
        return PYTHON_OF[self.debian]

    @property
    def home(self) -> str:
        """Its folder, from the root."""
        return f"usr/lib/{self.package}"

    @property
    def file(self) -> str:
        """What its files are called, without their ends."""
        return f"{self.package}_{self.version}~deb{self.debian}_{self.architecture}"


def said(*words: str, tree: Path = TREE) -> str:
    """What a program prints. Raises ``CannotBuild``."""
    try:
        return subprocess.run(words, cwd=tree, capture_output=True, text=True, check=True).stdout.strip()
    except OSError as error:
        raise CannotBuild(f"cannot run {words[0]}: {error.strerror}") from None
    except subprocess.CalledProcessError as error:
        raise CannotBuild(f"cannot build: {' '.join(words[:3])} …: {error.stderr.strip()}") from None


def moment(tree: Path) -> int:
    """Of this state of the tree: SOURCE_DATE_EPOCH, or that of the last commit."""
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    if told and not told.isdigit():
        raise CannotBuild(f"SOURCE_DATE_EPOCH = {told!r}: expected seconds since 1970")
    return int(told or said("git", "log", "-1", "--format=%ct", tree=tree))


def version_of(tree: Path, epoch: int) -> str:
    """That of the project, and when: later commits are later versions, for apt as for Python."""
    project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['version']}+{strftime('%Y%m%d%H%M%S', gmtime(epoch))}"


def pins_of(part: str, tree: Path) -> list[wheels.Pin]:
    """What the locks say for a package."""
    lock, beside = LOCKS[part]
    pins = list(wheels.pins(tree / "requirements" / f"{lock}.txt"))
    if beside:
        pins += [pin for pin in wheels.pins(tree / "requirements" / "dev.txt") if pin.name in beside]
    missing = {*beside} - {pin.name for pin in pins}
    if missing:
        raise CannotBuild(f"requirements/dev.txt: {', '.join(missing)} is not locked there: run 'make lock'")
    return pins


def own_wheel(tree: Path, folder: Path, epoch: int) -> Path:
    """The wheel of this project."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    words = [sys.executable, "-P", "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(words, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotBuild(f"cannot build the wheel of this project: {done.stderr.strip()}")
    return next(folder.glob("hotspot-*.whl"))


def build(target: Target, output: Path, store: Path, tree: Path = TREE, pins: Iterable[wheels.Pin] | None = None) -> Path:
    """One package, and its list of contents beside it."""
    wanted = list(wheels.wanted(pins_of(target.part, tree) if pins is None else pins, target.python))
    place = wheels.Place(target.python, NEWEST_GLIBC[target.debian], MACHINES[target.architecture])
    files = wheels.fetched(wanted, place, store)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        root = Path(made, "root")
        site = root / target.home / "lib" / f"python{target.python}" / "site-packages"
        parts = [wheels.unpack(file, site) for file in files]
        own = wheels.unpack(own_wheel(tree, Path(made), target.epoch), site, target.version)
        contents.lay_out(root, target, tree, [*parts, own])
        (output / f"{target.file}.cdx.json").write_text(contents.bill(target, own, parts), encoding="utf-8")
        return packed(root, output / f"{target.file}.deb", target.epoch)


def packed(root: Path, file: Path, epoch: int) -> Path:
    """A folder as a package: root's, of one moment, in one order."""
    for path in entries(root):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)
    words = ["dpkg-deb", "--root-owner-group", "--uniform-compression", "--threads-max=1", "-Zzstd", "-z9", "--build", str(root), str(file)]
    done = subprocess.run(words, env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotBuild(f"cannot build {file.name}: {done.stderr.strip()}")
    return file


def entries(root: Path) -> Iterator[Path]:
    """A folder and all below it, the folder last."""
    yield from sorted(root.rglob("*"), reverse=True)
    yield root


def main(argv: list[str] | None = None) -> int:
    """Returns the exit status: 0, or 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(description="Debian packages of gateway and hub.")
    parser.add_argument("--part", choices=sorted(LOCKS), action="append", help="only this one")
    parser.add_argument("--debian", choices=sorted(PYTHON_OF), default="12", help="the release that it is for")
    parser.add_argument("--architecture", choices=sorted(MACHINES), default="amd64")
    parser.add_argument("--output", type=Path, default=TREE / "dist", help="folder for the packages")
    parser.add_argument("--wheels", type=Path, default=TREE / "build" / "wheels", help="folder where downloads are kept")
    arguments = parser.parse_args(argv)
    if not shutil.which("dpkg-deb"):
        sys.stderr.write("cannot build: no dpkg-deb here; this runs on Debian\n")
        return 1
    try:
        epoch = moment(TREE)
        for part in arguments.part or sorted(LOCKS):
            target = Target(part, arguments.debian, arguments.architecture, version_of(TREE, epoch), epoch)
            file = build(target, arguments.output, arguments.wheels)
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            sys.stdout.write(f"{digest}  {file.name}\n")
    except (CannotBuild, wheels.BadWheel) as error:
        sys.stderr.write(f"{re.sub(r'https?://[^ ]+', '…', str(error))}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
