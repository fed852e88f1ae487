"""Contrast, and the shades that one colour becomes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.portal import colours
from hotspot.portal.colours import CARD, DARK_CARD, DARK_GROUND, GROUND, LEAST, LowContrast, contrast

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#ff0000", "#ffffff", 4.0), ("#0b5394", "#0b5394", 1.0)],
)
def test_contrast(one: str, other: str, expected: float) -> None:
    """As WCAG's own examples, whichever comes first."""
    assert (round(contrast(one, other), 2), contrast(one, other)) == (expected, contrast(other, one))


@pytest.mark.parametrize(("text", "expected"), [("#0B5394", "#0b5394"), (" #05a ", "#0055aa")])
def test_parse(text: str, expected: str) -> None:
    """Long or short, in any case."""
    assert colours.parse(text) == expected


@pytest.mark.parametrize("text", ["blue", "0b5394", "#0b539", "#0b53949", "#gggggg", "", "red;}body{display:none", 7])
def test_what_is_no_colour(text: object) -> None:
    """Nothing else gets into the style."""
    with pytest.raises(ValueError, match='expected a colour such as "#0b5394"'):
        colours.parse(text)


@given(COLOURS)
def test_every_colour_gives_pages_that_can_be_read(accent: str) -> None:
    """Light: readable as it is, or refused with one that will do. Dark: made readable."""
    try:
        lights = colours.light(accent)
    except LowContrast as error:
        better = re.findall("#[0-9a-f]{6}", str(error))[-1]
        assert min(contrast(accent, CARD), contrast(accent, GROUND)) < LEAST
        lights = colours.light(better)
    darks = colours.dark(accent, given=False)
    for shades, grounds in ((lights, (CARD, GROUND)), (darks, (DARK_CARD, DARK_GROUND))):
        texts = [(shades.accent, ground) for ground in grounds] + [(shades.deep, ground) for ground in (*grounds, shades.soft)]
        texts += [(shades.on_accent, shades.accent), (shades.on_accent, shades.deep)]
        assert [pair for pair in texts if contrast(*pair) < LEAST] == []
    assert contrast("#eef3f7", darks.soft) >= LEAST
    assert contrast("#aebbc7", darks.soft) >= LEAST
    assert contrast("#17212b", lights.soft) >= LEAST
    assert contrast("#4a5866", lights.soft) >= LEAST


def test_a_colour_given_for_dark_pages_is_checked() -> None:
    """It is taken as it is, or refused with the reason."""
    assert colours.dark("#8ec5f5", given=True).accent == "#8ec5f5"
    with pytest.raises(LowContrast, match=r"contrast 2\.\d:1 on #18222c, expected at least 4.5:1; the nearest that will do is #"):
        colours.dark("#0b5394", given=True)
