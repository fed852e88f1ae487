"""More zones of a hall: each a LAN of its own behind the same gateway, with its own interface, addresses, servers, plan and portal address.

The first zone, ``public``, is the hall's own (``links``, ``servers``, ``gateway``); what is here is put beside it and uses none of it.
"""

import ipaddress
import re

from msgspec import Struct

from hotspot.lab import layout as at
from hotspot.lab import namespaces, processes
from hotspot.lab.layout import Layout
from hotspot.lab.namespaces import LabFailed
from hotspot.lab.options import Options
from hotspot.lab.record import Folder, PhoneRecord, Started
from hotspot.lab.servers import TUNNEL_TYPES, names_file, prepare_names
from hotspot.lab.services import garden_lines

_NAME = re.compile(r"[a-z][a-z0-9]{0,9}")
MOST = 8
"""Zones besides the first that the layout has addresses for."""


class Extra(Struct, frozen=True):
    """The ``number``-th (1 … ``MOST``) zone besides the first."""

    name: str
    number: int
    down: str = "5 Mbit/s"
    up: str = "1 Mbit/s"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name == "public" or not 1 <= self.number <= MOST:
            raise ValueError(f"cannot make zone {self.name!r} ({self.number}): expected a-z, 0-9, not public, and a number of 1 to {MOST}")

    @property
    def lan(self) -> str:
        """The gateway's interface."""
        return f"lan{self.number}"

    @property
    def bridge(self) -> str:
        """The access point's bridge."""
        return f"br{self.number}"

    @property
    def network(self) -> ipaddress.IPv4Network:
        """The zone's IPv4 network."""
        first = ipaddress.IPv4Network(at.LAN_NET)
        return ipaddress.IPv4Network((int(first.network_address) + self.number * first.num_addresses, first.prefixlen))

    @property
    def gateway(self) -> str:
        """The gateway's IPv4 address."""
        return str(self.network[1])

    @property
    def prefix(self) -> ipaddress.IPv6Network:
        """The zone's IPv6 prefix."""
        first = ipaddress.IPv6Network(at.LAN_PREFIX)
        return ipaddress.IPv6Network((int(first.network_address) + (self.number << 80), first.prefixlen))

    @property
    def gateway6(self) -> str:
        """The gateway's IPv6 address."""
        return str(self.prefix[1])

    @property
    def portal_name(self) -> str:
        """Name of the zone's portal."""
        return f"{self.name}.hall.example"

    @property
    def portal_url(self) -> str:
        """Address of the zone's portal."""
        return f"http://{self.portal_name}/"


def cables(layout: Layout, options: Options, extra: Extra) -> dict[str, list[str]]:
    """The ``ip`` commands that add the zone, by namespace, as ``links.cables``."""
    whole = " gso_max_segs 1" if options.whole_frames else ""
    uplink, bridge = f"uplink{extra.number}", extra.bridge
    return {
        "": [f"link add {extra.lan} netns {layout.gateway} type veth peer name {uplink} netns {layout.access_point}"],
        layout.access_point: [
            f"link add {bridge} type bridge forward_delay 0 mcast_snooping 0",
            f"link set {uplink} master {bridge}",
            f"link set {uplink} up",
            f"link set {bridge} up",
        ],
        layout.gateway: [
            f"link set {extra.lan} up{whole}",
            f"addr add {extra.gateway}/{extra.network.prefixlen} dev {extra.lan}",
            f"addr add {extra.gateway6}/64 dev {extra.lan}",
        ],
        layout.wan: [f"route add {extra.prefix} via {at.LINK_GATEWAY6}"],
    }


def dnsmasq_conf(folder: Folder, options: Options, extra: Extra, *, captive: bool) -> str:
    """DHCP and DNS of the zone, or DNS for its captive clients."""
    name = f"dnsmasq-{extra.name}{'-captive' if captive else ''}"
    lines = [
        *("keep-in-foreground", "log-facility=-", "user=root", f"pid-file={folder.path}/{name}.pid"),
        *(
            f"interface={extra.lan}",
            "except-interface=lo",
            "bind-interfaces",
            "no-resolv",
            "no-hosts",
            f"server={at.NAMESERVER}",
            f"server={at.NAMESERVER6}",
        ),
        f"host-record={extra.portal_name},{extra.gateway},{extra.gateway6}",
        f"servers-file={names_file(folder.path, extra.name)}",
    ]
    lines += garden_lines(options, extra.name)
    if captive:
        lines += [f"port={at.CAPTIVE_DNS_PORT}", "local-ttl=300", "edns-packet-max=512", f"filter-rr={','.join(TUNNEL_TYPES)}"]
    else:
        first, last = extra.network[256], extra.network[-257]
        lines += [
            *("dhcp-authoritative", "no-ping", f"dhcp-leasefile={folder.path}/{name}.leases"),
            f"dhcp-range={first},{last},{extra.network.netmask},{options.lease_seconds}",
            *(
                f"dhcp-option=option:router,{extra.gateway}",
                f"dhcp-option=option:dns-server,{extra.gateway}",
                f"dhcp-option=option:ntp-server,{extra.gateway}",
            ),
        ]
    return "\n".join(lines) + "\n"


