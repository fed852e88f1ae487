"""What a hall has put onto this machine, written down so that another process, or the next one after a crash, can take it away again.

A hall's folder is ``/run/hotspot-lab/<hall>``: ``state.json`` (this record), ``log/<name>.log`` for every process, configuration files,
sockets and the state of the portal. Names of namespaces follow from the hall's name (``layout``), so a record that was never written or got
lost hides nothing.
"""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from hotspot.lab.layout import Layout
from hotspot.lab.options import Options

RUN = Path("/run/hotspot-lab")
"""Folder of all halls."""
NETNS_ETC = Path("/etc/netns")
"""``ip netns exec`` puts files of the folder named like the namespace over those in ``/etc``: here each phone's ``resolv.conf``."""


class Started(Struct, frozen=True):
    """A process of the hall. ``ticks`` is its start time (proc(5) ``starttime``), so that a pid used again is not taken for it."""

    name: str
    pid: int
    ticks: int
    namespace: str


class PhoneRecord(Struct, frozen=True):
    """A phone of the hall."""

    name: str
    namespace: str
    number: int
    mac: str


class Record(Struct, frozen=True):
    """Everything of one hall that its name alone does not tell."""

    hall: str
    options: Options
    processes: tuple[Started, ...] = ()
    phones: tuple[PhoneRecord, ...] = ()


class Folder(Struct, frozen=True):
    """The folder of a hall and the paths in it."""

    path: Path

    @property
    def state(self) -> Path:
        """The record."""
        return self.path / "state.json"

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.path / "log"

    @property
    def firewall_socket(self) -> Path:
        """Where the firewall daemon listens."""
        return self.path / "firewall" / "firewall.sock"

    @property
    def control_socket(self) -> Path:
        """Where the portal listens for the command line."""
        return self.path / "portal" / "control.sock"

    @property
    def firewall_config(self) -> Path:
        """Settings of the firewall daemon."""
        return self.path / "firewall.toml"

    @property
    def portal_config(self) -> Path:
        """Settings of the portal."""
        return self.path / "portal.toml"

    @property
    def authority(self) -> Path:
        """Certificate of the hall's authority (PEM), when the hall has TLS."""
        return self.path / "tls" / "authority.pem"

    @property
    def cluster(self) -> Path:
        """File with the path of the hub's database, when the hall has one."""
        return self.path / "postgres"

    @property
    def hub_config(self) -> Path:
        """Settings of the hub, when the hall has one."""
        return self.path / "hub.toml"

    def log(self, name: str) -> Path:
        """Log file of the process ``name``."""
        return self.logs / f"{name}.log"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes the record meanwhile (``hotspot lab phone`` may run beside a demo)."""
        with (self.path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def read(self) -> Record | None:
        """The record, None when there is none or it is cut off (a crash): then the names have to do."""
        try:
            return msgspec.json.decode(self.state.read_bytes(), type=Record)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def write(self, record: Record) -> None:
        """Put ``record`` in place of the old one, never half of it."""
        fresh = self.state.with_suffix(".new")
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
        fresh.replace(self.state)


def folder_of(layout: Layout) -> Folder:
    """The folder that the hall has or would have."""
    return Folder(RUN / layout.hall)


def halls() -> list[str]:
    """Names of the halls that have a folder, in order."""
    return sorted(entry.name for entry in RUN.iterdir() if entry.is_dir()) if RUN.is_dir() else []
