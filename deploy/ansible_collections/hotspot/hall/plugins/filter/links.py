"""What a gateway's links are called, and which files tell systemd-networkd of them. Pure: values in, values out. What ansible-doc says of
each filter is in the file of its name beside this one: vlans.yml and so on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Zones = Sequence[Mapping[str, Any]]


def used(zones: Zones, wan: Mapping[str, Any], management: Mapping[str, Any] | None) -> Iterator[str]:
    """Interfaces that the inventory names, bridges and radios not."""
    for one in (wan, management or {}):
        if one.get("interface"):
            yield str(one["interface"])
    for zone in zones:
        yield from map(str, zone.get("members") or [])


def vlans(zones: Zones, wan: Mapping[str, Any], management: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """``eth1.30`` -> ``{"name": "eth1.30", "parent": "eth1", "id": 30}``, each once, in the order of the inventory."""
    found = {}
    for name in used(zones, wan, management):
        parent, dot, number = name.rpartition(".")
        if dot and number.isdecimal():
            found[name] = {"name": name, "parent": parent, "id": int(number)}
    return list(found.values())


def trunks(zones: Zones, wan: Mapping[str, Any], management: Mapping[str, Any] | None = None) -> list[str]:
    """Parents of VLANs that have no other use, and so a file of their own."""
    own = set(used(zones, wan, management))
    return list(dict.fromkeys(one["parent"] for one in vlans(zones, wan, management) if one["parent"] not in own))


def ports(zones: Zones) -> list[list[Any]]:
    """Each interface that is in a bridge as a whole, with its zone: ``[zone, "eth1"]``."""
    return [[dict(zone), str(member)] for zone in zones for member in zone.get("members") or []]


def radios(zones: Zones) -> list[dict[str, Any]]:
    """Each radio as the inventory has it, with the ``zone`` and the ``bridge`` that it belongs to."""
    return [{**radio, "zone": zone["name"], "bridge": zone["bridge"]} for zone in zones for radio in zone.get("wifi") or []]


def network_files(zones: Zones, wan: Mapping[str, Any], management: Mapping[str, Any] | None = None) -> list[str]:
    """Names of the files in ``/etc/systemd/network`` that belong to these settings."""
    names = ["wan.network", *(["management.network"] if management else [])]
    for zone in zones:
        names += [f"{zone['name']}.netdev", f"{zone['name']}.network"]
        names += [f"{zone['name']}-{member}.network" for member in zone.get("members") or []]
    names += [f"vlan-{one['name']}.netdev" for one in vlans(zones, wan, management)]
    names += [f"trunk-{parent}.network" for parent in trunks(zones, wan, management)]
    return [f"20-hotspot-{name}" for name in names]


def name_files(zones: Zones) -> list[str]:
    """Names of the files of the name servers."""
    return [f"{zone['name']}{end}" for zone in zones for end in (".conf", "-captive.conf", ".garden")]


def pool(zone: Mapping[str, Any]) -> int:
    """How many addresses DHCP gives out: ``pool`` where it is set, else those from ``first`` to ``last``."""
    if zone.get("pool"):
        return int(zone["pool"])
    first, last = (int.from_bytes(bytes(map(int, str(zone[key]).split("."))), "big") for key in ("first", "last"))
    return last - first + 1


def sister(address: str) -> str:
    """A locally administered address beside one: that of a radio's second network."""
    first, *others = address.lower().split(":")
    number = int(first, 16)
    return ":".join([f"{number ^ 4 if number & 2 else number | 2:02x}", *others])


class FilterModule:
    """How Ansible finds the filters."""

    def filters(self) -> dict[str, Any]:
        """By name."""
        return {
            "name_files": name_files,
            "network_files": network_files,
            "pool": pool,
            "ports": ports,
            "radios": radios,
            "sister": sister,
            "trunks": trunks,
            "vlans": vlans,
        }
