"""The clock: does anybody keep it right, and is it right by the hub's?"""

import ctypes
from collections.abc import Iterator

from msgspec import Struct

from hotspot.doctor.found import found
from hotspot.doctor.services import SYSTEMD
from hotspot.doctor.subject import Subject
from hotspot.looks.values import Finding, Severity

OFF = 60.0
"""Seconds that it may be wrong by."""
OLDEST = 1_767_225_600.0
"""2026-01-01: no gateway of this program was before."""
_UNSYNCHRONISED = 0x40  # STA_UNSYNC of linux/timex.h


class _Timex(ctypes.Structure):
    _fields_ = (
        ("modes", ctypes.c_uint),
        *((name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


class Facts(Struct, frozen=True):
    """What was read."""

    now: float
    synchronised: bool
    supervised: bool
    """systemd runs this machine, so a time service should be there; a lab has none of its own."""
    hub: float | None = None
    """Seconds that this clock is ahead of the hub's; None: the hub did not say."""


def read(subject: Subject, hub: float | None) -> Facts:
    """Ask the kernel (adjtimex(2) without a mode only reads)."""
    timex = _Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    return Facts(subject.now, state >= 0 and not timex.status & _UNSYNCHRONISED, SYSTEMD.is_dir(), hub)


def judge(facts: Facts) -> Iterator[Finding]:
    """Is it right?"""
    if facts.now < OLDEST:
        yield found("clock-wrong", seconds=f"{OLDEST - facts.now:.0f}")
    elif facts.hub is not None and abs(facts.hub) > OFF:
        yield found("clock-wrong", seconds=f"{abs(facts.hub):.0f}")
    if not facts.synchronised:
        yield found("clock-unsynchronised", "", None if facts.supervised else Severity.NOTICE)
