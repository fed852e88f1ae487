"""Alarms from what visitor, doctor and LAN guard found (pure): which findings are worth one, how grave, and what they say.

A look is judged when it comes, and kept with the verdict on the one before it: two visits in a row that do not get online are urgent. An
old look raises nothing and ends nothing: its program has stopped, and that is told. Nor does a visit end what it did
not try again, as at closing time. What a gateway may call its findings is bounded: all kinds that this hub does not know are one alarm.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from hotspot.looks import verdict
from hotspot.looks.catalogues import is_known, titles, words
from hotspot.looks.values import By, Finding, Look, Result, Severity, Verdict
from hotspot.looks.words import gravest_first

FRESH: Final[Mapping[By, float]] = {By.VISIT: 1_800.0, By.DOCTOR: 10_800.0, By.GUARD: 600.0}
"""Seconds for which a look says how a hall is: a few times as long as its program takes until the next one."""
MISSING: Final = 10_800.0
"""Seconds after the last visit, and after the box came back, from which on visits are missing …"""
STOPPED: Final[Mapping[By, float]] = {By.DOCTOR: 14_400.0, By.GUARD: 1_800.0}
"""The same of doctor and LAN guard, where the gateway says that they are switched on: it knows, so it is told for as long as it lasts, and
also where they have never looked."""
FORGOTTEN: Final = 7 * 86_400.0
"""… until the hall is one without visits, and what an old look said is nobody's concern any more."""
OTHER: Final = "other"
"""Subject of the one alarm of all kinds that this hub does not know."""
HUB_AWAY: Final = "hub-away"
"""Kind of a visit that noticed that the hub did not answer; urgent where nobody new was let in."""
NAMED: Final = 5
"""Kinds that it names."""
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
    """The visit got nobody online, a step failed because of this, and visitors do not get online either."""
    outcome: str = ""
    """``open`` or ``unknown`` (``verdict.Outcome``), where the visit stopped because of this and visitors may well be online."""
    zone: str = ""
    zones: tuple[str, ...] = ()
    """All zones that it was found in, where there are several."""
    german: str = ""
    english: str = ""
    more: int = 0
    """Further ones of this kind, in other zones."""
    steps: tuple[tuple[str, str], ...] = ()
    """Steps of the visit that failed because of this, each with its zone."""
    carried: bool = False
    """Of a visit before: since then none of the steps was tried again."""


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
    """What is worth an alarm in a look, one for each kind, the gravest first. A step that failed without a finding is one too, and so is a
    visit that got nobody online and does not say why."""
    kept_from = {zone: one.because for zone, one in verdict.visited(look).items() if one.verdict is Verdict.STUCK}
    outcomes = verdict.outcomes(look)
    grave = [
        finding for finding in gravest_first(_findings(look, kept_from)) if finding.severity is not Severity.NOTICE and not _was_us(finding)
    ]
    found: dict[str, Amiss] = {}
    strange = [finding for finding in grave if not is_known(look.by, finding.kind)]
    for finding in grave:
        kind = finding.kind if is_known(look.by, finding.kind) else OTHER
        stopped = [outcomes[zone] for zone, of in kept_from.items() if finding.kind in of and finding.zone in (zone, "")]
        outcome = max(stopped, key=lambda one: one.rank, default=None)
        stuck = outcome is verdict.Outcome.STUCK
        steps = _steps(look, finding)
        known = found.get(kind)
        if known is not None:
            found[kind] = replace(
                known,
                more=known.more + (kind != OTHER),
                zones=tuple(dict.fromkeys((*(known.zones or (known.zone,)), finding.zone)))[:MOST],
                stuck=known.stuck or stuck,
                outcome=known.outcome or _name(outcome),
                steps=tuple(dict.fromkeys((*known.steps, *steps))),
            )
        elif len(found) < MOST:
            german, english = _several(strange) if kind == OTHER else titles(look.by, finding)
            found[kind] = Amiss(
                kind=kind,
                severity=finding.severity,
                stuck=stuck,
                outcome=_name(outcome),
                steps=steps,
                zone=finding.zone,
                german=" ".join(german.split())[:LONGEST],
                english=" ".join(english.split())[:LONGEST],
            )
    return tuple(found.values())


def _steps(look: Look, finding: Finding) -> tuple[tuple[str, str], ...]:
    """Names and zones of the steps that failed because of a finding."""
    failed = [step for step in look.steps if step.result is Result.FAILED and (step.why or step.name) == finding.kind]
    return tuple(dict.fromkeys((step.name, step.zone) for step in failed if finding.zone in (step.zone, "")))


def well(found: Sequence[Amiss], zones: Sequence[str]) -> dict[str, bool]:
    """By zone of a visit: is nothing amiss there that is worth an alarm? What is of no zone is amiss in each; a visit that names none is
    one of zone ""."""
    touched: set[str] = set()
    for one in found:
        touched |= {*(one.zones or (one.zone,)), *(zone for _, zone in one.steps)}
        if one.more and not one.zones:  # kept by a hub that did not write down which
            touched.add("")
    return {zone: not touched & {zone, ""} if zone else not found for zone in (*zones,) or ("",)}


