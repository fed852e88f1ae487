"""The servers of a hall that are not the product: dnsmasq, radvd and chrony on the gateway, nsd and the site in the WAN.

The upper half is text (pure): the configuration of each. The lower half starts them and waits until each says that it serves.
"""

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import hotspot
from hotspot.lab import layout as at
from hotspot.lab import processes, services
from hotspot.lab.layout import Layout
from hotspot.lab.options import Options
from hotspot.lab.probes import SITE_NAMES
from hotspot.lab.record import Folder, Started

TUNNEL_TYPES = ("ANY", "TXT", "NULL", "MX", "SRV", "NAPTR", "SSHFP", "DNSKEY", "65399")
"""Record types that tunnels like (65399 is iodine's own), for captive clients left out of every answer."""


def names_folder(folder: Path) -> Path:
    """Where the portal of a hall writes blocked domains."""
    return folder / "names"


def names_file(folder: Path, zone: str) -> Path:
    """What the name servers of a zone read."""
    return names_folder(folder) / f"{zone}.servers"


def api_url(options: Options) -> str | None:
    """The address of the API (RFC 8908) that DHCP and router advertisements tell, the same to the byte (RFC 8910 §3); None without a
    certificate, because a phone that hears of an API which does not answer over TLS fares worse than one that hears of none."""
    return options.option_114 or (f"https://{at.PORTAL_NAME}/api/captive" if options.tls else None)


def dnsmasq_conf(folder: Path, options: Options) -> str:
    """DHCP and DNS for the LAN; foreign names are asked for in the WAN and passed on unchanged (RFC 8952: no forged answers)."""
    url = api_url(options)
    lines = [
        "keep-in-foreground",
        "log-facility=-",
        "user=root",
        f"pid-file={folder}/dnsmasq.pid",
        "interface=lan0",
        "bind-interfaces",
        "no-resolv",
        "no-hosts",
        f"server={at.NAMESERVER}",
        f"server={at.NAMESERVER6}",
        f"host-record={at.PORTAL_NAME},{at.LAN_GATEWAY},{at.LAN_GATEWAY6}",
        "dhcp-authoritative",
        "no-ping",  # every address is one of ours; the check costs 3 s
        f"dhcp-range={at.LEASES[0]},{at.LEASES[1]},255.255.240.0,{options.lease_seconds}",
        f"dhcp-leasefile={folder}/dnsmasq.leases",
        f"dhcp-option=option:router,{at.LAN_GATEWAY}",
        f"dhcp-option=option:dns-server,{at.LAN_GATEWAY}",
        f"dhcp-option=option:ntp-server,{at.LAN_GATEWAY}",
        f"servers-file={names_file(folder, 'public')}",
        *([f"dhcp-option=114,{url}"] if url else []),
        *_special(options),
    ]
    return "\n".join(lines) + "\n"


def _special(options: Options) -> list[str]:
    """Names that are asked for elsewhere, and those of the garden, whose addresses go into the zone's sets."""
    return [*(f"server=/{name}/{address}" for name, address in options.delegated), *services.garden_lines(options, "public")]


def captive_dnsmasq_conf(folder: Path, options: Options) -> str:
    """DNS for captive clients: the same true answers, but small ones, and no record types that carry tunnels and no phone needs."""
    lines = [
        "keep-in-foreground",
        "log-facility=-",
        "user=root",
        f"pid-file={folder}/dnsmasq-captive.pid",
        f"port={at.CAPTIVE_DNS_PORT}",
        "interface=lan0",
        "bind-interfaces",
        "no-resolv",
        "no-hosts",
        f"server={at.NAMESERVER}",
        f"server={at.NAMESERVER6}",
        f"host-record={at.PORTAL_NAME},{at.LAN_GATEWAY},{at.LAN_GATEWAY6}",
        "local-ttl=300",  # the phone asks for the portal's name seldom
        "edns-packet-max=512",
        f"filter-rr={','.join(TUNNEL_TYPES)}",
        f"servers-file={names_file(folder, 'public')}",
        *_special(options),
    ]
    return "\n".join(lines) + "\n"


