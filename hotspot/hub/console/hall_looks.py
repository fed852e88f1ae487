"""What visitor, doctor and LAN guard found in a hall, in the reader's words: for the page of the hall.

All of it comes from a box in a hall, and may be anything: it is shown as text, and so much of it as somebody can read.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from hotspot.hub.api import gateways
from hotspot.hub.api.gateways import Gateway
from hotspot.hub.api.looks import Look, LookFinding, LookStep, Text
from hotspot.hub.console.gateway_words import SEVERITIES, Kind
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.look_alarms import FRESH
from hotspot.looks.values import By

MOST_BOXES: Final = 4
"""Gateways of a hall whose looks are shown."""
FIRST: Final = 5
"""Findings that are shown at once; the others behind a word."""
TITLES: Final = {"visit": N_("Test visit"), "doctor": N_("Findings of the gateway"), "guard": N_("Seen in the Wi-Fi")}
_ABOUT: Final = {
    "visit": N_("A program in the hall does what a visitor's phone does, and says what went wrong."),
    "doctor": N_("The box looks at itself: kernel, rules, certificate, clock, disk, settings."),
    "guard": N_("The box listens on the guest network for what endangers visitors. It names no device."),
}
_WELL: Final = {
    "visit": N_("A visitor gets online."),
    "doctor": N_("The box found nothing amiss with itself."),
    "guard": N_("Nothing that endangers visitors."),
}
_RESULTS: Final[dict[str, tuple[Kind, str]]] = {
    "passed": ("good", N_("passed")),
    "failed": ("bad", N_("failed")),
    "skipped": ("quiet", N_("skipped")),
}
_OLD: Final = N_("This is old: the program has not looked since.")
_ONE, _SEVERAL = N_("One thing is amiss."), N_("%(count)s things are amiss.")


class FindingShown(Struct, frozen=True, kw_only=True):
    """One finding."""

    kind: Kind
    severity: str
    title: str
    meaning: str
    remedy: str
    command: str
    where: str
    since: datetime | None
    times: int


class StepShown(Struct, frozen=True, kw_only=True):
    """One step of a visit."""

    title: str
    family: str
    """``IPv4``, ``IPv6``, or "" for both or neither."""
    zone: str
    kind: Kind
    result: str
    seconds: str
    why: str


class LookShown(Struct, frozen=True, kw_only=True):
    """What one program found at one gateway."""

    by: str
    gateway: str
    """Its name where the hall has several; else ""."""
    title: str
    about: str
    kind: Kind
    sentence: str
    at: datetime
    findings: list[FindingShown]
    steps: list[StepShown]
    passed: int
    tried: int


async def looks_of(visit: Visit, boxes: Sequence[Gateway]) -> list[LookShown]:
    """Of the gateways in use: first the visits, then what the boxes say of themselves, then what they hear."""
    shown: list[LookShown] = []
    for box in boxes[:MOST_BOXES]:
        if box.revoked_at is None and box.seen_at is not None:
            told = await visit.ask(gateways.show_gateway, gateway=box.name)
            shown += [_look(visit, look, box.name if len(boxes) > 1 else "") for look in told.looks]
    return sorted(shown, key=lambda one: list(By).index(By(one.by)))


def _look(visit: Visit, look: Look, gateway: str) -> LookShown:
    grave = [finding for finding in look.findings if finding.severity != "notice"]
    failed = [step for step in look.steps if step.result == "failed"]
    old = (visit.hub.now() - look.at).total_seconds() > FRESH[By(look.by)]
    kind: Kind
    if old:
        kind, sentence = "quiet", visit.text(_OLD)
    elif grave or failed:
        kind = "bad" if any(finding.severity == "urgent" for finding in grave) else "warn"
        count = len(grave) or len(failed)
        sentence = visit.text(_ONE) if count == 1 else visit.text(_SEVERAL, count=visit.formats.number(count))
    else:
        kind, sentence = "good", visit.text(_WELL[look.by])
    titles = {finding.kind: _in(visit, finding.title) for finding in look.findings}
    return LookShown(
        by=look.by,
        gateway=gateway,
        title=visit.text(TITLES[look.by]),
        about=visit.text(_ABOUT[look.by]),
        kind=kind,
        sentence=sentence,
        at=look.at,
        findings=[_finding(visit, finding) for finding in look.findings],
        steps=[_step(visit, step, titles.get) for step in look.steps],
        passed=sum(step.result == "passed" for step in look.steps),
        tried=sum(step.result != "skipped" for step in look.steps),
    )


def _in(visit: Visit, text: Text) -> str:
    return text.german if visit.language == "de" else text.english


def _finding(visit: Visit, finding: LookFinding) -> FindingShown:
    kind, severity = SEVERITIES[finding.severity]
    return FindingShown(
        kind=kind,
        severity=visit.text(severity),
        title=_in(visit, finding.title),
        meaning=_in(visit, finding.meaning),
        remedy=_in(visit, finding.remedy),
        command=finding.command,
        where=finding.zone,
        since=finding.since,
        times=finding.times,
    )


def _step(visit: Visit, step: LookStep, title: Callable[[str], str | None]) -> StepShown:
    kind, result = _RESULTS[step.result]
    return StepShown(
        title=_in(visit, step.title),
        family=f"IPv{step.family}" if step.family else "",
        zone=step.zone,
        kind=kind,
        result=visit.text(result),
        seconds=f"{visit.formats.number(round(step.seconds, 1))} s" if step.seconds >= 0.05 else "",
        why="" if step.why is None else title(step.why) or step.why,
    )
