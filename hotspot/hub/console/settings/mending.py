"""A document with something that readers take in the place of what they do not (pure): so that they go on and say what else is wrong."""

from collections.abc import Mapping
from typing import Any, Final

from hotspot.hub.console.settings.words import kind_of
from hotspot.hub.policy.merge import Path, path_of
from hotspot.hub.policy.scopes import Level

_GOOD: Final[Mapping[str, Any]] = {"seconds": "2 h", "rate": "10 Mbit/s", "bytes": "500 MB"}
"""What a value of a kind may be."""
_NOTHING: Final = object()
_TRIES: Final = (_NOTHING, "x", {"de": "x"}, "full")
"""What is tried in turn where the kind is not known: without it, and with what somebody might have filled in."""


class Attempt:
    """One document, mended step by step."""

    def __init__(self, document: Mapping[str, Any], level: Level) -> None:
        self.document: dict[str, Any] = dict(document)
        self._above = 2 if level is Level.ZONE else 0
        """Steps of a key that are not in the document: ``zones.<zone>``."""
        self._tried: dict[str, int] = {}

    def is_its_own(self, key: str) -> bool:
        """Is an objection to a key about what was put there, or left out there, in an attempt before?"""
        return any(key == each or key.startswith(f"{each}.") or each.startswith(f"{key}.") for each in self._tried)

    def mend(self, key: str) -> bool:
        """Try something else at a key. False: there is nothing left to try."""
        try:
            path = _place(path_of(key))[self._above :]
        except ValueError:
            return False
        kind = kind_of(path_of(key))
        tries = (_GOOD[kind],) if kind in _GOOD else _TRIES
        number = self._tried.get(key, 0)
        self._tried[key] = number + 1
        if not path or number > len(tries):
            return False
        if number == len(tries):
            changed = _put(self.document, path[:-1], _NOTHING) if len(path) > 1 else self.document
        else:
            changed = _put(self.document, path, tries[number])
        if changed == self.document and number < len(tries):
            return self.mend(key)
        self.document = changed
        return True


def _place(path: Path) -> Path:
    """Where a value stands: readers of the directory leave out a step (``services.kfz.phone``)."""
    is_service = path[0] == "services" and len(path) > 1 and path[1] not in ("services", "account")
    return (path[0], *path) if is_service else path


def _put(table: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A table with another value at a path, where there is a table on the way to it."""
    result = dict(table)
    step, *rest = path
    if rest:
        inner = result.get(step)
        if isinstance(inner, Mapping):
            result[step] = _put(inner, tuple(rest), value)
    elif value is _NOTHING:
        result.pop(step, None)
    else:
        result[step] = value
    return result
