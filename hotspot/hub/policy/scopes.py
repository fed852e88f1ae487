"""Whose policy a document is (pure): the host's, a partner's, a hall's, a zone's; each inherits from those above it."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct

PATTERN: Final = (
    r"^(host|partner/[a-z0-9][a-z0-9-]{0,39}|hall/[a-z0-9][a-z0-9-]{0,39}|zone/[a-z0-9][a-z0-9-]{0,39}/[a-z0-9][a-z0-9_-]{0,31})$(?!\n)"
)
"""Of a scope as text; a zone is named as ``hotspot.wire.Name`` is."""


class Level(StrEnum):
    """From above to below."""

    HOST = "host"
    PARTNER = "partner"
    HALL = "hall"
    ZONE = "zone"


ORDER: Final = tuple(Level)


class Scope(Struct, frozen=True, order=True):
    """``host``, ``partner/kleinheim``, ``hall/kleinheim-rathaus``, ``zone/kleinheim-rathaus/public``."""

    level: Level
    partner: str = ""
    """Of a partner, a hall and a zone, once it is known: it is no part of the text of a hall's or a zone's scope."""
    hall: str = ""
    zone: str = ""

    @property
    def text(self) -> str:
        """As it is written."""
        named = {Level.HOST: (), Level.PARTNER: (self.partner,), Level.HALL: (self.hall,), Level.ZONE: (self.hall, self.zone)}[self.level]
        return "/".join((self.level.value, *named))


def parse(text: str) -> Scope:
    """A scope as it is written, without the partner of a hall. Raises ``ValueError``."""
    if not re.fullmatch(PATTERN, text):
        raise ValueError('expected "host", "partner/<name>", "hall/<name>" or "zone/<hall>/<zone>"')
    level, *names = text.split("/")
    match Level(level):
        case Level.HOST:
            return Scope(Level.HOST)
        case Level.PARTNER:
            return Scope(Level.PARTNER, partner=names[0])
        case Level.HALL:
            return Scope(Level.HALL, hall=names[0])
        case Level.ZONE:
            return Scope(Level.ZONE, hall=names[0], zone=names[1])


def reaches(upper: Scope, lower: Scope) -> bool:
    """Does what ``upper`` says go for ``lower``, too? A scope reaches itself."""
    match upper.level:
        case Level.HOST:
            return True
        case Level.PARTNER:
            return lower.partner == upper.partner
        case Level.HALL:
            return lower.hall == upper.hall
        case Level.ZONE:
            return lower == upper


def meet(some: Iterable[Scope], others: Iterable[Scope]) -> bool:
    """Is there a hall that both reach?"""
    there = list(others)
    return any(reaches(one, other) or reaches(other, one) for one in some for other in there)
