"""Is a journal that nobody has open whole? Looked at in a copy: opening a database can change it, and the doctor changes nothing."""

import shutil
import tempfile
from pathlib import Path

import apsw

LARGEST = 512 * 2**20
"""Bytes of a journal that is copied for a look; years of a large hall are less."""


def unsound(path: Path) -> str:
    """What SQLite says is wrong with the file and its WAL; "": nothing, or it is too large to be copied. Raises ``OSError``."""
    files = [each for each in (path, path.with_name(f"{path.name}-wal")) if each.exists()]
    if sum(each.stat().st_size for each in files) > LARGEST:
        return ""
    with tempfile.TemporaryDirectory(prefix="hotspot-doctor-") as folder:
        for each in files:
            shutil.copyfile(each, Path(folder, each.name))
        try:
            connection = apsw.Connection(str(Path(folder, path.name)), flags=apsw.SQLITE_OPEN_READWRITE)
        except apsw.Error as error:
            return str(error)
        try:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchall()
        except apsw.Error as error:
            return str(error)
        finally:
            connection.close()
    return "" if verdict == [("ok",)] else str(verdict[0][0])
