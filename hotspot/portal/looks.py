"""What the synthetic visitor, the doctor and the LAN guard wrote, read once a minute: for metrics, ``hotspot status`` and the hub.

They are programs of their own, and write files (``hotspot.looks.folder``). Nothing of a file is believed: one that cannot be used is a
warning, what could name a device does not come in (``hotspot.looks.leaving``), and an old look is told as old. Whatever is wrong with the
file of one program, the others' are read, and the portal goes on.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from msgspec import Struct
from msgspec.structs import replace

from hotspot.looks import folder, leaving, verdict
from hotspot.looks.values import By, Look, Result, Severity, Verdict

if TYPE_CHECKING:
    from hotspot.portal.metrics import Metrics
    from hotspot.portal.office import Office

INTERVAL: Final = 60.0
"""Seconds between two readings."""
OLD: Final[Mapping[By, float]] = {By.VISIT: 2_700.0, By.DOCTOR: 10_800.0, By.GUARD: 300.0}
"""Seconds after which a look is old: its program has stopped, or hangs …"""
TIMES: Final = 3.0
"""… but a visitor who comes more seldom is late only after so many times as long as is usual between two visits …"""
SELDOM: Final = 86_400.0
"""… and whoever comes more seldom than that is late."""
AHEAD: Final = 300.0
"""Seconds by which a look may lie in the future: the clock was set meanwhile."""

UNITS: Final[Mapping[By, str]] = {
    By.VISIT: "hotspot-visit.timer",
    By.DOCTOR: "hotspot-doctor.timer",
    By.GUARD: "hotspot-lan-guard.service",
}
"""What starts each program."""
_SYSTEM: Final = Path("/etc/systemd/system")
"""Where an administrator's choices are: links to what is enabled, in a folder for each that wants it."""
_SYSTEMD: Final = Path("/run/systemd/system")
"""There when systemd runs this machine."""

log = structlog.get_logger("looks")


class Seen(Struct, frozen=True, kw_only=True):
    """What is known of one program."""

    look: Look | None = None
    """Without what could name a device; None: it has never written, or nothing that can be used."""
    gap: float = 0.0
    """Seconds between the last two looks; 0: not known."""
    usual: float = 0.0
    """The same as it was before the last look, where it was shorter: a visitor that was late once has not become a rare one."""
    fault: str = ""
    """Why its file cannot be used; it stays in the hall, because nobody knows what is in it."""
    removed: int = 0
    """Places of the file that could have named a device."""

    def old(self, unix: float) -> bool:
        """Should there be a newer one?"""
        if self.look is None:
            return False
        longest = OLD[self.look.by]
        if self.look.by is By.VISIT:
            longest = max(longest, TIMES * min(self.usual, SELDOM))
        return not -AHEAD <= unix - self.look.at <= longest


def _interfaces() -> list[str]:
    """Of this machine; no socket is needed for it."""
    try:
        return [path.name for path in Path("/sys/class/net").iterdir()]
    except OSError:
        return []


def read(path: Path, zones: Collection[str], before: Mapping[By, Seen]) -> dict[By, Seen]:
    """All three files; blocks."""
    found: dict[By, Seen] = {}
    for by in By:
        last = before.get(by, Seen())
        try:
            seen = _read(path, by, zones, last)
        except folder.BadLook as error:
            seen = replace(last, fault=str(error))
        except Exception as error:  # noqa: BLE001 - strangers' words reach these files: a fault of ours in them must not end the portal
            seen = replace(last, fault=f"{path / by.value}: {type(error).__name__}")  # not its text, which may have a device in it
        if seen is not None:
            found[by] = seen
    return found


