"""What became of each step, and what is amiss: gathered during a visit, a ``Look`` at its end."""

import time
from collections.abc import Callable, Collection

from msgspec import Struct
from msgspec.structs import replace

from hotspot.looks.values import MOST_FINDINGS, MOST_STEPS, By, Finding, Look, Result, Severity, Step
from hotspot.looks.words import gravest_first
from hotspot.looks.words_visit import VISIT

_LONGEST = 120
"""Characters of a value (``hotspot.looks.values``)."""


class Failed(Exception):
    """A step fails, with the kind of finding that says why."""

    def __init__(self, kind: str, severity: Severity | None = None, **values: object) -> None:
        super().__init__(kind)
        self.kind, self.severity, self.values = kind, severity, values


class Skipped(Exception):
    """A step cannot be tried, or need not be; the text is the reason, a word of ``Step.why``."""


class Name(Struct, frozen=True):
    """Of a step: what, and with which IP version (0: neither)."""

    step: str
    family: int = 0


class Notes:
    """The notes of one visit."""

    def __init__(self, zone: str, most: float, skip: Collection[str] = ()) -> None:
        self._zone, self._skip = zone, skip
        self._began = time.monotonic()
        self._until = self._began + most
        self._findings: dict[tuple[str, tuple[tuple[str, str], ...]], Finding] = {}
        self._fresh: list[Finding] = []
        """Of the step in hand."""
        self.steps: dict[Name, Step] = {}

    def run(self, name: Name, action: Callable[[], None], needs: tuple[Name, ...] = ()) -> None:
        """Try a step, unless one that it needs has not passed."""
        began = time.monotonic()
        result, why = Result.PASSED, None
        missing = next((need for need in needs if not self.passed(need)), None)
        if missing is not None:
            result, why = Result.SKIPPED, f"needs-{missing.step}"
        elif name.step in self._skip:
            result, why = Result.SKIPPED, "as-asked"
        elif began > self._until:
            result, why = Result.SKIPPED, "no-time-left"
        else:
            self._fresh = []
            try:
                action()
            except Skipped as reason:
                result, why = Result.SKIPPED, str(reason)
            except Failed as failure:
                self.find(failure.kind, failure.severity, **failure.values)
            grave = [finding for finding in gravest_first(self._fresh) if finding.severity is not Severity.NOTICE]
            if grave:
                result, why = Result.FAILED, grave[0].kind
        seconds = min(86_400.0, time.monotonic() - began)
        self.steps[name] = Step(name=name.step, zone=self._zone, family=name.family, result=result, seconds=round(seconds, 4), why=why)

    def passed(self, name: Name) -> bool:
        """Has a step passed?"""
        return name in self.steps and self.steps[name].result is Result.PASSED

    def find(self, kind: str, severity: Severity | None = None, **values: object) -> None:
        """Something is amiss; the same twice is once."""
        said = {key.replace("_", "-"): _printable(value) for key, value in values.items()}
        finding = Finding(kind=kind, severity=severity or VISIT[kind].severity, zone=self._zone, values=said)
        self._findings[kind, tuple(sorted(said.items()))] = finding
        self._fresh.append(finding)

    def instead(self, kinds: set[str], kind: str) -> None:
        """All of these are one thing; nothing changes when one of them was not found."""
        if kinds <= {one for one, _ in self._findings}:
            self._findings = {key: finding for key, finding in self._findings.items() if key[0] not in kinds}
            self.steps = {name: replace(step, why=kind) if step.why in kinds else step for name, step in self.steps.items()}
            self.find(kind)

    @property
    def amiss(self) -> bool:
        """Is there anything but notices?"""
        return any(finding.severity is not Severity.NOTICE for finding in self._findings.values())

    def look(self, unix: float, software: str) -> Look:
        """All of it; ``unix`` is the wall clock at the end."""
        return Look(
            by=By.VISIT,
            at=min(max(0.0, unix), 4_102_444_800.0),
            seconds=round(min(86_400.0, time.monotonic() - self._began), 3),
            software=software[:64],
            findings=tuple(gravest_first(self._findings.values())[:MOST_FINDINGS]),
            steps=tuple(self.steps.values())[:MOST_STEPS],
        )


def _printable(value: object) -> str:
    """What others sent, so that it can be shown."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))[:_LONGEST]
