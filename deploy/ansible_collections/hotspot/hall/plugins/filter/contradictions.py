"""What cannot be true at once in the settings of a gateway. Pure: values in, words out."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

DOCUMENTATION = """
name: contradictions
author: Hotspot
positional: wan, management, line
short_description: What cannot be true at once in the settings of a gateway
description:
  - Returns one sentence for each contradiction, and an empty list when there is none.
options:
  _input:
    description: The zones.
    type: list
    elements: dict
    required: true
  wan:
    description: The line.
    type: dict
    required: true
  management:
    description: The way of the IT staff, or nothing.
    type: dict
    default: {}
  line:
    description: What the box says of its line's interface now, as C(ansible_facts) has it. Looked at when the line is by DHCP.
    type: dict
    default: {}
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: gateway_zones | hotspot.hall.contradictions(gateway_wan, gateway_management) == []
"""

RETURN = """
_value:
  description: One sentence for each contradiction.
  type: list
  elements: str
"""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
KINDS = {"fixed": True, "delegated": False, "translated": True, "off": False}
"""Where a zone's IPv6 prefix is from, and whether it is in the inventory."""
PRIVATE = ipaddress.IPv6Network("fc00::/7")
ZONE_NAME = re.compile("[a-z][a-z0-9_]{0,14}")
TAKEN = ("wan", "management", "vlan", "trunk")
"""Names that files of the role have, and so no zone."""
INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")
VLAN = re.compile(r"(?P<parent>.+)\.(?P<id>[0-9]+)")
"""An interface that is made on another one."""


def contradictions(
    zones: list[Mapping[str, Any]],
    wan: Mapping[str, Any],
    management: Mapping[str, Any] | None = None,
    line: Mapping[str, Any] | None = None,
) -> list[str]:
    """One sentence for each thing that cannot be."""
    wan, management = wan or {}, management or {}
    if not zones:
        return ["gateway_zones is empty; expected at least one network of visitors"]
    if not wan.get("interface"):
        return [f"gateway_wan has interface '{wan.get('interface', '')}'; expected the interface of the line, such as eth0"]
    if not isinstance(wan.get("dhcp", False), bool):
        # Between quotes it is a text, of which Jinja makes true whatever it says.
        return [f"gateway_wan has dhcp {wan['dhcp']!r}; expected true or false, without quotes"]
    if management and not (management.get("interface") and management.get("addresses")):
        return [f"gateway_management is {dict(management)}; expected interface and addresses, or {{}} for a way in by the line"]
    found = [*_names(zones), *_interfaces(zones, wan, management), *_vlans(zones, wan, management), *_line(wan, zones)]
    for zone in zones:
        found += _zone(zone)
    return found or list(_overlaps(zones, wan, management, line or {}))


def _names(zones: list[Mapping[str, Any]]) -> Iterator[str]:
    """Zones are called as firewall.toml takes it, each by a name of its own."""
    for zone in zones:
        if not ZONE_NAME.fullmatch(zone["name"]):
            yield f"gateway_zones, name is {zone['name']!r}; expected at most 15 letters a-z, digits and _, a letter first"
        elif zone["name"] in TAKEN:
            yield f"gateway_zones, name is {zone['name']!r}; expected another one than {', '.join(TAKEN)}, which files of the role have"
    for name, times in Counter(zone["name"] for zone in zones).items():
        if times > 1:
            yield f"gateway_zones has {name} {times} times; expected each name once"


