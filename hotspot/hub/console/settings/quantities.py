"""Times, speeds and sizes as a number and a unit, for fields of forms (pure). A number may have the comma of German; who types a unit of
their own into the number's field (``1 h 30 min``) may do so."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from hotspot.session.quantities import parse_bytes, parse_rate, parse_seconds

Kind = Literal["seconds", "rate", "bytes"]

UNITS: Final[Mapping[str, Mapping[str, int]]] = {
    "seconds": {"min": 60, "h": 3_600, "d": 86_400, "s": 1},
    "rate": {"Mbit/s": 10**6, "kbit/s": 10**3, "Gbit/s": 10**9},
    "bytes": {"MB": 10**6, "GB": 10**9, "TB": 10**12},
}
"""The usual one first; what each is in seconds, bit/s or bytes."""
_PARSERS: Final[Mapping[str, Callable[[object], float]]] = {"seconds": parse_seconds, "rate": parse_rate, "bytes": parse_bytes}
_NUMBER: Final = re.compile(r"\d+([.,]\d+)?")


def split(kind: str, value: Any) -> tuple[str, str]:
    """``"90 min"`` -> ``("90", "min")``, ``7200`` -> ``("2", "h")``: the largest unit in which it is a whole number. What no reader takes
    stays as it is, with the usual unit."""
    units = UNITS[kind]
    usual = next(iter(units))
    if value is None or value == "":
        return "", usual
    try:
        number = _PARSERS[kind](value)
    except ValueError:
        return str(value), usual
    for unit, size in sorted(units.items(), key=lambda one: -one[1]):
        if number >= size and number % size == 0:
            return f"{number // size:.0f}", unit
    unit = usual if number >= units[usual] / 10 else min(units, key=lambda one: units[one])
    return f"{number / units[unit]:.9f}".rstrip("0").rstrip("."), unit


def joined(kind: str, number: str, unit: str) -> str:
    """What was typed, as the settings have it: ``("1,5", "h")`` -> ``"1.5 h"``; "": nothing was."""
    number = number.strip()
    if not _NUMBER.fullmatch(number):
        return number
    known = unit if unit in UNITS[kind] else next(iter(UNITS[kind]))
    return f"{number.replace(',', '.')} {known}"
