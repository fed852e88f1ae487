"""What the settings may say about the line."""

from pathlib import Path
from typing import Any

import pytest

from hotspot.portal.settings import BadSettings, Internet
from hotspot.portal.settings_internet import internet
from hotspot.portal.settings_reader import Reader

READ = Reader(Path("portal.toml"))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, Internet()),
        (
            {"targets": ["198.51.100.10:80", "[2001:db8::1]:443"], "interval": "1 min", "timeout": 1.5},
            Internet(targets=(("198.51.100.10", 80), ("2001:db8::1", 443)), interval=60.0, timeout=1.5),
        ),
        ({"new_visitors": "open"}, Internet()),
        (
            {"new_visitors": "closed", "message": {"de": " Ab 14 Uhr wieder. ", "en": "Back at 2 pm.", "fr": ""}},
            Internet(closes=True, message={"de": "Ab 14 Uhr wieder.", "en": "Back at 2 pm."}),
        ),
        ({"message": "Wir arbeiten daran."}, Internet(message={"de": "Wir arbeiten daran."})),
    ],
)
def test_the_section(raw: dict[str, Any], expected: Internet) -> None:
    """Units are resolved, a text alone is German, an empty one is none; without the section the line is assumed to be up."""
    assert internet(READ, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"new_visitors": "shut"}, """internet.new_visitors = 'shut': expected "open" or "closed\""""),
        ({"message": {"De": "x"}}, "internet.message.De = 'x': expected one of the languages of the pages: de, "),
        ({"message": {"de": "x" * 501}}, "internet.message.de = 'x"),
        ({"message": 7}, "internet.message = 7: Expected"),
        ({"targets": ["town.example:80"]}, "internet.targets = 'town.example:80': expected address and port"),
        ({"interval": "soon"}, "internet.interval = 'soon': "),
        ({"timeout": 61}, "internet.timeout = 61: expected 0.1 to 60"),
        ({"mesage": "x"}, "internet.mesage = 'x': unknown key, expected one of targets, interval, timeout, new_visitors, message"),
    ],
)
def test_errors_name_the_key(raw: dict[str, Any], expected: str) -> None:
    """File, key, value and what was expected."""
    with pytest.raises(BadSettings) as raised:
        internet(READ, raw)
    assert str(raised.value).startswith(f"cannot use portal.toml: {expected}")
