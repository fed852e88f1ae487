"""The clocks of this machine as one value."""

import time
from functools import cache
from pathlib import Path

from hotspot.session.sessions import Now


@cache
def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def now() -> Now:
    """Wall clock and boot clock at this moment."""
    return Now(unix=time.time(), boottime=time.clock_gettime(time.CLOCK_BOOTTIME), boot_id=_boot_id())
