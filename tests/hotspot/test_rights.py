"""Capabilities that are given back are gone, for the process and for whatever it starts."""

import subprocess
import sys

CODE = """
import subprocess, sys
from hotspot import rights
shown = ["grep", "-E", "^(Cap|NoNew)", "/proc/self/status"]
before = subprocess.run(shown, capture_output=True, text=True).stdout
rights.keep(map(int, sys.argv[1:]))
print(before, open("/proc/self/status").read(), subprocess.run(shown, capture_output=True, text=True).stdout, sep="\\n---\\n")
"""


def shown(*numbers: int) -> list[dict[str, str]]:
    """Before, after, and of a program started after that."""
    words = [sys.executable, "-P", "-c", CODE, *map(str, numbers)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return [dict(line.split(":\t", 1) for line in part.splitlines() if ":\t" in line) for part in said.split("\n---\n")]


def test_some_are_kept() -> None:
    """Those that were held and are wanted; no program that is started has another one, nor can it get one."""
    before, after, started = shown(12, 13)
    held = int(before["CapPrm"], 16) & (1 << 12 | 1 << 13)
    assert [int(after[which], 16) for which in ("CapPrm", "CapEff")] == [held, held]
    for which in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
        assert int(started[which], 16) & ~held == 0
    assert started["NoNewPrivs"].strip() == "1"


def test_none_is_kept() -> None:
    """The LAN guard's way."""
    _, after, started = shown()
    for told in (after, started):
        assert {int(told[which], 16) for which in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {0}
