"""Files that are whole or as they were before, whenever the power goes."""

import contextlib
import os
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Put ``content`` into a file, for the owner alone; on disk when this returns. Raises ``OSError``, and then nothing has changed.

    Root writes for the owner of the folder: on the command line for a service with a user of its own.
    """
    owner = path.parent.stat()
    fresh = path.with_name(f".{path.name}.new")
    try:
        with fresh.open("wb") as file:
            fresh.chmod(0o600)
            if os.geteuid() == 0 and owner.st_uid != 0:
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # a rename is on disk when its folder is
    finally:
        os.close(folder)
