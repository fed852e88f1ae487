"""Whether what a request says can be stored and computed with (pure): types alone let some values through that nothing can hold."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final

from msgspec import Struct

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def check(value: Any, where: str = "$") -> None:
    """Raise ``ValueError`` with key, value and what was expected for a text with NUL or half a character, a number that is not finite, and
    a moment without an offset or out of any reason, anywhere in ``value``."""
    match value:
        case str():
            if "\0" in value:
                raise ValueError(f"expected text without NUL characters - at `{where}`")
            if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
                raise ValueError(f"expected whole characters - at `{where}`")
        case bool() | int() | None:
            pass
        case float():
            if not isfinite(value):
                raise ValueError(f"{value}: expected a finite number - at `{where}`")
        case datetime():
            if value.tzinfo is None:
                raise ValueError(f"{value.isoformat()}: expected a moment with an offset, such as 2027-01-31T08:00:00Z - at `{where}`")
            if not EARLIEST <= value <= LATEST:
                raise ValueError(f"{value.isoformat()}: expected a moment of the years 1970 to 2199 - at `{where}`")
        case Struct():
            for name in value.__struct_fields__:
                check(getattr(value, name), f"{where}.{name}")
        case Mapping():
            for key, inner in value.items():
                check(key, where)
                check(inner, f"{where}[...]")
        case list() | tuple() | set() | frozenset():
            for inner in value:
                check(inner, f"{where}[...]")
        case _:
            pass
