"""What an entry of the data list is made of."""

from enum import Enum
from typing import Final

from msgspec import Struct

_TASK: Final = "Art. 6 Abs. 1 lit. e DSGVO"


class Of(Enum):
    """Whose data a column holds, and on which legal basis."""

    NOBODY = "niemand (Betriebsdaten)"
    FIGURES = "niemand (Summen)"
    STAFF = "Beschäftigte"
    CONTACT = "Ansprechpersonen der Kommunen"
    WRITER = "wer eine Nachricht schreibt"
    DEVICE = "Besucherinnen und Besucher (Gerätecode)"

    @property
    def basis(self) -> str:
        """Legal basis."""
        return {
            Of.NOBODY: "kein Personenbezug",
            Of.FIGURES: "kein Personenbezug",
            Of.STAFF: "Art. 6 Abs. 1 lit. e, Art. 5 Abs. 2, Art. 32 DSGVO mit dem Beschäftigtendatenschutz des Landes",
            Of.CONTACT: _TASK,
            Of.WRITER: f"{_TASK} (freiwillige Angaben)",
            Of.DEVICE: f"{_TASK}, § 12 TDDDG (Störung, Missbrauch)",
        }[self]


class Group(Struct, frozen=True):
    """Columns that are described together."""

    columns: str
    """Names, parted by spaces."""
    what: str
    of: Of = Of.NOBODY
    until: str = ""
    """As in ``Entry``; "": as the table."""
    source: str = ""
    """As in ``Entry``; "": as the table."""


class Entry(Struct, frozen=True, kw_only=True):
    """A table."""

    table: str
    title: str
    purpose: str
    """A sentence."""
    until: str
    """When rows are gone; durations of ``[retention]`` as ``{feedback}``."""
    source: str
    """Where the data comes from."""
    groups: tuple[Group, ...]