def _read(path: Path, by: By, zones: Collection[str], last: Seen) -> Seen | None:
    """One of them; None: there is none. Raises ``BadLook``."""
    look = folder.read(path, by)
    if look is None:
        return None
    clean, removed = leaving.cleaned(look, zones, _interfaces())
    gap, usual = last.gap, last.usual
    if last.look is not None and clean.at > last.look.at:
        gap = clean.at - last.look.at
        usual = min(gap, last.gap or gap)
    return Seen(look=clean, gap=gap, usual=usual, removed=removed)


async def look(office: "Office") -> None:
    """Read once, and show it."""
    before = office.looks
    zones = frozenset(office.settings.zones)
    office.looking = await asyncio.to_thread(switched_on)
    office.looks = seen = await asyncio.to_thread(read, office.settings.looks, zones, before)
    for by, one in seen.items():
        was = before.get(by, Seen())
        if one.fault and not was.fault:
            why = "it names a device" if leaving.identifies(one.fault) else one.fault
            log.warning("look cannot be used", by=by.value, why=why)
        if one.removed and (was.look is None or one.look is None or was.look.at != one.look.at):
            log.warning("look could name a device: left out", by=by.value, places=one.removed)
    show(office.metrics, seen)


def switched_on(system: Path = _SYSTEM, systemd: Path = _SYSTEMD) -> tuple[By, ...] | None:
    """Programs whose looks are to be expected, because they are enabled here; None: nobody can say. Whether they run is another matter."""
    if not systemd.is_dir():
        return None
    try:
        enabled = {link.name for link in system.glob("*.wants/*") if link.is_symlink()}
        return tuple(by for by, unit in UNITS.items() if unit in enabled and not _masked(system / unit))
    except OSError:
        return None


def _masked(unit: Path) -> bool:
    return unit.is_symlink() and str(unit.readlink()) == "/dev/null"


def warnings(seen: Mapping[By, Seen], unix: float) -> tuple[str, ...]:
    """For people: which program's look cannot be used, or is old."""
    told = []
    for by, one in seen.items():
        if one.fault:
            told.append(f"what the {by} wrote cannot be used: see the log")
        elif one.old(unix) and one.look is not None:
            told.append(f"the {by} has not looked for {max(0.0, unix - one.look.at) / 60:.0f} min")
        if one.removed:
            told.append(f"what the {by} wrote could name a device: {one.removed} values were left out")
    return tuple(told)


def show(metrics: "Metrics", seen: Mapping[By, Seen]) -> None:
    """Set the gauges; a program that never looked has no series."""
    for gauge in (metrics.look_at, metrics.visit_ok, metrics.visit_step, metrics.visit_step_seconds, metrics.doctor, metrics.guard):
        gauge.clear()
    for by, one in seen.items():
        if one.look is not None:
            metrics.look_at.labels(by.value).set(one.look.at)
            {By.VISIT: _visit, By.DOCTOR: _doctor, By.GUARD: _guard}[by](metrics, one.look)


def _visit(metrics: "Metrics", look: Look) -> None:
    visited = verdict.visited(look)
    for zone, well in verdict.well(look).items():
        metrics.visit_ok.labels(zone).set(well)
        if well and visited[zone].verdict is Verdict.ONLINE:
            metrics.visit_success.labels(zone).set(look.at)
    for step in look.steps:
        if step.result is not Result.SKIPPED:
            labels = (step.zone, step.name, str(step.family or ""))
            metrics.visit_step.labels(*labels).set(step.result is Result.PASSED)
            metrics.visit_step_seconds.labels(*labels).set(step.seconds)


def _doctor(metrics: "Metrics", look: Look) -> None:
    counts = Counter(finding.severity for finding in look.findings)
    for severity in Severity:
        metrics.doctor.labels(severity.value).set(counts[severity])


def _guard(metrics: "Metrics", look: Look) -> None:
    for (kind, zone), number in Counter((finding.kind, finding.zone) for finding in look.findings).items():
        metrics.guard.labels(kind, zone).set(number)


async def run(office: "Office") -> None:
    """Until cancelled."""
    while True:
        await look(office)
        await asyncio.sleep(INTERVAL)
