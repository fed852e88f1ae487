"""The policy in the state folder: it is there before it is in force, so it holds over restarts, with or without the hub.

A policy names its files by their content (SHA-256); they lie beside it, and go when no policy in force names them any more.
"""

from hashlib import sha256
from pathlib import Path

from hotspot import wire
from hotspot.portal import durable
from hotspot.portal.policy_overlay import stored_as
from hotspot.portal.settings import BadSettings, Settings, load
from hotspot.portal.settings_policy import STORE
from hotspot.portal.settings_reader import MAX_TEXT_FILE, Files, Reader

NAME = "policy.json"
REACHED = "hub-reached"
"""An empty file, made when the hub has answered for the first time."""


def read(state_dir: Path, files: Files) -> wire.Policy | None:
    """The kept policy, read by ``files``; None: there is none. Raises ``BadSettings`` when it cannot be read."""
    path = state_dir / NAME
    try:
        return wire.decode(wire.Policy, files.read(path, MAX_TEXT_FILE))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadSettings(f"cannot read {path}: {error.strerror or error}") from None
    except wire.NotUnderstood as error:
        raise BadSettings(f"cannot read {path}: {error}") from None


def in_force(config: Path, files: Files) -> Settings:
    """The settings file, with the kept policy over it when the file names a hub. Raises ``BadSettings``."""
    read_file = Reader(config, files)
    raw = read_file.toml()
    state_dir = raw.get("state_dir")
    if not isinstance(raw.get("hub"), dict) or not isinstance(state_dir, str):
        return load(config, files)
    return load(config, files, read(read_file.file(state_dir), files))


def keep(state_dir: Path, policy: wire.Policy) -> bytes:
    """Write the policy down, durably; returns what was written. Raises ``OSError``."""
    content = wire.encode(policy)
    durable.write(state_dir / NAME, content)
    return content


def missing(state_dir: Path, policy: wire.Policy) -> dict[str, str]:
    """Files of a policy that are not in the folder, or are damaged there: digest by name."""
    return {name: digest for name, digest in policy.files.items() if not _is_whole(_path(state_dir, name, digest), digest)}


def add_file(state_dir: Path, name: str, digest: str, content: bytes) -> None:
    """One more file, durably. Raises ``OSError``, and ``ValueError`` when it is not what the policy names."""
    if sha256(content).hexdigest() != digest:
        raise ValueError(f"cannot use file {name}: its SHA-256 is another than the policy says")
    path = _path(state_dir, name, digest)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    durable.write(path, content)


def drop_unused(state_dir: Path, policy: wire.Policy) -> None:
    """Remove the files that ``policy``, which is in force, does not name. Raises ``OSError``."""
    used = {stored_as(name, digest) for name, digest in policy.files.items()}
    folder = state_dir / STORE
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in used:
            path.unlink(missing_ok=True)


def was_reached(state_dir: Path) -> bool:
    """Has the hub ever answered?"""
    return (state_dir / REACHED).exists() or (state_dir / NAME).exists()


def mark_reached(state_dir: Path) -> None:
    """The hub has answered. Raises ``OSError``."""
    if not (state_dir / REACHED).exists():
        durable.write(state_dir / REACHED, b"")


def _path(state_dir: Path, name: str, digest: str) -> Path:
    return state_dir / STORE / stored_as(name, digest)


def _is_whole(path: Path, digest: str) -> bool:
    try:
        return sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False
