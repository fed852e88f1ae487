"""Wheels of what is installed beside these tests, so that packages can be built without a registry: the same modules, other hashes."""

import hashlib
import zipfile
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from deploy.packages.wheels import Pin


def stocked(pins: Iterable[Pin], folder: Path) -> list[Pin]:
    """A wheel of each that is installed here, in its version, in ``folder``; returns the lock that fits them."""
    folder.mkdir(parents=True)
    out = []
    for pin in pins:
        try:
            there = distribution(pin.name)
        except PackageNotFoundError:
            continue
        wheel = _made(there, folder)
        out.append(Pin(pin.name, there.version, "", frozenset({hashlib.sha256(wheel.read_bytes()).hexdigest()})))
    return out


def _made(there: Distribution, folder: Path) -> Path:
    tag = next(line.removeprefix("Tag: ") for line in (there.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: "))
    wheel = folder / f"{there.name.replace('-', '_').replace('.', '_')}-{there.version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in there.files or []:
            if ".." not in file.parts and file.suffix != ".pyc":
                archive.writestr(zipfile.ZipInfo(str(file)), Path(str(there.locate_file(file))).read_bytes())
    return wheel
