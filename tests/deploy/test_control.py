"""scripts/control: the folder from which the city's IT deploys, the newest packages, and who signs the hub's certificate."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.collection import INVENTORY, parsed
from tests.deploy.expressions import DEPLOY

PROGRAM = DEPLOY.parent / "scripts" / "control"
PACKAGES = (
    "hotspot-gateway_0.1.0+20261101000000~deb12_amd64.deb",
    "hotspot-gateway_0.1.0+20261122235959~deb13_arm64.deb",
    "hotspot-gateway_0.1.0+20261122235959~deb12_amd64.deb",
    "hotspot-hub_0.1.0+20270101000000~deb12_amd64.deb",
)


def control(*words: str, packages: Path) -> str:
    """What it prints; its error when it fails."""
    done = subprocess.run(
        (str(PROGRAM), *words), env={**os.environ, "PACKAGES": str(packages)}, capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else f"{done.returncode}: {done.stderr}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Laid out before there was a package."""
    place = tmp_path / "wlan"
    (tmp_path / "dist").mkdir()
    said = control("new", str(place), packages=tmp_path / "dist")
    assert said.splitlines()[0] == f"no packages in {tmp_path}/dist yet: make package, then make version FOLDER={place}"
    return place


def test_a_folder_to_begin_with(folder: Path) -> None:
    """The example, whole, for its owner alone; its ansible.cfg knows where the collection is. A second time nothing is touched."""
    names = {path.relative_to(INVENTORY) for path in INVENTORY.rglob("*") if path.is_file()}
    assert {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()} == names
    assert folder.stat().st_mode & 0o777 == 0o700
    settings = (folder / "ansible.cfg").read_text(encoding="utf-8").splitlines()
    assert f"collections_path = {DEPLOY}" in settings
    assert {"pipelining = True", "host_key_checking = True", "inventory = hosts.yml"} <= set(settings)
    (folder / "hosts.yml").write_text("mine", encoding="utf-8")
    said = control("new", str(folder), packages=folder)
    assert said == f"1: control: {folder}/hosts.yml is there: expected a folder without an inventory\n"
    assert (folder / "hosts.yml").read_text(encoding="utf-8") == "mine"


def test_the_newest_packages_of_a_gateway(folder: Path) -> None:
    """By their version, whatever they are for; the comments around stay."""
    dist = folder.parent / "dist"
    for name in PACKAGES:
        (dist / name).touch()
    before = (folder / "group_vars" / "all.yml").read_text(encoding="utf-8")
    told = f"version 0.1.0+20261122235959, from {dist}: hub for none: make package, gateway for Debian 12 amd64/Debian 13 arm64\n"
    assert control("version", str(folder), packages=dist) == told
    (dist / "hotspot-hub_0.1.0+20261122235959~deb12_amd64.deb").touch()
    assert "hub for Debian 12 amd64, gateway" in control("version", str(folder), packages=dist)
    after = (folder / "group_vars" / "all.yml").read_text(encoding="utf-8")
    said = parsed(after)
    assert (said["hotspot_version"], said["hotspot_packages"]) == ("0.1.0+20261122235959", str(dist))
    assert len([1 for one, other in zip(before.splitlines(), after.splitlines(), strict=True) if one != other]) == 2


def openssl(*words: str) -> str:
    """What it says."""
    return subprocess.run(("openssl", *words), capture_output=True, text=True, check=True).stdout


def test_an_authority_and_the_hubs_certificate(folder: Path) -> None:
    """For the name in the settings; made again, the authority is the same and the certificate another one. Keys are their owner's alone."""
    files = folder / "files"
    said = control("authority", str(folder), packages=folder)
    assert "made" in said
    authority, first = (files / "authority.pem").read_bytes(), (files / "hub.pem").read_bytes()
    said = control("authority", str(folder), packages=folder)
    assert said.startswith(f"made {files}/hub.pem for hub.grossstadt.example, until ")
    assert (files / "authority.pem").read_bytes() == authority
    assert (files / "hub.pem").read_bytes() != first
    name = ("-verify_hostname", "hub.grossstadt.example", "-purpose", "sslserver")
    assert openssl("verify", "-x509_strict", *name, "-CAfile", str(files / "authority.pem"), str(files / "hub.pem")).endswith("OK\n")
    assert [path.stat().st_mode & 0o777 for path in (files / "authority.key", files / "hub.key")] == [0o600, 0o600]
    public = openssl("x509", "-in", str(files / "hub.pem"), "-noout", "-pubkey")
    assert public == openssl("pkey", "-in", str(files / "hub.key"), "-pubout")


def test_what_cannot_be_done_is_said(folder: Path) -> None:
    """A folder without an inventory, an authority without its key, no address of the hub, no such word."""
    assert "has no inventory: make control" in control("version", str(folder / "files"), packages=folder)
    (folder / "files" / "authority.pem").touch()
    assert "is there without its key: expected both, or neither" in control("authority", str(folder), packages=folder)
    settings = folder / "group_vars" / "all.yml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("hub: hub", "hub: https://hub"), encoding="utf-8")
    assert "hotspot_hub is 'https://hub.grossstadt.example'; expected a name" in control("authority", str(folder), packages=folder)
    assert control("sign", str(folder), packages=folder) == "1: control: sign: expected new, version or authority\n"
    assert control("new", packages=folder) == "1: control: expected: scripts/control new | version | authority FOLDER\n"
    assert (
        control("new", "", packages=folder)
        == "1: control: FOLDER is empty; expected where the inventory is, or shall be: FOLDER=/srv/wlan\n"
    )
