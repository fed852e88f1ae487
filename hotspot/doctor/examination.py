"""All groups of checks, one after the other, as a look: what is amiss, and which groups found something, nothing, or could not look."""

import time
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from hotspot.doctor import (
    agreement,
    certificate,
    change,
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
from hotspot.doctor.found import Group, NotLooked, attempt, group
from hotspot.doctor.subject import Place, Subject, read
from hotspot.looks.values import MOST_FINDINGS, By, Finding, Look, Result, Step
from hotspot.looks.words import gravest_first
from hotspot.portal.vitals import SOFTWARE


def examine(place: Place, now: float | None = None) -> Look:
    """Look at the gateway of this network namespace. Raises ``CannotLook``."""
    began = time.monotonic()
    subject = read(place, now)
    groups = list(_groups(subject))
    wans = {zone.wan for zone in subject.zones.values()}
    kept = without_consequences(_once((*subject.stumbled, *(finding for group in groups for finding in group.findings))), wans)
    return Look(
        by=By.DOCTOR,
        at=subject.now,
        seconds=round(time.monotonic() - began, 2),
        software=SOFTWARE,
        findings=tuple(gravest_first(kept)[:MOST_FINDINGS]),
        steps=tuple(_step(group, kept) for group in groups),
    )


def _groups(subject: Subject) -> Iterable[Group]:
    """All of them. Whatever is read is read within a group, so that a fault in one ends that one alone."""
    once = _Once(subject)
    yield group("kernel", lambda: kernel.judge(kernel.read(subject)))
    yield group("rules", lambda: rules.judge_rules(once.rules))
    yield group("shaping", lambda: rules.judge_shaping(once.rules))
    yield group("grants", lambda: rules.judge_grants(once.rules))
    yield group("services", lambda: services.judge(services.read(subject)))
    yield group("leases", lambda: leases.judge(leases.read(subject)))
    yield group("certificate", lambda: certificate.judge(certificate.read(subject)))
    yield group("hub", lambda: hub.judge(once.hub))
    yield group("clock", lambda: clock.judge(clock.read(subject, once.ahead)))
    yield group("disk", lambda: disk.judge(disk.read(subject)))
    yield group("names", lambda: names.judge(names.read(subject)))
    yield group("line", lambda: line.judge_line(once.line))
    yield group("cards", lambda: line.judge_cards(once.line))
    yield group("sysctls", lambda: sysctls.judge(sysctls.read(subject)))
    yield group("versions", lambda: versions.judge(versions.read(subject)))
    yield group("settings", lambda: agreement.judge(subject))
    yield group("served", lambda: served.judge(subject))
    yield group("change", lambda: change.judge(change.read(), subject.now))


class _Once:
    """What several groups look at: read when the first of them asks."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    @cached_property
    def rules(self) -> rules.Facts:
        return rules.read(self._subject)

    @cached_property
    def hub(self) -> hub.Facts:
        return hub.read(self._subject)

    @cached_property
    def line(self) -> line.Facts:
        return line.read(self._subject)

    @property
    def ahead(self) -> float | None:
        """The clock is looked at without the hub, too."""
        try:
            told = attempt("hub", lambda: self.hub)
        except NotLooked:
            return None
        return None if isinstance(told, Finding) else told.ahead


_NOTHING_LEAVES = frozenset({"upstream-dns-away", "internet-away", "hub-away"})
_OF_THE_LINE = _NOTHING_LEAVES | {"route-missing", "route6-missing"}
"""What an interface has to do with only where it is a zone's way out."""
_DELEGATED = "prefix-not-delegated"
"""Names two interfaces: the visitors', which has no address of the prefix, and the line that it should come by."""
_NO_LINK = _OF_THE_LINE | {"address-missing", _DELEGATED}
CONSEQUENCES = {
    "zone-table-missing": _NOTHING_LEAVES,  # without it the gateway's own packets have no class, and what has none is dropped
    "shaping-classes-missing": _NOTHING_LEAVES,
    "interface-missing": _NO_LINK | {"shaping-missing"},
    "interface-down": _NO_LINK,
    "route-missing": _NOTHING_LEAVES,
    "certificate-key-differs": frozenset({"certificate-untrusted"}),
    "firewall-away": frozenset({"portal-without-firewall"}),
    "state-folder-missing": frozenset({"hub-not-enrolled"}),
    "lease-file-differs": frozenset({"leases-unreadable"}),
}
"""What follows from a fault by itself, at the same interface and in the same zone: to name it, too, would send people the wrong way."""


UNREAD = {
    "servers": frozenset({"dhcp-server-missing", "radvd-missing"}),
    "interfaces": frozenset({"address-missing"}),
    "status": frozenset({"portal-away"}),
    "inspection": frozenset({"kernel-not-seen"}),
    "settings": frozenset({"certificate-none", "zone-without-portal"}),
}
"""What only seems so when a part of the gateway could not be read (``subject.read``)."""


def without_consequences(findings: Iterable[Finding], wans: Collection[str] = ()) -> list[Finding]:
    """What is left when the causes are known. ``wans``: interfaces by which zones reach the Internet."""
    told = list(findings)
    return [finding for finding in told if not any(_follows(finding, cause, wans) for cause in told)]


def _follows(finding: Finding, cause: Finding, wans: Collection[str]) -> bool:
    """Two zones, or two interfaces, have nothing to do with each other."""
    if finding.kind not in CONSEQUENCES.get(cause.kind, UNREAD.get(cause.values.get("part", ""), ())):
        return False
    interface, other = cause.values.get("interface"), finding.values.get("interface")
    if finding.kind in _OF_THE_LINE and interface is not None:
        return interface in wans
    if finding.kind == _DELEGATED and interface is not None:
        return interface in (other, finding.values.get("line"))
    return _agree(interface, other) and _agree(cause.zone, finding.zone)


def _agree(one: str | None, other: str | None) -> bool:
    return not one or not other or one == other


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """A look names a fault of a zone once, however many groups meet it."""
    return list({(each.kind, each.zone, *sorted(each.values.items())): each for each in findings}.values())


def _step(group: Group, kept: Sequence[Finding]) -> Step:
    gravest = gravest_first(finding for finding in group.findings if finding in kept)
    failed = bool(gravest) and gravest[0].severity.rank > 0
    result = Result.SKIPPED if group.skipped else Result.FAILED if failed else Result.PASSED
    why = group.skipped or (gravest[0].kind if failed else None)
    return Step(name=group.name, result=result, seconds=group.seconds, why=why)
