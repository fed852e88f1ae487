"""A benchmark of halls as a command: its rounds one after the other, then its figures for a person or a program."""

import asyncio
import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from msgspec import structs

from benchmarks.crowd import WrongAnswer
from hotspot.lab.namespaces import LabFailed


class Judged(Protocol):
    """Figures, and whether they meet the bars."""

    @property
    def passed(self) -> bool:
        """All of them."""


Round = TypeVar("Round")
Result = TypeVar("Result", bound=Judged)


def of_rounds(
    name: str,
    arguments: Namespace,
    one_round: Callable[[], Coroutine[Any, Any, Round]],
    summary: Callable[[list[Round], str], Result],
    show: Callable[[Result], None],
) -> int:
    """Exit status: 0 all bars met, 1 missed, 2 not measured. Of ``arguments`` it wants ``rounds`` and ``json``."""
    if os.geteuid() != 0:
        print("cannot measure: network namespaces need root", file=sys.stderr)
        return 2
    try:
        seen = [asyncio.run(one_round()) for _ in range(arguments.rounds)]
    except (LabFailed, WrongAnswer) as error:
        print(error, file=sys.stderr)
        return 2
    result = summary(seen, " ".join([f"python -m benchmarks.{name}", *sys.argv[1:]]))
    if arguments.json:
        print(json.dumps(structs.asdict(result), default=structs.asdict))  # type: ignore[arg-type]  # results are Structs
    else:
        show(result)
    return 0 if result.passed else 1
