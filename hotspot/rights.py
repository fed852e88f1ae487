"""Capabilities that a program needs for a moment, given back before it hears what strangers send (capabilities(7), capset(2))."""

import ctypes
import os
import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

NET_ADMIN: Final = 12
NET_RAW: Final = 13
"""Numbers of linux/capability.h."""
_VERSION_3 = 0x20080522
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_LAST = 63
"""Numbers of capabilities that a kernel may know."""


def keep(numbers: Iterable[int] = ()) -> None:
    """Keep of the capabilities that this process has these alone, for itself and the programs that it starts, and no way to get another
    one. Raises ``OSError``."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise _error("no_new_privs")
    wanted = set(numbers)
    for number in range(_LAST + 1):
        if number not in wanted:
            libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)  # only who may change it can; for all others the line above does it
    mask = sum(1 << number for number in wanted)
    permitted, inheritable = (_held(which) & mask for which in ("CapPrm", "CapInh"))
    halves = [half(value) for half in (_low, _high) for value in (permitted, permitted, inheritable)]
    # What is no longer permitted and inheritable is no longer ambient either: the kernel sees to that.
    if libc.capset(struct.pack("=Ii", _VERSION_3, 0), struct.pack("=6I", *halves)) != 0:
        raise _error("capset")


def _held(which: str) -> int:
    found = re.search(rf"^{which}:\s*([0-9a-f]+)$", Path("/proc/thread-self/status").read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1], 16) if found is not None else 0


def _low(value: int) -> int:
    return value & 0xFFFF_FFFF


def _high(value: int) -> int:
    return value >> 32


def _error(what: str) -> OSError:
    code = ctypes.get_errno()
    return OSError(code, f"cannot give up capabilities: {what}: {os.strerror(code)}")
