"""A draft brought onto a newer version of its document (pure): what both have changed in different places is kept, where both have changed
the same the draft counts, and that is said."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from hotspot.hub.policy.merge import Path, Table, key_of

_NOTHING: Final = object()


class Rebased(Struct, frozen=True):
    """What comes out."""

    document: Table
    disputed: tuple[str, ...]
    """Keys that both have changed, to something else."""


def rebase(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Rebased:
    """``mine`` and ``theirs`` were made from ``base``."""
    disputed: list[str] = []
    return Rebased(_table(base, mine, theirs, (), disputed), tuple(disputed))


def _table(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], at: Path, disputed: list[str]) -> Table:
    result: Table = {}
    for key in (*theirs, *(key for key in mine if key not in theirs)):
        value = _value(base.get(key, _NOTHING), mine.get(key, _NOTHING), theirs.get(key, _NOTHING), (*at, key), disputed)
        if value is not _NOTHING:
            result[key] = value
    return result


def _value(base: object, mine: object, theirs: object, at: Path, disputed: list[str]) -> object:
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return _table(base if isinstance(base, dict) else {}, mine, theirs, at, disputed)
    disputed.append(key_of(at))
    return mine
