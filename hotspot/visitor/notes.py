"""What became of each step, and what is amiss: gathered during a visit, a ``Look`` at its end."""

import time
from collections.abc import Callable, Collection, Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hotspot.looks.values import Finding, Result, Severity, Step, Verdict, Visited
from hotspot.looks.words import gravest_first
from hotspot.looks.words_visit import AS_ASKED, CLOSED_NOW, NO_TIME, STEPS, VISIT
from hotspot.visitor.said import Said, fault, values

GOALS: Final = ("accept", "online")
"""Steps without which a visit is none."""


GOES_ON: Final = frozenset({"certificate-soon", "dns-search-page", "pages-without-tls", "refusal-slow"})
"""Kinds with which a step fails and stands in nobody's way: what needs it is tried all the same."""


class TimeOver(BaseException):
    """The visit's time is over, and a step is still busy. No handler of a library's takes it for one of its own errors."""


class Failed(Exception):
    """A step fails, with the kind of finding that says why."""

    def __init__(self, kind: str, severity: Severity | None = None, **given: object) -> None:
        super().__init__(kind)
        self.kind, self.severity, self.given = kind, severity, given


class Skipped(Exception):
    """A step cannot be tried, or need not be; the text is the reason, a word of ``Step.why``."""


class Name(Struct, frozen=True):
    """Of a step: what, and with which IP version (0: neither)."""

    step: str
    family: int = 0


class Notes:
    """The notes of one visit."""

    def __init__(self, zone: str, most: float, skip: Collection[str] = (), lan: str = "") -> None:
        self._zone, self._skip, self._lan = zone, skip, lan
        self._until = time.monotonic() + most
        self._findings: dict[tuple[str, tuple[tuple[str, str], ...]], Finding] = {}
        self._fresh: list[Finding] = []
        """Of the step in hand."""
        self._needs: dict[Name, tuple[Name, ...]] = {}
        self.steps: dict[Name, Step] = {}

    def run(self, name: Name, action: Callable[[], None], needs: tuple[Name, ...] = ()) -> None:
        """Try a step, unless one that it needs has not passed. Whatever ends it, there is a note of it."""
        began = time.monotonic()
        result, why = Result.PASSED, None
        self._needs[name] = needs
        missing = next((need for need in needs if not self.lets_on(need)), None)
        if missing is not None:
            result, why = Result.SKIPPED, f"needs-{missing.step}"
        elif name.step in self._skip:
            result, why = Result.SKIPPED, AS_ASKED
        elif began > self._until:
            result, why = Result.SKIPPED, NO_TIME
            self._late(name)
        else:
            self._fresh = []
            try:
                action()
            except Skipped as reason:
                result, why = Result.SKIPPED, str(reason)
            except Failed as failure:
                self.find(failure.kind, failure.severity, **failure.given)
            except TimeOver:
                self._until = began - 1  # what is left is not tried
                self._late(name)
            except Exception as error:  # noqa: BLE001 - who runs the hall decides what comes back: none of it may cost the other findings
                self.find("unexpected", what=_title(name), why=fault(error))
            grave = [finding for finding in gravest_first(self._fresh) if finding.severity is not Severity.NOTICE]
            if grave:
                result, why = Result.FAILED, grave[0].kind
        seconds = min(86_400.0, time.monotonic() - began)
        self.steps[name] = Step(name=name.step, zone=self._zone, family=name.family, result=result, seconds=round(seconds, 4), why=why)

    def _late(self, name: Name) -> None:
        """Time is over before this step; told once."""
        if NO_TIME not in {kind for kind, _ in self._findings}:
            self.find(NO_TIME, what=_title(name))

    def end(self, error: BaseException) -> None:
        """Something that no step expected, between two of them, ends the visit."""
        if isinstance(error, TimeOver):
            self._late(next(reversed(self.steps), Name("interface")))
        else:
            self.find("unexpected", what=Said("der Besuch", "the visit"), why=fault(error))

    def passed(self, name: Name) -> bool:
        """Has a step passed?"""
        return name in self.steps and self.steps[name].result is Result.PASSED

    def lets_on(self, name: Name) -> bool:
        """Has a step passed, or failed with what stands in nobody's way?"""
        return self.passed(name) or (name in self.steps and self.steps[name].why in GOES_ON)

    def find(self, kind: str, severity: Severity | None = None, **given: object) -> None:
        """Something is amiss; the same twice is once."""
        words = VISIT[kind]
        if "{interface}" in words.command and self._lan:
            given = {"interface": self._lan, **given}
        said = values(given)
        finding = Finding(kind=kind, severity=severity or words.severity, zone=self._zone, values=said)
        self._fresh.append(finding)
        key = kind, tuple(sorted(said.items()))
        known = self._findings.get(key, finding)
        self._findings[key] = max(known, finding, key=lambda one: one.severity.rank)

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

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The gravest first."""
        return tuple(gravest_first(self._findings.values()))

    def verdict(self) -> Visited:
        """What became of the visit; called once, at its end. A visit that is stuck has a finding that says why."""
        online = [name for name in self.steps if name.step == "online"]
        if any(self.passed(name) for name in online):
            return Visited(zone=self._zone, verdict=Verdict.ONLINE)
        stopped = list(self._stopped([*online, *(name for name in self.steps if name.step in ("interface", *GOALS))]))
        reasons = [step.why for step in stopped]
        if CLOSED_NOW in reasons:
            return Visited(zone=self._zone, verdict=Verdict.CLOSED)
        grave = {finding.kind for finding in self._findings.values() if finding.severity is not Severity.NOTICE}
        because = tuple(dict.fromkeys(step.why for step in stopped if step.why is not None and step.why in grave))
        if not because and AS_ASKED in reasons:
            return Visited(zone=self._zone, verdict=Verdict.PARTIAL)
        if not because and "unexpected" in grave:
            because = ("unexpected",)  # between two steps
        if not because:
            self.find("not-online")
            because = ("not-online",)
        return Visited(zone=self._zone, verdict=Verdict.STUCK, because=because)

    def _stopped(self, names: Iterable[Name]) -> Iterable[Step]:
        """Where the ways to these steps ended: those that were tried in vain or had a reason of their own not to be."""
        todo, seen = list(names), set[Name]()
        while todo:
            name = todo.pop(0)
            step = self.steps.get(name)
            if name in seen or step is None or self.lets_on(name):
                continue
            seen.add(name)
            missing = [need for need in self._needs.get(name, ()) if not self.lets_on(need)]
            todo += missing
            if not missing:
                yield step


def _title(name: Name) -> Said:
    """A step in words."""
    words, family = STEPS[name.step], f" (IPv{name.family})" if name.family else ""
    return Said(words.german + family, words.english + family)
