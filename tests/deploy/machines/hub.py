"""The city's server as a booted Debian, set up with the commands of docs/operations.md, step by step."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.deploy.machines import rendered, town
from tests.deploy.machines.debs import put
from tests.deploy.machines.machine import Machine, cable, host, namespace

NUMBER = 9
"""Among the machines of the line."""
ADDRESS = town.line(NUMBER).partition("/")[0]
URL = f"https://{ADDRESS}:8700"
SETTINGS = f"""database = "postgresql:///hotspot?host=/run/postgresql"
listen = ["0.0.0.0:8700", "[::]:8700"]
url = "{URL}"
certificate = "hub.pem"
key = "hub.key"
"""
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
SERVICES = ("hotspot-hub.service", "hotspot-hub-backup.timer")


@contextlib.contextmanager
def hub(name: str, wan: str, disk: str, folder: Path, package: Path | None = None) -> Iterator[Machine]:
    """The machine, serving; its administrator is logged in there as root. ``package`` is installed first, on a disk without the program."""
    with namespace(name):
        cable(name, "wan0", wan, f"line{NUMBER}")
        host("ip", "-n", wan, "link", "set", f"line{NUMBER}", "master", "line", "up")
        machine = Machine(name, name, disk, folder)
        try:
            machine.start()
            if package is not None:
                put(machine, package)
            _network(machine)
            _database(machine)
            _certificate(machine)
            _serve(machine)
            yield machine
        finally:
            machine.forget()


def _network(machine: Machine) -> None:
    """A line as a hall has it."""
    values = rendered.variables(town.settings(NUMBER))
    machine.put("/etc/systemd/network/20-wan.network", rendered.text("wan.network.j2", values))
    machine.run("systemctl", "enable", "--now", "--quiet", "systemd-networkd.service")
    machine.run("/lib/systemd/systemd-networkd-wait-online", "--interface=wan0", "--timeout=20")


def _database(machine: Machine) -> None:
    """What the installation of PostgreSQL does, then the two commands of the document."""
    version = machine.run("ls", "/usr/lib/postgresql").split()[0]
    machine.run("install", "-d", "-o", "postgres", "-g", "postgres", "/var/lib/postgresql", "/var/log/postgresql", "/etc/postgresql")
    machine.run("systemd-tmpfiles", "--create")
    machine.run("pg_createcluster", "--locale=C.UTF-8", version, "main")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", f"postgresql@{version}-main.service")
    machine.run("runuser", "-u", "postgres", "--", "createuser", "hotspot-hub")
    machine.run("runuser", "-u", "postgres", "--", "createdb", "--owner", "hotspot-hub", "--encoding", "UTF8", "hotspot")


def _certificate(machine: Machine) -> None:
    """An authority for this purpose alone, and the hub's certificate."""
    authority = (
        "-days",
        "30",
        "-subj",
        "/CN=WLAN",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign",
    )
    machine.run("openssl", "req", "-x509", *CURVE, *authority, "-keyout", "/srv/authority.key", "-out", "/srv/authority.pem")
    machine.run("openssl", "req", *CURVE, "-subj", "/CN=hub", "-keyout", "/srv/hub.key", "-out", "/srv/hub.csr")
    machine.put("/srv/hub.ext", f"subjectAltName=IP:{ADDRESS}\nextendedKeyUsage=serverAuth\n")
    signed = ("-CA", "/srv/authority.pem", "-CAkey", "/srv/authority.key", "-CAcreateserial", "-days", "30", "-extfile", "/srv/hub.ext")
    machine.run("openssl", "x509", "-req", "-in", "/srv/hub.csr", *signed, "-out", "/srv/hub.pem")


def _serve(machine: Machine) -> None:
    """Settings, tables, services, the first administrator."""
    machine.put("/srv/hub.toml", SETTINGS)
    machine.run("install", "-d", "-m", "0750", "-g", "hotspot-hub", "/etc/hotspot")
    machine.run("install", "-m", "0640", "-g", "hotspot-hub", "/srv/hub.toml", "/srv/hub.pem", "/srv/hub.key", "/etc/hotspot/")
    own = ("runuser", "-u", "hotspot-hub", "--", "hotspot", "hub")
    machine.run(*own, "serve", "--config", "/etc/hotspot/hub.toml", "--check-config")
    machine.run(*own, "migrate", "--config", "/etc/hotspot/hub.toml")
    machine.run("systemctl", "enable", "--now", "--quiet", "hotspot-hub", "hotspot-hub-backup.timer")
    machine.run("systemctl", "start", "hotspot-hub-backup")
    token = json.loads(machine.run(*own, "first-admin", "anna", "--config", "/etc/hotspot/hub.toml", "--json"))["token"]
    machine.run("hotspot", "hub", "login", URL, "--authority", "/srv/authority.pem", "--with-token", stdin=f"{token}\n")


def said(machine: Machine, *words: str) -> Any:
    """What a command of the hub's staff prints, for programs."""
    return json.loads(machine.run("hotspot", "hub", *words, "--json"))
