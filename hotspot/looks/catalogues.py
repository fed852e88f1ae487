"""The words of all three programs by who looked (pure): for the portal's command line, the hub's alarms and the console."""

from collections.abc import Mapping
from typing import Final

from hotspot.looks import words_doctor, words_visit
from hotspot.looks.values import By, Finding
from hotspot.looks.words import Catalogue, StepWords, Words, filled
from hotspot.looks.words_doctor import DOCTOR
from hotspot.looks.words_guard import GUARD
from hotspot.looks.words_visit import VISIT

CATALOGUES: Final[Mapping[By, Catalogue]] = {By.VISIT: VISIT, By.DOCTOR: DOCTOR, By.GUARD: GUARD}
"""What each kind of finding means."""
_STEPS: Final[Mapping[By, Mapping[str, StepWords]]] = {By.VISIT: words_visit.STEPS, By.DOCTOR: words_doctor.STEPS, By.GUARD: {}}


def words(by: By, kind: str) -> Words | None:
    """Of a finding; None: a kind that this version does not know."""
    return CATALOGUES[by].get(kind)


def step_words(by: By, name: str) -> StepWords:
    """Of a step; one that this version does not know is its own name."""
    return _STEPS[by].get(name) or StepWords(name, name)


def is_known(by: By, kind: str) -> bool:
    """Has this version words for it? Of a finding, or of a step, whose name stands for a finding where it failed without one."""
    return kind in CATALOGUES[by] or kind in _STEPS[by]


def why_words(by: By, why: str) -> StepWords:
    """Why a step was not tried, or did not pass; what this version does not know is its own name."""
    if by is By.VISIT:
        return words_visit.why(why)
    return words_doctor.SKIPPED.get(why) or StepWords(why, why)


def titles(by: By, finding: Finding) -> tuple[str, str]:
    """What is amiss in one line, German and English, with the values of the finding; of a step that failed without a finding, that it
    failed; of a kind that is not known, its name."""
    known = words(by, finding.kind)
    if known is not None:
        return filled(known.german, finding).removesuffix("."), filled(known.english, finding).removesuffix(".")  # more may follow
    step = _STEPS[by].get(finding.kind)
    if step is not None:
        return f"Schritt gescheitert: {step.german}", f"Step failed: {step.english}"
    return f"Befund „{finding.kind}“, den diese Version nicht kennt", f"Finding “{finding.kind}”, which this version does not know"
