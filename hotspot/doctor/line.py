"""The line and the interfaces: addresses, routes, packet sizes, and what the network cards do by themselves."""

import ipaddress
from collections.abc import Iterator, Mapping

from msgspec import Struct

from hotspot.doctor import network
from hotspot.doctor.found import found
from hotspot.doctor.network import Interface
from hotspot.doctor.subject import Subject, Zone
from hotspot.looks.values import Finding

LEAST_IPV6 = 1_280
"""Bytes of a packet that every IPv6 link must carry (RFC 8200, 5)."""
USUAL = 1_500
SLOW = 200_000_000
"""bit/s below which one bundle of 64 kB (2.6 ms at this rate) is felt by the packets behind it."""


class Facts(Struct, frozen=True):
    """What was read."""

    zones: Mapping[str, Zone]
    links: Mapping[str, Interface]
    routes: Mapping[int, str]
    """Family -> interface of the default route, "" without one."""
    paths: tuple[int, ...] = ()
    """What the kernel knows of the way to the places that the portal checks the line with."""


def read(subject: Subject) -> Facts:
    """Take what there is."""
    targets = subject.portal.internet.targets if subject.portal is not None else ()
    paths = tuple(mtu for address, _ in targets if (mtu := network.path_mtu(address)))
    wans = {zone.wan for zone in subject.zones.values()}
    return Facts(subject.zones, subject.links, {version: network.default_route(version, wans) for version in (4, 6)}, paths)


def judge_line(facts: Facts) -> Iterator[Finding]:
    """Addresses, routes, sizes."""
    versions = {4: False, 6: False}
    for name, zone in facts.zones.items():
        link = facts.links.get(zone.lan)
        for address in zone.addresses:
            versions[ipaddress.ip_interface(address).version] = True
            if link is not None and _plain(address) not in map(_plain, link.addresses):
                yield found("address-missing", name, interface=zone.lan, family=f"IPv{ipaddress.ip_interface(address).version}")
        if zone.prefix6 == "delegated":
            versions[6] = True
            if link is not None and not any(":" in each and not ipaddress.ip_interface(each).is_link_local for each in link.addresses):
                yield found("prefix-not-delegated", name, interface=zone.lan, line=zone.wan)
    for version, wanted in versions.items():
        route = facts.routes[version]
        if wanted and not route:
            yield found("route-missing" if version == 4 else "route6-missing")
        elif wanted and route not in {zone.wan for zone in facts.zones.values()}:
            yield found("route-elsewhere", interface=route, family=f"IPv{version}")
    yield from _sizes(facts, versions[6])


def _plain(address: str) -> str:
    return str(ipaddress.ip_interface(address))


def _sizes(facts: Facts, ipv6: bool) -> Iterator[Finding]:
    names = dict.fromkeys(name for zone in facts.zones.values() for name in (zone.lan, zone.wan))
    sizes = {name: facts.links[name].mtu for name in names if name in facts.links}
    for name, size in sizes.items():
        if ipv6 and size < LEAST_IPV6:
            yield found("mtu-too-small", interface=name, mtu=size)
    for zone in facts.zones.values():
        lan, wan = sizes.get(zone.lan, USUAL), min(sizes.get(zone.wan, USUAL), *facts.paths, USUAL)
        if LEAST_IPV6 <= wan < lan:
            yield found("mtu-of-line-smaller", interface=zone.wan, lan=lan, wan=wan)
            break


def judge_cards(facts: Facts) -> Iterator[Finding]:
    """What is put together before the queues see it."""
    slow = {name: min(zone.total_down, zone.total_up) < SLOW for zone in facts.zones.values() for name in (zone.lan, zone.wan)}
    for name, is_slow in slow.items():
        link = facts.links.get(name)
        if link is None or link.whole_frames:
            continue
        if "lro" in link.offloads:
            yield found("offload-lro", interface=name)
        bundles = [each for each in link.offloads if each != "lro"]
        if is_slow and bundles:
            yield found("offload-bundles", interface=name, what=" ".join(bundles))
