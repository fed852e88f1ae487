"""Which files make a Debian: installed packages with all they depend on (pure but for the questions to dpkg)."""

import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

_FIELDS = "${Package}\t${Version}\t${db:Status-Status}\t${Essential}\t${Priority}\t${Provides}\t${Pre-Depends}, ${Depends}\n"
_FIELDS_OF_FILE = _FIELDS.replace("${db:Status-Status}", "installed")


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
    providers = _providers(installed)
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


def unmet(there: Mapping[str, Package], name: str) -> list[str]:
    """What a package depends on, however far away, and is not there, each as its first alternative; [] also means that ``name`` is there
    itself."""
    providers = _providers(there)
    left, seen, lacking = [name], {name}, []
    while left:
        if (package := there.get(left.pop())) is None:
            return [name]
        for alternatives in package.depends:
            found = [each if each in there else providers.get(each, "") for each in alternatives]
            if not any(found):
                lacking.append(alternatives[0])
            new = [each for each in found if each][:1]
            left += [each for each in new if each not in seen]
            seen.update(new)
    return sorted(lacking)


def _providers(there: Mapping[str, Package]) -> dict[str, str]:
    """What is no package of that name -> one that stands for it."""
    return {provided: package.name for package in there.values() for provided in package.provides}


def of_files(paths: Iterable[Path]) -> dict[str, tuple[Package, Path]]:
    """Packages in files by their names; of several versions the newest."""
    found: dict[str, tuple[Package, Path]] = {}
    for path in paths:
        said = subprocess.run(["dpkg-deb", "--show", f"--showformat={_FIELDS_OF_FILE}", path], capture_output=True, text=True, check=True)
        for name, package in read(said.stdout).items():
            if name not in found or newer(package.version, found[name][0].version):
                found[name] = (package, path)
    return found


def newer(one: str, other: str) -> bool:
    """Is a version later than another, as dpkg counts?"""
    return subprocess.run(["dpkg", "--compare-versions", one, "gt", other], check=False).returncode == 0


def installed_here() -> dict[str, Package]:
    """The packages of this machine."""
    return read(subprocess.run(["dpkg-query", "-W", "-f", _FIELDS], capture_output=True, text=True, check=True).stdout)


def files(names: Iterable[str]) -> list[str]:
    """Files and folders of packages, without the leading slash; what dpkg was told not to install is not among them."""
    said = subprocess.run(["dpkg-query", "-L", *names], capture_output=True, text=True, check=True).stdout
    paths = {line[1:] for line in said.splitlines() if line.startswith("/") and line != "/."}
    return sorted(path for path in paths if Path("/", path).is_symlink() or Path("/", path).exists())
