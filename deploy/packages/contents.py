"""What else is in a package: its environment, units, words for dpkg, and the list of all parts."""

import hashlib
import json
import shutil
import textwrap
import uuid
from collections.abc import Sequence
from pathlib import Path
from time import gmtime, strftime
from typing import TYPE_CHECKING

from hotspot.portal.journal.schema import MIGRATIONS

if TYPE_CHECKING:
    from deploy.packages.build import Target
    from deploy.packages.wheels import Part

BY_HAND = "/opt/hotspot/"
"""Where the units look for the program when it was installed by hand."""
HERE = Path(__file__).parent
OF_THE_HUB = "hotspot-hub"
SERVICES = {
    "gateway": ("hotspot-firewall.service", "hotspot-portal.service", "hotspot-lan-guard.service"),
    "hub": ("hotspot-hub.service",),
}
"""What goes on with a new version when it runs."""
KEEPER = {"gateway": "hotspot-portal.service", "hub": "hotspot-hub.service"}
"""What keeps data: the journal, the database."""
DEPENDS = {
    "gateway": ("ca-certificates", "conntrack", "dbus", "iproute2", "nftables", "systemd", "tzdata"),
    "hub": ("ca-certificates", "postgresql-client", "systemd", "tzdata"),
}
RECOMMENDS = {
    "gateway": ("chrony", "curl", "dnsmasq-base", "ethtool", "radvd", "tcpdump"),
    "hub": ("fonts-noto-core", "libharfbuzz-subset0", "libpango-1.0-0", "libpangoft2-1.0-0", "postgresql"),
}
TEXTS = {
    "gateway": "Public Wi-Fi of a town hall: gateway\nFirewall and portal of a hall, with synthetic visitor, doctor and LAN guard.",
    "hub": "Public Wi-Fi of a town hall: hub\nThe city's server: reports, figures, policy and console for all halls.",
}
MAINTAINER = "Hotspot maintainers <maintainers@hotspot.example>"


def lay_out(root: Path, target: "Target", tree: Path, parts: Sequence["Part"]) -> None:
    """All files beside the modules."""
    _environment(root / target.home, target)
    units = _units(root, target, tree)
    (root / target.home / "units").write_text("".join(f"{unit}\n" for unit in units))
    (root / target.home / "services").write_text("".join(f"{unit}\n" for unit in SERVICES[target.part]))
    (root / target.home / "format").write_text(f"{data_format(target.part, tree)}\n")
    (root / "etc" / "hotspot").mkdir(parents=True)
    papers = root / "usr" / "share" / "doc" / target.package
    (papers / "examples").mkdir(parents=True)
    example = "hub.toml" if target.part == "hub" else "portal.toml"
    shutil.copyfile(tree / "docs" / example, papers / "examples" / example)
    (papers / "copyright").write_text(_licences(tree, parts), encoding="utf-8")
    if target.part == "gateway":
        _way_back(root)
    _words_for_dpkg(root, target, data_format(target.part, tree))


def _way_back(root: Path) -> None:
    """The program that takes a change back: sh, for it must run when nothing else of the package does."""
    program = root / "usr" / "sbin" / "hotspot-change"
    program.parent.mkdir(parents=True)
    shutil.copyfile(HERE / "change" / program.name, program)
    program.chmod(0o755)


def data_format(part: str, tree: Path) -> int:
    """Of what is stored, counted in steps that only ever go forward: migrations of the hub's tables, or of a gateway's journal."""
    if part == "hub":
        return len(list((tree / "hotspot" / "hub" / "store" / "migrations").glob("*.sql")))
    return len(MIGRATIONS)


