"""The style: small, self-contained, and readable for everybody in light and dark (WCAG 2.2 AA)."""

import re
from pathlib import Path

import pytest

import portal_pages

STYLE = (Path(portal_pages.__file__).parent / "static/portal.css").read_text()

TEXT_ON_GROUND = [
    ("ink", "card"),
    ("ink", "ground"),
    ("ink", "soft"),
    ("ink", "good-soft"),
    ("ink", "warn-soft"),
    ("quiet", "card"),
    ("quiet", "ground"),
    ("quiet", "soft"),
    ("accent", "card"),
    ("accent", "ground"),
    ("deep", "ground"),
    ("deep", "soft"),
    ("on-accent", "accent"),
    ("on-accent", "deep"),
    ("good", "good-soft"),
]
"""Pairs of colours that the style puts on one another as text and ground."""


def colours(scheme: str) -> dict[str, tuple[int, int, int]]:
    """The custom properties of a scheme as red, green, blue."""
    blocks = re.findall(r":root\{([^}]*)\}", STYLE)
    pairs = re.findall(r"--([\w-]+):#([0-9a-f]{6}|[0-9a-f]{3})\b", blocks[["light", "dark"].index(scheme)])
    full = {name: value if len(value) == 6 else "".join(digit * 2 for digit in value) for name, value in pairs}
    return {name: (int(value[:2], 16), int(value[2:4], 16), int(value[4:], 16)) for name, value in full.items()}


def luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance (WCAG 2.2)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (one / 255 for one in colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme: str) -> None:
    """Text stands out by at least 4.5 : 1, also the quiet one and the one on buttons."""
    known = colours(scheme)
    ratios = {}
    for text, ground in TEXT_ON_GROUND:
        low, high = sorted((luminance(known[text]), luminance(known[ground])))
        ratios[text, ground] = (high + 0.05) / (low + 0.05)
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


def test_both_schemes_name_the_same_colours() -> None:
    """No colour of the light scheme is left over in the dark one."""
    assert colours("light").keys() == colours("dark").keys()


def test_nothing_is_fetched() -> None:
    """No font, image or style from anywhere."""
    assert re.findall(r"url\(|@import|https?:|</", STYLE) == []


def test_buttons_are_large_enough() -> None:
    """The main button is at least 44 px high, the second too (1 rem is 16 px)."""
    heights = {
        name: float(re.findall(rf"{re.escape(name)}\{{[^}}]*min-height:([\d.]+)rem", STYLE)[0]) * 16
        for name in ("button,.button", ".second")
    }
    assert {name: height for name, height in heights.items() if height < 44} == {}
