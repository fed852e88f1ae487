"""Real programs run as a phone or in the Internet for as long as a test needs them, and always ended."""

import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from hotspot.lab import processes
from hotspot.lab.record import Started
from hotspot.lab.servers import python_environment


@contextlib.asynccontextmanager
async def program(namespace: str, words: Sequence[str], log: Path, ready: str = "", seconds: float = 20.0) -> AsyncIterator[Started]:
    """Run a program there; with ``ready``, go on when its log has a line that matches. Raises ``LabFailed`` when it does not get so far."""
    started = processes.start(Path(words[0]).name, namespace, words, log, python_environment())
    try:
        if ready:
            await processes.line_in(log, ready, started, seconds)
        yield started
    finally:
        await processes.end(started)


LONG = bool(os.environ.get("ATTACKS_LONG"))
"""Whether attacks last as long as the figures in docs/security.md say; continuous integration runs them shortened."""


def say(text: str) -> None:
    """Put a figure into the test's output (``pytest -s`` shows it)."""
    sys.stdout.write(f"{text}\n")
