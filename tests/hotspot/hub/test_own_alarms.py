"""What the hub raises of itself."""

from datetime import UTC, datetime, timedelta

import pytest

from hotspot.hub.alarm_texts import say
from hotspot.hub.alarms import Limits
from hotspot.hub.metrics import BackupNow, MachineNow
from hotspot.hub.own_alarms import amiss

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = 86_400.0


def saved(hours: float, **more: bool) -> BackupNow:
    """So long ago."""
    return BackupNow(at=NOW - timedelta(hours=hours), size=1, **more)


def ago(days: float) -> float:
    """That moment."""
    return NOW.timestamp() - days * DAY


def machine(days: float | None = None, **free: int) -> MachineNow:
    """A certificate with days left, and disks of 100 bytes."""
    until = None if days is None else NOW.timestamp() + days * DAY
    return MachineNow(software="1", certificate_until=until, disks={name: (one, 100) for name, one in free.items()})


@pytest.mark.parametrize(
    ("looked", "backup", "wanted"),
    [
        (machine(), BackupNow(), {}),
        (machine(30, database=50, backups=15), saved(20), {}),
        (machine(), saved(20, failed=True), {("backup_failed", ""): ("warning", True)}),
        (machine(), saved(36.5), {("backup_old", ""): ("warning", True)}),
        (machine(), saved(73), {("backup_old", ""): ("urgent", True)}),
        (MachineNow(software="1", updated=ago(3.9), restart=ago(6.9)), saved(1), {}),
        (MachineNow(software="1", updated=ago(4.1)), saved(1), {("updates_late", ""): ("warning", True)}),
        (MachineNow(software="1", restart=ago(7.1)), saved(1), {("restart_wanted", ""): ("warning", True)}),
        (machine(14.5), saved(1), {("hub_certificate", ""): ("warning", False)}),
        (machine(13), saved(1), {("hub_certificate", ""): ("warning", True)}),
        (machine(2), saved(1), {("hub_certificate", ""): ("urgent", True)}),
        (machine(-1), saved(1), {("hub_certificate", ""): ("urgent", True)}),
        (machine(database=14), saved(1), {("hub_disk", "database"): ("warning", False)}),
        (machine(database=9, backups=50), saved(1), {("hub_disk", "database"): ("warning", True)}),
        (machine(database=50, backups=3), saved(1), {("hub_disk", "backups"): ("urgent", True)}),
    ],
)
def test_what_is_raised(looked: MachineNow, backup: BackupNow, wanted: dict[tuple[str, str], tuple[str, bool]]) -> None:
    """As grave as it is, and less easily ended than begun."""
    found = {(kind, subject): what for kind, subject, what in amiss(looked, backup, NOW.timestamp(), Limits())}
    assert {key: (what.severity.value, what.raises) for key, what in found.items()} == wanted


def test_how_it_is_said() -> None:
    """One that has ended is told so, and what follows."""
    ((kind, _, soon),) = amiss(machine(2), saved(1), NOW.timestamp(), Limits())
    assert say(kind, soon.detail).english == "the hub's certificate ends in 2.0 days"
    ((kind, _, ended),) = amiss(machine(-1), saved(1), NOW.timestamp(), Limits())
    assert say(kind, ended.detail).english == "the hub's certificate ended 1.0 days ago: no hall reaches it"
