"""Words for people (pure): what a finding is called, what it means for visitors and what mends it, in German and English."""

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from hotspot.looks.values import Finding, Severity

GERMAN: Final = "_german"
"""Ends the name of a value's German twin: texts in German name ``{found_german}``, which is ``{found}`` where there is no twin."""


class Words(Struct, frozen=True, kw_only=True):
    """One kind of finding. Braces name keys of ``Finding.values``; a value that is missing is shown as "?"."""

    severity: Severity
    """Usual one; a finding may be graver."""
    german: str
    """What is amiss, in one line."""
    english: str
    meaning_german: str
    """What that means for a visitor."""
    meaning_english: str
    remedy_german: str
    """What to look at, what mends it."""
    remedy_english: str
    command: str = ""
    """To be typed at the gateway, with braces as the texts have them; "": there is none."""


class StepWords(Struct, frozen=True):
    """A step of a look."""

    german: str
    english: str


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return self[key.removesuffix(GERMAN)] if key.endswith(GERMAN) else "?"


def filled(text: str, finding: Finding) -> str:
    """A text with the values of a finding in its braces. Keys of values have no hyphens there: ``{expected_name}`` is ``expected-name``."""
    return text.format_map(_Known({key.replace("-", "_"): value for key, value in finding.values.items()}))


def typed(command: str, finding: Finding) -> str:
    """A command as a person may type it, as root: a value is one word of it and nothing else, whoever made it up."""
    return command.format_map(_Known({key.replace("-", "_"): shlex.quote(value) for key, value in finding.values.items()}))


def plain(text: str) -> str:
    """A text without a finding to fill it."""
    return re.sub(r"\{\w+\}", "…", text)


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """The order in which people read them."""
    return sorted(findings, key=lambda one: (-one.severity.rank, one.kind, one.zone))


Catalogue = Mapping[str, Words]
