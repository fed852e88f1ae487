"""The clock: does anybody keep it right, and is it right by the hub's?"""

import ctypes
import time
from collections.abc import Iterator

from msgspec import Struct

from hotspot.doctor.found import found
from hotspot.doctor.programs import printed
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
    synchronised: bool | None
    """None: nobody says."""
    supervised: bool
    """systemd runs this machine, so a time service should be there; a lab has none of its own."""
    hub: float | None = None
    """Seconds that this clock is ahead of the hub's; None: the hub did not say."""


def read(subject: Subject, hub: float | None) -> Facts:
    """Ask who keeps it."""
    return Facts(subject.now, synchronised(), SYSTEMD.is_dir(), hub)


def synchronised() -> bool | None:
    """Does anybody keep it right? The kernel knows (adjtimex(2) without a mode only reads); where a unit may not ask it,
    because the same call sets the clock, systemd's own service answers."""
    timex = _Timex()
    if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)) >= 0:
        return not timex.status & _UNSYNCHRONISED
    return told(printed("timedatectl", "show", "--property=NTPSynchronized", "--value"))


def told(said: str) -> bool | None:
    """``yes`` or ``no``, as timedatectl says; None for anything else."""
    return {"yes": True, "no": False}.get(said.strip())


def judge(facts: Facts) -> Iterator[Finding]:
    """Is it right?"""
    if facts.now < OLDEST:
        yield found("clock-wrong", date=time.strftime("%Y-%m-%d", time.gmtime(max(0.0, facts.now))))
    elif facts.hub is not None and abs(facts.hub) > OFF:
        yield found("clock-ahead" if facts.hub > 0 else "clock-behind", by=span(abs(facts.hub)))
    if facts.synchronised is False:
        yield found("clock-unsynchronised", "", None if facts.supervised else Severity.NOTICE)


def span(seconds: float) -> str:
    """For a person, in units that both languages have: ``75 s``, ``2 h 5 min``, ``3 d 4 h``."""
    minutes, hours, days = round(seconds / 60), round(seconds / 3_600), seconds / 86_400
    if seconds < 120:
        return f"{seconds:.0f} s"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    return f"{hours // 24} d {hours % 24} h" if days < 30 else f"{days:.0f} d"
