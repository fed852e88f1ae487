"""Which gateway is looked at: its settings files as they are, those of its name server, and what the firewall says of the kernel."""

import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from hotspot.control import Status, StatusIs
from hotspot.doctor import network, servers
from hotspot.doctor.programs import run
from hotspot.portal.settings import BadSettings, Settings, load

PORTAL_CONFIG, FIREWALL_CONFIG = Path("/etc/hotspot/portal.toml"), Path("/etc/hotspot/firewall.toml")


class CannotLook(Exception):
    """The doctor itself cannot do its work; the text says why."""


class Place(Struct, frozen=True):
    """Where things are on this gateway."""

    portal: Path = PORTAL_CONFIG
    firewall: Path = FIREWALL_CONFIG
    authority: Path | None = None
    """PEM file of an authority that phones of this hall trust beside the public ones; None: those alone."""


class Zone(Struct, frozen=True):
    """A zone in the firewall's settings, as ``firewall --inspect`` prints them: rates bit/s, durations seconds."""

    lan: str
    wan: str
    addresses: tuple[str, ...]
    total_down: int
    total_up: int
    capture_port: int
    portal_port: int
    portal_tls_port: int
    captive_dns_port: int
    ceilings: dict[str, Any]
    leases: str | None = None
    pool: int | None = None


class FirewallSettings(Struct, frozen=True):
    """What the doctor needs of them."""

    zones: dict[str, Zone]
    socket: str
    clients: tuple[str | int, ...] = ()


class ZoneSeen(Struct, frozen=True):
    """As in ``firewall.inspection``."""

    table: str
    grants: int
    stray: int
    classless: int


class InterfaceSeen(Struct, frozen=True):
    """As in ``firewall.inspection``."""

    there: bool
    up: bool
    tree: bool
    leaf: str
    missing: tuple[str, ...]
    altered: tuple[str, ...]
    filter: bool


class Inspected(Struct, frozen=True):
    """What ``firewall --inspect`` prints."""

    version: str
    settings: FirewallSettings
    guard: str
    zones: dict[str, ZoneSeen]
    interfaces: dict[str, InterfaceSeen]


class Subject(Struct, frozen=True):
    """All that several groups need; read once."""

    place: Place
    now: float
    portal: Settings | None
    portal_error: str
    """Why its settings cannot be used; "": they can."""
    firewall: Inspected | None
    firewall_error: str
    servers: tuple[servers.Server, ...]
    """dnsmasq and radvd as they run in this network namespace."""
    links: Mapping[str, network.Interface]
    status: StatusIs | None
    """How the portal says it is; None: it does not answer."""

    @property
    def zones(self) -> dict[str, Zone]:
        """Those of the firewall; empty when its settings cannot be used."""
        return self.firewall.settings.zones if self.firewall is not None else {}


def read(place: Place, now: float | None = None) -> Subject:
    """Read everything. Raises ``CannotLook``."""
    if os.geteuid() != 0:
        raise CannotLook("cannot look at the gateway: expected to run as root, because only root may read the kernel's rules")
    portal, portal_error = None, ""
    try:
        portal = load(place.portal)
    except BadSettings as error:
        portal_error = str(error)
    inspected, firewall_error = inspect(place.firewall)
    return Subject(
        place=place,
        now=time.time() if now is None else now,
        portal=portal,
        portal_error=portal_error,
        firewall=inspected,
        firewall_error=firewall_error,
        servers=servers.running(),
        links=network.interfaces(),
        status=portal_status(control_socket(place, portal)),
    )


def inspect(config: Path) -> tuple[Inspected | None, str]:
    """The kernel as the firewall's own program sees it, and why it does not. Raises ``CannotLook`` when the program cannot be run."""
    said = run([sys.executable, "-P", "-m", "firewall", "--config", str(config), "--inspect"])
    if said is None:
        raise CannotLook("cannot look at the kernel: the firewall's program does not run or does not end")
    if said.status != 0:
        lines = said.complaint.strip().splitlines() or ["it says nothing"]
        if said.status == 2:
            return None, lines[-1]
        raise CannotLook(f"cannot look at the kernel: {lines[-1]}")
    try:
        return msgspec.json.decode(said.out, type=Inspected), ""
    except msgspec.DecodeError as error:
        raise CannotLook(f"cannot understand the firewall's program: {error}") from None


def control_socket(place: Place, portal: Settings | None) -> Path | None:
    """Where the portal listens to staff, also when its settings cannot be used otherwise."""
    if portal is not None:
        return portal.control_socket
    try:
        told = re.search(r'^\s*control_socket\s*=\s*"([^"\n]+)"', place.portal.read_text(encoding="utf-8"), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        return None
    return Path(told[1]) if told is not None else None


def portal_status(path: Path | None) -> StatusIs | None:
    """How the portal says it is."""
    from hotspot.ask import PortalUnavailable, ask

    if path is None:
        return None
    try:
        reply = ask(path, Status(), 5.0)
    except PortalUnavailable:
        return None
    return reply if isinstance(reply, StatusIs) else None
