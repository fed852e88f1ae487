"""The demo's town."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot.cli import main
from hotspot.lab.gateway import portal_toml
from hotspot.lab.options import Options
from hotspot.lab.record import Folder
from hotspot.lab.servers import captive_dnsmasq_conf, dnsmasq_conf, root_zone
from hotspot.lab.services import FILE, garden, garden_lines
from hotspot.lab.zones import Extra
from hotspot.lab.zones import dnsmasq_conf as zone_conf
from hotspot.portal.settings import load


def written(folder: Path, options: Options) -> Path:
    """The settings of the hall's portal."""
    path = folder / "portal.toml"
    path.write_text(portal_toml(Folder(folder), options))
    (folder / "services.toml").write_text(FILE.read_text())
    (folder / "visitor.key").write_text("k" * 32)
    theme = FILE.parent / "theme.toml"
    for beside in FILE.parent.iterdir() if theme.exists() else ():
        (folder / beside.name).write_bytes(beside.read_bytes())
    return path


def test_the_portal_takes_it(tmp_path: Path) -> None:
    """Directory, form, and names as the lab knows them; without them none."""
    settings = load(written(tmp_path, Options()))
    assert (len(settings.services.entries), settings.feedback is not None, settings.garden) == (10, True, garden(Options()))
    bare = load(written(tmp_path, Options(services=False)))
    assert (len(bare.services.entries), bare.feedback, bare.garden) == (0, None, ())


def test_name_servers_have_what_the_command_prints(tmp_path: Path) -> None:
    """``hotspot garden`` and every name server of the hall say the same lines."""
    printed = CliRunner().invoke(main, ["garden", "--config", str(written(tmp_path, Options())), "--zone", "public"])
    assert (printed.exit_code, printed.output.splitlines()) == (0, garden_lines(Options(), "public"))
    for text in (dnsmasq_conf(tmp_path, Options()), captive_dnsmasq_conf(tmp_path, Options())):
        assert printed.output in text
    extra = Extra("council", 1)
    for captive in (False, True):
        assert "\n".join(garden_lines(Options(), "council")) in zone_conf(Folder(tmp_path), Options(), extra, captive=captive)


def test_names_have_an_address_of_their_own() -> None:
    """The whole Internet of the hall knows them, away from everything else."""
    assert root_zone([], garden(Options())).splitlines()[-2:] == [
        "ratsinfo.musterstadt.example. A 198.51.100.20",
        "ratsinfo.musterstadt.example. AAAA 2001:db8:80::20",
    ]


@pytest.mark.parametrize(
    "options", [Options(services=False), Options(services=False, garden=("a.example",)), Options(garden=("a.example",))]
)
def test_options_add_to_it(options: Options) -> None:
    """Names of both, each alone."""
    assert garden(options) == (*options.garden, *(("ratsinfo.musterstadt.example",) if options.services else ()))
