"""Which hall gets a change in which stage (pure)."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Annotated

from msgspec import Meta, Struct

MOST_STAGES = 10


class Stage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: halls by name, or so many of all that there are then have it. Exactly one of both."""

    halls: Annotated[tuple[Annotated[str, Meta(max_length=40)], ...], Meta(max_length=1_000)] = ()
    percent: Annotated[int, Meta(ge=1, le=100)] | None = None


def plan(serial: int, halls: Iterable[str], stages: Sequence[Stage]) -> tuple[tuple[str, ...], ...]:
    """For each stage the halls that it adds; the last one brings all that are left. Which halls make up a share depends on the serial, so
    that it is not always the same towns that try things out. Raises ``ValueError``."""
    shuffled = sorted(halls, key=lambda name: (sha256(f"{serial} {name}".encode()).digest(), name))
    there, done, result = set(shuffled), set[str](), []
    for number, stage in enumerate(stages, 1):
        if (stage.percent is None) == (not stage.halls):
            raise ValueError(f"stages: expected either halls or percent in stage {number}")
        strangers = [name for name in stage.halls if name not in there]
        if strangers:
            raise ValueError(f"stages: halls = {strangers[0]!r} in stage {number}: expected a hall that the change is for")
        if stage.percent is None:
            fresh = [name for name in dict.fromkeys(stage.halls) if name not in done]
        else:
            wanted = -(-len(shuffled) * stage.percent // 100) - len(done)
            fresh = [name for name in shuffled if name not in done][: max(0, wanted)]
        done.update(fresh)
        result.append(tuple(fresh))
    result.append(tuple(name for name in shuffled if name not in done))
    return tuple(names for names in result if names)
