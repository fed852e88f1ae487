"""What managed machines start from: a Debian with SSH and with the packages that a role wants, as an installation from the network has it.

The machines of these tests reach no mirror. What is installed here is taken from here; of the others the packages that ``scripts/prepare
machines`` has fetched are installed with their own scripts, and what they depend on is fetched, or taken from here; chrony and Prometheus
are else put together from what is unpacked in ``.venv/debian``. What cannot be had at all becomes an empty package of that name, so that
apt has nothing to fetch: ``missing`` says which.
"""

import functools
import gzip
import re
import shutil
import subprocess
import tempfile
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from hotspot.lab.namespaces import LabFailed
from tests.deploy.machines import packages, root
from tests.deploy.machines.packages import Package
from tests.deploy.release import ARCHITECTURE

SSH = ("openssh-server",)
PDF = ("fonts-noto-core", "libharfbuzz-subset0", "libpango-1.0-0", "libpangoft2-1.0-0")
HELPERS = {
    "gateway": ("ca-certificates", "chrony", "curl", "ethtool", "python3-apt", "tcpdump", "unattended-upgrades"),
    "hub": ("ca-certificates", "curl", "nginx", "python3-apt", "unattended-upgrades", "prometheus", *PDF),
}
"""What the roles install by apt, beside what ``root.WANTED`` has."""
UNPACKED = root.TREE / ".venv" / "debian"
ARCHIVES = UNPACKED / "archives"
EMPTY = "0~nothing"
"""Version of a package that stands for one that cannot be had here."""


class Plan(Struct, frozen=True):
    """Where the packages of a disk come from."""

    here: tuple[str, ...]
    """As they are on this machine, with all that they and the fetched ones depend on."""
    fetched: tuple[str, ...]
    """Installed by dpkg with their own scripts, all at once."""
    rebuilt: tuple[str, ...]
    """Put together from what is unpacked."""
    empty: tuple[str, ...]
    """Not to be had: names with nothing behind them."""


def planned(wanted: Iterable[str], here: Mapping[str, Package], fetched: Mapping[str, Package], unpacked: Container[str]) -> Plan:
    """Of this machine first; of what was fetched only what is newer than here, as others that were fetched need it; and what was fetched
    without all that it depends on is not there."""
    newer = {name: package for name, package in fetched.items() if name not in here or packages.newer(package.version, here[name].version)}
    there = {**here, **newer}
    had = [name for name in wanted if name in here or (name in newer and not packages.unmet(there, name))]
    whole = packages.closure(there, had)
    absent = [name for name in wanted if name not in had]
    return Plan(
        tuple(name for name in whole if name in here),
        tuple(name for name in whole if name in newer),
        tuple(name for name in absent if name in unpacked),
        tuple(name for name in absent if name not in unpacked),
    )


def plan(kind: str) -> Plan:
    """For this machine as it is now."""
    unpacked = {name for name in HELPERS[kind] if (UNPACKED / f"unpacked-{name}").exists()}
    fetched = {name: package for name, (package, _) in _fetched().items()}
    return planned((*SSH, *HELPERS[kind]), packages.installed_here(), fetched, unpacked)


def missing(kind: str) -> list[str]:
    """Helpers that neither this machine nor what was fetched has."""
    return list(plan(kind).empty)


def managed(kind: str) -> str:
    """Folders that overlay each other, the uppermost first."""
    of = plan(kind)
    if absent := {*SSH} & {*of.empty}:
        raise LabFailed(f"cannot make the disk of a {kind}: {', '.join(absent)} is not installed here")
    base = root.bare(kind, *of.here)
    files = _fetched()
    told = [f"{name} {files[name][0].version}" for name in of.fetched] + [f"{name} rebuilt" for name in of.rebuilt] + [*of.empty]
    return f"{root.layer(f'{kind}-managed', [FORMAT, *told], [base], lambda whole: _manage(whole, of))}:{base}"


FORMAT = "8"
"""Of what ``_manage`` does."""


def _fetched() -> Mapping[str, tuple[Package, Path]]:
    return _read(tuple(sorted(ARCHIVES.glob("*.deb"))))


@functools.cache
def _read(files: tuple[Path, ...]) -> Mapping[str, tuple[Package, Path]]:
    """Asked for each test that may be skipped, and each file costs a program."""
    return packages.of_files(files)


def _manage(whole: Path, of: Plan) -> None:
    """SSH as its installation leaves it, then the packages that are not installed here."""
    known = {line.split(":")[0] for line in (whole / "etc" / "passwd").read_text(encoding="utf-8").splitlines()}
    if "sshd" not in known:  # by systemd-sysusers, where the package has it so
        inside(whole, "useradd", "--system", "--no-create-home", "--home-dir", "/run/sshd", "--shell", "/usr/sbin/nologin", "sshd")
    shutil.copy(whole / "usr/share/openssh/sshd_config", whole / "etc/ssh/sshd_config")
    anybody_may_log_in(whole)
    if (whole / "usr/share/nginx").exists():
        inside(
            whole, "sh", "-c", "getent passwd www-data >/dev/null || useradd --system www-data; install -d /var/log/nginx /var/lib/nginx"
        )
    (whole / "etc/ca-certificates.conf").touch()
    policy = whole / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    policy.chmod(0o755)
    files = _fetched()
    with tempfile.TemporaryDirectory(dir=whole / "srv") as folder:
        place = Path(folder)
        debs = [Path(shutil.copy(files[name][1], place)) for name in of.fetched]
        debs += [_rebuilt(name, place) for name in of.rebuilt] + [_empty(name, place) for name in of.empty]
        if debs:
            inside(whole, "dpkg", "--install", *(f"/{deb.relative_to(whole)}" for deb in debs))
    inside(whole, "dpkg", "--configure", "--pending")
    inside(whole, "ldconfig")
    for name in of.here:
        if name in SETUPS:  # its files are there, and what its own script made is not
            inside(whole, "sh", "-c", SETUPS[name])
    if (whole / "usr/sbin/chronyd").exists():
        _shared_clock(whole)
    policy.unlink()