def radvd_conf(extra: Extra) -> str:
    """Router advertisements of the zone."""
    return f"""interface {extra.lan} {{
    AdvSendAdvert on;
    MinRtrAdvInterval 3;
    MaxRtrAdvInterval 10;
    prefix {extra.prefix} {{ AdvOnLink on; AdvAutonomous on; }};
    RDNSS {extra.gateway6} {{ }};
}};
"""


def firewall_toml(folder: Folder, options: Options, extra: Extra) -> str:
    """The zone in the settings of the firewall daemon."""
    return f"""
[zones.{extra.name}]
lan = "{extra.lan}"
wan = "wan0"
addresses = ["{extra.gateway}/{extra.network.prefixlen}", "{extra.gateway6}/64"]
capture_port = {at.CAPTURE_PORT}
portal_port = {at.PORTAL_PORT}
portal_tls_port = {at.PORTAL_TLS_PORT}
captive_dns_port = {at.CAPTIVE_DNS_PORT}
leases = "{folder.path}/dnsmasq-{extra.name}.leases"
total_down = "{options.total_down}"
total_up = "{options.total_up}"
max_clients = 500
"""


def portal_toml(options: Options, extra: Extra) -> str:
    """The zone and its plan in the settings of the portal."""
    return f"""
[plans.{extra.name}]
title = {{ de = "Im Saal", en = "In the hall" }}
down = "{extra.down}"
up = "{extra.up}"
time = "{options.plan_time}"

[zones.{extra.name}]
lan = "{extra.lan}"
plans = ["{extra.name}"]
portal_url = "{extra.portal_url}"
capture_port = {at.CAPTURE_PORT}
portal_port = {at.PORTAL_PORT}
portal_tls_port = {at.PORTAL_TLS_PORT}
"""


async def raise_zone(layout: Layout, folder: Folder, options: Options, extra: Extra) -> list[Started]:
    """Cables and servers of the zone; both settings files know it when this returns. Raises ``LabFailed``."""
    if namespaces.exists(layout.gateway) is False:
        raise LabFailed(f"cannot add zone {extra.name}: hall {layout.hall} is not up")
    for namespace, commands in cables(layout, options, extra).items():
        await namespaces.ip_batch(commands, namespace)
    prepare_names(folder.path, extra.name)
    started = []
    for captive in (False, True):
        name = f"dnsmasq-{extra.name}{'-captive' if captive else ''}"
        config = folder.path / f"{name}.conf"
        config.write_text(dnsmasq_conf(folder, options, extra, captive=captive))
        started.append(processes.start(name, layout.gateway, ["dnsmasq", f"--conf-file={config}"], folder.log(name)))
        await processes.line_in(folder.log(name), "started, version", started[-1])
    name = f"radvd-{extra.name}"
    config = folder.path / f"{name}.conf"
    config.write_text(radvd_conf(extra))
    words = ["radvd", "-n", "-m", "stderr", "-d", "1", "-C", str(config), "-p", f"{folder.path}/{name}.pid"]
    started.append(processes.start(name, layout.gateway, words, folder.log(name)))
    await processes.line_in(folder.log(name), "syntax ok", started[-1])
    for settings, text in (
        (folder.firewall_config, firewall_toml(folder, options, extra)),
        (folder.portal_config, portal_toml(options, extra)),
    ):
        settings.write_text(settings.read_text() + text)
    return started


async def move(layout: Layout, phone: PhoneRecord, extra: Extra) -> None:
    """Put a phone, which has not joined yet, onto the zone's bridge."""
    await namespaces.ip_batch([f"link set port{phone.number} master {extra.bridge}"], layout.access_point)
