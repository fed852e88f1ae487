"""Every column that the hub stores: what for, of whom, on which legal basis, how long, and from where. German, because it is the source of
the list that towns and city sign (``docs/privacy/datenliste.md``).

``entries`` and ``entries_running`` hold the words. A test compares the list with the tables of a real database and with the checked-in
document: a column that nobody described fails it.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from hotspot.hub.data.entries import TENANTS
from hotspot.hub.data.entries_running import RUNNING
from hotspot.hub.data.words import Entry
from hotspot.hub.settings import Retention

ENTRIES: Final[tuple[Entry, ...]] = (*TENANTS, *RUNNING)
"""One for each table, in the order of the list."""


DEFAULTS: Final = Retention()


class Column(Struct, frozen=True, kw_only=True):
    """One row of the list."""

    table: str
    column: str
    what: str
    category: str
    """Whose data: ``Beschäftigte`` …"""
    purpose: str
    basis: str
    until: str
    source: str


def purpose_of(table: str) -> str:
    """What a table is for."""
    return next(entry.purpose for entry in ENTRIES if entry.table == table)


def listed(retention: Retention = DEFAULTS) -> Iterator[Column]:
    """Every column; times of deletion are those of the hub's settings."""
    times = in_words(retention)
    for entry in ENTRIES:
        for group in entry.groups:
            for name in group.columns.split():
                yield Column(
                    table=entry.table,
                    column=name,
                    what=group.what,
                    category=group.of.value,
                    purpose=entry.purpose,
                    basis=group.of.basis,
                    until=(group.until or entry.until).format_map(times),
                    source=group.source or entry.source,
                )


def in_words(retention: Retention) -> Mapping[str, str]:
    """The times of deletion by the names of the settings: ``90 Tagen``."""
    return {name: duration(seconds) for name, seconds in msgspec.structs.asdict(retention).items()}


def duration(seconds: float) -> str:
    """In German, in the largest unit that fits, as it follows *nach*: ``90 Tagen``, ``1 Stunde``."""
    for unit, one, many in ((86_400, "Tag", "Tagen"), (3_600, "Stunde", "Stunden"), (60, "Minute", "Minuten")):
        if seconds >= unit and seconds % unit == 0:
            count = int(seconds // unit)
            return f"{count} {one if count == 1 else many}"
    return f"{seconds:g} Sekunden"


def text(retention: Retention = DEFAULTS) -> str:
    """The hub's part of the list, in Markdown."""
    times = in_words(retention)
    lines = []
    for entry in ENTRIES:
        lines += [f"### `{entry.table}`: {entry.title}", "", f"{entry.purpose} Herkunft: {entry.source}", ""]
        lines += ["| Spalten | Inhalt | Betroffene | Rechtsgrundlage | gelöscht |", "|---|---|---|---|---|"]
        for group in entry.groups:
            names = ", ".join(f"`{name}`" for name in group.columns.split())
            what = group.what + (f" (Herkunft: {group.source})" if group.source else "")
            until = (group.until or entry.until).format_map(times)
            lines.append(f"| {names} | {what} | {group.of.value} | {group.of.basis} | {until} |")
        lines.append("")
    return "\n".join(lines)
