"""What remedies tell people to type: each program is on a hall's box."""

import re
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from deploy.packages.contents import DEPENDS, RECOMMENDS
from hotspot.looks.catalogues import CATALOGUES

ALWAYS = {
    "apt": {"apt", "apt-get"},
    "bash": {"echo"},
    "coreutils": {"cat", "df", "du", "ls", "sort", "tail", "uname"},
    "grep": {"grep"},
    "kmod": {"modprobe"},
    "procps": {"sysctl"},
    "util-linux": {"dmesg", "findmnt"},
    "our own": {"hotspot", "hotspot-change"},
}
"""On every Debian that starts by itself."""
PROGRAMS = {
    "chrony": {"chronyc"},
    "curl": {"curl"},
    "dnsmasq-base": {"dnsmasq"},
    "ethtool": {"ethtool"},
    "iproute2": {"bridge", "ip", "tc"},
    "nftables": {"nft"},
    "radvd": {"radvd"},
    "systemd": {"journalctl", "networkctl", "systemctl", "systemd-sysusers", "timedatectl"},
    "tcpdump": {"tcpdump"},
}
ROLE = Path("deploy/ansible_collections/hotspot/hall/roles/gateway/vars/main.yml")


def _commands() -> list[str]:
    return [words.command for catalogue in CATALOGUES.values() for words in catalogue.values() if words.command]


def test_each_command_is_there() -> None:
    """By the package's dependencies, and by the list of those who install by hand."""
    first = {part.split()[0] for command in _commands() for part in re.split(r"[;|]", re.sub(r"'[^']*'", "''", command))}
    here = yaml.safe_load(ROLE.read_text())["_gateway_packages"]
    assert first - set().union(*ALWAYS.values()) <= set().union(*PROGRAMS.values())
    needed = {package for package, programs in PROGRAMS.items() if programs & first}
    assert needed <= {*DEPENDS["gateway"], *RECOMMENDS["gateway"]}
    assert needed - {"systemd"} <= set(here)


def test_what_is_to_be_installed_is_what_a_hall_has() -> None:
    """Not ``dnsmasq``, whose own service takes port 53 from the zones' servers."""
    told = {name for command in _commands() for some in re.findall(r"apt-get install ([^;|]*)", command) for name in some.split()}
    assert told
    assert told <= {*DEPENDS["gateway"], *RECOMMENDS["gateway"]}
