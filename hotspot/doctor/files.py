"""Files whose names somebody else says (a command line, a setting of another program): read by root, so nothing but plain ones.

A pipe would keep a reader waiting for ever, a device has no end, and a link leads where root may read and nobody else.
"""

import errno
import os
import stat
from pathlib import Path


def text(path: Path, most: int) -> str:
    """A plain file of at most ``most`` bytes. A link is followed when root made it, in a folder that nobody else writes to. Raises
    ``OSError``, with the file's name."""
    where = path.resolve() if _roots_own_link(path) else path
    handle = os.open(where, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "no plain file", str(path))
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(most + 1)
    finally:
        os.close(handle)
    if len(content) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content.decode(errors="replace")


def _roots_own_link(path: Path) -> bool:
    try:
        link, folder = path.lstat(), path.parent.stat()
    except OSError:
        return False
    closed = not folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISLNK(link.st_mode) and link.st_uid == 0 and folder.st_uid == 0 and closed
