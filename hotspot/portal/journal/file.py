"""The journal's file and what can happen to it. Everything here runs in the writer's thread.

The connection keeps the file locked (``locking_mode=EXCLUSIVE``): no other program may write or checkpoint it. Commits go to the WAL only;
the writer checkpoints by itself, so that it knows when the files may change. If they look different at any other moment, somebody else
changed, replaced or removed them, and a commit into them would be worth nothing: they are closed, opened again and checked.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec

from hotspot.portal.journal import rows
from hotspot.portal.journal.rows import Loaded, Statement
from hotspot.portal.journal.schema import MIGRATIONS
from hotspot.session.allowance import Spent
from hotspot.session.blocks import Block

_WAL_HEADER, _FRAME_HEADER = 32, 24
"""Bytes (sqlite.org/fileformat2.html#walformat); a frame is its header and a page."""
CHECKPOINT_PAGES = 1_000
"""4 MB of WAL: about 300 acceptances; SQLite's own default."""
_SETUP = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",  # a forgotten MAC is overwritten, not only unlinked
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -2000",
    "PRAGMA journal_size_limit = 8388608",
)

Job = Callable[[apsw.Connection], Any]
"""Runs inside a transaction; may run twice."""
Look = tuple[tuple[int, int, int] | None, ...]


