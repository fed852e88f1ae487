"""Short names of towns and halls (pure): what to propose when somebody has typed a title."""

import re
import unicodedata
from collections.abc import Collection
from typing import Final

PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST: Final = 40
_KINDS: Final = frozenset(
    [
        "gemeinde",
        "stadt",
        "markt",
        "samtgemeinde",
        "verbandsgemeinde",
        "verwaltungsgemeinschaft",
        "landkreis",
        "kreis",
        "kreisstadt",
        "hansestadt",
        "flecken",
        "der",
        "des",
    ]
)
"""Words before the name of a town that its short name leaves out."""
_LETTERS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def slug(text: str) -> str:
    """``Bürgeramt Süd`` -> ``buergeramt-sued``; "" when nothing is left."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-")


def of_town(title: str) -> str:
    """``Gemeinde Kleinheim`` -> ``kleinheim``."""
    words = title.split()
    while len(words) > 1 and words[0].casefold() in _KINDS:
        words = words[1:]
    return slug(" ".join(words)) or slug(title)


def of_hall(partner: str, title: str) -> str:
    """``kleinheim``, ``Rathaus Kleinheim`` -> ``kleinheim-rathaus``."""
    rest = "-".join(part for part in slug(title).split("-") if part not in partner.split("-"))
    return slug(f"{partner}-{rest}")


def free(wanted: str, taken: Collection[str]) -> str:
    """The same, or with the first number that makes it one that nobody has."""
    found, number = wanted, 2
    while found in taken:
        found = f"{wanted[: LONGEST - 4]}-{number}"
        number += 1
    return found


def is_name(text: str) -> bool:
    """Could it be one?"""
    return PATTERN.fullmatch(text) is not None
