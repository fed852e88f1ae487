"""Choice of language by ``Accept-Language``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.session.languages import choose, parse

OFFERED = ("de", "en")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en-GB,en;q=0.9", "en"),
        ("EN", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8,de;q=0.7", "en"),
        ("de;q=0.3,en;q=0.7", "en"),
        ("de;q=0.5,en;q=0.5", "de"),
        ("en;q=0.5,de;q=0.5", "en"),
        ("zh-CN,zh;q=0.9", "en"),
        ("zh,en;q=0", "de"),
        ("zh;q=0", "de"),
        ("*", "de"),
        ("de;q=0,*", "en"),
        ("de;q=0,en;q=0", "de"),
        ("en;q=0,fr", "de"),
        ("zh,*;q=0.5", "en"),
        ("en;q=2,de;q=0.1", "de"),
        ("en;q=abc,de;q=0.1", "de"),
        ("en ; q=0.9 , de ; q=0.2", "en"),
        ("<script>,en", "en"),
        ("," * 1_000 + "en", "de"),
    ],
)
def test_choice(header: str, expected: str) -> None:
    """Highest quality, then the header's order, then the default."""
    assert choose(header, OFFERED) == expected


def test_a_variant_is_its_own_language() -> None:
    """Leichte Sprache is for who asks for it, and German for all other variants."""
    offered = ("de", "de-simple", "en")
    assert [choose(header, offered) for header in ("de-simple", "de-DE-simple", "de-CH,de-simple;q=0.9")] == ["de-simple", "de", "de"]


def test_parse() -> None:
    """Tags are lower case, in order, with their quality."""
    assert parse("de-AT,en;q=0.5, *;q=0.1") == [("de-at", 1.0), ("en", 0.5), ("*", 0.1)]


@given(st.text(max_size=300))
def test_any_header_gives_an_offered_language(header: str) -> None:
    """Whatever a client sends."""
    assert choose(header, OFFERED) in OFFERED
