"""Wheels: those that the locks name, fetched by pip with their hashes, and laid out as files of a package."""

import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name, parse_wheel_filename


class BadWheel(Exception):
    """A wheel that is missing or is not the one that was locked; the text names it."""


@dataclass(frozen=True)
class Pin:
    """One line of a lock."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]


@dataclass(frozen=True)
class Place:
    """Where a wheel is to run."""

    python: str
    glibc: int
    """The 36 of glibc 2.36."""
    machine: str


@dataclass(frozen=True)
class Part:
    """What a wheel brought."""

    name: str
    version: str
    licence: str
    sha256: str
    summary: str


def pins(lock: Path) -> Iterator[Pin]:
    """What a lock says."""
    text = lock.read_text(encoding="utf-8").replace(" \\\n", "\n")
    for block in re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)):
        if not block.strip():
            continue
        head, *hashes = block.strip().splitlines()
        found = re.fullmatch(r"([a-z0-9-]+)==([^ ;]+)(?: ; (.+))?", head)
        if found is None or not hashes:
            raise BadWheel(f"{lock}: {head!r}: expected name==version and its hashes")
        yield Pin(found[1], found[2], found[3] or "", frozenset(line.strip().removeprefix("--hash=sha256:") for line in hashes))


def wanted(all_pins: Iterable[Pin], python: str) -> Iterator[Pin]:
    """Those that Debian's Python on Linux needs."""
    there: dict[str, str | set[str]] = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "sys_platform": "linux",
    }
    for pin in sorted(all_pins, key=lambda pin: pin.name):
        if not pin.marker or Marker(pin.marker).evaluate(there):
            yield pin


def fetched(some: Iterable[Pin], place: Place, store: Path) -> list[Path]:
    """The wheels of ``some``, in their order; pip gets what is missing in ``store``. Raises ``BadWheel``."""
    some = list(some)
    folder = store / f"python{place.python}-{place.machine}"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [pin for pin in some if _there(pin, folder) is None]
    if missing:
        _download(missing, place, folder)
    out = []
    for pin in some:
        wheel = _there(pin, folder)
        if wheel is None:
            raise BadWheel(f"{pin.name} {pin.version}: no wheel for Python {place.python} in {folder}")
        if (digest := hashlib.sha256(wheel.read_bytes()).hexdigest()) not in pin.hashes:
            raise BadWheel(f"{wheel}: sha256 {digest}: expected one of those in the lock")
        out.append(wheel)
    return out


def _there(pin: Pin, folder: Path) -> Path | None:
    for path in sorted(folder.glob("*.whl")):
        name, version, _, _ = parse_wheel_filename(path.name)
        if (name, str(version)) == (canonicalize_name(pin.name), pin.version):
            return path
    return None


def _download(missing: list[Pin], place: Place, folder: Path) -> None:
    """pip, as this machine is set up for it."""
    tag = "cp" + place.python.replace(".", "")
    platforms = [f"manylinux_2_{minor}_{place.machine}" for minor in range(place.glibc, 4, -1)]
    platforms += [f"manylinux{old}_{place.machine}" for old in ("2014", "2010", "1")]
    lock = folder / "missing.txt"
    lock.write_text(
        "".join(f"{pin.name}=={pin.version} {' '.join(f'--hash=sha256:{each}' for each in sorted(pin.hashes))}\n" for pin in missing)
    )
    words = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    words += [
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={place.python}",
        "--abi",
        tag,
        "--abi",
        "abi3",
        "--abi",
        "none",
    ]
    words += [f"--platform={platform}" for platform in platforms]
    done = subprocess.run([*words, "--dest", str(folder), "--requirement", str(lock)], capture_output=True, text=True, check=False)
    lock.unlink()
    if done.returncode != 0:
        raise BadWheel(f"pip cannot get {', '.join(pin.name for pin in missing)}: {last_words(done.stderr)}")


def last_words(said: str) -> str:
    """What pip says is wrong: its lines of errors, or the end of a traceback, which is all that a reader needs of it."""
    if "Traceback (most recent call last)" in said:
        return said.strip().splitlines()[-1]
    errors = [line for line in said.splitlines() if line.startswith("ERROR: ")]
    return " ".join(errors) or said.strip()


def unpack(wheel: Path, site: Path, version: str = "") -> Part:
    """The modules of a wheel and their metadata into a folder; programs, compiled modules and notes of the installer are left out. With
    ``version`` it is of that version."""
    name, own, _, _ = parse_wheel_filename(wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        info = next(entry.split("/")[0] for entry in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", entry))
        for entry in archive.infolist():
            if entry.is_dir() or (path := _inside(entry.filename, info)) is None:
                continue
            data = archive.read(entry)
            if version and path == f"{info}/METADATA":
                data = re.sub(rb"^Version: .*$", f"Version: {version}".encode(), data, count=1, flags=re.MULTILINE)
            target = site / path.replace(info, f"{name}-{version}.dist-info" if version else info)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        told = HeaderParser().parsestr(archive.read(f"{info}/METADATA").decode())
    licence = (
        told["License-Expression"]
        or _classified(told.get_all("Classifier", []))
        or (told["License"] or "").split("\n")[0][:80]
        or "unknown"
    )
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Part(str(name), version or str(own), licence, digest, told["Summary"] or "")


def _inside(entry: str, info: str) -> str | None:
    """Where a file of a wheel goes; None: nowhere."""
    if entry.startswith("/") or ".." in entry.split("/"):
        raise BadWheel(f"{entry!r}: expected a path inside the wheel")
    folder, _, rest = entry.partition("/")
    if folder.endswith(".data"):
        kind, _, rest = rest.partition("/")
        return rest if kind in ("purelib", "platlib") else None
    if entry.endswith(".pyc") or entry in {f"{info}/{each}" for each in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")}:
        return None
    return entry


def _classified(classifiers: list[str]) -> str:
    return " AND ".join(each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: OSI Approved :: "))
