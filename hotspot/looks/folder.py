"""The files between the programs that look and the portal: one folder for each program, one file in it, replaced whole.

Each program writes into a folder of its own (``<looks>/<by>/look.json``, made by ``systemd/hotspot.tmpfiles``), because each is a user of
its own, and two of them hear what strangers send: in a folder that all share one could put a file, or something that is none, where
another's belongs, and keep that one from writing. The reader looks whose folder and whose file it is before it believes either.
"""

import os
import pwd
import stat
from pathlib import Path
from typing import Final

import msgspec

from hotspot.looks.values import By, Look

USERS: Final = {By.VISIT: "hotspot-visit", By.DOCTOR: "hotspot-doctor"}
"""Who writes a look beside root; the LAN guard's folder is believed whosever it is."""
FILE: Final = "look.json"
"""In the folder of each program."""
LARGEST: Final = 64 * 1024
"""Bytes of one file; a reader takes no more."""
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS_MAY_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Look)


class BadLook(ValueError):
    """A file that cannot be used; the text names it and says why."""


def write(folder: Path, look: Look) -> None:
    """Replace the file of ``look.by``; its folder is made where ``folder`` may be written to. Raises ``OSError``."""
    own = folder / look.by.value
    try:
        own.mkdir()
        own.chmod(0o755)  # the portal is another user, and the umask may be narrow
    except FileExistsError:
        pass
    path, fresh = own / FILE, own / f".{FILE}.new"
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(_encoder.encode(look) + b"\n")
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def read(folder: Path, by: By) -> Look | None:
    """The last look; None: there is none. Raises ``BadLook``."""
    path = folder / by.value / FILE
    try:
        content = _content(folder, by)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadLook(f"{path}: {error.strerror}") from None
    if len(content) > LARGEST:
        raise BadLook(f"{path}: larger than {LARGEST} bytes")
    try:
        look = _decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadLook(f"{path}: {error}") from None
    if look.by is not by:
        raise BadLook(f"{path}: by = {look.by}: expected {by}")
    return look


def _content(folder: Path, by: By) -> bytes:
    """The bytes of a file that lies where only its program could have put it. What is opened is looked at, not its name: that may be
    another's a moment later. Raises ``BadLook`` and ``OSError``."""
    path = folder / by.value
    whole = os.open(folder, _FOLDER)
    try:
        trusted = {0, os.geteuid(), os.fstat(whole).st_uid, *_user(by)}
        own = os.open(by.value, _FOLDER, dir_fd=whole)
    finally:
        os.close(whole)
    try:
        found = os.fstat(own)
        if by is not By.GUARD and found.st_uid not in trusted:
            raise BadLook(f"{path}: belongs to user {found.st_uid}: expected {USERS[by]} or root")
        if found.st_mode & _OTHERS_MAY_WRITE:
            raise BadLook(f"{path}: others may write to it")
        file = os.open(FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=own)
    finally:
        os.close(own)
    try:
        what = os.fstat(file)
        if not stat.S_ISREG(what.st_mode):
            raise BadLook(f"{path / FILE}: expected a plain file")
        if what.st_uid not in trusted | {found.st_uid}:
            raise BadLook(f"{path / FILE}: belongs to user {what.st_uid}, the folder to {found.st_uid}")
        return os.read(file, LARGEST + 1)
    finally:
        os.close(file)


def _user(by: By) -> tuple[int, ...]:
    """The user of a program, where this machine has it."""
    try:
        return (pwd.getpwnam(USERS[by]).pw_uid,) if by in USERS else ()
    except KeyError:
        return ()
