"""Settings that contradict each other: the portal's, the firewall's and the line's (pure but for taking them)."""

import ipaddress
from collections.abc import Iterator, Mapping
from pathlib import Path

from hotspot.doctor.found import found
from hotspot.doctor.network import Interface
from hotspot.doctor.subject import FirewallSettings, Subject, Zone
from hotspot.looks.values import Finding
from hotspot.portal.settings import Settings
from hotspot.session.hours import opening
from hotspot.session.plans import Plan

PORTS = ("capture_port", "portal_port", "portal_tls_port")


def judge(subject: Subject) -> Iterator[Finding]:
    """All pairs of settings."""
    firewall, portal = subject.firewall, subject.portal
    if firewall is not None:
        yield from _networks(firewall.settings.zones, subject.links)
    if portal is not None:
        yield from _hours(portal, subject.now)
    if firewall is None or portal is None:
        return
    yield from _sockets(portal, firewall.settings)
    for name in portal.zones.keys() - firewall.settings.zones.keys():
        yield found("zone-without-firewall", name)
    for name in firewall.settings.zones.keys() - portal.zones.keys():
        yield found("zone-without-portal", name)
    for name in sorted(portal.zones.keys() & firewall.settings.zones.keys()):
        yield from _zone(name, portal, firewall.settings.zones[name])


def _sockets(portal: Settings, firewall: FirewallSettings) -> Iterator[Finding]:
    if portal.firewall_socket != Path(firewall.socket):
        yield found("socket-differs", portal=portal.firewall_socket, firewall=firewall.socket)


def _zone(name: str, portal: Settings, zone: Zone) -> Iterator[Finding]:
    ours = portal.zones[name]
    for key in PORTS:
        if getattr(ours, key) != getattr(zone, key):
            yield found("ports-differ", name, key=key, portal=getattr(ours, key), firewall=getattr(zone, key))
    if ours.lan is not None and ours.lan != zone.lan:
        yield found("interfaces-differ", name, portal=ours.lan, firewall=zone.lan)
    for plan in (portal.plans[each] for each in dict.fromkeys((*ours.plans, *ours.voucher_plans))):
        yield from _plan(name, plan, zone)


def _plan(name: str, plan: Plan, zone: Zone) -> Iterator[Finding]:
    for way, rate, total in (("down", plan.rates.ceil_down, zone.total_down), ("up", plan.rates.ceil_up, zone.total_up)):
        if rate > total:
            yield found("plan-above-line", name, plan=plan.name, way=way, rate=megabits(rate), total=megabits(total))
            break
    for key, value in (("rate_down", plan.rates.ceil_down), ("rate_up", plan.rates.ceil_up), ("seconds", plan.seconds)):
        if value > zone.ceilings[key]:
            yield found("plan-above-ceiling", name, plan=plan.name, key=key)
            break
    else:
        ceiling = zone.ceilings.get("volume")
        if ceiling is not None and (plan.volume is None or plan.volume > ceiling):
            yield found("plan-above-ceiling", name, plan=plan.name, key="volume")


def megabits(rate: int) -> str:
    """bit/s for a person."""
    return f"{rate / 1e6:.10g} Mbit/s"


def _hours(portal: Settings, now: float) -> Iterator[Finding]:
    for name, zone in portal.zones.items():
        if zone.hours is not None:
            at = opening(zone.hours, now)
            if not at.open and at.opens is None:
                yield found("hours-never-open", name)


def _networks(zones: Mapping[str, Zone], links: Mapping[str, Interface]) -> Iterator[Finding]:
    """Subnets of a zone that are also on another interface of the gateway."""
    lans = {zone.lan: name for name, zone in zones.items()}
    told = {lan: {ipaddress.ip_interface(each).network for each in zones[name].addresses} for lan, name in lans.items()}
    # The gateway's own address of a zone on another interface is one network in the wrong place, not two (``address-missing``).
    own = {ipaddress.ip_interface(each) for zone in zones.values() for each in zone.addresses}
    others = {
        name: {here.network for each in link.addresses if (here := ipaddress.ip_interface(each)) not in own}
        for name, link in links.items()
        if name not in lans
    }
    everywhere = list((told | others).items())
    for at, (one, networks) in enumerate(everywhere):
        for other, more in everywhere[at + 1 :]:
            pairs = ((mine, theirs) for mine in networks for theirs in more if mine.version == theirs.version)
            if (one in lans or other in lans) and any(mine.overlaps(theirs) for mine, theirs in pairs):
                yield found("subnets-overlap", lans.get(one, lans.get(other, "")), one=one, other=other)
