"""Durations, rates and sizes as people write them: ``2 h``, ``1 h 30 min``, ``10 Mbit/s``, ``500 MB``, or a plain number.

Plain numbers are seconds, bit/s, bytes. Rates and sizes are decimal (1 MB = 1,000,000 bytes), as on every network contract; ``KiB``,
``MiB`` and ``GiB`` are there for those who mean them.
"""

import re

_SECONDS = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3_600, "d": 86_400, "days": 86_400, "day": 86_400}
_RATES = {"bit/s": 1, "kbit/s": 10**3, "mbit/s": 10**6, "gbit/s": 10**9}
_SIZES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_PART = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z/]+)")


def _sum(text: str, units: dict[str, int], expected: str) -> float:
    total, position = 0.0, 0
    while position < len(text.rstrip()):
        part = _PART.match(text, position)
        if part is None or part[2].lower() not in units:
            raise ValueError(f"expected {expected}")
        total += float(part[1]) * units[part[2].lower()]
        position = part.end()
    if position == 0:
        raise ValueError(f"expected {expected}")
    return total


def _number(value: object, units: dict[str, int], expected: str) -> float:
    if isinstance(value, str):
        return _sum(value, units, expected)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or value != value:
        raise ValueError(f"expected {expected}")
    return float(value)


def parse_seconds(value: object) -> float:
    """``2 h``, ``1 h 30 min``, ``45`` -> seconds. Raises ``ValueError`` that says what was expected."""
    return _number(value, _SECONDS, 'a duration such as "2 h", "15 min" or seconds')


def parse_rate(value: object) -> int:
    """``10 Mbit/s`` -> bit/s. Raises ``ValueError`` that says what was expected."""
    return round(_number(value, _RATES, 'a rate such as "10 Mbit/s", "512 kbit/s" or bit/s'))


def parse_bytes(value: object) -> int:
    """``500 MB`` -> bytes. Raises ``ValueError`` that says what was expected."""
    return round(_number(value, _SIZES, 'a size such as "500 MB", "2 GB" or bytes'))
