"""Which files make a Debian: installed packages with all they depend on (pure but for the questions to dpkg)."""

import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

_FIELDS = "${Package}\t${Version}\t${db:Status-Status}\t${Essential}\t${Priority}\t${Provides}\t${Pre-Depends}, ${Depends}\n"


class Package(Struct, frozen=True):
    """What dpkg knows of one that is installed."""

    name: str
    version: str
    needed: bool
    """Debian's own: essential, or of the priority "required"."""
    provides: tuple[str, ...]
    depends: tuple[tuple[str, ...], ...]
    """One of each is enough."""


def read(said: str) -> dict[str, Package]:
    """Lines of ``_FIELDS`` -> packages that are installed, by name."""
    found = {}
    for line in said.splitlines():
        name, version, status, essential, priority, provides, depends = line.split("\t")
        if status == "installed":
            wanted = tuple(tuple(_names(each, "|")) for each in depends.split(",") if each.strip())
            needed = essential == "yes" or priority == "required"
            found[name] = Package(name, version, needed, tuple(_names(provides, ",")), wanted)
    return found


def _names(text: str, mark: str) -> list[str]:
    """``libc6 (>= 2.36) | libc6:any`` -> both names, without versions and architectures."""
    return [re.split(r"[ :(]", each.strip())[0] for each in text.split(mark) if each.strip()]


def closure(installed: Mapping[str, Package], wanted: Iterable[str]) -> list[str]:
    """Debian's own packages, ``wanted``, and all that these depend on, sorted. Raises ``KeyError`` with what is not installed."""
    providers: dict[str, str] = {}
    for package in installed.values():
        providers.update(dict.fromkeys(package.provides, package.name))
    left = [each.name for each in installed.values() if each.needed] + [installed[name].name for name in wanted]
    seen: set[str] = set()
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        for alternatives in installed[name].depends:
            there = [each if each in installed else providers.get(each, "") for each in alternatives]
            left += [each for each in there if each][:1]
    return sorted(seen)


def installed_here() -> dict[str, Package]:
    """The packages of this machine."""
    return read(subprocess.run(["dpkg-query", "-W", "-f", _FIELDS], capture_output=True, text=True, check=True).stdout)


def files(names: Iterable[str]) -> list[str]:
    """Files and folders of packages, without the leading slash; what dpkg was told not to install is not among them."""
    said = subprocess.run(["dpkg-query", "-L", *names], capture_output=True, text=True, check=True).stdout
    paths = {line[1:] for line in said.splitlines() if line.startswith("/") and line != "/."}
    return sorted(path for path in paths if Path("/", path).is_symlink() or Path("/", path).exists())
