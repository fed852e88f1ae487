"""How wide a text is and where it breaks, by rough and generous measure: the font that draws it is chosen elsewhere, and may be another."""

import re
import unicodedata
from functools import lru_cache

BOLD = 1.07
"""Bold letters are so much wider."""
_NARROW = frozenset("iljtfrI.,:;'’|!()[]/- ·")
_WIDE = frozenset("mwMW@%—ШЩЖЮшщжюфмЭФ")


@lru_cache(maxsize=2_048)
def _width(letter: str) -> float:
    """In em, as in DejaVu Sans, which is wider than most."""
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0.0
    if letter in _NARROW:
        return 0.36
    if letter in _WIDE:
        return 0.95
    if letter.isupper() or letter.isdigit():
        return 0.68
    return 0.6


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Of one line, in the unit of ``size`` (the font size)."""
    return sum(map(_width, text)) * size * (BOLD if bold else 1.0)


def lines(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """The text in lines of at most ``room``, as even as they can be; a word that is longer stands alone."""
    words = [word for word in re.split("[ \\n\\t]", text) if word]  # what a no-break space joins stays together
    if not words:
        return []
    rows = _filled(words, size, room, bold)
    for tenth in range(1, 10):  # the narrowest room that needs no further line is the most even
        tighter = _filled(words, size, room * (1 - tenth / 10), bold)
        if len(tighter) > len(rows):
            break
        rows = tighter
    return rows


def _filled(words: list[str], size: float, room: float, bold: bool) -> list[str]:
    rows = [words[0]]
    for word in words[1:]:
        longer = f"{rows[-1]} {word}"
        if width(longer, size, bold=bold) <= room:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows


def fitting(text: str, size: float, room: float, *, bold: bool = False) -> float:
    """The font size, at most ``size``, with which the text has room in one line."""
    return min(size, size * room / max(width(text, size, bold=bold), 1e-9))
