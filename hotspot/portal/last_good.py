"""The last settings that could be used, kept whole: with every file that they name, so that a portal whose settings somebody broke can
start again as it was."""

import contextlib
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from hotspot.portal.settings import BadSettings, Settings, load
from hotspot.portal.settings_reader import Files, Kept

NAME = "last-good.json"
"""In the state folder."""


class _File(Struct):
    config: str
    """Absolute path of the settings file: what another file said is not good for this one."""
    files: msgspec.Raw
    """As ``Files.packed`` made it."""


class Restored(Struct, frozen=True):
    """Settings from the kept files."""

    settings: Settings
    files: Files


def keep(state_dir: Path, config: Path, files: Files) -> bool:
    """Write down what was read, durably; False when it is there already, byte for byte. Raises ``OSError``."""
    content = msgspec.json.encode(_File(str(config.absolute()), msgspec.Raw(files.packed())))
    path = state_dir / NAME
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    fresh = path.with_name(f".{NAME}.new")
    try:
        with fresh.open("wb") as file:
            fresh.chmod(0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    folder = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # a rename is on disk when its folder is
    finally:
        os.close(folder)
    return True


def restore(config: Path) -> Restored | None:
    """The settings that ``config`` held when it could last be used; None when none were kept. Raises ``BadSettings`` when those cannot be
    used either, as by another version of the program."""
    for folder in _state_dirs(config):
        try:
            kept = msgspec.json.decode((folder / NAME).read_bytes(), type=_File)
            files = Kept(bytes(kept.files))
        except (OSError, msgspec.MsgspecError):
            continue
        if kept.config == str(config.absolute()):
            return Restored(load(config, files), files)
    return None


def _state_dirs(config: Path) -> Iterator[Path]:
    """Where the state folder may be, although the settings cannot be used: as the file says, if it can say that; as systemd says."""
    try:
        named = tomllib.loads(config.read_text(encoding="utf-8")).get("state_dir")
    except (OSError, ValueError):
        named = None
    if isinstance(named, str):
        yield config.parent / named
    told = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if told:
        yield Path(told)


def start(config: Path, files: Files) -> tuple[Settings, Files, str]:
    """The settings for a start: as they are in ``config``, read by ``files``, and ""; else the last good ones and what is wrong with the
    new. Raises ``BadSettings`` when there are neither."""
    try:
        return load(config, files), files, ""
    except BadSettings as error:
        try:
            restored = restore(config)
        except BadSettings as other:
            raise BadSettings(f"{error}; the last good settings cannot be used either: {other}") from None
        if restored is None:
            raise
        return restored.settings, restored.files, str(error)
