"""The gateway's credential on disk: ``credential`` in the state folder, readable by its owner only, written durably before it is used.

While it is rotated there are two: the new one is tried first, and the old one is kept until the hub has taken the new one. Another process
(``hotspot enrol``) may write the file at any time; it is looked at before each use.
"""

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from hotspot import wire
from hotspot.portal import durable

NAME = "credential"


class Credential(Struct, frozen=True):
    """Who this gateway is at the hub."""

    gateway: str
    """Its name there."""
    hall: str
    secret: wire.Secret
    next: wire.Secret | None = None
    """Another one that the hub has given and that was not used with success yet."""


class BadCredential(Exception):
    """The file cannot be used; the text says what it should be."""


class CredentialFile:
    """One file."""

    def __init__(self, state_dir: Path) -> None:
        self.path: Final = state_dir / NAME
        self._seen: tuple[int, int, int] | None = None
        self._credential: Credential | None = None

    def stamp(self) -> tuple[int, int, int] | None:
        """Another value for each file that was written here; None where there is none. Raises ``OSError``."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_size, stat.st_mtime_ns

    def read(self) -> Credential | None:
        """What it holds now; None when there is none. Raises ``BadCredential``."""
        try:
            stamp = self.stamp()
            if stamp is None:
                self._seen = self._credential = None
            elif stamp != self._seen:
                self._credential = msgspec.json.decode(self.path.read_bytes(), type=Credential)
                self._seen = stamp
        except FileNotFoundError:
            self._seen = self._credential = None
        except OSError as error:
            raise BadCredential(f"cannot read {self.path}: {error.strerror or error}") from None
        except msgspec.MsgspecError:  # its text would repeat the secret
            raise BadCredential(f"cannot read {self.path}: expected what hotspot enrol writes; enrol again") from None
        return self._credential

    def write(self, credential: Credential) -> None:
        """On disk when this returns. Raises ``OSError``; then the one before is untouched."""
        durable.write(self.path, msgspec.json.encode(credential))
