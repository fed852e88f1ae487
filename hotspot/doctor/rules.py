"""Rules, shaping and grants in the kernel against what settings and portal want. What is right is said by the firewall's own program
(``firewall --inspect``); here it is judged (pure)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from hotspot.doctor.found import NotLooked, found
from hotspot.doctor.programs import printed
from hotspot.doctor.subject import Inspected, Subject, inspect
from hotspot.looks.values import Finding, Severity

FORWARD = "forward"
HOOKS = (FORWARD, "input")
TRIES = 3
"""Looks at sessions and grants before they are said to differ: visitors come and go meanwhile."""


class Facts(Struct, frozen=True):
    """What was read."""

    inspected: Inspected | None
    error: str = ""
    """Why the firewall's settings cannot be used."""
    unseen: str = ""
    """Why its program says nothing of the kernel."""
    sessions: Mapping[str, int] | None = None
    """Sessions in progress by zone, as the portal says; None: it does not answer."""
    foreign: tuple[tuple[str, str], ...] = ()
    """Hook and table of others that drop what is forwarded, or what comes to the gateway, unless they say otherwise."""


def read(subject: Subject) -> Facts:
    """Take what there is."""
    foreign = _foreign(printed("nft", "-j", "list", "chains"))
    facts = Facts(subject.firewall, subject.firewall_error, subject.unseen, _sessions(subject), foreign)
    for _ in range(TRIES - 1):
        if facts.inspected is None or not any(True for _ in _differing(facts)):
            break
        kernel = inspect(subject.place.firewall)
        facts = Facts(kernel.inspected, kernel.bad_settings, kernel.unseen, _sessions(subject), foreign)
    return facts


def _sessions(subject: Subject) -> dict[str, int] | None:
    from hotspot.ask import PortalUnavailable, ask
    from hotspot.control import Sessions, SessionsAre

    if subject.status is None or subject.portal is None:
        return None
    try:
        reply = ask(subject.portal.control_socket, Sessions(), 10.0)
    except PortalUnavailable:
        return None
    if not isinstance(reply, SessionsAre):
        return None
    zones = [row.zone for row in reply.sessions]
    return {zone: zones.count(zone) for zone in {*zones, *subject.portal.zones}}


def _foreign(listed: str) -> tuple[tuple[str, str], ...]:
    """Base chains of others with policy drop, from ``nft -j list chains``."""
    try:
        entries: list[dict[str, Any]] = json.loads(listed or "{}").get("nftables", [])
    except ValueError:
        return ()
    chains = [entry["chain"] for entry in entries if "chain" in entry]
    drops = [chain for chain in chains if chain.get("policy") == "drop" and not str(chain["table"]).startswith("hotspot_")]
    return tuple(sorted({(str(chain["hook"]), f"{chain['family']} {chain['table']}") for chain in drops if chain.get("hook") in HOOKS}))


def judge_rules(facts: Facts) -> Iterator[Finding]:
    """Tables."""
    if facts.inspected is None:
        yield found("firewall-settings-bad", why=facts.error) if facts.error else found("kernel-not-seen", why=facts.unseen)
        return
    if facts.inspected.guard == "missing":
        yield found("guard-missing")
    elif facts.inspected.guard != "right":
        yield found("guard-changed")
    for name, zone in facts.inspected.zones.items():
        if zone.table in ("missing", "changed", "unknown"):
            yield found(f"zone-table-{zone.table}", name, table=f"hotspot_{name}")
    for hook, table in facts.foreign:
        # An administrator's own rules for what comes to the gateway are no fault; that they let guests through is worth a look.
        yield found("foreign-firewall", "", None if hook == FORWARD else Severity.NOTICE, table=table, hook=hook)


def judge_shaping(facts: Facts) -> Iterator[Finding]:
    """Interfaces and their trees of HTB classes."""
    for name, interface in _seen(facts).interfaces.items():
        if not interface.there:
            yield found("interface-missing", interface=name)
            continue
        if not interface.up:
            yield found("interface-down", interface=name)
        if not interface.tree:
            yield found("shaping-missing", interface=name)
            continue
        if interface.missing:
            yield found("shaping-classes-missing", interface=name, classes=" ".join(interface.missing[:8]))
        if interface.altered:
            yield found("shaping-rates-wrong", interface=name, classes=" ".join(interface.altered[:8]))
        if not interface.filter:
            yield found("shaping-filter-missing", interface=name)


def judge_grants(facts: Facts) -> Iterator[Finding]:
    """Elements."""
    seen = _seen(facts)
    for name, zone in seen.zones.items():
        if zone.stray:
            yield found("grants-stray", name, count=zone.stray)
        if zone.classless and all(each.tree for each in seen.interfaces.values()):
            yield found("grants-without-class", name, count=zone.classless)
    yield from _differing(facts)


def _seen(facts: Facts) -> Inspected:
    if facts.inspected is None:
        raise NotLooked("kernel-not-seen")  # why is said among the rules
    return facts.inspected


def _differing(facts: Facts) -> Iterator[Finding]:
    if facts.inspected is None or facts.sessions is None:
        return
    for name, zone in facts.inspected.zones.items():
        if zone.table != "missing" and name in facts.sessions and zone.grants != facts.sessions[name]:
            yield found("grants-differ", name, kernel=zone.grants, portal=facts.sessions[name])
