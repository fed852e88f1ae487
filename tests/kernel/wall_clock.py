"""A wall clock that a test sets, for the portal of every hall that is raised from then on (libfaketime, steered by a file).

The firewall daemon has no use for the wall clock: it reads the boot clock alone, and the kernel's timeouts know no other.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hotspot.lab import gateway
from hotspot.lab.gateway import Rights

LIBRARY = "faketime/libfaketimeMT.so.1"


class Dated(Rights, frozen=True):
    """Rights of a process whose wall clock is read from a file; its other clocks are the machine's."""

    file: str = ""

    def words(self) -> list[str]:
        """Preloaded after the rights are dropped: the loader takes no library along into a privileged program."""
        return [*super().words(), "env", *(f"{key}={value}" for key, value in faked(self.file).items())]


def faked(file: str) -> dict[str, str]:
    """Environment of a program whose wall clock is steered by ``file`` (faketime(1))."""
    return {
        "LD_PRELOAD": str(next(Path("/usr/lib").glob(f"*/{LIBRARY}"))),
        "FAKETIME_TIMESTAMP_FILE": file,
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


class WallClock:
    """The hall's wall clock."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.offset = 0
        self.set(0)

    def set(self, seconds: int) -> None:
        """So many seconds off the machine's."""
        self.offset = seconds
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n", encoding="ascii")
        fresh.chmod(0o644)
        fresh.replace(self.file)

    def now(self) -> float:
        """What it shows, Unix seconds."""
        return time.time() + self.offset


@contextmanager
def steered(monkeypatch: pytest.MonkeyPatch) -> Iterator[WallClock]:
    """Every hall that is raised while the context lasts goes by it."""
    real = gateway.rights
    with tempfile.TemporaryDirectory() as name:  # not pytest's own: the portal must be able to read it, and pytest shuts its folders
        folder = Path(name)
        folder.chmod(0o755)
        clock = WallClock(folder / "now")

        async def rights() -> tuple[Rights, Rights, str]:
            firewall, portal, remark = await real()
            return firewall, Dated(portal.uid, portal.capabilities, str(clock.file)), remark

        monkeypatch.setattr(gateway, "rights", rights)
        yield clock
