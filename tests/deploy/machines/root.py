"""The disk that machines start from: a Debian as after its installation, made once from packages of this machine."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines import packages
from tests.deploy.machines.machine import cgroups
from tests.deploy.release import debian

TREE = Path(__file__).parents[3]
CACHE = TREE / "artefacts" / "machines"
_ALL = ("systemd", "apt", "dbus", "libnss-systemd", "iproute2", "iputils-ping", "procps", "tzdata", "openssl", "curl", "python3-venv")
_FRONT = ("nginx",) if Path("/usr/sbin/nginx").exists() else ()
WANTED = {"gateway": (*_ALL, "nftables", "conntrack", "dnsmasq-base", "radvd"), "hub": (*_ALL, "postgresql", *_FRONT)}
"""Packages of each kind of machine; nginx in front of the hub where this one has it."""
LOCKS = {"gateway": "runtime.txt", "hub": "hub.txt"}
ACCOUNTS = {"gateway": {"dnsmasq": "/var/lib/misc", "radvd": "/run/radvd"}, "hub": {"postgres": "/var/lib/postgresql", "ssl-cert": "/"}}
"""Accounts that packages make when they are installed; systemd-sysusers makes the others."""
OWN = {f"etc/{name}" for name in ("passwd", "group", "shadow", "gshadow", "hosts", "hostname", "machine-id", "resolv.conf", "fstab")}
"""Files of this machine alone."""
PROGRAM = ("firewall", "hotspot", "portal_pages")
PLACES = {".conf": "usr/lib/sysusers.d/{}.conf", ".tmpfiles": "usr/lib/tmpfiles.d/{}.conf", ".sysctl": "etc/sysctl.d/60-{}.conf"}
"""Where files of ``systemd/`` belong; the others are units."""
FORMAT = 7
"""Of this file."""


def cannot_boot() -> str:
    """Why no machine can be booted here; "": it can."""
    if os.geteuid() != 0:
        return "not root"
    try:
        debian()
        if not os.access(cgroups() / "cgroup.procs", os.W_OK):
            return "the control groups cannot be written to"
        packages.closure(packages.installed_here(), [name for names in WANTED.values() for name in names])
    except (LookupError, LabFailed) as error:
        return f"the package {error} is not installed" if isinstance(error, KeyError) else str(error)
    if Path("/usr/bin/python3").resolve().name != f"python{sys.version_info.major}.{sys.version_info.minor}":
        return f"these tests run under Python {sys.version.split()[0]}, which is not this Debian's"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "true"], capture_output=True, check=False
    )
    return "the kernel refuses new namespaces" if tried.returncode else ""


def bare(kind: str, *more: str) -> Path:
    """A disk without the program: Debian, with what dpkg knows of it, and with ``more`` packages of this machine. Made when it is not there
    yet."""
    installed = packages.installed_here()
    names = packages.closure(installed, (*WANTED[kind], *more))
    versions = [f"{name} {installed[name].version}" for name in names]
    return layer("-".join((kind, *(["more"] if more else []), "debian")), versions, [], lambda root: _debian(root, names, ACCOUNTS[kind]))


def disk(kind: str) -> str:
    """The folders that overlay each other, as mount(8) wants them: the uppermost first."""
    debian, lock = bare(kind), (TREE / "requirements" / LOCKS[kind]).read_text(encoding="utf-8")
    libraries = layer(f"{kind}-libraries", [lock, sys.version], [debian], lambda root: _libraries(root, lock))
    files = [path for folder in (*PROGRAM, "systemd") for path in sources(folder)]
    told = [f"{path} {path.stat().st_mtime_ns}" for path in files]
    return ":".join(map(str, (layer(f"{kind}-program", told, [libraries, debian], _program), libraries, debian)))


def layer(name: str, made_of: list[str], below: list[Path], make: Callable[[Path], None]) -> Path:
    """A folder with what ``make`` writes on top of ``below``; an older one of this name goes."""
    key = hashlib.sha256("\n".join([str(FORMAT), *map(str, below), *made_of]).encode()).hexdigest()[:12]
    CACHE.mkdir(parents=True, exist_ok=True)
    made = CACHE / f"{name}-{key}"
    if made.exists():
        return made
    for old in CACHE.glob(f"{name}-*"):
        shutil.rmtree(old)
    half = CACHE / f"{name}-half"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    if not below:
        make(half)
    else:
        with tempfile.TemporaryDirectory(dir=CACHE) as place:
            work, whole = Path(place, "work"), Path(place, "whole")
            work.mkdir()
            whole.mkdir()
            options = f"lowerdir={':'.join(map(str, below))},upperdir={half},workdir={work}"
            subprocess.run(["mount", "-t", "overlay", "-o", options, "overlay", str(whole)], check=True)
            try:
                make(whole)
            finally:
                subprocess.run(["umount", str(whole)], check=True)
    half.rename(made)
    return made


def sources(folder: str) -> list[Path]:
    """Files of the tree."""
    return sorted(path for path in (TREE / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")


def _debian(root: Path, names: list[str], accounts: dict[str, str]) -> None:
    """Files of the packages, and the few that their installation writes."""
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    wanted = [path for path in packages.files(names) if path not in OWN]
    tar = ("tar", "--create", "--file=-", "--directory=/", "--no-recursion", "--null", "--files-from=-")
    with subprocess.Popen(tar, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as packed:
        assert packed.stdin is not None
        unpack = ("tar", "--extract", "--keep-directory-symlink", f"--directory={root}")
        with subprocess.Popen(unpack, stdin=packed.stdout) as unpacked:
            packed.stdin.write("\0".join(wanted).encode())
            packed.stdin.close()
            assert unpacked.wait() == 0
    if (root / "etc" / "ssl" / "private").exists():
        shutil.rmtree(root / "etc" / "ssl" / "private")  # keys of this machine
    for name in ("dev", "home", "mnt", "proc", "root", "run", "srv", "sys", "tmp", "var/cache", "var/lib", "var/log", "var/tmp"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp"):
        (root / name).chmod(0o1777)
    for name in ("passwd", "group"):
        shutil.copy(f"/usr/share/base-passwd/{name}.master", root / "etc" / name)
    for name in ("machine-id", "fstab", "resolv.conf", "gshadow"):
        (root / "etc" / name).touch()
    users = [line.split(":")[0] for line in (root / "etc" / "passwd").read_text(encoding="utf-8").splitlines()]
    (root / "etc" / "shadow").write_text("".join(f"{user}:*:19000:0:99999:7:::\n" for user in users), encoding="utf-8")
    (root / "etc" / "shadow").chmod(0o640)
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n", encoding="utf-8")
    for name in ("alternatives", "nsswitch.conf", "pam.d"):  # written by maintainer scripts, the same on each Debian
        source = Path("/etc", name)
        if source.is_dir():
            shutil.copytree(source, root / "etc" / name, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy(source, root / "etc" / name)
    (root / "usr" / "bin" / "awk").symlink_to("/etc/alternatives/awk")  # the one alternative that each Debian has
    _known(root, names)
    inside(root, "ldconfig")
    inside(root, "systemd-sysusers")
    made = {line.split(":")[0] for line in (root / "etc" / "passwd").read_text(encoding="utf-8").splitlines()}
    for name, home in accounts.items():
        if name in made:
            continue  # by systemd-sysusers, as Debian 13 does it
        inside(root, "useradd", "--system", "--user-group", "--no-create-home", "--home-dir", home, "--shell", "/usr/sbin/nologin", name)


def _known(root: Path, names: list[str]) -> None:
    """What dpkg knows of these packages, so that it can install others."""
    known = root / "var" / "lib" / "dpkg"
    for name in ("alternatives", "info", "parts", "triggers", "updates"):
        (known / name).mkdir(parents=True, exist_ok=True)
    told = subprocess.run(["dpkg-query", "--status", *names], capture_output=True, text=True, check=True).stdout
    (known / "status").write_text(told, encoding="utf-8")
    wanted = set(names)
    for path in Path("/var/lib/dpkg/info").iterdir():
        if path.stem.partition(":")[0] in wanted:
            shutil.copy(path, known / "info" / path.name)


def _libraries(root: Path, lock: str) -> None:
    """A virtual environment with what the locked list names, as it is in this Python's own."""
    inside(root, "python3", "-m", "venv", "--without-pip", "/opt/hotspot")
    library = _library(root)
    for name in locked(lock):
        distribution = metadata.distribution(name)
        for file in distribution.files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                target = library / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(distribution.locate_file(file)), target)
    inside(root, "/opt/hotspot/bin/python", "-m", "compileall", "-q", f"/{library.relative_to(root)}")


