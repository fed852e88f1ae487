"""What a change does, in words: values that differ, in groups, for halls to which the same happens."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.json import encode

from hotspot.hub.api.policy import HallCheck
from hotspot.hub.console.settings import words
from hotspot.hub.console.visits import Visit
from hotspot.hub.policy.difference import Difference
from hotspot.hub.policy.merge import key_of, path_of

LONG: Final = 160
"""Characters of a value that are shown at once; the rest is a click away."""


class Row(Struct, frozen=True, kw_only=True):
    """One value that differs."""

    key: str
    label: str
    """"": there are no words for the key."""
    kind: str
    """``added`` | ``removed`` | ``changed``."""
    before: str
    after: str

    @property
    def long(self) -> bool:
        """Is it a text of which only the beginning is shown at once?"""
        return max(len(self.before), len(self.after)) > LONG


class Group(Struct, frozen=True, kw_only=True):
    """Values that belong together: of a plan, of the terms."""

    title: str
    rows: tuple[Row, ...]


class Effect(Struct, frozen=True, kw_only=True):
    """Halls to which the same happens."""

    halls: tuple[str, ...]
    groups: tuple[Group, ...]


Terms = tuple[str, str]
"""Which terms of use go before and after a change, in words (``terms.told``)."""


def groups(visit: Visit, differences: Iterable[Difference], settings: Mapping[str, Any], terms: Terms | None = None) -> tuple[Group, ...]:
    """Differences in words. ``settings``: in which plans have their titles; ``terms``: stands before what differs in them."""
    found: dict[str, list[Row]] = {}
    listed = list(differences)
    if terms is not None and any(path_of(one.key)[0] == "terms" for one in listed):
        which = Row(key="terms", label=visit.text("Which terms go"), kind="changed", before=terms[0], after=terms[1])
        found[words.told(visit, "terms", settings).group] = [which]
    gone = {path[:2] for one in listed if one.kind == "removed" and len(path := path_of(one.key)) == 3 and path[2] == "time"}
    for one in listed:
        if (whole := path_of(one.key)[:2]) in gone and one.kind == "removed":
            if path_of(one.key)[2:] == ("time",):
                found[words.told(visit, one.key, settings).group] = [_gone(visit, key_of(whole), settings)]
            continue
        told = words.told(visit, one.key, settings)
        row = Row(
            key=one.key,
            label=told.label,
            kind=one.kind,
            before="" if one.kind == "added" else words.value(visit, one.key, one.before, settings),
            after="" if one.kind == "removed" else words.value(visit, one.key, one.after, settings),
        )
        found.setdefault(told.group, []).append(row)
    return tuple(Group(title=title, rows=tuple(rows)) for title, rows in found.items())


def _gone(visit: Visit, key: str, settings: Mapping[str, Any]) -> Row:
    """One row for a plan that is there no more, in the place of one for each of its values."""
    return Row(
        key=key,
        label=words.told(visit, key, settings).label,
        kind="removed",
        before=words.title_of(visit, path_of(key), settings),
        after="",
    )


def effects(visit: Visit, halls: Sequence[HallCheck], settings: Mapping[str, Any], terms: Terms | None = None) -> tuple[Effect, ...]:
    """What happens to halls; those to which the same happens are together, the most first."""
    alike: dict[bytes, tuple[tuple[Difference, ...], list[str]]] = {}
    for hall in halls:
        if hall.differences:
            alike.setdefault(encode(hall.differences), (hall.differences, []))[1].append(hall.hall)
    ordered = sorted(alike.values(), key=lambda one: -len(one[1]))
    return tuple(Effect(halls=tuple(names), groups=groups(visit, found, settings, terms)) for found, names in ordered)