def _interfaces(zones: list[Mapping[str, Any]], wan: Mapping[str, Any], management: Mapping[str, Any]) -> Iterator[str]:
    """Each has one purpose, and a name that the kernel takes."""
    used: dict[str, list[str]] = {}
    for place, one in (("gateway_wan", wan), ("gateway_management", management)):
        if "interface" in one:
            used.setdefault(one["interface"], []).append(place)
    for zone in zones:
        radios = [radio["interface"] for radio in zone.get("wifi") or []]
        for name in (zone["bridge"], *(zone.get("members") or []), *radios):
            used.setdefault(name, []).append(f"gateway_zones, {zone['name']}")
        if not zone.get("members") and not radios:
            yield f"gateway_zones, {zone['name']}: members is empty; expected an interface towards the access points, or wifi"
        if VLAN.fullmatch(zone["bridge"]):
            yield f"gateway_zones, {zone['name']}: bridge is {zone['bridge']}; expected a name without a point: VLANs are members of it"
    for name, places in used.items():
        if len(places) > 1:
            yield f"interface {name} is used by {' and by '.join(places)}; expected one use of each interface"
        if not INTERFACE.fullmatch(name):
            yield f"{places[0]}: interface {name!r}; expected at most 15 letters, digits, points, - and _"


def _vlans(zones: list[Mapping[str, Any]], wan: Mapping[str, Any], management: Mapping[str, Any]) -> Iterator[str]:
    """``eth1.30`` is VLAN 30 of eth1, which no bridge of visitors holds as a whole."""
    plain = {name: f"gateway_zones, {zone['name']}" for zone in zones for name in (zone["bridge"], *(zone.get("members") or []))}
    lines = [(place, one["interface"]) for place, one in (("gateway_wan", wan), ("gateway_management", management)) if "interface" in one]
    for place, name in (*lines, *((place, name) for name, place in plain.items())):
        if (found := VLAN.fullmatch(name)) is None:
            continue
        parent, number = found["parent"], int(found["id"])
        if not 1 <= number <= 4094:
            yield f"{place}: interface {name} is VLAN {number}; expected one from 1 to 4094"
        if VLAN.fullmatch(parent):
            yield f"{place}: interface {name} is a VLAN in a VLAN; expected one of an interface, such as eth1.30"
        if parent in plain:
            yield f"{place}: interface {name} is a VLAN of {parent}, which is in {plain[parent]} as a whole; expected VLANs there too"


def _line(wan: Mapping[str, Any], zones: list[Mapping[str, Any]]) -> Iterator[str]:
    """It has addresses, or is given some; who waits for a prefix has to ask for it."""
    if wan.get("dhcp") and (wan.get("addresses") or wan.get("routers")):
        yield "gateway_wan has dhcp: true and addresses or routers; expected one of both"
    yield from _routers(wan)
    if not wan.get("dhcp"):
        for zone in zones:
            if zone.get("ipv6") == "delegated":
                yield f"gateway_zones, {zone['name']}: ipv6 is delegated and gateway_wan has no dhcp: true; expected a line to ask for it"
    if not wan.get("dhcp") and not (wan.get("addresses") and wan.get("routers")):
        yield "gateway_wan has neither dhcp: true nor addresses and routers; expected one of both"


def _routers(wan: Mapping[str, Any]) -> Iterator[str]:
    """Addresses that can be read, and routers that are in one of their networks."""
    try:
        networks = [ipaddress.ip_interface(each).network for each in wan.get("addresses") or []]
        routers = [ipaddress.ip_address(each) for each in wan.get("routers") or []]
    except ValueError as error:
        yield f"gateway_wan: {error}; expected addresses as 203.0.113.2/24 and routers as 203.0.113.1"
        return
    for router in routers:
        if not router.is_link_local and not any(router in network for network in networks):
            yield f"gateway_wan: router {router} is in none of {', '.join(map(str, networks)) or 'no networks'}; expected one on the line"


