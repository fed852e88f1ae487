"""Did the visitor get online? (pure) For portal, hub, metrics and console, which must not say four different things of one visit.

A visit that found nothing amiss need not have got anywhere: it may have had no time, or a fault of its own. So it says itself how far it
came (``Look.visited``). One of a gateway that is older than that does not, and is judged by its steps.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from hotspot.looks.values import By, Finding, Look, Result, Severity, Step, Verdict, Visited

ONLINE: Final = "online"
"""The step in which a visitor reaches the Internet."""
LEADING_THERE: Final = frozenset({"page", "accept", ONLINE})
"""Steps without which nobody gets there."""
CLOSED: Final = "closed-now"
"""Why steps were not tried: outside the opening hours nobody is let in."""
AS_ASKED: Final = "as-asked"
"""Why steps were not tried: whoever started the visit said so."""
NOT_ONLINE: Final = "not-online"
"""Kind of what is amiss with a visit that got nowhere and does not say why."""
_OPEN: Final = frozenset({"open-before-accept", "open6-before-accept"})
"""What stops a visit because it would be let in by no step of its own: visitors are online."""
_NOBODY_KNOWS: Final = frozenset({"no-time-left", "unexpected", "refusal-slow", "dhcp-foreign", "gateway-twice"})
"""What stops a visit and says nothing about visitors. ``refusal-slow`` is of gateways that went no further then."""
_GRAVER: Final = (Verdict.ONLINE, Verdict.PARTIAL, Verdict.CLOSED, Verdict.STUCK)


class Outcome(StrEnum):
    """What a visit says about visitors, for words: a visit that is stuck has not always been kept out."""

    ONLINE = "online"
    PARTIAL = "partial"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    """The visit came to an end before anybody could know."""
    OPEN = "open"
    """They are online without having accepted."""
    STUCK = "stuck"
    """They do not get online."""

    @property
    def rank(self) -> int:
        """The graver, the higher."""
        return list(Outcome).index(self)


def outcome(verdict: str, because: Collection[str]) -> Outcome:
    """By what a visit says of one zone (``Visited``). One reason that does keep visitors out is enough."""
    if verdict != Verdict.STUCK or not because or not set(because) <= _OPEN | _NOBODY_KNOWS:
        return Outcome(verdict)
    return Outcome.OPEN if set(because) & _OPEN else Outcome.UNKNOWN


def outcomes(look: Look) -> Mapping[str, Outcome]:
    """The same of a whole look, by zone."""
    return {zone: outcome(one.verdict, one.because) for zone, one in visited(look).items()}


def visited(look: Look) -> Mapping[str, Visited]:
    """How far a visit came, by zone, and what kept it; of a look of another program nothing. A zone of which two things are said has the
    graver one."""
    if look.by is not By.VISIT:
        return {}
    found: dict[str, Visited] = {}
    for one in look.visited or _by_steps(look):
        known = found.get(one.zone, one)
        verdict = max(known.verdict, one.verdict, key=_GRAVER.index)
        found[one.zone] = Visited(zone=one.zone, verdict=verdict, because=tuple(dict.fromkeys((*known.because, *one.because))))
    return found


def _by_steps(look: Look) -> list[Visited]:
    """Of a gateway that does not say it itself. What is of no zone is of all."""
    zones = {step.zone for step in look.steps} | _amiss(look)
    return [
        _one(
            zone,
            tuple(step for step in look.steps if step.zone in (zone, "")),
            tuple(finding for finding in look.findings if finding.zone in (zone, "")),
        )
        for zone in sorted(zones - {""}) or [""]
    ]


def _one(zone: str, steps: tuple[Step, ...], findings: tuple[Finding, ...]) -> Visited:
    if any(step.name == ONLINE and step.result is Result.PASSED for step in steps):
        return Visited(zone=zone, verdict=Verdict.ONLINE)
    if any(step.why == CLOSED for step in steps):
        return Visited(zone=zone, verdict=Verdict.CLOSED)
    failed = [step.why or step.name for step in steps if step.result is Result.FAILED]
    asked = any(step.name in LEADING_THERE and step.result is Result.SKIPPED and step.why == AS_ASKED for step in steps)
    if asked and not failed:
        return Visited(zone=zone, verdict=Verdict.PARTIAL)
    notices = {finding.kind for finding in findings if finding.severity is Severity.NOTICE}
    because = tuple(dict.fromkeys(kind for kind in failed if kind not in notices))
    return Visited(zone=zone, verdict=Verdict.STUCK, because=because or (NOT_ONLINE,))


def well(look: Look) -> Mapping[str, bool]:
    """By zone: did the visitor get as far as they should, and was nothing found that is worse than a notice?"""
    amiss = _amiss(look)
    return {zone: one.verdict is not Verdict.STUCK and not amiss & {zone, ""} for zone, one in visited(look).items()}


def _amiss(look: Look) -> set[str]:
    """Zones with something worse than a notice."""
    grave = {finding.zone for finding in look.findings if finding.severity is not Severity.NOTICE}
    return grave | {step.zone for step in look.steps if step.result is Result.FAILED}
