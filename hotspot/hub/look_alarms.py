"""Alarms from what visitor, doctor and LAN guard found (pure): which findings are worth one, how grave, and what they say.

A look is judged when it comes, and kept with the verdict on the one before it: two visits in a row that do not get online are urgent. An
old look raises nothing and ends nothing: its program has stopped, and of the visitor that is told too.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from hotspot.looks.catalogues import titles
from hotspot.looks.values import By, Finding, Look, Result, Severity
from hotspot.looks.words import gravest_first

FRESH: Final[Mapping[By, float]] = {By.VISIT: 3_600.0, By.DOCTOR: 10_800.0, By.GUARD: 600.0}
"""Seconds for which a look says how a hall is."""
MISSING: Final = 10_800.0
"""Seconds after the last visit from which on visits are missing …"""
FORGOTTEN: Final = 7 * 86_400.0
"""… until the hall is one without visits, and what an old look said is nobody's concern any more."""
ONLINE: Final = "online"
"""The step in which a visitor reaches the Internet."""
CLOSED: Final = "closed-now"
"""Why the steps that lead there were not tried although all is well."""
MOST: Final = 32
"""Alarms of one look."""
LONGEST: Final = 300
"""Characters of what an alarm says."""
Level = Literal["notice", "warning", "urgent"]


class Amiss(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One kind of finding in one look, as much of it as alarms need."""

    kind: str
    severity: Severity
    stuck: bool = False
    """The visit got nobody online, and a step failed because of this."""
    zone: str = ""
    german: str = ""
    english: str = ""
    more: int = 0
    """Further ones of this kind, in other zones."""


class Looked(Struct, frozen=True, kw_only=True):
    """The last look of a program at one gateway; moments by the hub's clock."""

    by: By
    at: float
    amiss: tuple[Amiss, ...] = ()
    before: tuple[Amiss, ...] = ()
    """Of the look before it."""


class Raised(Struct, frozen=True):
    """One alarm: its subject, how grave, what it says, and whether it is enough to raise one that is not there yet."""

    kind: str
    subject: str
    severity: Level
    detail: Mapping[str, str | float]
    raises: bool = True


def amiss(look: Look) -> tuple[Amiss, ...]:
    """What is worth an alarm in a look, one for each kind, the gravest first. A step that failed without a finding is one too."""
    # Outside the opening hours nobody is let in, and that is no fault: nothing else kept the visit from it.
    online = any((step.name == ONLINE and step.result is Result.PASSED) or step.why == CLOSED for step in look.steps)
    failed = {step.why or step.name for step in look.steps if step.result is Result.FAILED}
    findings = list(look.findings)
    told = {finding.kind for finding in findings}
    findings += [
        Finding(kind=step.why or step.name, severity=Severity.WARNING, zone=step.zone)
        for step in look.steps
        if step.result is Result.FAILED and step.why not in told
    ]
    found: dict[str, Amiss] = {}
    for finding in gravest_first(findings):
        if finding.severity is Severity.NOTICE:
            continue
        known = found.get(finding.kind)
        if known is not None:
            found[finding.kind] = replace(known, more=known.more + 1)
        elif len(found) < MOST:
            german, english = (" ".join(text.split())[:LONGEST] for text in titles(look.by, finding))
            found[finding.kind] = Amiss(
                kind=finding.kind,
                severity=finding.severity,
                stuck=finding.kind in failed and not online,
                zone=finding.zone,
                german=german,
                english=english,
            )
    return tuple(found.values())


def raised(looks: Sequence[Looked], now: float) -> Iterable[Raised]:
    """The alarms of a gateway's looks. What keeps two visits in a row from getting online is urgent, however grave its kind usually is."""
    for looked in looks:
        age = now - looked.at
        if age > FORGOTTEN:
            continue
        twice = looked.by is By.VISIT and any(one.stuck for one in looked.before)
        for one in looked.amiss[:MOST]:
            grave = Severity.URGENT if one.stuck and twice else one.severity
            detail: dict[str, str | float] = {"german": one.german, "english": one.english}
            detail |= {"zone": one.zone} if one.zone else {}
            detail |= {"more": one.more} if one.more else {}
            yield Raised(looked.by.value, one.kind, grave.value, detail, age <= FRESH[looked.by])
        if looked.by is By.VISIT and age > MISSING:
            yield Raised("visit_missing", "", "warning", {"hours": round(age / 3_600)})
