"""The tables as text: the templates ``guard.nft`` and ``ruleset.nft`` with the settings filled in. Pure but for reading these."""

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from string import Template

from firewall.settings import LINE_PORTS, Zone
from firewall.shaper import OWN, garden_minor

GUARD_TABLE = "hotspot_guard"
FAMILIES = ("inet", "arp")
DHCP_CLIENTS = ("udp/68", "udp/546")
"""Where the gateway's own clients hear the line's servers."""


def guard(zones: Mapping[str, Zone], line_ports: Iterable[str] = LINE_PORTS) -> str:
    """The guard table for all guest interfaces, as ``nft -f`` takes it; ``line_ports``: what of the gateway the line may reach."""
    guests, lines = (zone.lan for zone in zones.values()), dict.fromkeys(zone.wan for zone in zones.values())
    names = {key: ", ".join(f'"{name}"' for name in of) for key, of in (("guests", guests), ("lines", lines))}
    ports = dict.fromkeys((*DHCP_CLIENTS, *line_ports))
    return _template("guard.nft").substitute(names | {"line_ports": ", ".join(port.replace("/", " . ") for port in ports)})


def zone_table(zones: Mapping[str, Zone], name: str) -> str:
    """A zone's table, as ``nft -f`` takes it."""
    zone = zones[name]
    blocked = [ipaddress.ip_network(network) for network in zone.blocked_networks]
    ports = ", ".join(port.replace("/", " . ") for port in zone.blocked_ports)
    leased = "meta nfproto ipv4 ether saddr . ip saddr != @leased4" if zone.leases is not None else "ip saddr != { $networks4 }"
    # A delegated prefix may be another one tomorrow, without anybody telling the daemon: the kernel's own routes know it at each moment.
    on_link6 = f' fib saddr oifname != "{zone.lan}"' if zone.prefix6 == "delegated" else ""
    translated6 = f'\n\t\toifname "{zone.wan}" ip6 saddr {{ $networks6 }} masquerade' if zone.prefix6 == "translated" else ""
    # A list that is empty gets an element that no packet has: nft wants one, and the rule stays where an auditor looks for it.
    values = {
        "zone": name,
        "lan": zone.lan,
        "wan": zone.wan,
        "capture_port": zone.capture_port,
        "portal_port": zone.portal_port,
        "portal_tls_port": zone.portal_tls_port,
        "captive_dns_port": zone.captive_dns_port,
        "networks4": ", ".join(zone.networks(4)) or "0.0.0.0/32",
        "networks6": ", ".join(zone.networks(6)) or "::/128",
        "addresses6": zone.addresses6,
        "all_addresses6": min(1 << 18, max(1 << 16, zone.max_clients * zone.addresses6)),
        "connections": zone.connections,
        "new_connections": zone.new_connections,
        "new_connections_burst": zone.new_connections * 5,
        "blocked_networks4": ", ".join(str(network) for network in blocked if network.version == 4) or "0.0.0.0/32",
        "blocked_networks6": ", ".join(str(network) for network in blocked if network.version == 6) or "::/128",
        "blocked_ports": ports or "tcp . 0",
        "garden_bytes": zone.garden_bytes,
        "garden_class": f"{garden_minor(zones, name):x}",
        "own_class": f"{OWN:x}",
        "on_link6": on_link6,
    }
    values |= {key: Template(rule).substitute(values) for key, rule in (("lease_rule", leased), ("translated6", translated6))}
    text = _template("ruleset.nft").substitute(values)
    return text if zone.leases is None else f"{text}\n{_template('arp.nft').substitute(values)}"


def fingerprint(text: str) -> str:
    """Short name of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def families(text: str) -> tuple[str, ...]:
    """The families that a text makes its table in."""
    return tuple(dict.fromkeys(re.findall(r"^table (\S+) ", text, re.MULTILINE)))


def removed(table: str, but: tuple[str, ...] = ()) -> str:
    """A transaction that takes a table away in every family, whether or not it is there; ``but`` for these."""
    gone = (family for family in FAMILIES if family not in but)
    return "".join(f"table {family} {table} {{}}\ndelete table {family} {table}\n" for family in gone)


def replaced(table: str, text: str) -> str:
    """A transaction that puts a table in place of whatever has its name, elements included."""
    return removed(table) + text


def rules_replaced(table: str, text: str, listed: str) -> str:
    """A transaction that renews the rules of a table and leaves its maps, and so the visitors in session, as they are.

    ``listed``: the table as it is now. All its chains are emptied, and those that ``text`` does not know are deleted."""
    wanted, there, kept = _chains(text), _chains(listed), families(text)
    there = [(family, chain) for family, chain in there if family in kept]
    flushes = "".join(f"flush chain {family} {table} {chain}\n" for family, chain in there)
    deletions = "".join(f"delete chain {family} {table} {chain}\n" for family, chain in there if (family, chain) not in wanted)
    return removed(table, but=kept) + flushes + deletions + text


def _chains(text: str) -> list[tuple[str, str]]:
    """Family and name of every chain in a text or listing."""
    found, family = [], ""
    for what, name in re.findall(r"^(table|\tchain) (\S+) ", text, re.MULTILINE):
        if what == "table":
            family = name
        else:
            found.append((family, name))
    return found


def _template(file_name: str) -> Template:
    return Template(files("firewall").joinpath(file_name).read_text(encoding="utf-8"))
