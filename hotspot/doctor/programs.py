"""Programs that only print: the one place of the doctor that starts any. Nothing goes through a shell."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

LONGEST = 20.0
"""Seconds for one program."""
MOST = 4 * 2**20
"""Characters of an answer that are kept."""
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where they are; what a user's own PATH names first is not started by root."""


class Said(Struct, frozen=True):
    """How a program ended and what it printed."""

    status: int
    out: str
    complaint: str = ""


def run(words: Sequence[str], seconds: float = LONGEST) -> Said | None:
    """Run a program to its end; None: it is not installed, or did not end in time."""
    environment = {"PATH": PATH, "LC_ALL": "C.UTF-8"} | {key: os.environ[key] for key in ("PYTHONPATH",) if key in os.environ}
    try:
        done = subprocess.run(
            list(words), stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=seconds, env=environment, cwd=Path("/")
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Said(done.returncode, done.stdout.decode(errors="replace")[:MOST], done.stderr.decode(errors="replace")[:MOST])


def printed(*words: str) -> str:
    """What a program printed; "" when it failed or is not there."""
    said = run(words)
    return said.out if said is not None and said.status == 0 else ""
