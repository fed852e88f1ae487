"""A look as one page for a person (pure): what is amiss, gravest first, with what it means and the command that mends it."""

from datetime import datetime, tzinfo

from hotspot.looks.values import Finding, Look, Result, Severity, Step
from hotspot.looks.words import filled, gravest_first, typed
from hotspot.looks.words_doctor import DOCTOR, SKIPPED, STEPS

LANGUAGES = ("de", "en")
_SEVERITY = {
    Severity.URGENT: ("DRINGEND", "URGENT"),
    Severity.WARNING: ("WARNUNG", "WARNING"),
    Severity.NOTICE: ("HINWEIS", "NOTICE"),
}
_WELL = ("Am Gateway ist alles, wie es sein soll.", "All is as it should be at the gateway.")
_ALMOST = ("Nichts ist gestört.", "Nothing is amiss.")
_ILL = ("Am Gateway ist etwas nicht in Ordnung.", "Something is amiss at the gateway.")
_MEANS, _REMEDY, _LOOKED = ("Bedeutet", "Means"), ("Abhilfe", "Remedy"), ("Geprüft", "Checked")
_UNCHECKED = ("Nicht geprüft", "Not checked")


def page(look: Look, language: str = "de", zone: tzinfo | None = None) -> str:
    """The page, German or English; ``zone``: whose clock it shows, None: this machine's."""
    at = LANGUAGES.index(language)
    moment = datetime.fromtimestamp(look.at, zone).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    state = _WELL if not look.findings else _ALMOST if look.well else _ILL
    lines = [f"hotspot doctor {look.software}  {moment}", "", state[at], ""]
    for finding in gravest_first(look.findings):
        lines += [*_told(finding, at), ""]
    looked = [_step(step, at) for step in look.steps if step.result is not Result.SKIPPED]
    lines.append(f"{_LOOKED[at]}: {'; '.join(looked)}")
    lines += [f"{_UNCHECKED[at]}: {_skipped(step, at)}" for step in look.steps if step.result is Result.SKIPPED]
    return "\n".join(lines)


def _step(step: Step, at: int) -> str:
    words = STEPS[step.name]
    return words.english if at else words.german


def _skipped(step: Step, at: int) -> str:
    reason = SKIPPED.get(step.why or "")
    why = "?" if reason is None else reason.english if at else reason.german
    return f"{_step(step, at)} ({why})"


def _told(finding: Finding, at: int) -> list[str]:
    words = DOCTOR[finding.kind]
    title, meaning, remedy = (
        (words.english, words.meaning_english, words.remedy_english) if at else (words.german, words.meaning_german, words.remedy_german)
    )
    zone = f" [{finding.zone}]" if finding.zone else ""
    told = [f"{_SEVERITY[finding.severity][at]}{zone}  {filled(title, finding)}  ({finding.kind})"]
    told += [f"  {_MEANS[at]}: {filled(meaning, finding)}", f"  {_REMEDY[at]}: {filled(remedy, finding)}"]
    return [*told, f"  # {typed(words.command, finding)}"] if words.command else told
