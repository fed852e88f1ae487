"""Findings as the groups make them (pure): severity from the words, values short, and nothing in them that could be a visitor's."""

from msgspec import Struct

from hotspot.doctor.privacy import without_addresses
from hotspot.looks.values import Finding, Severity
from hotspot.looks.words_doctor import DOCTOR

LONGEST = 120


def found(kind: str, zone: str = "", severity: Severity | None = None, **values: object) -> Finding:
    """A finding. Values are named as in the words, ``_`` for ``-``; what looks like an address is left out of them."""
    shown = {key.replace("_", "-"): without_addresses(" ".join(str(value).split()))[:LONGEST] for key, value in values.items()}
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
