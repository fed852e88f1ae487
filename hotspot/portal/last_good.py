"""The last settings that could be used, kept whole: with every file that they name and the policy of the hub, so that a portal whose
settings somebody broke can start again as it was."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from hotspot.portal import durable
from hotspot.portal.settings import BadSettings, Settings, load
from hotspot.portal.settings_reader import Files, Kept
from hotspot.portal.uplink import kept as policy

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
    durable.write(path, content)
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
            return Restored(policy.in_force(config, files), files)
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
    """The settings for a start: as they are in ``config``, read by ``files``, with the kept policy, and ""; else the last good ones and
    what is wrong with the new; else the file without a policy, if it is the policy that cannot be used. Raises ``BadSettings`` when there
    are none of these."""
    try:
        return policy.in_force(config, files), files, ""
    except BadSettings as error:
        fault, other = str(error), ""
    try:
        restored = restore(config)
        if restored is not None:
            return restored.settings, restored.files, fault
    except BadSettings as error:
        other = f"; the last good settings cannot be used either: {error}"
    alone = Files()
    try:
        return load(config, alone), alone, f"{fault}{other}; started without the policy of the hub"
    except BadSettings:
        raise BadSettings(f"{fault}{other}") from None
