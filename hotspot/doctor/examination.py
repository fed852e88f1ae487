"""All groups of checks, one after the other, as a look: what is amiss, and which groups found something, nothing, or could not look."""

import time
from collections.abc import Callable, Iterable, Sequence

from hotspot.doctor import (
    agreement,
    certificate,
    clock,
    disk,
    hub,
    kernel,
    leases,
    line,
    names,
    rules,
    served,
    services,
    sysctls,
    versions,
)
from hotspot.doctor.found import Group, NotLooked
from hotspot.doctor.subject import Place, Subject, read
from hotspot.looks.values import MOST_FINDINGS, By, Finding, Look, Result, Step
from hotspot.looks.words import gravest_first
from hotspot.portal.vitals import SOFTWARE


def examine(place: Place, now: float | None = None) -> Look:
    """Look at the gateway of this network namespace. Raises ``CannotLook``."""
    began = time.monotonic()
    subject = read(place, now)
    groups = list(_groups(subject))
    kept = without_consequences(_once(finding for group in groups for finding in group.findings))
    return Look(
        by=By.DOCTOR,
        at=subject.now,
        seconds=round(time.monotonic() - began, 2),
        software=SOFTWARE,
        findings=tuple(gravest_first(kept)[:MOST_FINDINGS]),
        steps=tuple(_step(group, kept) for group in groups),
    )


def _groups(subject: Subject) -> Iterable[Group]:
    yield _group("kernel", lambda: kernel.judge(kernel.read(subject)))
    facts = rules.read(subject)
    yield _group("rules", lambda: rules.judge_rules(facts))
    yield _group("shaping", lambda: rules.judge_shaping(facts))
    yield _group("grants", lambda: rules.judge_grants(facts))
    yield _group("services", lambda: services.judge(services.read(subject)))
    yield _group("leases", lambda: leases.judge(leases.read(subject)))
    yield _group("certificate", lambda: certificate.judge(certificate.read(subject)))
    told = hub.read(subject)
    yield _group("hub", lambda: hub.judge(told), "no-hub" if told.none else "")
    yield _group("clock", lambda: clock.judge(clock.read(subject, told.ahead)))
    yield _group("disk", lambda: disk.judge(disk.read(subject)))
    yield _group("names", lambda: names.judge(names.read(subject)))
    way = line.read(subject)
    yield _group("line", lambda: line.judge_line(way))
    yield _group("cards", lambda: line.judge_cards(way))
    yield _group("sysctls", lambda: sysctls.judge(sysctls.read(subject)))
    yield _group("versions", lambda: versions.judge(versions.read(subject)))
    yield _group("settings", lambda: agreement.judge(subject))
    yield _group("served", lambda: served.judge(subject))


def _group(name: str, look: Callable[[], Iterable[Finding]], skipped: str = "") -> Group:
    began = time.monotonic()
    try:
        findings = tuple(look())
    except NotLooked as reason:
        findings, skipped = (), reason.why
    return Group(name, findings, skipped, round(time.monotonic() - began, 2))


_NOTHING_LEAVES = frozenset({"upstream-dns-away", "internet-away", "hub-away"})
_NO_LINE = _NOTHING_LEAVES | {"route-missing", "route6-missing", "address-missing"}
CONSEQUENCES = {
    "zone-table-missing": _NOTHING_LEAVES,  # without it the gateway's own packets have no class, and what has none is dropped
    "shaping-classes-missing": _NOTHING_LEAVES,
    "interface-missing": _NO_LINE | {"shaping-missing"},
    "interface-down": _NO_LINE,
    "route-missing": _NOTHING_LEAVES,
    "certificate-key-differs": frozenset({"certificate-untrusted"}),
    "firewall-away": frozenset({"portal-without-firewall"}),
    "state-folder-missing": frozenset({"hub-not-enrolled"}),
    "lease-file-differs": frozenset({"leases-unreadable"}),
}
"""What follows from a fault by itself: to name it, too, would send people the wrong way."""


def without_consequences(findings: Iterable[Finding]) -> list[Finding]:
    """What is left when the causes are known."""
    told = list(findings)
    follows = {kind for finding in told for kind in CONSEQUENCES.get(finding.kind, ())}
    return [finding for finding in told if finding.kind not in follows]


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """A look names a fault of a zone once, however many groups meet it."""
    return list({(each.kind, each.zone, *sorted(each.values.items())): each for each in findings}.values())


def _step(group: Group, kept: Sequence[Finding]) -> Step:
    gravest = gravest_first(finding for finding in group.findings if finding in kept)
    failed = bool(gravest) and gravest[0].severity.rank > 0
    result = Result.SKIPPED if group.skipped else Result.FAILED if failed else Result.PASSED
    why = group.skipped or (gravest[0].kind if failed else None)
    return Step(name=group.name, result=result, seconds=group.seconds, why=why)
