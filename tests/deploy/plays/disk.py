"""What managed machines start from: a Debian with SSH and with the packages that a role wants, as an installation from the network has it.

The machines of these tests reach no mirror. What is installed here is taken from here; of the others the packages that ``scripts/prepare
machines`` has fetched are installed with their own scripts; chrony and Prometheus are put together from what is unpacked in
``.venv/debian``. What cannot be had at all becomes an empty package of that name, so that apt has nothing to fetch: ``missing`` says
which.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.deploy.machines import packages, root
from tests.deploy.release import ARCHITECTURE

SSH = ("openssh-server",)
PDF = ("fonts-noto-core", "libharfbuzz-subset0", "libpango-1.0-0", "libpangoft2-1.0-0")
HELPERS = {
    "gateway": ("ca-certificates", "chrony", "curl", "ethtool", "python3-apt", "tcpdump", "unattended-upgrades"),
    "hub": ("ca-certificates", "curl", "nginx", "python3-apt", "unattended-upgrades", "prometheus", *PDF),
}
"""What the roles install by apt, beside what ``root.WANTED`` has."""
UNPACKED = root.TREE / ".venv" / "debian"
FETCHED = UNPACKED / "archives"
EMPTY = "0~nothing"
"""Version of a package that stands for one that cannot be had here."""


def missing(kind: str) -> list[str]:
    """Helpers that neither this machine nor what was fetched has."""
    there = packages.installed_here()
    return [name for name in HELPERS[kind] if name not in there and not _fetched(name) and not (UNPACKED / f"unpacked-{name}").exists()]


def managed(kind: str) -> str:
    """Folders that overlay each other, the uppermost first."""
    there = packages.installed_here()
    base = root.bare(kind, *SSH, *(name for name in HELPERS[kind] if name in there))
    absent = [name for name in HELPERS[kind] if name not in there]
    told = [f"{name} {len(_fetched(name))} {(UNPACKED / f'unpacked-{name}').exists()}" for name in absent]
    return f"{root.layer(f'{kind}-managed', [FORMAT, *told], [base], lambda whole: _manage(whole, absent))}:{base}"


FORMAT = "7"
"""Of what ``_manage`` does."""


def _fetched(name: str) -> list[Path]:
    return sorted(FETCHED.glob(f"{name}_*.deb"))


def _manage(whole: Path, absent: Iterable[str]) -> None:
    """SSH as its installation leaves it, then the packages that are not installed here."""
    root.inside(whole, "useradd", "--system", "--no-create-home", "--home-dir", "/run/sshd", "--shell", "/usr/sbin/nologin", "sshd")
    shutil.copy(whole / "usr/share/openssh/sshd_config", whole / "etc/ssh/sshd_config")
    (whole / "etc/systemd/system/multi-user.target.wants").mkdir(parents=True, exist_ok=True)
    (whole / "etc/systemd/system/multi-user.target.wants/ssh.service").symlink_to("/lib/systemd/system/ssh.service")
    if (whole / "usr/share/nginx").exists():
        root.inside(
            whole, "sh", "-c", "getent passwd www-data >/dev/null || useradd --system www-data; install -d /var/log/nginx /var/lib/nginx"
        )
    (whole / "etc/ca-certificates.conf").touch()
    policy = whole / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    policy.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=whole / "srv") as place:
        for name in absent:
            if files := _fetched(name):
                for file in sorted(FETCHED.glob("*.deb")):
                    shutil.copy(file, place)
                words = [f"/srv/{Path(place).name}/{file.name}" for file in files]
                root.inside(whole, "apt-get", "install", "-q", "-y", "--no-download", "--no-install-recommends", *words)
                continue
            made = _rebuilt(name, Path(place)) if (UNPACKED / f"unpacked-{name}").exists() else _empty(name, Path(place))
            root.inside(whole, "dpkg", "--install", f"/srv/{Path(place).name}/{made.name}")
    root.inside(whole, "dpkg", "--configure", "--pending")
    policy.unlink()


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
# Machines of these tests share one clock, which none of them may set: it answers, and sets nothing.
echo 'DAEMON_OPTS="-F 1 -x"' >/etc/default/chrony
install -d /etc/systemd/system/chrony.service.d
printf '[Unit]\\nConditionCapability=\\n' >/etc/systemd/system/chrony.service.d/tests.conf
""",
    "prometheus": """#!/bin/sh
set -e
getent passwd prometheus >/dev/null || useradd --system --home-dir /var/lib/prometheus --shell /usr/sbin/nologin prometheus
install -d -o prometheus -g prometheus /var/lib/prometheus /var/lib/prometheus/metrics2 /var/log/prometheus
systemctl --quiet enable prometheus.service
""",
}
"""What the installation of each writes, as its own script does it."""


def _rebuilt(name: str, place: Path) -> Path:
    """A package from what is unpacked of it, with the part of its script that matters here."""
    opened = place / name
    version = subprocess.run(
        ["dpkg-parsechangelog", "-S", "Version", "-l", UNPACKED / f"usr/share/doc/{name}/changelog.Debian.gz"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    _control(opened, name, version or "1~unpacked")
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