def _zone(zone: Mapping[str, Any]) -> Iterator[str]:
    """Addresses that can be read, a pool within the network, and IPv6 whole or not at all."""
    name = f"gateway_zones, {zone['name']}"
    try:
        own = ipaddress.IPv4Interface(zone["address"])
        first, last = ipaddress.IPv4Address(zone["first"]), ipaddress.IPv4Address(zone["last"])
    except ValueError as error:
        yield f"{name}: {error}; expected address as 10.20.0.1/20, first and last as 10.20.1.0"
        return
    net = own.network
    if first not in net or last not in net or first > last:
        yield f"{name}: first {first} to last {last} is no range of {net}"
    elif first == net.network_address or last == net.broadcast_address:
        yield f"{name}: first {first} to last {last} holds the first or last address of {net}, which no device can have"
    elif first <= own.ip <= last:
        yield f"{name}: address {own.ip} lies between first {first} and last {last}; expected it outside of what DHCP gives out"
    elif zone.get("pool") and int(zone["pool"]) > int(last) - int(first) + 1:
        yield f"{name}: pool is {zone['pool']}; expected at most {int(last) - int(first) + 1}, as from {first} to {last}, or none"
    yield from _prefix(name, zone)


def _prefix(name: str, zone: Mapping[str, Any]) -> Iterator[str]:
    """IPv6 whole or not at all, with an address of the right kind."""
    kind, address6 = zone.get("ipv6", "off"), zone.get("address6") or ""
    if kind not in KINDS:
        yield f"{name}: ipv6 is {kind}; expected one of {', '.join(KINDS)}"
    elif KINDS[kind] != bool(address6):
        wanted = "an address6" if KINDS[kind] else "no address6"
        yield f"{name}: ipv6 is {kind} and address6 is '{address6}'; expected {wanted} with {kind}"
    elif address6:
        try:
            own = ipaddress.IPv6Interface(address6)
        except ValueError as error:
            yield f"{name}: {error}; expected address6 as 2001:db8:1::1/64"
            return
        if own.network.prefixlen != 64:
            yield f"{name}: address6 {address6} has a prefix of {own.network.prefixlen} bits; expected 64, as phones need it"
        if (kind == "translated") != (own in PRIVATE):
            what = "a private one (RFC 4193), such as fd12:3456:789a:1::1/64" if kind == "translated" else "one that the Internet routes"
            yield f"{name}: ipv6 is {kind} and address6 is {address6}; expected {what}"


def _leased(wan: Mapping[str, Any], line: Mapping[str, Any]) -> list[str]:
    """IPv4 addresses that somebody on the line has given to the box."""
    if not wan.get("dhcp"):
        return []
    ipv4 = line.get("ipv4") or {}
    return [f"{one['address']}/{one['netmask']}" for one in (ipv4, *(line.get("ipv4_secondaries") or [])) if one.get("netmask")]


def _overlaps(
    zones: list[Mapping[str, Any]], wan: Mapping[str, Any], management: Mapping[str, Any], line: Mapping[str, Any]
) -> Iterator[str]:
    """No network lies within another one: not the line's, not that of the IT staff, not what is reached by it."""
    named: list[tuple[str, Network]] = []
    for place, addresses in (
        ("gateway_wan", wan.get("addresses") or []),
        ("gateway_wan, by DHCP,", _leased(wan, line)),
        ("gateway_management", management.get("addresses") or []),
        ("gateway_management, routes", [route["to"] for route in management.get("routes") or []]),
        *((f"gateway_zones, {zone['name']}", [zone["address"], *filter(None, [zone.get("address6")])]) for zone in zones),
    ):
        try:
            named += [(place, ipaddress.ip_interface(each).network) for each in addresses]
        except ValueError as error:
            yield f"{place}: {error}; expected addresses with prefix length, such as 10.20.0.2/24"
            return
    for (one, network), (other, second) in combinations(named, 2):
        if one.startswith("gateway_management") and other.startswith("gateway_management"):
            continue
        if network.version == second.version and network.overlaps(second):
            yield f"{one} has {network} and {other} has {second}, which overlap; expected networks apart from each other"


class FilterModule:
    """How Ansible finds the filter."""

    def filters(self) -> dict[str, Any]:
        """By name."""
        return {"contradictions": contradictions}
