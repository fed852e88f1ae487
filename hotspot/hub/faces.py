"""What the portal's pages make of a town's colours, with the figures that their reader judges by (WCAG 2.2, 1.4.3), and of its pictures.
Pure."""

import re
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import PurePath
from typing import Final

from msgspec import Struct

from hotspot import wire
from hotspot.hub.validation import UNKNOWN_ZONES
from hotspot.portal import colours
from hotspot.portal.policy_check import check
from hotspot.portal.settings import BadSettings, Theme
from hotspot.portal.theme import MAX_LOGO, MAX_PHOTO

LEAST: Final = colours.LEAST
"""Contrast that texts must have."""
ACCENT: Final = Theme().accent
"""Of the pages as they are without a town's colours."""
MOST_FILE: Final = 16 * 1024 * 1024
"""Bytes of a file of a policy."""
_BETTER: Final = re.compile(r"#[0-9a-f]{6}$")


class Use(StrEnum):
    """What a pair of colours is for."""

    LINK = "link"
    """On a card."""
    GROUND = "ground"
    """A link beside the cards."""
    BUTTON = "button"
    BOX = "box"
    """A link in a tinted box."""


class Pair(Struct, frozen=True):
    """A text and what it stands on."""

    use: Use
    dark: bool
    """On dark pages."""
    text: str
    ground: str
    ratio: float
    """1 to 21."""

    @property
    def enough(self) -> bool:
        """Can it be read?"""
        return self.ratio >= LEAST


class Judged(Struct, frozen=True):
    """Two colours, looked at."""

    pairs: tuple[Pair, ...]
    wrong: str = ""
    """Which of the two cannot be used: ``accent``, ``dark``."""
    why: str = ""
    """As the reader says it; "": both can."""
    better: str = ""
    """The nearest colour that would do."""


def judge(accent: str, dark: str = "") -> Judged:
    """``accent`` on light pages, ``dark`` on dark ones (``""``: made from ``accent``), as colours such as ``#0b5394``."""
    given: dict[str, str] = {}
    for name, value in (("accent", accent), ("dark", dark)):
        try:
            given[name] = colours.parse(value) if value or name == "accent" else ""
        except ValueError as error:
            return Judged((), name, str(error))
    pairs: list[Pair] = []
    try:
        pairs += _pairs(colours.light(given["accent"]), False)
    except colours.LowContrast as error:
        pairs += [_pair(Use.LINK, False, given["accent"], colours.CARD), _pair(Use.GROUND, False, given["accent"], colours.GROUND)]
        return Judged(tuple(pairs), "accent", str(error), _better(error))
    try:
        pairs += _pairs(colours.dark(given["dark"] or given["accent"], bool(given["dark"])), True)
    except colours.LowContrast as error:
        pairs += [_pair(Use.LINK, True, given["dark"], colours.DARK_CARD), _pair(Use.GROUND, True, given["dark"], colours.DARK_GROUND)]
        return Judged(tuple(pairs), "dark", str(error), _better(error))
    return Judged(tuple(pairs))


def _pairs(shades: colours.Shades, dark: bool) -> list[Pair]:
    card, ground = (colours.DARK_CARD, colours.DARK_GROUND) if dark else (colours.CARD, colours.GROUND)
    return [
        _pair(Use.BUTTON, dark, shades.on_accent, shades.accent),
        _pair(Use.LINK, dark, shades.accent, card),
        _pair(Use.GROUND, dark, shades.accent, ground),
        _pair(Use.BOX, dark, shades.accent, shades.soft),
    ]


def _pair(use: Use, dark: bool, text: str, ground: str) -> Pair:
    return Pair(use, dark, text, ground, colours.contrast(text, ground))


def _better(error: colours.LowContrast) -> str:
    found = _BETTER.search(str(error))
    return found[0] if found else ""


# Pictures --------------------------------------------------------------------------------------------------------------------------------


class Refusal(StrEnum):
    """Why a file is none for the pages."""

    KIND = "kind"
    """Its name ends in nothing that is shown."""
    SIZE = "size"
    INSIDE = "inside"
    """It is not what its name says."""


class Kind(Struct, frozen=True):
    """What a file of a theme may be."""

    endings: tuple[str, ...]
    most: int
    """Bytes."""


_PICTURES: Final = (".svg", ".png", ".webp", ".jpg", ".jpeg")
KINDS: Final[Mapping[str, Kind]] = {
    "logo": Kind(_PICTURES, MAX_LOGO),
    "photo": Kind(_PICTURES, MAX_PHOTO),
    "sign_language": Kind((".mp4", ".webm"), MOST_FILE),
}
"""By their tables in a theme. A gateway would show a larger video, but fetches none."""


def refusal(what: str, name: str, content: bytes) -> Refusal | None:
    """Why the reader of the gateways would not show this file as ``logo``, ``photo`` or ``sign_language``; None: it would."""
    kind = KINDS[what]
    if PurePath(name).suffix.lower() not in kind.endings:
        return Refusal.KIND
    if len(content) > kind.most:
        return Refusal.SIZE
    policy = wire.Policy(serial=0, settings={"theme": {what: {"file": name}}}, files={name: sha256(content).hexdigest()})
    try:
        check(policy, {name: content}, UNKNOWN_ZONES)
    except BadSettings:
        return Refusal.INSIDE
    return None
