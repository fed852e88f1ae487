"""What cannot be true at once in the settings of a gateway. Pure: values in, words out."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

DOCUMENTATION = """
name: contradictions
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


def contradictions(zones: list[Mapping[str, Any]], wan: Mapping[str, Any], management: Mapping[str, Any] | None = None) -> list[str]:
    """One sentence for each thing that cannot be."""
    management = management or {}
    if not zones:
        return ["gateway_zones is empty; expected at least one network of visitors"]
    found = [*_interfaces(zones, wan, management), *_line(wan, zones)]
    for zone in zones:
        found += _zone(zone)
    return found or list(_overlaps(zones, wan, management))


def _interfaces(zones: list[Mapping[str, Any]], wan: Mapping[str, Any], management: Mapping[str, Any]) -> Iterator[str]:
    """Each has one purpose, each zone one name."""
    used: dict[str, list[str]] = {}
    for place, one in (("gateway_wan", wan), ("gateway_management", management)):
        if "interface" in one:
            used.setdefault(one["interface"], []).append(place)
    for zone in zones:
        for name in (zone["bridge"], *zone["members"]):
            used.setdefault(name, []).append(f"gateway_zones, {zone['name']}")
    for name, places in used.items():
        if len(places) > 1:
            yield f"interface {name} is used by {' and by '.join(places)}; expected one use of each interface"
    for name, times in Counter(zone["name"] for zone in zones).items():
        if times > 1:
            yield f"gateway_zones has {name} {times} times; expected each name once"


def _line(wan: Mapping[str, Any], zones: list[Mapping[str, Any]]) -> Iterator[str]:
    """It has addresses, or is given some; who waits for a prefix has to ask for it."""
    if not wan.get("dhcp"):
        for zone in zones:
            if zone.get("ipv6") == "delegated":
                yield f"gateway_zones, {zone['name']}: ipv6 is delegated and gateway_wan has no dhcp: true; expected a line to ask for it"
    if not wan.get("dhcp") and not (wan.get("addresses") and wan.get("routers")):
        yield "gateway_wan has neither dhcp: true nor addresses and routers; expected one of both"


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


def _overlaps(zones: list[Mapping[str, Any]], wan: Mapping[str, Any], management: Mapping[str, Any]) -> Iterator[str]:
    """No network lies within another one."""
    named: list[tuple[str, Network]] = []
    for place, addresses in (
        ("gateway_wan", wan.get("addresses") or []),
        ("gateway_management", management.get("addresses") or []),
        *((f"gateway_zones, {zone['name']}", [zone["address"], *filter(None, [zone.get("address6")])]) for zone in zones),
    ):
        named += [(place, ipaddress.ip_interface(each).network) for each in addresses]
    for (one, network), (other, second) in combinations(named, 2):
        if network.version == second.version and network.overlaps(second):
            yield f"{one} has {network} and {other} has {second}, which overlap; expected networks apart from each other"


class FilterModule:
    """How Ansible finds the filter."""

    def filters(self) -> dict[str, Any]:
        """By name."""
        return {"contradictions": contradictions}
