"""How the box is: disk, certificate, addresses, Debian's updates, and what had to be put right in the kernel. Looked at again and again."""

import asyncio
import math
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from msgspec import Struct

from hotspot import debian
from hotspot.portal.certificate_end import end_of
from hotspot.portal.gate import GateError

if TYPE_CHECKING:
    from hotspot.portal.metrics import Metrics
    from hotspot.portal.office import Office

INTERVAL = 20.0
"""Seconds between two looks."""

log = structlog.get_logger("vitals")


def _software() -> str:
    try:
        return version("hotspot")
    except PackageNotFoundError:
        return "unknown"  # run from its sources


SOFTWARE = _software()
"""Version of this program."""


class Pool(Struct, frozen=True):
    """IPv4 addresses of a zone."""

    used: int = 0
    size: int = 0
    """0: not known."""


class Vitals(Struct, frozen=True):
    """One look."""

    disk_free: int = 0
    """Bytes on the disk of the journal, for the portal's user."""
    disk_size: int = 0
    """0: not known."""
    certificate_until: float | None = None
    """Wall clock; None: there is none, or it cannot be read."""
    drift: int = 0
    """What others changed in the kernel and was put right, since the portal started."""
    told: tuple[str, int] = ("", 0)
    """The firewall's epoch, and what it said last of that."""
    pools: dict[str, Pool] = {}
    """By zone."""
    upkeep: debian.Upkeep = debian.Upkeep()


async def look(office: "Office", before: Vitals) -> Vitals:
    """Look once. What the firewall cannot be asked for stays as it was ``before``."""
    free, size = _disk(office.settings.state_dir)
    drift, told, pools = before.drift, before.told, before.pools
    if office.gate.up:
        try:
            status = await office.gate.link.status()
        except GateError as error:
            log.warning("firewall not asked for its state", why=str(error))
        else:
            count = sum(status.drift.values())
            drift += max(0, count - told[1]) if told[0] in (status.epoch, "") else count
            told = (status.epoch, count)
            pools = {zone.zone: Pool(zone.leased, zone.pool) for zone in status.zones}
    until = _until(office)
    return Vitals(free, size, until, drift, told, pools, debian.look())


def show(metrics: "Metrics", before: Vitals, vitals: Vitals) -> None:
    """Set the gauges."""
    metrics.disk_free.set(vitals.disk_free)
    metrics.disk_size.set(vitals.disk_size)
    metrics.drift.inc(vitals.drift - before.drift)
    metrics.certificate_until.clear()
    if vitals.certificate_until is not None:
        metrics.certificate_until.labels("portal").set(vitals.certificate_until)
    metrics.upkeep.clear()
    for which, moment in (("updated", vitals.upkeep.updated), ("restart", vitals.upkeep.restart)):
        if moment is not None:
            metrics.upkeep.labels(which).set(moment)
    metrics.pool_used.clear()
    metrics.pool_size.clear()
    for zone, pool in vitals.pools.items():
        if pool.size:
            metrics.pool_used.labels(zone).set(pool.used)
            metrics.pool_size.labels(zone).set(pool.size)


async def run(office: "Office") -> None:
    """Until cancelled."""
    while True:
        before, office.vitals = office.vitals, await look(office, office.vitals)
        show(office.metrics, before, office.vitals)
        await asyncio.sleep(INTERVAL)


def _disk(folder: Path) -> tuple[int, int]:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return 0, 0
    return disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize


def _until(office: "Office") -> float | None:
    """Of what phones are shown, whatever lies on the disk; of a placeholder nobody has to know."""
    if office.presented.trouble:
        return None
    return _certificate(office.settings.certificate) if math.isinf(office.presented.ends) else office.presented.ends


def _certificate(path: Path | None) -> float | None:
    if path is None:
        return None
    try:
        return end_of(path.read_text(encoding="ascii", errors="replace"))
    except (OSError, ValueError) as error:
        log.warning("certificate cannot be looked at", why=str(error))
        return None
