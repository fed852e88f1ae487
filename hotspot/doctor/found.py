"""Findings as the groups make them: severity from the words, values short, and nothing in them that could be a visitor's."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

from msgspec import Struct

from hotspot.doctor import german
from hotspot.doctor.privacy import without_addresses
from hotspot.looks.values import Finding, Severity
from hotspot.looks.words import GERMAN
from hotspot.looks.words_doctor import DOCTOR

T = TypeVar("T")
LONGEST = 120
STUMBLED = "stumbled"
"""Why a group did not look whose own program has a fault."""


def found(kind: str, zone: str = "", severity: Severity | None = None, **values: object) -> Finding:
    """A finding. Values are named as in the words, ``_`` for ``-``; what looks like an address is left out of them. One that is another in
    German has a twin."""
    shown = {key.replace("_", "-"): without_addresses(" ".join(str(value).split()))[:LONGEST] for key, value in values.items()}
    twins = {f"{key}{GERMAN.replace('_', '-')}": german.twin(key, value)[:LONGEST] for key, value in shown.items()}
    shown |= {key: value for key, value in twins.items() if value}
    return Finding(kind=kind, severity=severity or DOCTOR[kind].severity, zone=zone, values=shown)


class NotLooked(Exception):
    """A group cannot look, and that is no fault of the gateway; ``why`` is a key of the words of steps that were skipped."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Group(Struct, frozen=True):
    """What a group found; ``skipped``: why it did not look."""

    name: str
    findings: tuple[Finding, ...] = ()
    skipped: str = ""
    seconds: float = 0


def attempt(part: str, look: Callable[[], T]) -> T | Finding:
    """What ``look`` says, or that it stumbled: one part of a look must not end the others. Raises ``NotLooked`` alone."""
    try:
        return look()
    except NotLooked:
        raise
    except Exception as error:  # noqa: BLE001  whatever a kernel, a file or a program says that nobody thought of: the other parts of the
        # look are as good as without it, and are wanted most on the very box that is odd. The fault is not hidden: it is a finding, with
        # its class and place. Its text is left out, which may quote a lease or a setting.
        frames = extract_tb(error.__traceback__)
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        return found("look-stumbled", part=part, error=type(error).__name__, where=where)


def group(name: str, look: Callable[[], Iterable[Finding]], skipped: str = "") -> Group:
    """One group's look."""
    began = time.monotonic()
    try:
        told = attempt(name, lambda: tuple(look()))
    except NotLooked as reason:
        told, skipped = (), reason.why
    if isinstance(told, Finding):
        told, skipped = (told,), STUMBLED
    return Group(name, told, skipped, round(time.monotonic() - began, 2))