def radvd_conf(url: str | None = None) -> str:
    """Router advertisements for the LAN: prefix for SLAAC, the gateway as name server (RFC 8106), and ``url`` as option 37 (RFC 8910)."""
    portal = f'    AdvCaptivePortalAPI "{url}";\n' if url else ""
    return f"""interface lan0 {{
    AdvSendAdvert on;
    MinRtrAdvInterval 3;
    MaxRtrAdvInterval 10;
{portal}    prefix {at.LAN_PREFIX} {{ AdvOnLink on; AdvAutonomous on; }};
    RDNSS {at.LAN_GATEWAY6} {{ }};
}};
"""


RADVD_WITH_OPTION_37 = (2, 20)
"""The first radvd that can send it; an older one takes the line for a syntax error and ends. Debian 12 has 2.19, Debian 13 has 2.20."""


def radvd_version(said: str) -> tuple[int, int]:
    """``Version: 2.20_rc1`` as radvd says it -> (2, 20); (0, 0) for what cannot be read."""
    found = re.search(r"Version:\s*(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


async def radvd_tells_portal() -> bool:
    """Can the radvd of this machine send option 37?"""
    process = await asyncio.create_subprocess_exec(
        *("radvd", "--version"),
        env={"PATH": processes.PATH},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    said, _ = await process.communicate()  # 2.19 says it and leaves with an error
    return radvd_version(said.decode(errors="replace")) >= RADVD_WITH_OPTION_37


def chrony_conf(folder: Path) -> str:
    """Time for guests, from this machine's clock as it is: a hall has no way to a better one."""
    allowed = [f"allow {network}" for network in at.GUESTS]
    return "\n".join([*allowed, f"local stratum {at.TIME_STRATUM}", "cmdport 0", "bindcmdaddress /", f"pidfile {folder}/chrony.pid"]) + "\n"


def chronyd() -> str | None:
    """The program, None when there is none. ``scripts/prepare`` unpacks it beside this Python: installed, it would take the place of the
    machine's own time service."""
    unpacked = Path(sys.prefix, "debian", "usr", "sbin", "chronyd")
    return str(unpacked) if unpacked.exists() else shutil.which("chronyd", path=processes.PATH)


def nsd_conf(folder: Path) -> str:
    """An authoritative server for the root: the whole Internet of the hall is one zone."""
    return f"""server:
    ip-address: {at.NAMESERVER}
    ip-address: {at.NAMESERVER6}
    username: ""
    server-count: 1
    zonesdir: "{folder}"
    database: ""
    zonelistfile: "{folder}/nsd.zones"
    xfrdfile: "{folder}/nsd.xfrd"
    pidfile: "{folder}/nsd.pid"
    xfrdir: "{folder}"
    verbosity: 1
remote-control:
    control-enable: no
zone:
    name: "."
    zonefile: "{folder}/root.zone"
"""


def root_zone(names: Iterable[str], garden: Iterable[str] = ()) -> str:
    """The zone ``.``: each of ``names`` is the site, on both stacks; ``garden`` is the same site elsewhere. ``ipv6.…`` names have no IPv4
    address, as the real ones."""
    lines = ["$ORIGIN .", "$TTL 60", ". SOA ns.town.example. admin.town.example. 1 3600 600 86400 60", ". NS ns.town.example."]
    lines += [f"ns.town.example. A {at.NAMESERVER}", f"ns.town.example. AAAA {at.NAMESERVER6}"]
    for name in sorted(set(names)):
        if not name.startswith("ipv6."):
            lines.append(f"{name}. A {at.SITE}")
        lines.append(f"{name}. AAAA {at.SITE6}")
    for name in sorted(set(garden)):
        lines += [f"{name}. A {at.GARDEN}", f"{name}. AAAA {at.GARDEN6}"]
    return "\n".join(lines) + "\n"


def prepare_names(folder: Path, zone: str) -> None:
    """An empty list, so that the name servers start without complaint."""
    names_folder(folder).mkdir(exist_ok=True)
    names_file(folder, zone).touch()


async def start_wan(layout: Layout, folder: Folder, options: Options) -> list[Started]:
    """Start name server and site; returns when both serve."""
    (folder.path / "nsd.conf").write_text(nsd_conf(folder.path))
    (folder.path / "root.zone").write_text(root_zone(SITE_NAMES, services.garden(options)))
    nsd = processes.start("nsd", layout.wan, ["nsd", "-d", "-c", str(folder.path / "nsd.conf")], folder.log("nsd"))
    tls = [str(folder.path / "tls" / "site.pem"), str(folder.path / "tls" / "site.key")] if options.tls else []
    site = processes.start(
        "site", layout.wan, [sys.executable, "-P", "-m", "hotspot.lab.site", *tls], folder.log("site"), env=python_environment()
    )
    await processes.line_in(folder.log("nsd"), "nsd started", nsd)
    await processes.line_in(folder.log("site"), "site serves", site)
    return [nsd, site]


async def start_lan(layout: Layout, folder: Folder, options: Options) -> list[Started]:
    """Start dnsmasq, radvd and chrony; returns when all serve."""
    prepare_names(folder.path, "public")
    (folder.path / "dnsmasq.conf").write_text(dnsmasq_conf(folder.path, options))
    (folder.path / "radvd.conf").write_text(radvd_conf(api_url(options) if await radvd_tells_portal() else None))
    dnsmasq = processes.start("dnsmasq", layout.gateway, ["dnsmasq", f"--conf-file={folder.path}/dnsmasq.conf"], folder.log("dnsmasq"))
    radvd_words = ["radvd", "-n", "-m", "stderr", "-d", "1", "-C", f"{folder.path}/radvd.conf", "-p", f"{folder.path}/radvd.pid"]
    radvd = processes.start("radvd", layout.gateway, radvd_words, folder.log("radvd"))
    (folder.path / "dnsmasq-captive.conf").write_text(captive_dnsmasq_conf(folder.path, options))
    words = ["dnsmasq", f"--conf-file={folder.path}/dnsmasq-captive.conf"]
    captive = processes.start("dnsmasq-captive", layout.gateway, words, folder.log("dnsmasq-captive"))
    (folder.path / "chrony.conf").write_text(chrony_conf(folder.path))
    # -x: it leaves the machine's clock alone, and has not the right to set it either.
    rights = ["setpriv", "--bounding-set=-all,+net_bind_service,+dac_read_search", "--no-new-privs"]
    words = [*rights, chronyd() or "chronyd", "-d", "-x", "-u", "root", "-f", f"{folder.path}/chrony.conf"]
    time_server = processes.start("chrony", layout.gateway, words, folder.log("chrony"))
    await processes.line_in(folder.log("dnsmasq"), "started, version", dnsmasq)
    await processes.line_in(folder.log("dnsmasq-captive"), "started, version", captive)
    await processes.line_in(folder.log("radvd"), "syntax ok", radvd)
    await processes.line_in(folder.log("chrony"), "Running with root privileges", time_server)  # its sockets are open by then
    return [dnsmasq, captive, radvd, time_server]


def python_environment() -> dict[str, str]:
    """Environment in which ``python -P -m hotspot…`` finds this very tree, installed or not, and leaves no files in it."""
    root = Path(hotspot.__file__ or "").resolve().parent.parent
    return {"PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}


async def start_iperf3(layout: Layout, folder: Folder, port: int) -> Started:
    """Start an iperf3 server in the WAN, for those who measure; it takes one test after the other, on both stacks."""
    log = folder.log(f"iperf3-{port}")
    words = ["iperf3", "--server", "--forceflush", "--port", str(port)]
    server = processes.start(f"iperf3-{port}", layout.wan, words, log)
    await processes.line_in(log, "Server listening", server)
    return server