def _environment(home: Path, target: "Target") -> None:
    """As ``python3 -m venv`` makes one: Debian's own modules are not looked at."""
    (home / "bin").mkdir(parents=True)
    (home / "pyvenv.cfg").write_text(f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {target.python}\n")
    (home / "bin" / "python").symlink_to(f"/usr/bin/python{target.python}")
    program = home / "bin" / "hotspot"
    program.write_text(f"#!/{target.home}/bin/python -P\nfrom hotspot.cli import main\n\nmain()\n")
    program.chmod(0o755)


def _units(root: Path, target: "Target", tree: Path) -> list[str]:
    """Units, users, folders; returns the names of the units. Nothing here is enabled."""
    system = root / "usr" / "lib" / "systemd" / "system"
    system.mkdir(parents=True)
    names = []
    for unit in sorted((tree / "systemd").glob("hotspot*")):
        if unit.name.startswith(OF_THE_HUB) != (target.part == "hub"):
            continue
        text = unit.read_text(encoding="utf-8").replace(BY_HAND, f"/{target.home}/")
        if unit.suffix == ".conf":
            path = root / "usr" / "lib" / "sysusers.d" / f"{target.package}.conf"
        elif unit.suffix == ".tmpfiles":
            path = root / "usr" / "lib" / "tmpfiles.d" / f"{target.package}.conf"
        elif unit.suffix == ".sysctl":
            path = root / "usr" / "lib" / "sysctl.d" / "60-hotspot.conf"  # one of that name in /etc/sysctl.d goes before it
        else:
            path = system / unit.name
            names.append(unit.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return names


def _licences(tree: Path, parts: Sequence["Part"]) -> str:
    own = (tree / "LICENSE").read_text(encoding="utf-8")
    rows = "\n".join(f"{part.name} {part.version}: {part.licence}" for part in sorted(parts, key=lambda part: part.name))
    return (
        f"This package holds the following works; each one's own words are in its .dist-info folder.\n\n{rows}\n\nhotspot itself:\n\n{own}"
    )


def _words_for_dpkg(root: Path, target: "Target", knows: int) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    size = sum(-(-path.stat().st_size // 1024) for path in files)
    summary, text = TEXTS[target.part].split("\n")
    python = f"python{target.python}"
    control = f"""\
Package: {target.package}
Version: {target.version}~deb{target.debian}
Architecture: {target.architecture}
Maintainer: {MAINTAINER}
Installed-Size: {size}
Depends: {", ".join((python, *DEPENDS[target.part]))}
Recommends: {", ".join(RECOMMENDS[target.part])}
Section: net
Priority: optional
Description: {summary}
{textwrap.indent(text, " ")}
"""
    sums = "".join(f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(root)}\n" for path in files)
    debian = root / "DEBIAN"
    debian.mkdir()
    (debian / "control").write_text(control, encoding="utf-8")
    (debian / "md5sums").write_text(sums, encoding="utf-8")
    for script in sorted((HERE / "maintainer").iterdir()):
        text = script.read_text(encoding="utf-8").replace("@FORMAT@", str(knows)).replace("@KEEPER@", KEEPER[target.part])
        (debian / script.name).write_text(text, encoding="utf-8")
        (debian / script.name).chmod(0o755)


def bill(target: "Target", own: "Part", parts: Sequence["Part"]) -> str:
    """CycloneDX 1.5: each part with its version, licence, and the hash of the very file that it came from."""
    whole = f"pkg:deb/debian/{target.package}@{own.version}~deb{target.debian}?arch={target.architecture}&distro=debian-{target.debian}"
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, whole + ''.join(part.sha256 for part in (own, *parts)))}",
        "version": 1,
        "metadata": {
            "timestamp": strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(target.epoch)),
            "component": {
                "type": "application",
                "bom-ref": whole,
                "name": target.package,
                "version": own.version,
                "purl": whole,
                "licenses": [{"expression": own.licence}],
            },
        },
        "components": [_component(part) for part in sorted(parts, key=lambda part: part.name)],
        "dependencies": [{"ref": whole, "dependsOn": sorted(_purl(part) for part in parts)}],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _purl(part: "Part") -> str:
    return f"pkg:pypi/{part.name}@{part.version}"


def _component(part: "Part") -> dict[str, object]:
    return {
        "type": "library",
        "bom-ref": _purl(part),
        "name": part.name,
        "version": part.version,
        "description": part.summary,
        "purl": _purl(part),
        "licenses": [{"license": {"name": part.licence}}],
        "hashes": [{"alg": "SHA-256", "content": part.sha256}],
    }
