"""The journal and the kernel's maps as they are at one moment."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apsw
import msgspec
from msgspec import Struct

from firewall import api
from hotspot.lab import Hall, processes
from hotspot.lab.gateway import ZONE
from hotspot.lab.namespaces import LabFailed, command
from tests.kernel.daemons import Peer

_SQL = """SELECT s.id, s.mac, s.ended_at IS NULL, s.bytes_up, s.bytes_down, a.session IS NOT NULL, s.reason
          FROM sessions s LEFT JOIN acceptances a ON a.session = s.id ORDER BY s.accepted_at"""


class Entry(Struct, frozen=True):
    """One session in the journal."""

    session: str
    mac: str | None
    in_progress: bool
    bytes_up: int
    bytes_down: int
    accepted: bool
    """There is an acceptance."""
    reason: str


def journal(hall: Hall) -> tuple[Entry, ...]:
    """What a power cut at this moment would leave of the journal."""
    return tuple(msgspec.convert(_entry(row), Entry) for row in rows(hall, _SQL))


def rows(hall: Hall, sql: str) -> list[tuple[Any, ...]]:
    """The answer of the journal as a power cut at this moment would leave it: of a copy of its files, taken while the portal stands still
    (it keeps them locked while it runs), opened as the portal would open it."""
    state = hall.folder.path / "portal" / "state"
    with tempfile.TemporaryDirectory() as folder:
        with _standing_still(hall):
            for path in state.glob("journal.db*"):
                if path.name in ("journal.db", "journal.db-wal"):
                    shutil.copy(path, folder)
        connection = apsw.Connection(str(Path(folder) / "journal.db"))
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return list(connection.execute(sql))
        finally:
            connection.close()


def _entry(row: Iterable[object]) -> dict[str, object]:
    session, mac, in_progress, up, down, accepted, reason = row
    return {
        "session": session,
        "mac": mac,
        "in_progress": bool(in_progress),
        "bytes_up": up,
        "bytes_down": down,
        "accepted": bool(accepted),
        "reason": reason,
    }


class _standing_still:  # noqa: N801  read as a verb, like contextlib's
    """The portal is stopped (SIGSTOP) while the context lasts, if it runs."""

    def __init__(self, hall: Hall) -> None:
        try:
            process = hall.process("portal")
        except LabFailed:
            self._pid = 0
        else:
            self._pid = process.pid if processes.alive(process) else 0

    def __enter__(self) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGCONT)


async def granted(hall: Hall) -> set[str]:
    """The MACs that the kernel lets through, as nft lists them; its maps agree about them."""
    ids, up = await maps(hall)
    assert ids == up
    return ids


async def maps(hall: Hall) -> tuple[set[str], set[str]]:
    """The MACs in ``ids`` and in ``up``. Raises ``LabFailed`` when there is no such table."""
    found: list[set[str]] = []
    for name in ("ids", "up"):
        words = ("nft", "-j", "list", "map", "inet", f"hotspot_{ZONE}", name)
        listed = msgspec.json.decode(await command("ip", "netns", "exec", hall.layout.gateway, *words))["nftables"]
        elements = next(entry["map"].get("elem", []) for entry in listed if "map" in entry)
        found.append({_key(element) for element, _ in elements})
    return found[0], found[1]


def _key(element: object) -> str:
    """The MAC, which in ``up`` has the mark beside it."""
    value = element["elem"]["val"] if isinstance(element, dict) else element
    return str(value["concat"][0] if isinstance(value, dict) else value)


def usages(hall: Hall) -> dict[str, api.Usage]:
    """What the firewall daemon has counted, by session."""
    peer = Peer(hall.folder.firewall_socket)
    try:
        return peer.usages()
    finally:
        peer.close()


def firewall_status(hall: Hall) -> api.StatusIs:
    """How the firewall daemon says it is."""
    peer = Peer(hall.folder.firewall_socket)
    try:
        return peer.status()
    finally:
        peer.close()
