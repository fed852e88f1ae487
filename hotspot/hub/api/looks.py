"""What visitor, doctor and LAN guard of a gateway found last, with the words for people."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hotspot.hub.store.looks import Kept
from hotspot.looks import values, verdict
from hotspot.looks.catalogues import step_words, titles, why_words, words
from hotspot.looks.values import By, Finding
from hotspot.looks.words import filled, gravest_first


class Text(Struct, frozen=True):
    """In both languages."""

    german: str
    english: str


_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,63}")
NONE = Text("", "")
"""Nothing to say."""


class LookFinding(Struct, frozen=True, kw_only=True):
    """Something is amiss."""

    kind: str
    severity: str
    """``notice`` | ``warning`` | ``urgent``."""
    zone: str
    """"" for all, or none."""
    values: dict[str, str]
    since: datetime | None
    """By the gateway's clock; null: seen in this look only."""
    times: int
    title: Text
    meaning: Text
    """For a visitor; empty: this hub does not know the kind."""
    remedy: Text
    command: str
    """To be typed at the gateway; "": there is none. A "?" in it stands for a value that is no plain word."""


class LookStep(Struct, frozen=True, kw_only=True):
    """One thing that was tried."""

    name: str
    title: Text
    zone: str
    family: int
    """4, 6, or 0 for both or neither."""
    result: str
    """``passed`` | ``failed`` | ``skipped``."""
    seconds: float
    why: str | None
    """Kind of the finding that it failed with, or the reason why it was skipped."""
    reason: Text
    """The same in words; empty where there is none."""


class LookVisited(Struct, frozen=True, kw_only=True):
    """How far a visit came in one guest network."""

    zone: str
    """"" where the gateway does not name it."""
    verdict: str
    """``online`` | ``closed`` (outside the opening hours nobody is let in) | ``partial`` (more was not asked for) | ``stuck``."""
    because: list[str]
    """Kinds of the findings that kept it from getting online; empty unless it is stuck."""


class Look(Struct, frozen=True, kw_only=True):
    """All that one program found at one time."""

    by: str
    """``visit`` | ``doctor`` | ``guard``."""
    at: datetime
    seconds: float
    software: str
    findings: list[LookFinding]
    """The gravest first."""
    steps: list[LookStep]
    visited: list[LookVisited]
    """By zone; empty unless ``by`` is ``visit``."""


def looks(found: Sequence[Kept]) -> list[Look]:
    """As the API shows them."""
    return [
        Look(
            by=one.look.by.value,
            at=one.at,
            seconds=one.look.seconds,
            software=one.look.software,
            findings=[_finding(one.look.by, finding, one.at) for finding in _in_order(one.look)],
            steps=[
                LookStep(
                    name=step.name,
                    title=_step(one.look.by, step.name),
                    zone=step.zone,
                    family=step.family,
                    result=step.result.value,
                    seconds=step.seconds,
                    why=step.why,
                    reason=_reason(one.look, step),
                )
                for step in one.look.steps
            ],
            visited=[
                LookVisited(zone=zone, verdict=each.verdict.value, because=list(each.because))
                for zone, each in verdict.visited(one.look).items()
            ],
        )
        for one in found
    ]


def _in_order(look: values.Look) -> list[Finding]:
    """The gravest first; of these, what keeps visitors from getting online."""
    kept_from = {kind for visited in verdict.visited(look).values() for kind in visited.because}
    return sorted(gravest_first(look.findings), key=lambda one: (-one.severity.rank, one.kind not in kept_from))


def _reason(look: values.Look, step: values.Step) -> Text:
    """Why a step failed or was skipped; of what was found, with its values."""
    if step.why is None:
        return NONE
    found = next((finding for finding in look.findings if finding.kind == step.why and finding.zone in (step.zone, "")), None)
    if found is not None:
        return Text(*titles(look.by, found))
    known = why_words(look.by, step.why)
    return Text(known.german, known.english)


def _step(by: By, name: str) -> Text:
    known = step_words(by, name)
    return Text(known.german, known.english)


def _finding(by: By, finding: Finding, at: datetime) -> LookFinding:
    known = words(by, finding.kind)
    return LookFinding(
        kind=finding.kind,
        severity=finding.severity.value,
        zone=finding.zone,
        values=dict(finding.values),
        since=datetime.fromtimestamp(finding.first, at.tzinfo) if finding.first else None,
        times=finding.times,
        title=Text(*titles(by, finding)),
        meaning=NONE if known is None else Text(filled(known.meaning_german, finding), filled(known.meaning_english, finding)),
        remedy=NONE if known is None else Text(filled(known.remedy_german, finding), filled(known.remedy_english, finding)),
        command="" if known is None else _command(known.command, finding),
    )


def _command(text: str, finding: Finding) -> str:
    """To be typed at the gateway, as root, by somebody who trusts this page: a value that a shell could take for more than a word stays
    out, for a portal that was taken over can write what it likes into a look."""
    return filled(text, replace(finding, values={key: value for key, value in finding.values.items() if _WORD.fullmatch(value)}))
