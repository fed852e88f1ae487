"""What a visit says to people and to programs (pure): a page of text, JUnit's XML, one line for Nagios."""

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from hotspot.looks.troubleshooting import SEVERITIES
from hotspot.looks.values import Finding, Look, Result, Severity, Step, Verdict
from hotspot.looks.verdict import Outcome, outcomes
from hotspot.looks.words import StepWords, filled
from hotspot.looks.words_visit import STEPS, VISIT, why

OK, WARNING, CRITICAL, UNKNOWN = range(4)
"""Exit statuses of a check for Nagios."""
_SIGNS: Final[Mapping[Result, tuple[str, str]]] = {
    Result.PASSED: ("ok", "ok"),
    Result.FAILED: ("FEHLER", "FAILED"),
    Result.SKIPPED: ("-", "-"),
}


_STOPPED: Final[Mapping[Outcome | None, StepWords]] = {
    Outcome.STUCK: StepWords("NICHT in Ordnung, der Besuch kam nicht bis ins Internet", "NOT well, the visit did not get through"),
    Outcome.OPEN: StepWords(
        "NICHT in Ordnung, das Internet ist ohne Zustimmung offen", "NOT well, the Internet is open without acceptance"
    ),
    Outcome.UNKNOWN: StepWords(
        "NICHT in Ordnung, der Besuch brach ab: ob Besucher online kommen, ist nicht bekannt",
        "NOT well, the visit broke off: whether visitors get online is not known",
    ),
}


def title(step: Step) -> StepWords:
    """What a step is called."""
    return STEPS.get(step.name) or StepWords(step.name, step.name)


def text(look: Look, german: bool) -> str:
    """For a person: every step, then what each finding means and what to look at."""
    lines, zones = [], {step.zone for step in look.steps}
    for step in look.steps:
        name = title(step).german if german else title(step).english
        family = f"IPv{step.family}" if step.family else ""
        reason = why(step.why) if step.why else None
        told = "" if reason is None else f"  ({reason.german if german else reason.english})"
        zone = f"{step.zone:<12}" if len(zones) > 1 else ""
        lines.append(f"{_SIGNS[step.result][not german]:<7}{zone}{name:<42}{family:<5}{step.seconds:>8.3f} s{told}")
    for finding in look.findings:
        lines += ["", *_told(finding, german, len(zones) > 1)]
    passed = sum(step.result is Result.PASSED for step in look.steps)
    said = verdict(look)
    if german:
        lines += ["", f"{passed} von {len(look.steps)} Schritten bestanden in {look.seconds:.1f} s: {said.german}"]
    else:
        lines += ["", f"{passed} of {len(look.steps)} steps passed in {look.seconds:.1f} s: {said.english}"]
    return "\n".join(lines)


def verdict(look: Look) -> StepWords:
    """All of it in a few words."""
    verdicts = {one.verdict for one in look.visited}
    gravest = max(outcomes(look).values(), key=lambda one: one.rank) if look.visited else None
    if gravest in _STOPPED:
        return _STOPPED[gravest]
    if failed(look):
        return StepWords("NICHT in Ordnung", "NOT well")
    if Verdict.PARTIAL in verdicts:
        return StepWords("nichts zu beanstanden, aber nicht alles versucht", "nothing amiss, but not all was tried")
    if Verdict.CLOSED in verdicts:
        return StepWords("alles in Ordnung, gerade geschlossen", "all is well, closed now")
    return StepWords("alles in Ordnung", "all is well")


def _told(finding: Finding, german: bool, zones: bool = False) -> list[str]:
    words = VISIT[finding.kind]
    if german:
        parts = [words.german, words.meaning_german, words.remedy_german]
    else:
        parts = [words.english, words.meaning_english, words.remedy_english]
    head, meaning, remedy = (filled(part, finding) for part in parts)
    command = [f"   $ {filled(words.command, finding)}"] if words.command else []
    grave = SEVERITIES[finding.severity][not german]
    zone = f"{finding.zone}: " if zones else ""
    return [f"[{grave}] {zone}{head}", f"   {meaning}", f"   {remedy}", *command]


def failed(look: Look) -> bool:
    """Did a step fail, or is anything amiss?"""
    return not look.well or any(step.result is Result.FAILED for step in look.steps)


def junit(look: Look) -> str:
    """For continuous integration: one test case a step."""
    found = {(finding.kind, finding.zone): finding for finding in look.findings}
    cases = []
    for step in look.steps:
        name = f"{title(step).english}{f' (IPv{step.family})' if step.family else ''}"
        inner = ""
        if step.result is Result.FAILED:
            kind = step.why or "failed"
            finding = found.get((kind, step.zone)) or found.get((kind, "")) or Finding(kind=kind, severity=Severity.URGENT)
            told = "\n".join(_told(finding, german=False)) if finding.kind in VISIT else finding.kind
            inner = f"<failure type={quoteattr(finding.kind)} message={quoteattr(told.partition(chr(10))[0])}>{escape(told)}</failure>"
        elif step.result is Result.SKIPPED:
            inner = f"<skipped message={quoteattr(why(step.why or '').english)}/>"
        cases.append(f'  <testcase classname="hotspot.visit" name={quoteattr(name)} time="{step.seconds:.3f}">{inner}</testcase>')
    count = {result: sum(step.result is result for step in look.steps) for result in Result}
    head = (
        f'<testsuite name="hotspot visit" tests="{len(look.steps)}" failures="{count[Result.FAILED]}" '
        f'skipped="{count[Result.SKIPPED]}" time="{look.seconds:.3f}">'
    )
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *cases, "</testsuite>"]) + "\n"


def nagios(look: Look) -> tuple[int, str]:
    """Exit status and the one line with performance data."""
    kept_out = {Outcome.STUCK, Outcome.OPEN} & set(outcomes(look).values()) if look.visited else set()
    urgent = bool(kept_out) or any(finding.severity is Severity.URGENT for finding in look.findings)
    state = CRITICAL if urgent else WARNING if failed(look) else OK
    count = {result: sum(step.result is result for step in look.steps) for result in Result}
    grave = [finding for finding in look.findings if finding.severity is not Severity.NOTICE]
    said = "; ".join(filled(VISIT[finding.kind].english, finding) for finding in grave[:3]) or f"{count[Result.PASSED]} steps passed"
    numbers = {"time": f"{look.seconds:.2f}s", **{result.value: str(count[result]) for result in Result}}
    timed = [(step, f"{step.name}{step.family or ''}".replace("-", "_")) for step in look.steps if step.result is Result.PASSED]
    for step, name in timed:
        if step.name in ("dhcp", "page", "accept", "online"):
            numbers[name] = f"{step.seconds:.3f}s"
    words = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[state]
    line = said.replace("|", "/")
    return state, f"VISIT {words} - {line} | {' '.join(f'{name}={value}' for name, value in numbers.items())}"
