"""The notes of one or several zones become one look (pure), with all that matters in it however many zones there are."""

from collections.abc import Sequence
from typing import Final

from hotspot.looks.values import MOST_FINDINGS, MOST_STEPS, By, Look, Result, Step
from hotspot.looks.words import gravest_first
from hotspot.visitor.notes import GOALS, Notes

_LATEST: Final = 4_102_444_800.0


def gathered(zones: Sequence[Notes], unix: float, seconds: float, software: str) -> Look:
    """A look; ``unix`` is the wall clock at its end, and ``seconds`` how long all took. What does not fit is what passed."""
    visited = tuple(notes.verdict() for notes in zones)
    because = {(one.zone, kind) for one in visited for kind in one.because}
    findings = [finding for notes in zones for finding in notes.findings]
    kept = sorted(gravest_first(findings), key=lambda one: (one.zone, one.kind) not in because)[:MOST_FINDINGS]
    steps = [step for notes in zones for step in notes.steps.values()]
    left = sorted(range(len(steps)), key=lambda at: _interest(steps[at]))[:MOST_STEPS]
    return Look(
        by=By.VISIT,
        at=min(max(0.0, unix), _LATEST),
        seconds=round(min(86_400.0, seconds), 3),
        software=software[:64],
        findings=tuple(gravest_first(kept)),
        steps=tuple(steps[at] for at in sorted(left)),
        visited=visited,
    )


def _interest(step: Step) -> int:
    """The smaller, the rather it is told."""
    if step.result is Result.FAILED:
        return 0
    if step.name in GOALS:
        return 1
    if step.result is Result.SKIPPED:
        return 3
    return 4 if step.name.startswith("probe-") else 2
