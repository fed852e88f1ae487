"""The product in the hall: settings of the firewall and the portal, and both as real processes with no more rights than they need."""

import contextlib
import os
import secrets
import sys
from pathlib import Path

from msgspec import Struct

from hotspot.lab import layout as at
from hotspot.lab import namespaces, processes, services
from hotspot.lab.layout import Layout
from hotspot.lab.namespaces import LabFailed
from hotspot.lab.options import Options
from hotspot.lab.readiness import socket_of
from hotspot.lab.record import Folder, Started
from hotspot.lab.servers import names_folder, python_environment

FIREWALL_UID, PORTAL_UID, HUB_UID = 59_901, 59_902, 59_903
"""Numbers, not accounts: a lab adds no users to the machine. From the top of the range that Debian gives to accounts made later."""
ZONE, PLAN = "public", "free"
VOUCHER_PLAN = """[plans.guest]
title = { de = "Für Gäste mit Gutschein", en = "For guests with a voucher" }
down = "20 Mbit/s"
up = "5 Mbit/s"
time = "8 h"
voucher = true
"""
TERMS_VERSION = "2026-11"
TOWN = Path(__file__).parent / "town"
"""What the demo's town has made its own: theme, coat of arms, picture of the hall."""


class Rights(Struct, frozen=True):
    """As whom a service runs: ``uid`` with exactly ``capabilities``."""

    uid: int
    capabilities: tuple[str, ...]

    def words(self) -> list[str]:
        """The setpriv command that drops everything else (setpriv(1))."""
        kept = ",".join(["-all", *(f"+{name}" for name in self.capabilities)])
        return [
            *("setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups", "--no-new-privs"),
            *(f"--inh-caps={kept}", f"--ambient-caps={kept}", f"--bounding-set={kept}"),
        ]


def firewall_toml(folder: Folder, options: Options, portal_uid: int) -> str:
    """Settings of the firewall daemon."""
    return f"""socket = "{folder.firewall_socket}"
runtime_dir = "{folder.firewall_socket.parent}"
clients = [{portal_uid}]
[zones.{ZONE}]
lan = "lan0"
wan = "wan0"
addresses = ["{at.LAN_GATEWAY}/20", "{at.LAN_GATEWAY6}/64"]
capture_port = {at.CAPTURE_PORT}
portal_port = {at.PORTAL_PORT}
portal_tls_port = {at.PORTAL_TLS_PORT}
captive_dns_port = {at.CAPTIVE_DNS_PORT}
leases = "{folder.path}/dnsmasq.leases"
total_down = "{options.total_down}"
total_up = "{options.total_up}"
max_clients = {options.max_clients}
[zones.{ZONE}.ceilings]
rate_down = "10 Gbit/s"
rate_up = "10 Gbit/s"
seconds = "24 h"
"""


def visitor_key(folder: Folder) -> Path:
    """What test visits prove with that they are the hall's own."""
    return folder.path / "visitor.key"


def looks_folder(folder: Folder) -> Path:
    """Where visitor, doctor and LAN guard write what they found."""
    return folder.path / "looks"


def portal_toml(folder: Folder, options: Options) -> str:
    """Settings of the portal."""
    scheme = "https" if options.tls else "http"
    tls = f'certificate = "{folder.path}/tls/portal.pem"\nkey = "{folder.path}/tls/portal.key"\n' if options.tls else ""
    limited = (("volume", options.plan_volume), ("idle", options.plan_idle), ("extension", options.plan_extension))
    city = f'[hub]\nurl = "{at.HUB_URL}"\nauthority = "{folder.authority}"\nreport_every = "1 s"\naway = "open"\n' if options.hub else ""
    limits = [f'{key} = "{value}"\n' for key, value in limited if value]
    return f"""state_dir = "{folder.path}/portal/state"
firewall_socket = "{folder.firewall_socket}"
control_socket = "{folder.control_socket}"
management = "127.0.0.1:{at.MANAGEMENT_PORT}"
usage_interval = "1 s"
looks = "{looks_folder(folder)}"
blocked_names = "{names_folder(folder.path)}"
theme = "{TOWN / "theme.toml"}"
services = {'"services.toml"' if options.services else "[]"}
{tls}
[visitor]
key = "{visitor_key(folder)}"

[hall]
name = "Rathaus Musterstadt"
town = "Stadt Musterstadt"
contact = "Bürgerbüro, Erdgeschoss"
phone = "+49 1234 567-0"
email = "rathaus@musterstadt.example"
address = ["Marktplatz 1", "12345 Musterstadt"]
hours = "hall"

[terms]
version = "{TERMS_VERSION}"
date = 2026-11-01
[terms.text]
de = "Die Nutzung ist kostenlos. Bitte nutzen Sie das WLAN nur für Erlaubtes."
en = "The use is free of charge. Please use the Wi-Fi for lawful things only."

[hours.hall]
open = ["Mon-Wed,Fri 08:00-12:30", "Thu 08:00-18:00"]

[plans.{PLAN}]
title = {{ de = "Kostenlos", en = "Free" }}
down = "{options.plan_down}"
up = "{options.plan_up}"
time = "{options.plan_time}"
{"".join(limits)}
{VOUCHER_PLAN if options.vouchers else ""}
[zones.{ZONE}]
lan = "lan0"
plans = ["{PLAN}"{', "guest"' if options.vouchers else ""}]
portal_url = "{scheme}://{at.PORTAL_NAME}/"
capture_port = {at.CAPTURE_PORT}
portal_port = {at.PORTAL_PORT}
portal_tls_port = {at.PORTAL_TLS_PORT}

{city}
[internet]
targets = ["{at.SITE}:80", "[{at.SITE6}]:80"]
interval = "5 s"
{services.portal_lines(options)}
{(TOWN / "legal.toml").read_text(encoding="utf-8")}"""


