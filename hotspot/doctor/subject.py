"""Which gateway is looked at: its settings files as they are, those of its name server, and what the firewall says of the kernel."""

import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from hotspot.control import Status, StatusIs
from hotspot.doctor import network, servers
from hotspot.doctor.found import attempt
from hotspot.doctor.programs import run
from hotspot.looks.values import Finding
from hotspot.portal.settings import BadSettings, Settings, load
from hotspot.portal.settings_reader import Files
from hotspot.portal.uplink.kept import in_force

T = TypeVar("T")

PORTAL_CONFIG, FIREWALL_CONFIG = Path("/etc/hotspot/portal.toml"), Path("/etc/hotspot/firewall.toml")


RIGHTS = {"CAP_NET_ADMIN": 12, "CAP_SYS_PTRACE": 19, "CAP_DAC_READ_SEARCH": 2}
"""Capabilities and their numbers (linux/capability.h): to list rules, to see which name server runs in which network, to read settings and
state of other users."""


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
    prefix6: str = "fixed"

    @property
    def has_ipv6(self) -> bool:
        """Whether visitors have IPv6, as far as settings know."""
        return self.prefix6 == "delegated" or any(":" in each for each in self.addresses)


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
    """Why its settings cannot be used; "": they can."""
    servers: tuple[servers.Server, ...]
    """dnsmasq and radvd as they run in this network namespace."""
    links: Mapping[str, network.Interface]
    status: StatusIs | None
    """How the portal says it is; None: it does not answer."""
    policy_error: str = ""
    """Why the hub's policy cannot be put over the portal's settings; "": it can, or there is none."""
    unseen: str = ""
    """Why the firewall's program does not say what is in the kernel; "": it does."""
    stumbled: tuple[Finding, ...] = ()
    """Parts that could not be read, by a fault of the doctor's own."""

    @property
    def zones(self) -> dict[str, Zone]:
        """Those of the firewall; empty when its settings cannot be used."""
        return self.firewall.settings.zones if self.firewall is not None else {}


def read(place: Place, now: float | None = None) -> Subject:
    """Read everything. Raises ``CannotLook``."""
    if lacking := missing_rights():
        raise CannotLook(
            f"cannot look at the gateway: expected to run as root, or with {', '.join(RIGHTS)} as its unit does: "
            f"without {', '.join(lacking)} what cannot be read would seem not to be there"
        )
    stumbled: list[Finding] = []

    def part(name: str, look: Callable[[], T], otherwise: T) -> T:
        told = attempt(name, look)
        if isinstance(told, Finding):
            stumbled.append(told)
            return otherwise
        return told

    portal = part("settings", lambda: settings_in_force(place.portal), InForce())
    kernel = part("inspection", lambda: inspect(place.firewall), Kernel())
    return Subject(
        place=place,
        now=time.time() if now is None else now,
        portal=portal.settings,
        portal_error=portal.error,
        firewall=kernel.inspected,
        firewall_error=kernel.bad_settings,
        servers=part("servers", servers.running, ()),
        links=part("interfaces", network.interfaces, {}),
        status=part("status", lambda: portal_status(control_socket(place, portal.settings)), None),
        policy_error=portal.policy_error,
        unseen=kernel.unseen,
        stumbled=tuple(stumbled),
    )


def missing_rights() -> tuple[str, ...]:
    """Of those that a look needs, which this process does not have."""
    told = re.search(r"^CapEff:\s*([0-9a-f]+)$", Path("/proc/self/status").read_text(encoding="ascii", errors="replace"), re.MULTILINE)
    held = int(told[1], 16) if told is not None else 0
    return tuple(name for name, number in RIGHTS.items() if not held >> number & 1)


class InForce(Struct, frozen=True):
    """The portal's settings, with the hub's policy over them."""

    settings: Settings | None = None
    error: str = ""
    """Why the file cannot be used."""
    policy_error: str = ""
    """Why the policy cannot be used over it; then the file alone is what is looked at."""


def settings_in_force(config: Path) -> InForce:
    """As the portal reads them when it starts."""
    try:
        return InForce(in_force(config, Files()))
    except BadSettings as error:
        both = str(error)
    try:
        return InForce(load(config), "", both)
    except BadSettings as error:
        return InForce(None, str(error))


class Kernel(Struct, frozen=True):
    """What the firewall's own program says of the kernel."""

    inspected: Inspected | None = None
    bad_settings: str = ""
    """Why its settings cannot be used; "": they can."""
    unseen: str = ""
    """Why it says nothing else."""


def inspect(config: Path) -> Kernel:
    """The kernel as the firewall's own program sees it, or why it does not."""
    said = run([sys.executable, "-P", "-m", "firewall", "--config", str(config), "--inspect"])
    if said is None:
        return Kernel(unseen="the firewall's program does not run or does not end")
    if said.status != 0:
        lines = said.complaint.strip().splitlines() or ["it says nothing"]
        return Kernel(bad_settings=lines[-1]) if said.status == 2 else Kernel(unseen=lines[-1])
    try:
        return Kernel(msgspec.json.decode(said.out, type=Inspected))
    except msgspec.DecodeError as error:
        return Kernel(unseen=f"cannot understand the firewall's program: {error}")


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
