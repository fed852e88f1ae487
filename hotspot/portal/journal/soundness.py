"""Is a journal that nobody has open whole? Looked at in a copy: opening a database can change it, and the doctor changes nothing."""

import shutil
import tempfile
from pathlib import Path

import apsw

LARGEST = 512 * 2**20
"""Bytes of a journal that is copied for a look; years of a large hall are less."""
TRIES = 3
"""Copies of a journal that somebody writes meanwhile."""
_DAMAGED = (apsw.CorruptError, apsw.NotADBError)


class NotCopied(Exception):
    """Nobody knows whether it is whole: there is no copy of it that was made in peace; the text says why."""


def unsound(path: Path) -> str:
    """What SQLite says is wrong with the file and its WAL; "": nothing. Raises ``NotCopied``."""
    try:
        with tempfile.TemporaryDirectory(prefix="hotspot-doctor-") as folder:
            return _checked(_copied(path, Path(folder)))
    except OSError as error:  # of the folder or of the disk, such as no room for the copy
        raise NotCopied(error.strerror or str(error)) from None


def _copied(path: Path, folder: Path) -> Path:
    """A copy during which nobody wrote: else it would be torn, and the journal whole. Raises ``NotCopied`` and ``OSError``."""
    for _ in range(TRIES):
        before = _state(path)
        size = sum(bytes_ for _, bytes_, _ in before)
        if size > LARGEST:
            raise NotCopied("too large")
        if shutil.disk_usage(folder).free < 2 * size:  # the check itself may write there
            raise NotCopied("no room for a copy")
        for name, _, _ in before:
            shutil.copyfile(path.with_name(name), folder / name)
        if _state(path) == before:
            return folder / path.name
        for each in folder.iterdir():
            each.unlink()
    raise NotCopied("somebody writes it")


def _state(path: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and moments of the last change."""
    files = [each for each in (path, path.with_name(f"{path.name}-wal")) if each.exists()]
    return [(each.name, each.stat().st_size, each.stat().st_mtime_ns) for each in files]


def _checked(path: Path) -> str:
    """Raises ``NotCopied``: what is not damage is a fault of the place that the copy is in."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchall()
        finally:
            connection.close()
    except _DAMAGED as error:
        return str(error)
    except apsw.Error as error:
        raise NotCopied(str(error)) from None
    return "" if verdict == [("ok",)] else str(verdict[0][0])