_readable: dict[int, bool] = {}
"""What ``readable_by`` has said: neither this tree nor its rights move while a program runs."""


async def readable_by(uid: int) -> bool:
    """Can a user without rights run this interpreter and read this tree? Not when either is below a closed home folder: an interpreter
    there may even start, and then pick up the library of another one that is installed on the machine."""
    same = "import os, sys, hotspot, firewall, msgspec; sys.exit([os.__file__, sys.version] != sys.argv[1:])"
    words = [*Rights(uid, ()).words(), sys.executable, "-P", "-c", same, os.__file__, sys.version]
    environment = [f"{key}={value}" for key, value in python_environment().items()]
    try:
        await namespaces.command("env", *environment, *words)
    except LabFailed:
        return False
    return True


async def rights() -> tuple[Rights, Rights, str]:
    """As whom firewall and portal run here, and a remark for the person who looks, "" when all is as in production."""
    firewall, portal = Rights(FIREWALL_UID, ("net_admin",)), Rights(PORTAL_UID, ())
    if PORTAL_UID not in _readable:
        _readable[PORTAL_UID] = await readable_by(PORTAL_UID)
    if _readable[PORTAL_UID]:
        return firewall, portal, ""
    remark = "firewall and portal run as uid 0, without capabilities but the firewall's CAP_NET_ADMIN: other users cannot read this tree"
    return Rights(0, firewall.capabilities), Rights(0, ()), remark


def prepare(folder: Folder, options: Options, firewall: Rights, portal: Rights) -> None:
    """Write both settings files and make the folders that the services own."""
    folder.firewall_config.write_text(firewall_toml(folder, options, portal.uid))
    folder.portal_config.write_text(portal_toml(folder, options))
    (folder.path / "services.toml").write_text(services.FILE.read_text())
    key = visitor_key(folder)
    key.touch(mode=0o600)
    key.write_text(f"{secrets.token_hex(32)}\n")
    give(key, portal)
    looks_folder(folder).mkdir(exist_ok=True)
    state, names = folder.path / "portal" / "state", names_folder(folder.path)
    for owner, path in (
        (firewall, folder.firewall_socket.parent),
        (portal, folder.control_socket.parent),
        (portal, state),
        (portal, names),
    ):
        path.mkdir(parents=True, exist_ok=True)
        give(path, owner)
    for key in (folder.path / "tls").glob("portal.*"):
        give(key, portal)


def give(path: Path, owner: Rights) -> None:
    """The file belongs to a service now."""
    os.chown(path, owner.uid, owner.uid)


async def start_firewall(layout: Layout, folder: Folder, who: Rights) -> Started:
    """Start the daemon; returns when it says READY."""
    return await start_service("firewall", layout.gateway, folder, who, ["firewall", "--config", str(folder.firewall_config)])


async def start_portal(layout: Layout, folder: Folder, who: Rights) -> Started:
    """Start the portal; returns when it says READY."""
    return await start_service("portal", layout.gateway, folder, who, ["hotspot", "portal", "--config", str(folder.portal_config)])


async def start_service(name: str, namespace: str, folder: Folder, who: Rights, module: list[str]) -> Started:
    """Start one of the product's processes; returns when it says READY."""
    told = folder.log("readiness")
    before = told.stat().st_size
    environment = {**python_environment(), "NOTIFY_SOCKET": str(socket_of(folder.path, name))}
    process = processes.start(name, namespace, [*who.words(), sys.executable, "-P", "-m", *module], folder.log(name), environment)
    async with contextlib.AsyncExitStack() as unless_ready:
        unless_ready.push_async_callback(processes.end, process)
        await processes.line_in(told, f"^{name} READY=1$", process, offset=before, words=folder.log(name))
        unless_ready.pop_all()
    return process


async def start_readiness(layout: Layout, folder: Folder, _: Options) -> Started:
    """Start what listens to the services' own words; returns when it does."""
    words = [sys.executable, "-P", "-m", "hotspot.lab.readiness", str(folder.path), "firewall", "portal", "hub"]
    process = processes.start("readiness", layout.gateway, words, folder.log("readiness"), python_environment())
    await processes.line_in(folder.log("readiness"), "readiness listens", process)
    return process


async def start_reload(layout: Layout, folder: Folder, _: Options) -> Started:
    """Start what has the name servers read blocked domains again; returns when it watches."""
    words = [sys.executable, "-P", "-m", "hotspot.lab.reload", str(folder.path), str(names_folder(folder.path))]
    process = processes.start("reload", layout.gateway, words, folder.log("reload"), python_environment())
    await processes.line_in(folder.log("reload"), "names are watched", process)
    return process


PLAIN_TABLE = "table inet plain { chain nat { type nat hook postrouting priority srcnat; oifname wan0 meta nfproto ipv4 masquerade; }; }"
"""A gateway without the product, to compare with: masquerading and nothing else."""