class Fault(Exception):
    """The journal cannot be used: ``kind`` is ``full``, ``damaged``, ``gone``, ``changed``, ``busy`` or ``unwritable``."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(f"cannot write the journal: {why}")
        self.kind = kind


class NewerJournal(Exception):
    """The file was written by a newer version of the product."""


def fault_of(error: apsw.Error) -> Fault | None:
    """Which fault of the outside world this is; None: it is a bug of ours."""
    match error:
        case apsw.FullError():
            return Fault("full", "the disk is full")
        case apsw.CorruptError() | apsw.NotADBError() | apsw.FormatError():
            return Fault("damaged", f"the file is damaged ({error})")
        case apsw.BusyError() | apsw.LockedError():
            return Fault("busy", "another process has the file open")
        case apsw.IOError() | apsw.CantOpenError() | apsw.ReadOnlyError() | apsw.PermissionsError() | apsw.ProtocolError():
            return Fault("unwritable", str(error))
    return None


class File:
    """One SQLite file, opened, checked, and written in transactions."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._wal = path.with_name(path.name + "-wal")
        self._connection: apsw.Connection | None = None
        self._seen: Look = ()
        self._pages = 0
        self._page_size = 4_096
        self._last_frame: tuple[int, bytes] | None = None
        """Where the WAL's last frame of ours begins, and its header (which holds a checksum over all frames so far)."""

    @property
    def is_open(self) -> bool:
        """False after a fault that needs a new connection."""
        return self._connection is not None

    def open(self) -> tuple[Loaded, str]:
        """Open, check, migrate; a damaged file is set aside. Returns what it holds and "", ``new`` or ``damaged``. Raises ``Fault``."""
        try:
            return self._open()
        except Fault as fault:
            if fault.kind != "damaged":
                raise
        self.set_aside()
        loaded, _ = self._open()
        return loaded, "damaged"

    def _open(self) -> tuple[Loaded, str]:
        try:
            connection = apsw.Connection(str(self.path))
            self._connection = connection
            version = self._prepare(connection)
            loaded = self._load(connection)
        except apsw.Error as error:
            self.close()
            fault = fault_of(error)
            if fault is None:
                raise
            raise fault from error
        except (Fault, NewerJournal):
            self.close()
            raise
        self._seen = self._look()
        return loaded, "" if version else "new"

    def _prepare(self, connection: apsw.Connection) -> int:
        """Pragmas, check, migrations; returns ``user_version`` as found."""
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)  # a file that somebody damaged must not get our pages on top
        connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()  # before the first read, or SQLite shares the WAL's index
        version: int = connection.pragma("user_version")
        if version > len(MIGRATIONS):  # before anything that writes
            raise NewerJournal(f"cannot open {self.path}: version {version}, this program knows up to {len(MIGRATIONS)}")
        for pragma in _SETUP:
            connection.execute(pragma).fetchall()
        connection.set_wal_hook(self._on_wal)
        self._page_size = connection.pragma("page_size")
        self._last_frame = None
        verdict = connection.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != [("ok",)]:
            raise Fault("damaged", f"the file is damaged ({verdict[0][0]})")
        for number in range(version, len(MIGRATIONS)):
            with connection:
                connection.execute(MIGRATIONS[number])
                connection.execute(f"PRAGMA user_version = {number + 1}")
        return version

    def _load(self, connection: apsw.Connection) -> Loaded:
        try:
            return Loaded(
                sessions=tuple(rows.session_of(row) for row in connection.execute(rows.SELECT_KNOWN)),
                blocks=tuple(Block(*row) for row in connection.execute(rows.SELECT_BLOCKS)),
                meta=msgspec.convert(dict(connection.execute(rows.SELECT_META)), dict[str, str]),
                allowances={
                    name: msgspec.convert({"seconds": seconds, "bytes": count}, Spent)
                    for name, seconds, count in connection.execute(rows.SELECT_ALLOWANCES)
                },
                blocklist=tuple(rows.entry_of(row) for row in connection.execute(rows.SELECT_BLOCKLIST)),
                batches=tuple(rows.batch_of(row) for row in connection.execute(rows.SELECT_BATCHES)),
                tickets=tuple(rows.ticket_of(row) for row in connection.execute(rows.SELECT_TICKETS)),
                terms=tuple(rows.terms_of(row) for row in connection.execute(rows.SELECT_TERMS)),
                untold={str(row[0]): rows.told_of(row[1:]) for row in connection.execute(rows.SELECT_UNTOLD)},
                streams=tuple(rows.stream_of(row) for row in connection.execute(rows.SELECT_STREAMS)),
                visitors=frozenset(name for (name,) in connection.execute(rows.SELECT_VISITORS)),
            )
        except (msgspec.MsgspecError, apsw.SQLError) as error:
            raise Fault("damaged", f"the file does not hold what it should ({error})") from error

    def _on_wal(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK

    def _look(self) -> Look:
        return tuple(_stat(path) for path in (self.path, self._wal))

    def check(self) -> None:
        """Raise ``Fault`` (``gone`` or ``changed``) when the files are not as we left them; the connection is then closed."""
        if self._connection is None or self._look() == self._seen:
            return
        self.close()
        if not self.path.exists():
            raise Fault("gone", f"{self.path.name} was removed")
        raise Fault("changed", f"{self.path.name} was changed by another program")

    def run(self, jobs: Sequence[Job]) -> list[Any]:
        """All jobs in one durable transaction; returns their results. Raises ``Fault``; then none of them counts."""
        self.check()
        connection = self._connection
        if connection is None:
            raise Fault("unwritable", "the file is not open")
        try:
            connection.execute("BEGIN IMMEDIATE")
            results = [job(connection) for job in jobs]
            connection.execute("COMMIT")
        except apsw.Error as error:
            fault = fault_of(error)
            if fault is None:
                raise
            if fault.kind == "full" and connection.in_transaction:
                connection.execute("ROLLBACK")
            elif fault.kind != "full":
                self.close()
            raise fault from error
        self._after_commit()
        return results

    def _after_commit(self) -> None:
        """A commit into a file that was removed meanwhile is not durable: inodes must be the ones we opened."""
        now = self._look()
        before = self._seen
        if not self._wal_goes_on():
            self.close()
            raise Fault("changed", f"{self._wal.name} was changed by another program during a commit")
        if now[0] != before[0] or now[1] is None or (before[1] is not None and now[1][0] != before[1][0]):
            self.close()
            raise Fault("gone", f"{self.path.name} was removed or replaced")
        self._seen = now
        if self._pages >= CHECKPOINT_PAGES:
            self.checkpoint()

    def _wal_goes_on(self) -> bool:
        """Is what we committed before still in front of this commit? Whatever somebody cuts from the WAL between ``check`` and the commit,
        SQLite writes on behind it, at the old place; after a crash it would find neither the gap's frames nor any that came later."""
        try:
            with self._wal.open("rb") as wal:
                if self._last_frame is not None:
                    place, header = self._last_frame
                    wal.seek(place)
                    if wal.read(_FRAME_HEADER) != header:
                        return False
                place = _WAL_HEADER + max(0, self._pages - 1) * (_FRAME_HEADER + self._page_size)
                wal.seek(place)
                self._last_frame = (place, wal.read(_FRAME_HEADER)) if self._pages else None
        except FileNotFoundError:
            return True  # told by the look at the files
        return True

    def checkpoint(self, *, empty: bool = False) -> None:
        """Move the WAL into the file; ``empty`` also cuts the WAL to nothing. What was committed stays durable if this fails."""
        if self._connection is None:
            return
        mode = apsw.SQLITE_CHECKPOINT_TRUNCATE if empty else apsw.SQLITE_CHECKPOINT_PASSIVE
        try:
            self._connection.wal_checkpoint(mode=mode)
        except apsw.Error as error:
            fault = fault_of(error)
            if fault is None:
                raise
            if fault.kind != "full":  # on a full disk the WAL simply stays
                self.close()
                raise fault from error
        self._pages = 0
        self._last_frame = None  # the next commit may begin the WAL anew
        self._seen = self._look()

    def set_aside(self) -> None:
        """Rename the damaged files to ``*.damaged-<unix time>``, for whoever wants to know what happened."""
        self.close()
        suffix = f".damaged-{int(time.time())}"
        try:
            for path in (self.path, self._wal):
                if path.exists():
                    path.rename(path.with_name(path.name + suffix))
        except OSError as error:
            raise Fault("unwritable", f"the damaged file cannot be set aside ({error.strerror})") from error

    def drop_set_aside(self, before: float) -> None:
        """Remove files set aside before that time: they hold MACs, which have a retention time. Raises ``Fault``."""
        try:
            for path in self.path.parent.glob(f"{self.path.name}*.damaged-*"):
                if path.stat().st_mtime < before:
                    path.unlink()
        except OSError as error:
            raise Fault("unwritable", f"an old damaged file cannot be removed ({error.strerror})") from error

    def close(self) -> None:
        """Let the file go without touching it."""
        if self._connection is not None:
            self._connection.close(force=True)
            self._connection = None


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def execute(statements: Sequence[Statement]) -> Job:
    """A job that carries out statements."""

    def job(connection: apsw.Connection) -> None:
        for sql, values in statements:
            connection.execute(sql, values)

    return job
