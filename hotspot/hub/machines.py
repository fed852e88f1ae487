"""The machine that a hub process runs on: its certificate, its disks, Debian's updates. Looked at when somebody asks for figures."""

import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import structlog
from cryptography import x509

from hotspot import debian
from hotspot.hub.metrics import MachineNow
from hotspot.hub.settings import Machine

log = structlog.get_logger("machine")


def look(settings: Machine) -> MachineNow:
    """Look once. What cannot be read is not known."""
    folders = {"database": settings.database, "backups": settings.backups}
    upkeep = debian.look() if settings.updates else debian.Upkeep()
    return MachineNow(
        software=_software(),
        certificate_until=None if settings.certificate is None else _end(settings.certificate),
        disks={name: disk for name, folder in folders.items() if folder is not None and (disk := _disk(folder)) is not None},
        updated=upkeep.updated,
        restart=upkeep.restart,
    )


@cache
def _software() -> str:
    """Version of this program, as gateways say theirs."""
    try:
        return version("hotspot")
    except PackageNotFoundError:
        return "unknown"  # run from its sources


@cache
def _complain(what: str, path: str, why: str) -> None:
    """Once, not every few seconds."""
    log.warning(what, path=path, why=why)


def _disk(folder: Path) -> tuple[int, int] | None:
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        _complain("a disk cannot be looked at", str(folder), str(error.strerror or error))
        return None
    return disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize


def _end(path: Path) -> float | None:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0].not_valid_after_utc.timestamp()
    except (OSError, ValueError) as error:
        _complain("certificate cannot be looked at", str(path), str(error))
        return None