def _library(root: Path) -> Path:
    """Where the environment has its modules."""
    library = root / "opt" / "hotspot" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    assert library.is_dir(), f"Debian's own Python is not {sys.version}"
    return library


def _program(root: Path) -> None:
    """The program as it is in this tree, its command, and its units where docs/operations.md has them put; nothing is enabled."""
    library, start = _library(root), root / "opt" / "hotspot" / "bin" / "hotspot"
    told = library / f"hotspot-{metadata.version('hotspot')}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(str(metadata.metadata("hotspot")), encoding="utf-8")
    for folder in PROGRAM:
        shutil.copytree(TREE / folder, library / folder, ignore=shutil.ignore_patterns("__pycache__"))
        inside(root, "/opt/hotspot/bin/python", "-m", "compileall", "-q", f"/{(library / folder).relative_to(root)}")
    start.write_text("#!/opt/hotspot/bin/python -P\nfrom hotspot.cli import main\n\nmain()\n", encoding="utf-8")
    start.chmod(0o755)
    (root / "usr" / "bin" / "hotspot").symlink_to("/opt/hotspot/bin/hotspot")
    for path in sorted((TREE / "systemd").iterdir()):
        place = PLACES.get(path.suffix, f"etc/systemd/system/{path.name}")
        shutil.copy(path, root / place.format(path.stem))
    inside(root, "systemd-sysusers")


def locked(lock: str) -> list[str]:
    """Names in a locked list that belong on this machine."""
    lines = lock.splitlines()
    told = [line.rstrip("\\ ") for line in lines if line and line[0] not in "# "]
    requirements = [Requirement(line) for line in told]
    return [each.name for each in requirements if each.marker is None or each.marker.evaluate()]


def inside(root: Path, *words: str) -> None:
    """Run a program in the folder, without network."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    subprocess.run(["unshare", "--net", "chroot", str(root), *words], check=True, env=environment, stdout=subprocess.DEVNULL)