def carried_on(look: Look, before: Sequence[Amiss]) -> tuple[Amiss, ...]:
    """What is amiss by a look, and what was by the ones ``before`` and was not tried again: a visit to a closed hall does not say whether
    the town's network can be reached. It is what it was, but keeps nobody out where a visitor has been online since."""
    found = amiss(look)
    if look.by is not By.VISIT:
        return found
    verdicts = {zone: one.verdict for zone, one in verdict.visited(look).items()}
    again = {one.kind for one in found}
    for one in before:
        left = tuple((name, zone) for name, zone in one.steps if not _tried(look, name, zone, verdicts))
        if left and one.kind not in again:
            out = any(verdicts.get(zone) is not Verdict.ONLINE for _, zone in left)
            found += (replace(one, steps=left, carried=True, stuck=one.stuck and out, outcome=one.outcome if out else ""),)
    return found[:MOST]


def _tried(look: Look, name: str, zone: str, verdicts: Mapping[str, Verdict]) -> bool:
    """Was a step tried? Where one is not told of at all, there were too many to tell: of a visit that got online, those that passed."""
    results = {step.result for step in look.steps if (step.name, step.zone) == (name, zone)}
    return bool(results & {Result.PASSED, Result.FAILED}) or (not results and verdicts.get(zone) is Verdict.ONLINE)


def _name(outcome: verdict.Outcome | None) -> str:
    """Of what visitors meet where a visit stopped; what keeps them out has a field of its own."""
    return "" if outcome is None or outcome is verdict.Outcome.STUCK else outcome.value


def _was_us(finding: Finding) -> bool:
    """Was this hub away, and the hall served as ever? Whoever reads of it here reads that it is over."""
    return finding.kind == HUB_AWAY and finding.severity is not Severity.URGENT


def _findings(look: Look, kept_from: Mapping[str, Sequence[str]]) -> list[Finding]:
    """All of a look, and those that it has not: of steps that failed without one, of zones where nothing says why nobody got online."""
    findings = list(look.findings)
    told = {finding.kind for finding in findings}
    findings += [
        Finding(kind=step.why or step.name, severity=Severity.WARNING, zone=step.zone)
        for step in look.steps
        if step.result is Result.FAILED and step.why not in told
    ]
    grave = {(finding.kind, zone) for finding in findings if finding.severity is not Severity.NOTICE for zone in _of(finding, kept_from)}
    missing = known.severity if (known := words(look.by, verdict.NOT_ONLINE)) else Severity.WARNING
    return findings + [
        Finding(kind=verdict.NOT_ONLINE, severity=missing, zone=zone)
        for zone, because in kept_from.items()
        if not any((kind, zone) in grave for kind in because)
    ]


def _of(finding: Finding, zones: Iterable[str]) -> Iterable[str]:
    """Which zones a finding is of."""
    return (finding.zone,) if finding.zone else zones


def _several(strange: Sequence[Finding]) -> tuple[str, str]:
    """Kinds that this hub does not know, German and English."""
    kinds = list(dict.fromkeys(finding.kind for finding in strange))
    named = ", ".join(kinds[:NAMED]) + (", …" if len(kinds) > NAMED else "")
    return f"Befunde, die dieser Hub nicht kennt ({named})", f"findings that this hub does not know ({named})"


def raised(looks: Sequence[Looked], now: float, started: float = 0.0, looking: Collection[str] = ()) -> Iterable[Raised]:
    """The alarms of a gateway's looks. What keeps two visits in a row from getting online is urgent, however grave its kind usually is.

    ``started``: since when the portal runs, by the hub's clock. A box that was off has made no visits, and is given time for the next one.
    ``looking``: programs that the gateway says are switched on.
    """
    for by, longest in STOPPED.items():
        last = max((looked.at for looked in looks if looked.by is by), default=started)
        if by.value in looking and now - last > longest:
            yield Raised(f"{by.value}_missing", "", "warning", {"seen": last}, now - started > longest)
    for looked in looks:
        age = now - looked.at
        if age > FORGOTTEN:
            continue
        twice = looked.by is By.VISIT and any(one.stuck for one in looked.before)
        for one in looked.amiss[:MOST]:
            grave = Severity.URGENT if one.stuck and twice and not one.carried else one.severity
            detail: dict[str, str | float] = {"german": one.german, "english": one.english}
            detail |= {"zone": one.zone} if one.zone else {}
            detail |= {"more": one.more} if one.more else {}
            detail |= {"stuck": 1} if one.stuck else {"outcome": one.outcome} if one.outcome else {}
            yield Raised(looked.by.value, one.kind, grave.value, detail, age <= FRESH[looked.by] and not one.carried)
        if looked.by is By.VISIT and age > MISSING:
            yield Raised("visit_missing", "", "warning", {"hours": round(age / 3_600)}, now - started > MISSING)
