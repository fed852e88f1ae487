"""Where each value of a merged policy comes from, and what it hides (pure)."""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from msgspec import Struct

from hotspot.hub.policy.merge import Path

Source = TypeVar("Source")


class Hidden(Struct, Generic[Source], frozen=True):
    """A value that one further down has replaced."""

    source: Source
    value: Any


class Origin(Struct, Generic[Source], frozen=True):
    """One value."""

    path: Path
    value: Any
    """None: removed by a ``null``."""
    source: Source
    hides: tuple[Hidden[Source], ...] = ()
    """From above to below."""


def origins(layers: Sequence[tuple[Source, dict[str, Any]]]) -> list[Origin[Source]]:
    """Every value of ``merge.merged`` of these documents, from above to below, and those that a ``null`` removed."""
    return [origin for key in _keys(layers) for origin in _at((key,), _below(layers, key), ())]


def _keys(layers: Sequence[tuple[Source, dict[str, Any]]]) -> dict[str, None]:
    return dict.fromkeys(key for _, table in layers for key in table)


def _below(layers: Sequence[tuple[Source, dict[str, Any]]], key: str) -> list[tuple[Source, Any]]:
    return [(source, table[key]) for source, table in layers if key in table]


def _at(path: Path, values: list[tuple[Source, Any]], above: tuple[Hidden[Source], ...]) -> Iterator[Origin[Source]]:
    """The values at and below one path. ``above`` is what was hidden when a table took the place of something else further up."""
    source, value = values[-1]
    if not isinstance(value, dict):
        hides = (*above, *(Hidden(*one) for one in values[:-1] if one[1] is not None))
        if value is not None or hides:
            yield Origin(path, value, source, hides)
        return
    last = max((place for place, (_, one) in enumerate(values) if not isinstance(one, dict)), default=-1)
    above = (*above, *(Hidden(*one) for one in values[: last + 1] if one[1] is not None))
    tables = values[last + 1 :]
    found = [origin for key in _keys(tables) for origin in _at((*path, key), _below(tables, key), above)]
    if all(origin.value is None for origin in found):
        yield Origin(path, {}, tables[0][0], above)  # the table itself is there, with nothing in it
    yield from found
