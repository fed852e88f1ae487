"""Colours of a theme: contrast as WCAG 2.2 reckons it, and the shades that a page needs besides the one that a town names. Pure."""

import re
from collections.abc import Iterable

from msgspec import Struct

WHITE, CARD, GROUND, INK = "#ffffff", "#ffffff", "#eef2f6", "#17212b"
DARK_CARD, DARK_GROUND, DARK_INK = "#18222c", "#0f161d", "#0b1a28"
"""What portal.css lays texts on; DARK_INK is the text on a bright button."""
LEAST = 4.5
"""WCAG 2.2, 1.4.3: text that is not large."""


class LowContrast(ValueError):
    """A colour that texts in it, or on it, could not be read in; the text says what would do."""


class Shades(Struct, frozen=True):
    """All that one colour becomes, light and dark."""

    accent: str
    on_accent: str
    deep: str
    """When touched."""
    soft: str
    """Ground of boxes."""


def parse(value: object) -> str:
    """``#0B5394`` or ``#05a`` -> ``#0b5394``. Raises ``ValueError``."""
    text = str(value).strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", text):
        text = "#" + "".join(2 * digit for digit in text[1:])
    if not re.fullmatch(r"#[0-9a-f]{6}", text):
        raise ValueError('expected a colour such as "#0b5394"')
    return text


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: str, other: str, share: float) -> str:
    """``share`` of ``other`` (0 to 1) in ``colour``."""
    both = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in both)


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2, definitions)."""
    linear = [part / 12.92 if (part := channel / 255) <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for channel in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """1 (the same) to 21 (black on white)."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _worst(colour: str, grounds: Iterable[str]) -> tuple[float, str]:
    return min((contrast(colour, ground), ground) for ground in grounds)


def _that_would_do(colour: str, towards: str, grounds: tuple[str, ...]) -> str:
    """The colour nearest to ``colour`` on its way to black or white that can be read on all grounds."""
    return next(shade for step in range(101) if _worst(shade := mix(colour, towards, step / 100), grounds)[0] >= LEAST or step == 100)


def _shades(accent: str, card: str, ground: str, ink: str, towards: str, strength: float) -> Shades:
    soft = mix(card, accent, strength)
    return Shades(
        accent=accent, on_accent=max((WHITE, ink), key=lambda one: contrast(one, accent)), deep=mix(accent, towards, 0.25), soft=soft
    )


def light(accent: str) -> Shades:
    """The shades on a light page. Raises ``LowContrast``."""
    shades = _shades(accent, CARD, GROUND, INK, "#000000", 0.1)
    grounds = (CARD, GROUND)
    found, ground = _worst(accent, grounds)
    if found < LEAST:
        better = _that_would_do(accent, "#000000", grounds)
        raise LowContrast(f"contrast {found:.1f}:1 on {ground}, expected at least {LEAST}:1; the nearest that will do is {better}")
    return shades


def dark(accent: str, given: bool) -> Shades:
    """The shades on a dark page; unless it is ``given`` for that, ``accent`` is made as bright as it must be. Raises ``LowContrast``."""
    grounds = (DARK_CARD, DARK_GROUND)
    better = _that_would_do(accent, WHITE, (*grounds, mix(DARK_CARD, accent, 0.16)))
    if given and _worst(accent, grounds)[0] < LEAST:
        found, ground = _worst(accent, grounds)
        raise LowContrast(f"contrast {found:.1f}:1 on {ground}, expected at least {LEAST}:1; the nearest that will do is {better}")
    bright = accent if given else mix(better, WHITE, 0.25)
    return _shades(bright, DARK_CARD, DARK_GROUND, DARK_INK, WHITE, 0.16)


def css(lights: Shades, darks: Shades) -> str:
    """The variables that portal.css uses, to stand after it."""

    def block(shades: Shades) -> str:
        return f":root{{--accent:{shades.accent};--on-accent:{shades.on_accent};--deep:{shades.deep};--soft:{shades.soft}}}"

    return f"{block(lights)}@media(prefers-color-scheme:dark){{{block(darks)}}}"
