"""The bar for memory, measured where it is highest."""

import subprocess
import sys
from pathlib import Path

import msgspec

from hotspot.guard.hall import MOST_LEASES
from hotspot.guard.memory import MOST
from hotspot.guard.starvation import MOST_WAITING
from tests.hotspot.guard.worst import ZONES

BAR = 80 * 1024
"""kB; what the unit allows."""


def test_two_zones_in_their_worst_state() -> None:
    """Every table is full of entries that hold all that they may; the process is well below the bar, as its sockets are not in it."""
    words = [sys.executable, "-P", "-m", "tests.hotspot.guard.worst"]
    root = Path(__file__).parents[3]
    done = subprocess.run(words, cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=False, timeout=120)
    assert done.stderr == ""
    told = msgspec.json.decode(done.stdout, type=dict[str, int])
    sys.stdout.write(f"two zones in their worst state: {told}\n")  # pytest -s
    full = {"devices": 2 * MOST, "addresses": 3 * MOST, "leases": MOST_LEASES, "waiting": ZONES * MOST_WAITING}
    assert {name: told[name] for name in full} == full
    assert told["peak"] < BAR * 0.9
