"""What visitor, doctor and LAN guard found in a hall, in the reader's words: for the page of the hall.

All of it comes from a box in a hall, and may be anything: it is shown as text, and so much of it as somebody can read.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from hotspot.hub.api import gateways
from hotspot.hub.api.gateways import Gateway
from hotspot.hub.api.looks import Look, LookFinding, LookStep, LookVisited, Text
from hotspot.hub.console.gateway_words import SEVERITIES, Kind
from hotspot.hub.console.texts import N_
from hotspot.hub.console.visits import Visit
from hotspot.hub.look_alarms import FRESH
from hotspot.looks.values import By, Verdict
from hotspot.looks.verdict import Outcome, outcome

MOST_BOXES: Final = 4
"""Gateways of a hall whose looks are shown."""
FIRST: Final = 3
"""Findings that are shown at once; the others behind a word."""
TITLES: Final = {"visit": N_("Test visit"), "doctor": N_("Findings of the gateway"), "guard": N_("Seen in the Wi-Fi")}
_ABOUT: Final = {
    "visit": N_("A program in the hall does what a visitor's phone does, and says what went wrong."),
    "doctor": N_("The box looks at itself: kernel, rules, certificate, clock, disk, settings."),
    "guard": N_("The box listens on the guest network for what endangers visitors. It names no device."),
}
_HAND_ON: Final = N_("Please show this to those who look after the boxes: under each point stands what helps.")
_WELL: Final = {
    "visit": N_("A visitor gets online."),
    "doctor": N_("The box found nothing amiss with itself."),
    "guard": N_("Nothing that endangers visitors."),
}
_OLD: Final = {
    "visit": N_("It is not known whether visitors get online: the last test visit was %(ago)s."),
    "doctor": N_("It is not known how the box is: it last looked at itself %(ago)s."),
    "guard": N_("It is not known what happens in the Wi-Fi: the box last listened %(ago)s."),
}
_STUCK: Final = N_("A visitor does not get online.")
_SOME_STUCK: Final = N_("In %(zones)s a visitor does not get online.")
_STOPPED: Final[Mapping[Outcome, tuple[Kind, str, str]]] = {
    Outcome.STUCK: ("bad", _STUCK, _SOME_STUCK),
    Outcome.OPEN: (
        *("bad", N_("Visitors are online without accepting the terms.")),
        N_("In %(zones)s visitors are online without accepting the terms."),
    ),
    Outcome.UNKNOWN: (
        *("warn", N_("The test visit broke off: whether visitors get online is not known.")),
        N_("In %(zones)s the test visit broke off: whether visitors get online is not known."),
    ),
}
_CLOSED: Final = N_("The hall is closed now, and lets nobody in: that is right.")
_PARTIAL: Final = N_("Whether a visitor gets online was not tried, as was asked for.")
_ONE, _SEVERAL = N_("One thing is amiss."), N_("%(count)s things are amiss.")
_ONLINE_BUT_ONE = N_("A visitor gets online, but one thing is amiss.")
_ONLINE_BUT_SEVERAL = N_("A visitor gets online, but %(count)s things are amiss.")
_STATES: Final[Mapping[Kind, str]] = {"good": N_("All well"), "warn": N_("Warning"), "bad": N_("Fault"), "quiet": N_("Not known")}
_VERDICTS: Final[Mapping[Outcome, tuple[Kind, str]]] = {
    Outcome.ONLINE: ("good", N_("gets online")),
    Outcome.CLOSED: ("quiet", N_("closed now")),
    Outcome.PARTIAL: ("quiet", N_("not tried")),
    Outcome.UNKNOWN: ("warn", N_("broke off")),
    Outcome.OPEN: ("bad", N_("open without acceptance")),
    Outcome.STUCK: ("bad", N_("does not get online")),
}
_RESULTS: Final[dict[str, tuple[Kind, str]]] = {
    "passed": ("good", N_("passed")),
    "failed": ("bad", N_("failed")),
    "skipped": ("quiet", N_("skipped")),
}


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


class ZoneShown(Struct, frozen=True, kw_only=True):
    """How far a visit came in one guest network."""

    zone: str
    kind: Kind
    state: str


class LookShown(Struct, frozen=True, kw_only=True):
    """What one program found at one gateway."""

    by: str
    gateway: str
    """Its name where the hall has several; else ""."""
    title: str
    about: str
    """What the program does, or what the reader should do."""
    kind: Kind
    state: str
    sentence: str
    at: datetime
    old: bool
    """What it found says nothing any more of how the hall is."""
    zones: list[ZoneShown]
    """Of a visit to several networks."""
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
    now = visit.hub.now()
    old = (now - look.at).total_seconds() > FRESH[By(look.by)]
    kind, sentence = _verdict(visit, look)
    if old:
        kind, sentence = "quiet", visit.text(_OLD[look.by], ago=visit.formats.ago(look.at, now))
    return LookShown(
        by=look.by,
        gateway=gateway,
        title=visit.text(TITLES[look.by]),
        about=visit.text(_HAND_ON if kind in ("bad", "warn") else _ABOUT[look.by]),
        kind=kind,
        state=visit.text(_STATES[kind]),
        sentence=sentence,
        at=look.at,
        old=old,
        zones=[] if old or len(look.visited) < 2 else [_zone(visit, one) for one in look.visited],
        findings=[_finding(visit, finding) for finding in look.findings],
        steps=[_step(visit, step) for step in look.steps],
        passed=sum(step.result == "passed" for step in look.steps),
        tried=sum(step.result != "skipped" for step in look.steps),
    )


def _verdict(visit: Visit, look: Look) -> tuple[Kind, str]:
    """What it comes to, in one sentence: first whether visitors get online."""
    grave = [finding for finding in look.findings if finding.severity != "notice"]
    count = len(grave) or sum(step.result == "failed" for step in look.steps)
    verdicts = {one.verdict for one in look.visited}
    found = {one.zone: outcome(one.verdict, one.because) for one in look.visited}
    for how, (kind, everywhere, somewhere) in _STOPPED.items():
        zones = [zone for zone, one in found.items() if one is how]
        if zones:
            grave_kind: Kind = "bad" if any(finding.severity == "urgent" for finding in grave) else kind
            return grave_kind, visit.text(everywhere) if len(zones) == len(found) else visit.text(somewhere, zones=", ".join(zones))
    if count:
        kind = "bad" if any(finding.severity == "urgent" for finding in grave) else "warn"
        one, several = (_ONLINE_BUT_ONE, _ONLINE_BUT_SEVERAL) if Verdict.ONLINE in verdicts else (_ONE, _SEVERAL)
        return kind, visit.text(one) if count == 1 else visit.text(several, count=visit.formats.number(count))
    if look.by == By.VISIT and Verdict.ONLINE not in verdicts:
        return "quiet", visit.text(_CLOSED if Verdict.CLOSED in verdicts else _PARTIAL)
    return "good", visit.text(_WELL[look.by])


def _zone(visit: Visit, one: LookVisited) -> ZoneShown:
    kind, state = _VERDICTS[outcome(one.verdict, one.because)]
    return ZoneShown(zone=one.zone or "–", kind=kind, state=visit.text(state))


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


def _step(visit: Visit, step: LookStep) -> StepShown:
    kind, result = _RESULTS[step.result]
    return StepShown(
        title=_in(visit, step.title),
        family=f"IPv{step.family}" if step.family else "",
        zone=step.zone,
        kind=kind,
        result=visit.text(result),
        seconds=f"{visit.formats.number(round(step.seconds, 1))} s" if step.seconds >= 0.05 else "",
        why=_in(visit, step.reason),
    )
