"""A gateway as the doctor has read it, all well, to be changed in one place by each test."""

from pathlib import Path
from typing import Any

import msgspec

from hotspot.doctor import servers
from hotspot.doctor.dnsmasq import parse
from hotspot.doctor.network import Interface
from hotspot.doctor.subject import FirewallSettings, Inspected, InterfaceSeen, Place, Subject, Zone, ZoneSeen
from hotspot.portal.settings import Settings, load

NOW = 1_795_000_000.0
ADDRESSES = ("198.18.0.1/20", "2001:db8:1::1/64")
PORTAL = """state_dir = "{folder}"
firewall_socket = "/run/f.sock"
control_socket = "/run/c.sock"
[hall]
name = "Rathaus"
[terms]
version = "1"
[plans.free]
down = "10 Mbit/s"
up = "2 Mbit/s"
time = "2 h"
[zones.public]
lan = "lan0"
plans = ["free"]
portal_url = "http://portal.hall.example/"
"""
DNSMASQ = """interface=lan0
dhcp-range=198.18.1.0,198.18.14.255,255.255.240.0,1h
dhcp-leasefile=/var/leases
dhcp-option=option:router,198.18.0.1
dhcp-option=option:dns-server,198.18.0.1
"""
RADVD = "interface lan0 { prefix 2001:db8:1::/64 { AdvOnLink on; }; RDNSS 2001:db8:1::1 { }; };"
SEEN = InterfaceSeen(there=True, up=True, tree=True, leaf="fq_codel", missing=(), altered=(), filter=True)


def zone(**changes: Any) -> Zone:
    """A zone of the firewall."""
    values: dict[str, Any] = {
        "lan": "lan0",
        "wan": "wan0",
        "addresses": ADDRESSES,
        "total_down": 100_000_000,
        "total_up": 40_000_000,
        "capture_port": 8080,
        "portal_port": 8081,
        "portal_tls_port": 8443,
        "captive_dns_port": 5300,
        "ceilings": {"rate_down": 10**9, "rate_up": 10**9, "seconds": 86_400, "volume": None},
        "leases": "/var/leases",
    }
    return Zone(**(values | changes))


def inspected(
    zones: dict[str, Zone] | None = None, guard: str = "right", seen: ZoneSeen | None = None, **interfaces: InterfaceSeen
) -> Inspected:
    """The kernel, all right."""
    told = zones if zones is not None else {"public": zone()}
    each = seen or ZoneSeen("right", 0, 0, 0)
    return Inspected(
        "1.0", FirewallSettings(told, "/run/f.sock"), guard, dict.fromkeys(told, each), {"lan0": SEEN, "wan0": SEEN} | interfaces
    )


def dnsmasq(text: str = DNSMASQ) -> servers.Server:
    """dnsmasq with these settings."""
    return servers.Server(servers.DNSMASQ, tuple(parse(text)))


def portal(folder: Path, old: str = "", new: str = "", more: str = "") -> Settings:
    """Settings of the portal, with one text replaced by another."""
    assert old in PORTAL
    path = folder / "portal.toml"
    path.write_text(PORTAL.replace(old, new).format(folder=folder) + more if old else PORTAL.format(folder=folder) + more)
    return load(path)


def links(**changes: Interface) -> dict[str, Interface]:
    """Both interfaces."""
    return {"lan0": Interface("lan0", 1_500, True, ADDRESSES), "wan0": Interface("wan0", 1_500, True, ("203.0.113.2/24",))} | changes


def subject(settings: Settings | None = None, **changes: Any) -> Subject:
    """All of it."""
    served = (dnsmasq(), servers.Server(servers.RADVD, text=RADVD))
    whole = Subject(Place(), NOW, settings, "", inspected(), "", served, links(), None)
    return msgspec.structs.replace(whole, **changes)
