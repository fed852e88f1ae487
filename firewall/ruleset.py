"""The tables as text: the templates ``guard.nft`` and ``ruleset.nft`` with the settings filled in. Pure but for reading these."""

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from string import Template

from firewall.settings import Zone
from firewall.shaper import OWN, garden_minor

GUARD_TABLE = "hotspot_guard"


def guard(zones: Mapping[str, Zone]) -> str:
    """The guard table for all guest interfaces, as ``nft -f`` takes it."""
    return _template("guard.nft").substitute(guests=", ".join(f'"{zone.lan}"' for zone in zones.values()))


def zone_table(zones: Mapping[str, Zone], name: str) -> str:
    """A zone's table, as ``nft -f`` takes it."""
    zone = zones[name]
    blocked = [ipaddress.ip_network(network) for network in zone.blocked_networks]
    ports = ", ".join(port.replace("/", " . ") for port in zone.blocked_ports)
    leased = "meta nfproto ipv4 ether saddr . ip saddr != @leased4" if zone.leases is not None else "ip saddr != { $networks4 }"
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
    }
    values["lease_rule"] = Template(leased).substitute(values)
    return _template("ruleset.nft").substitute(values)


def fingerprint(text: str) -> str:
    """Short name of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def replaced(table: str, text: str) -> str:
    """A transaction that puts a table in place of whatever has its name, elements included."""
    return f"table inet {table} {{}}\ndelete table inet {table}\n{text}"


def rules_replaced(table: str, text: str, chains: Iterable[str]) -> str:
    """A transaction that renews the rules of a table and leaves its maps, and so the visitors in session, as they are.

    ``chains``: those that the table has now. All are emptied, and those that ``text`` does not know are deleted."""
    wanted = set(re.findall(r"^\tchain (\S+) \{", text, re.MULTILINE))
    flushes = "".join(f"flush chain inet {table} {chain}\n" for chain in chains)
    deletions = "".join(f"delete chain inet {table} {chain}\n" for chain in chains if chain not in wanted)
    return flushes + deletions + text


def _template(file_name: str) -> Template:
    return Template(files("firewall").joinpath(file_name).read_text(encoding="utf-8"))
