"""The files between the programs that look and the portal: one ``<by>.json`` each, replaced whole, so that nobody reads half of one."""

import os
import stat
from pathlib import Path

import msgspec

from hotspot.looks.values import By, Look

LARGEST = 64 * 1024
"""Bytes of one file; a reader takes no more."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Look)


class BadLook(ValueError):
    """A file that cannot be used; the text names it and says why."""


def write(folder: Path, look: Look) -> None:
    """Replace the file of ``look.by``. Raises ``OSError``."""
    path = folder / f"{look.by}.json"
    fresh = folder / f".{look.by}.json.new"
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o644)  # the portal is another user, and the umask may be narrow
            file.write(_encoder.encode(look) + b"\n")
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def read(folder: Path, by: By) -> Look | None:
    """The last look; None: there is none. Raises ``BadLook``."""
    path = folder / f"{by}.json"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadLook(f"{path}: {error.strerror}") from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise BadLook(f"{path}: expected a plain file")
        content = os.read(handle, LARGEST + 1)
    except OSError as error:
        raise BadLook(f"{path}: {error.strerror}") from None
    finally:
        os.close(handle)
    if len(content) > LARGEST:
        raise BadLook(f"{path}: larger than {LARGEST} bytes")
    try:
        look = _decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadLook(f"{path}: {error}") from None
    if look.by is not by:
        raise BadLook(f"{path}: by = {look.by}: expected {by}")
    return look
