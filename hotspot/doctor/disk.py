"""The disk of the journal: room, inodes, whether it can be written, and whether the journal is whole."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from hotspot.doctor.found import NotLooked, found
from hotspot.doctor.subject import Subject
from hotspot.looks.values import Finding, Severity
from hotspot.portal.journal.soundness import NotCopied, unsound

LOW, LOWEST = 0.1, 0.03
LOW_BYTES = 100_000_000
MAGIC = b"SQLite format 3\0"
JOURNAL = "journal.db"


class Facts(Struct, frozen=True):
    """What was read."""

    folder: str = ""
    missing: bool = False
    free: int = 0
    size: int = 0
    inodes_free: int = 0
    inodes: int = 0
    read_only: bool = False
    damaged: str = ""
    """What is wrong with the journal; "": nothing that can be seen from outside."""
    unchecked: str = ""
    """Why nobody knows; "": it was looked at."""


def read(subject: Subject) -> Facts:
    """Look at the folder. Raises ``NotLooked`` when nobody says where it is."""
    if subject.portal is None:
        raise NotLooked("no-portal-settings")
    folder = subject.portal.state_dir
    try:
        disk = os.statvfs(folder)
    except OSError:
        return Facts(str(folder), missing=True)
    damaged, unchecked = _journal(folder / JOURNAL, subject.status is None)
    return Facts(
        str(folder),
        free=disk.f_bavail * disk.f_frsize,
        size=disk.f_blocks * disk.f_frsize,
        inodes_free=disk.f_favail,
        inodes=disk.f_files,
        read_only=bool(disk.f_flag & os.ST_RDONLY),
        damaged=damaged,
        unchecked=unchecked,
    )


def _journal(path: Path, alone: bool) -> tuple[str, str]:
    """What is wrong with it, and why nobody knows. ``alone``: no portal holds it, so all of it can be looked at."""
    try:
        damaged = damage(path)
        return damaged or (unsound(path) if alone and path.exists() else ""), ""
    except NotCopied as reason:
        return "", str(reason)
    except OSError as error:
        why = error.strerror or str(error)
        return (why, "") if error.errno == errno.EIO else ("", why)  # what the disk cannot read is lost, whatever it was


def damage(path: Path) -> str:
    """What is wrong with the file's beginning, read as SQLite writes it (sqlite.org/fileformat2.html, 1.3); the portal holds it locked, and
    checks all of it whenever it opens it. Raises ``OSError``."""
    try:
        with path.open("rb") as file:
            head, size = file.read(100), os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return ""  # a new box
    if not size:
        return ""  # all is in the WAL yet
    if len(head) < 100 or not head.startswith(MAGIC):
        return "not SQLite"
    page = int.from_bytes(head[16:18])
    page = 65_536 if page == 1 else page
    if page < 512 or page & (page - 1) or size % page:
        return "cut short"
    return ""


def judge(facts: Facts) -> Iterator[Finding]:
    """Room and health."""
    if facts.missing:
        yield found("state-folder-missing", path=facts.folder)
        return
    if facts.read_only:
        yield found("disk-read-only", path=facts.folder)
    if facts.size and (facts.free < LOW * facts.size or facts.free < LOW_BYTES):
        lowest = facts.free < LOWEST * facts.size or facts.free < LOW_BYTES // 10
        yield found("disk-nearly-full", "", Severity.URGENT if lowest else None, free=f"{facts.free // 10**6} MB", path=facts.folder)
    if facts.inodes and facts.inodes_free < LOW * facts.inodes:
        yield found("disk-inodes", path=facts.folder)
    if facts.damaged:
        yield found("journal-damaged", why=facts.damaged)
    if facts.unchecked:
        yield found("journal-unchecked", why=facts.unchecked)
