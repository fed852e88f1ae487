"""What visitors do while something happens to a hall, watched from before it until after it: page loads, and a download that never ends."""

import contextlib
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct, field

from hotspot.lab import layout as at
from tests.deploy.machines.phone import Phone

LOADERS, MORE = 3, 20
"""Streams of loads beside each other, and loads of each that are awaited afterwards."""
DRIP = "http://download.town.example:8000/drip/50"
"""A byte every 50 ms, without end."""
LONGEST_GAP = 2.0
"""Seconds without a byte of it: TCP's own repeats are shorter."""
_LOAD = ("stdbuf", "--output=L", "curl", "-4", "-s", "-o", "/dev/null", "-H", "Connection: close", "--max-time", "30")
_TOLD = "%{http_code} %{exitcode} %{time_total}\\n"


class Seen(Struct):
    """Filled when all is over."""

    ends: Counter[str] = field(default_factory=Counter)
    """HTTP status and curl's own of each load from before the beginning until after the end."""
    slowest: float = 0.0
    """Seconds of the slowest."""
    gap: float = 0.0
    """Longest time without a byte of the download, which is still running."""

    def faults(self) -> dict[str, object]:
        """What a visitor would have noticed; empty: nothing."""
        loads: dict[str, object] = {end: count for end, count in self.ends.items() if end != "200 0"}
        return loads | ({"download stood still": self.gap} if self.gap > LONGEST_GAP else {})


@contextlib.contextmanager
def busy(online: Phone, new: Phone) -> Iterator[Seen]:
    """``online`` downloads, ``new`` loads the start page again and again, each time on a connection of its own."""
    seen = Seen()
    with contextlib.ExitStack() as programs:
        download = programs.enter_context(online.begin("curl", "-4", "-s", "--no-buffer", DRIP))
        words = (*_LOAD, "-w", _TOLD, f"http://{at.PORTAL_NAME}/?[1-1000000]")
        loaders = [programs.enter_context(new.begin(*words)) for _ in range(LOADERS)]
        for program in (download, *loaders):
            program.wait(1, of=bytes)
        yield seen
        for loader in loaders:
            loader.wait(len(loader.lines()) + MORE)
        download.wait(len(download.said()) + MORE, of=bytes)
        assert download.running
    lines = [line.split() for loader in loaders for line in loader.lines()]
    seen.ends = Counter(f"{status} {code}" for status, code, _ in lines)
    seen.slowest = max(float(seconds) for _, _, seconds in lines)
    seen.gap = download.longest_gap()
