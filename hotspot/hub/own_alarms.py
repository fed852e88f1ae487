"""What is amiss at the hub itself (pure): its backups, its certificate, its disks, Debian's updates of its machine.

By kind and subject, as ``watch`` raises them.
"""

from collections.abc import Iterator

from hotspot.hub.alarms import URGENT, WARNING, Found, Limits, below, upkeep
from hotspot.hub.metrics import BackupNow, MachineNow

BACKUP_HOURS, BACKUP_HOURS_URGENT = 36.0, 72.0
"""Since the last good backup: a night was missed, and another one."""

Named = tuple[str, str, Found]
"""Kind, subject, and what was found."""


def amiss(machine: MachineNow, backup: BackupNow, now: float, limits: Limits) -> Iterator[Named]:
    """With the easier limits for what is alarmed of already. A hub that was never saved, and a machine that tells nothing, raise nothing:
    by hand everything may be another way."""
    if backup.failed:
        yield "backup_failed", "", Found(WARNING, {})
    if backup.at is not None and (hours := (now - backup.at.timestamp()) / 3_600) > BACKUP_HOURS:
        yield "backup_old", "", Found(URGENT if hours > BACKUP_HOURS_URGENT else WARNING, {"hours": round(hours)})
    if machine.certificate_until is not None:
        left = machine.certificate_until - now
        days = {"days": round(left / 86_400, 1)}
        found = below(left, limits.certificate, limits.certificate * 3 / 14, limits.certificate + 86_400, days)
        if found is not None:
            yield "hub_certificate", "", found
    for kind, what in upkeep(machine.updated, machine.restart, now):
        yield kind, "", what
    for name, (free, size) in machine.disks.items():
        percent = 100.0 * free / max(1, size)
        if (found := below(percent, limits.disk, limits.disk / 3, limits.disk * 1.5, {"percent": round(percent, 1)})) is not None:
            yield "hub_disk", name, found