def inside(whole: Path, *words: str) -> None:
    """Run a program in the folder as an installation does: with devices and processes, without network and without anybody to ask. Raises
    ``LabFailed`` with its words."""
    mounted = """mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; mount -t tmpfs tmpfs "$0/run"; exec chroot "$0" "$@" """
    done = subprocess.run(
        ["unshare", "--net", "--mount", "--propagation=private", "sh", "-euc", mounted, whole, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
    )
    if done.returncode:
        raise LabFailed(f"{' '.join(words)}, in the disk of a machine: {done.stdout.strip()[-2000:]}")


def anybody_may_log_in(whole: Path) -> None:
    """In a machine nobody may say anew who has logged in (pam_loginuid(8) needs CAP_AUDIT_CONTROL for that): what it has inherited from
    whoever runs the tests stays, and that is no reason to refuse a session."""
    rules = (path for folder in ("etc", "usr/lib") for path in sorted((whole / folder / "pam.d").glob("*")))
    for path in filter(Path.is_file, rules):
        text = path.read_text(encoding="utf-8")
        loose = re.sub(r"^(-?session\s+)required(\s+pam_loginuid\.so)", r"\1optional\2", text, flags=re.MULTILINE)
        if loose != text:
            path.write_text(loose, encoding="utf-8")


def _shared_clock(whole: Path) -> None:
    """Machines of these tests share one clock, which none of them may set: chrony answers, and sets nothing."""
    (whole / "etc/default/chrony").write_text('DAEMON_OPTS="-F 1 -x"\n', encoding="utf-8")
    unit = whole / "etc/systemd/system/chrony.service.d/tests.conf"
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text("[Unit]\nConditionCapability=\n", encoding="utf-8")


def _empty(name: str, place: Path) -> Path:
    """A package of that name with nothing in it."""
    opened = place / name
    _control(opened, name, EMPTY)
    return _built(opened, place)


def _control(opened: Path, name: str, version: str) -> None:
    (opened / "DEBIAN").mkdir(parents=True)
    text = f"Package: {name}\nVersion: {version}\nArchitecture: {ARCHITECTURE}\nMaintainer: tests\nDescription: for tests\n"
    (opened / "DEBIAN" / "control").write_text(text, encoding="utf-8")


SETUPS = {
    "chrony": """#!/bin/sh
set -e
getent passwd _chrony >/dev/null || useradd --system --home-dir /var/lib/chrony --shell /usr/sbin/nologin _chrony
install -d -o _chrony -g _chrony -m 750 /var/lib/chrony /var/log/chrony
[ -e /etc/chrony/chrony.conf ] || install -m 644 /usr/share/chrony/chrony.conf /etc/chrony/chrony.conf
[ -e /etc/chrony/chrony.keys ] || install -m 640 -g _chrony /usr/share/chrony/chrony.keys /etc/chrony/chrony.keys
systemctl --quiet enable chrony.service
""",
    "prometheus": """#!/bin/sh
set -e
getent passwd prometheus >/dev/null || useradd --system --home-dir /var/lib/prometheus --shell /usr/sbin/nologin prometheus
install -d -o prometheus -g prometheus /var/lib/prometheus /var/lib/prometheus/metrics2 /var/log/prometheus
systemctl --quiet enable prometheus.service
""",
}
"""What the installation of each writes, as its own script does it; where the script itself does not run."""


def _rebuilt(name: str, place: Path) -> Path:
    """A package from what is unpacked of it, with the part of its script that matters here."""
    opened = place / name
    _control(opened, name, version_in(UNPACKED / f"usr/share/doc/{name}/changelog.Debian.gz") or "1~unpacked")
    setup = opened / "DEBIAN" / "postinst"
    setup.write_text(SETUPS[name], encoding="utf-8")
    setup.chmod(0o755)
    for path in sorted(UNPACKED.rglob("*")):
        inner = path.relative_to(UNPACKED)
        if path.is_dir() or not _belongs(name, inner):
            continue
        (opened / inner).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, opened / inner, follow_symlinks=False)
    return _built(opened, place)


def version_in(changelog: Path) -> str:
    """That of the first entry, "" where there is none; dpkg's own reader of these is no part of each Debian."""
    try:
        with gzip.open(changelog, "rt", encoding="utf-8", errors="replace") as lines:
            found = re.match(r"\S+ \(([^() ]+)\)", next(lines, ""))
    except OSError:
        return ""
    return found[1] if found else ""


OF = {"chrony": ("chrony",), "prometheus": ("prometheus", "promtool")}


def _belongs(name: str, inner: Path) -> bool:
    """Is the unpacked file one of this package's?"""
    if inner.parts[:1] == ("archives",) or inner.name.startswith("unpacked-") or "doc" in inner.parts or "dhcp" in inner.parts:
        return False
    return any(word in str(inner) for word in OF[name])


def _built(opened: Path, place: Path) -> Path:
    out = place / f"{opened.name}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", opened, out], check=True, capture_output=True)
    return out
