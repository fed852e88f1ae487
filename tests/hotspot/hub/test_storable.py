"""Values that types let through and that nothing can hold."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec import Struct

from hotspot.hub.api.storable import check


class Inner(Struct):
    """Something inside."""

    text: str = ""
    at: datetime | None = None
    numbers: list[float] = []
    more: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Inner(text="a\0"), "expected text without NUL characters - at `$.text`"),
        (Inner(text="\ud800"), "expected whole characters - at `$.text`"),
        (Inner(numbers=[1.0, float("inf")]), "inf: expected a finite number - at `$.numbers[...]`"),
        (Inner(more={"a\0": 1}), "expected text without NUL characters - at `$.more`"),
        (Inner(more={"a": [{"b": "\0"}]}), "expected text without NUL characters - at `$.more[...][...][...]`"),
        (Inner(at=datetime(2027, 1, 1)), "2027-01-01T00:00:00: expected a moment with an offset, such as 2027-01-31T08:00:00Z - at `$.at`"),  # noqa: DTZ001
        (Inner(at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23)))), "expected a moment of the years 1970 to 2199 - at `$.at`"),
        (Inner(at=datetime(2200, 1, 1, 0, 0, 1, tzinfo=UTC)), "expected a moment of the years 1970 to 2199 - at `$.at`"),
    ],
)
def test_what_cannot_be_held(value: Inner, expected: str) -> None:
    """Each is named with where it stands and what was expected."""
    with pytest.raises(ValueError, match="expected") as raised:
        check(value)
    assert str(raised.value).endswith(expected)


def test_what_can() -> None:
    """Every other text, number and moment, at any depth."""
    check(Inner("Größe 😀 \ue000", datetime(2027, 1, 1, tzinfo=UTC), [1.0, -2.5], {"a": [None, True, 10**30, {"b": ("c", {"d"})}]}))
