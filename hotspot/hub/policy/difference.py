"""What a change changes (pure): the values of two settings that differ."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from hotspot.hub.policy.merge import Path, key_of, leaves


class Difference(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One value that differs."""

    key: str
    """Where it stands, as ``plans.free.down``; of a file ``files.<name>``."""
    kind: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


def differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[Difference, ...]:
    """Values that were added, removed or changed, by key."""
    return tuple(sorted(_differing(before, after, ()), key=lambda one: one.key))


def _differing(before: dict[str, Any], after: dict[str, Any], at: Path) -> Iterator[Difference]:
    """Only where something differs does it look further: a thousand halls share most of their values."""
    for key in {**before, **after}:
        path = (*at, key)
        if key not in after:
            yield from _gone(before[key], path)
        elif key not in before:
            yield from _new(after[key], path)
        elif not _same(before[key], after[key]):
            old, new = before[key], after[key]
            if isinstance(old, dict) and isinstance(new, dict) and old and new:
                yield from _differing(old, new, path)
            elif isinstance(old, dict) or isinstance(new, dict):
                yield from _gone(old, path)
                yield from _new(new, path)
            else:
                yield Difference(key=key_of(path), kind="changed", before=old, after=new)


def _gone(value: Any, path: Path) -> Iterator[Difference]:
    for where, leaf in leaves(value, path):
        yield Difference(key=key_of(where), kind="removed", before=leaf)


def _new(value: Any, path: Path) -> Iterator[Difference]:
    for where, leaf in leaves(value, path):
        yield Difference(key=key_of(where), kind="added", after=leaf)


def _same(old: Any, new: Any) -> bool:
    """As JSON tells values apart: ``true`` is not ``1``."""
    if old is new:
        return True
    if old != new:
        return False
    if msgspec.json.encode(old) == msgspec.json.encode(new):  # quick, and nearly always so
        return True
    if isinstance(old, dict):
        return all(_same(old[key], new[key]) for key in old)
    if isinstance(old, list):
        return all(map(_same, old, new))
    return isinstance(old, bool) == isinstance(new, bool)
