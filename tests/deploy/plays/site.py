"""Machines that the playbooks reach, and the inventory that names them, in the shape of deploy/inventory."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hotspot.lab import layout as at
from tests.deploy.machines import town
from tests.deploy.machines.machine import Machine, cable, host, namespace
from tests.deploy.plays import disk
from tests.deploy.plays.control import Control

ADDRESS = "10.20.{}.2"
"""Of a hall towards the IT staff."""
HUB = 9
"""Number of the hub among the machines of the line."""
FIRST = """[Match]
Name={interface}

[Network]
Address={address}
IPv6AcceptRA=no
LinkLocalAddressing=ipv6
"""
"""As the installation of a Debian leaves an interface; what the role writes comes before it."""


def prepared(machine: Machine, control: Control, interface: str, address: str) -> None:
    """As after the installation: an address where the IT staff come in, a key of theirs, a running SSH server that they know. It
    starts with the machine only from here on: without keys of its own it fails, and systemd soon tries no more."""
    machine.put("/etc/systemd/network/80-installation.network", FIRST.format(interface=interface, address=address))
    machine.put("/root/.ssh/authorized_keys", control.key.with_suffix(".pub").read_text(encoding="utf-8"), 0o600)
    machine.run("chmod", "0700", "/root", "/root/.ssh")  # whatever umask the disk was made with
    machine.run("ssh-keygen", "-A")
    machine.run("systemctl", "enable", "--now", "--quiet", "systemd-networkd.service", "ssh.service")
    machine.run("/lib/systemd/systemd-networkd-wait-online", f"--interface={interface}", "--timeout=20")
    keys = machine.run("sh", "-c", "cut -d ' ' -f 1,2 /etc/ssh/ssh_host_*_key.pub")
    control.know(address.partition("/")[0], keys)


@contextlib.contextmanager
def hall(name: str, number: int, control: Control, folder: Path) -> Iterator[Machine]:
    """A Debian in a hall, with nothing of ours."""
    with town.hall(name, number, control.space, disk.managed("gateway"), folder) as machine:
        host("ip", "-n", control.space, "address", "add", f"10.20.{number}.1/24", "dev", f"staff{number}")
        machine.start()
        prepared(machine, control, "mgmt0", f"{ADDRESS.format(number)}/24")
        yield machine


@contextlib.contextmanager
def server(name: str, control: Control, folder: Path) -> Iterator[Machine]:
    """A Debian in the city's computer centre, on the line."""
    with namespace(name):
        cable(name, "wan0", control.space, f"line{HUB}")
        host("ip", "-n", control.space, "link", "set", f"line{HUB}", "master", "line", "up")
        machine = Machine(name, name, disk.managed("hub"), folder)
        try:
            machine.start()
            prepared(machine, control, "wan0", town.line(HUB))
            _cluster(machine)
            yield machine
        finally:
            machine.forget()


def _cluster(machine: Machine) -> None:
    """What the installation of PostgreSQL does; its files alone are on the disk."""
    version = machine.run("ls", "/usr/lib/postgresql").split()[0]
    machine.run("install", "-d", "-o", "postgres", "-g", "postgres", "/var/lib/postgresql", "/var/log/postgresql", "/etc/postgresql")
    machine.run("systemd-tmpfiles", "--create", check=False)  # what is not the database's may fail in a machine without devices
    machine.run("pg_createcluster", "--locale=C.UTF-8", version, "main")
    machine.run("systemctl", "daemon-reload")


def settings(number: int, **more: Any) -> dict[str, Any]:
    """A hall's own variables."""
    values = town.settings(number)
    del values["gateway_portal_settings"]
    for zone in values["gateway_zones"]:
        del zone["pool"]  # the role counts by itself
    return {"ansible_host": ADDRESS.format(number), **values, **more}


def inventory(
    control: Control, halls: dict[str, dict[str, Any]], canary: list[str], hub: dict[str, Any] | None = None, /, **everywhere: Any
) -> None:
    """Write it: hall -> its variables; a hall's town is what its name begins with. ``hub`` are variables of the city's server, which
    watches, too; ``everywhere`` holds for all halls."""
    towns: dict[str, Any] = {}
    for name, values in halls.items():
        towns.setdefault(f"partner_{name.partition('-')[0]}", {"hosts": {}})["hosts"][name] = {}
        control.write(f"host_vars/{name}.yml", values)
    groups: dict[str, Any] = {"canary": {"hosts": {name: {} for name in canary}}, "gateways": {"children": towns}}
    if hub is not None:
        groups |= {"hub": {"hosts": {CITY: {"ansible_host": ADDRESS_OF_HUB}}}, "monitoring": {"hosts": {CITY: {}}}}
        control.write("group_vars/hub/settings.yml", hub)
    control.write("hosts.yml", {"all": {"children": groups}})
    control.write("group_vars/all.yml", {"ansible_user": "root", "ansible_ssh_private_key_file": str(control.key)})
    control.write("group_vars/gateways.yml", {"gateway_portal_settings": town.PORTAL, **everywhere})


CITY = "hub.town.example"
ADDRESS_OF_HUB = town.line(HUB).partition("/")[0]
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def authority(folder: Path) -> dict[str, str]:
    """An authority for this purpose alone and the hub's certificate, as the inventory wants them: ``hub_...`` -> file."""
    names = {"hub_authority": "authority.pem", "hub_certificate": "hub.pem", "hub_key": "hub.key"}
    extensions = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    (folder / "hub.ext").write_text(f"subjectAltName=IP:{ADDRESS_OF_HUB}\nextendedKeyUsage=serverAuth\n", encoding="ascii")
    signed = ("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", "30", "-extfile", "hub.ext")
    for words in (
        ("req", "-x509", *CURVE, "-days", "30", "-subj", "/CN=WLAN", *extensions, "-keyout", "authority.key", "-out", "authority.pem"),
        ("req", *CURVE, "-subj", "/CN=hub", "-keyout", "hub.key", "-out", "hub.csr"),
        ("x509", "-req", "-in", "hub.csr", *signed, "-out", "hub.pem"),
    ):
        subprocess.run(("openssl", *words), cwd=folder, check=True, capture_output=True)
    return {key: str(folder / name) for key, name in names.items()}


@contextlib.contextmanager
def staffed(name: str, folder: Path) -> Iterator[Control]:
    """An Internet, and in its namespace the control host: it reaches each machine by a line of its own."""
    # Sockets of ssh have short names, or it makes none: no folder of pytest's.
    with town.internet(name), tempfile.TemporaryDirectory(prefix="plays-", dir="/run") as sockets:
        try:
            yield Control(name, folder, Path(sockets))
        finally:
            for number in host("ip", "netns", "pids", name).split():
                with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                    if Path(f"/proc/{number}/comm").read_text(encoding="ascii").strip() == "ssh":  # masters that would last on
                        os.kill(int(number), signal.SIGTERM)


def healthy(machine: Machine) -> dict[str, Any]:
    """What the portal says of itself."""
    told: dict[str, Any] = json.loads(machine.run("curl", "--silent", "--max-time", "10", "http://127.0.0.1:9464/healthz"))
    return told


NAMES = f"http://{at.PORTAL_NAME}/"
