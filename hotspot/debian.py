"""Debian's own updates of this machine, as they can be seen without asking anybody: when they last went well, and since when the machine
waits for a restart. For gateway and hub, whose machines are made alike.

``apt.systemd.daily`` (of the package apt) touches ``upgrade-stamp`` after a run of unattended-upgrades that went well, and only then. Lists
that could not be fetched are no error to it: apt calls ``APT::Update::Post-Invoke-Success`` when something was, and the roles have it touch
``update-success-stamp`` (60hotspot). Packages that want a restart touch ``reboot-required``.
"""

import re
from pathlib import Path

from msgspec import Struct

SETTINGS = "etc/apt/apt.conf.d"
LISTS, UPGRADED = "var/lib/apt/periodic/update-success-stamp", "var/lib/apt/periodic/upgrade-stamp"
RESTART = "run/reboot-required"
_WANTED = re.compile(r'^\s*APT::Periodic::Unattended-Upgrade\s+"([^"]*)"\s*;', re.MULTILINE)


class Upkeep(Struct, frozen=True):
    """One look; moments are seconds since 1970 by the clock of this machine."""

    updated: float | None = None
    """When security updates last went well; since when they are wanted, when they never did; None: nobody wants them to come by
    themselves."""
    restart: float | None = None
    """Since when an update waits for a restart of the machine; None: none does."""


def look(root: Path = Path("/")) -> Upkeep:
    """Look once. What cannot be read is not there."""
    since = _wanted_since(root / SETTINGS)
    stamps = [_touched(root / name) for name in (LISTS, UPGRADED)]
    updated = None if since is None else min(since if stamp is None else stamp for stamp in stamps)
    return Upkeep(updated, _touched(root / RESTART))


def _wanted_since(folder: Path) -> float | None:
    """Of the file that has the last word, as apt reads them; None: updates are for people."""
    since = None
    try:
        for path in sorted(folder.iterdir()):
            if path.suffix in ("", ".conf") and (said := _WANTED.findall(path.read_text(encoding="utf-8", errors="replace"))):
                since = path.stat().st_mtime if said[-1] not in ("", "0") else None
    except OSError:
        return None
    return since


def _touched(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
