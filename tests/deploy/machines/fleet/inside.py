"""Runs in a machine as root, with its own Python and nothing else: what its kernel says of processes and files, as JSON (``look``)."""

import json
import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

SPACES = ("mnt", "uts", "ipc", "pid", "net", "user", "cgroup")
CAPS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
OURS = (
    "*hotspot*",
    "etc/*hotspot*",
    "etc/systemd/*/*hotspot*",
    "usr/lib/*hotspot*",
    "usr/lib/*/*hotspot*",
    "usr/lib/systemd/system/*hotspot*",
)
STATE = (
    "var/lib/*hotspot*",
    "var/cache/*hotspot*",
    "var/log/*hotspot*",
    "run/*hotspot*",
    "opt/*hotspot*",
    "usr/*bin/*hotspot*",
    "etc/*/*hotspot*",
)


def processes() -> list[dict[str, Any]]:
    """All but this one and what it runs."""
    found = []
    first = {name: str(Path("/proc/1/ns", name).readlink()) for name in SPACES}
    for path in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        try:
            if path.name == str(os.getpid()):
                continue
            told = dict(line.split(":\t", 1) for line in (path / "status").read_text().splitlines() if ":\t" in line)
            unit = (path / "cgroup").read_text().strip().rpartition("/")[2]
            spaces = [name for name in SPACES if str((path / "ns" / name).readlink()) != first[name]]
            found.append(
                {
                    "pid": int(path.name),
                    "unit": unit,
                    "user": pwd.getpwuid(int(told["Uid"].split()[1])).pw_name,
                    "uids": sorted(set(map(int, told["Uid"].split()))),
                    "gids": sorted({*map(int, told["Gid"].split()), *map(int, told["Groups"].split())}),
                    "caps": {name: int(told[name], 16) for name in CAPS},
                    "seccomp": int(told["Seccomp"]),
                    "nonewprivs": int(told["NoNewPrivs"]),
                    "spaces": spaces,
                    "private_tmp": (path / "root" / "tmp").stat().st_ino != Path("/tmp").stat().st_ino,
                    "writable": writable(path / "mountinfo"),
                }
            )
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
    return found


def writable(mountinfo: Path) -> list[str]:
    """Where a process could write if its user may: mounts that are not read-only, without devices and what systemd gives to each unit."""
    places: dict[str, bool] = {}
    for line in mountinfo.read_text().splitlines():
        fields = line.split()
        places[fields[4]] = "rw" in fields[5].split(",")  # the last one at a place is on top
    return sorted(place for place, open_ in places.items() if open_ and not place.startswith(("/dev", "/proc", "/sys")))


def files() -> list[dict[str, Any]]:
    """Everything of ours, by its place: programs, settings, state."""
    found = {}
    roots = {root for pattern in (*OURS, *STATE) for root in Path("/").glob(pattern)}
    for root in roots:
        for path in (root, *root.rglob("*")):
            try:
                seen = path.lstat()
            except FileNotFoundError:
                continue
            if stat.S_ISLNK(seen.st_mode):
                continue
            kind = "d" if stat.S_ISDIR(seen.st_mode) else "s" if stat.S_ISSOCK(seen.st_mode) else "f"
            found[str(path)] = {
                "path": str(path),
                "kind": kind,
                "mode": stat.S_IMODE(seen.st_mode),
                "user": pwd.getpwuid(seen.st_uid).pw_name,
                "group": group(seen.st_gid),
                "capability": "security.capability" in os.listxattr(path) if kind == "f" else False,
            }
    return [found[path] for path in sorted(found)]


def group(number: int) -> str:
    """Its name."""
    import grp

    return grp.getgrgid(number).gr_name


def reads(uid: int, gids: list[int], paths: list[str]) -> list[str]:
    """Which of the files that user opens, really: another process, with its user and groups and no capability."""
    program = "import sys, json\nok = []\nfor path in json.load(sys.stdin):\n  try:\n    open(path, 'rb').close(); ok.append(path)\n"
    program += "  except OSError:\n    pass\nprint(json.dumps(ok))"
    groups = ("--groups", ",".join(map(str, gids))) if gids else ("--clear-groups",)
    words = ("setpriv", "--reuid", str(uid), "--regid", str(gids[0]), *groups, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs")
    done = subprocess.run(
        (*words, sys.executable, "-c", program), input=json.dumps(paths), capture_output=True, text=True, check=True, cwd="/"
    )
    return list(json.loads(done.stdout))


def main() -> None:
    """``look``, or ``reads`` with what it wants on the standard input's second part."""
    asked = json.loads(sys.argv[1])
    if asked["what"] == "processes":
        said: Any = processes()
    elif asked["what"] == "files":
        said = files()
    else:
        said = {who: reads(uid, gids, asked["paths"]) for who, (uid, gids) in asked["who"].items()}
    print(json.dumps(said))  # noqa: T201 - its way to say it


main()
