"""The asyncio side of the journal: one thread, group commit, and health.

Requests that arrive while a commit runs share the next one, which is worth a factor of 20 and more on a disk that flushes in milliseconds.
"""

import asyncio
import queue
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

import apsw

from hotspot.portal.journal import rows
from hotspot.portal.journal.file import Fault, File, Job, execute
from hotspot.portal.journal.rows import Loaded, SqlValue, Statement

MAX_GROUP = 512
"""Requests in one commit."""
LOOK_SECONDS = 1.0
"""How often an idle writer looks whether its files are still there, and whether a fault is over."""


class JournalUnavailable(Exception):
    """Nothing was written; the text says why. ``kind`` as in ``file.Fault``."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


class JournalEvents(Protocol):
    """Whom the journal tells; always called in the event loop."""

    def opened(self, loaded: Loaded, how: str) -> None:
        """The file was opened. ``how``: "" (as it was left), ``new`` or ``damaged`` (then a fresh one was started)."""

    def health(self, ok: bool, kind: str, why: str) -> None:
        """The journal became well (``kind`` "") or unwell."""

    def committed(self, seconds: float, writes: int) -> None:
        """One commit with so many requests in it."""


class _Work(NamedTuple):
    job: Job
    done: "asyncio.Future[Any]"
    forget_before: float | None = None


class Journal:
    """Use as an async context manager; ``run`` ends only with the journal."""

    def __init__(self, path: Path, events: JournalEvents, look_seconds: float = LOOK_SECONDS) -> None:
        self.ok = False
        self.kind = ""
        self._file = File(path)
        self._events = events
        self._look_seconds = look_seconds
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._pool = ThreadPoolExecutor(1, "journal")
        self._closing = False

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        first_try = self._loop.create_future()
        self._thread = self._loop.run_in_executor(self._pool, self._work, first_try)
        await asyncio.wait((first_try, self._thread), return_when=asyncio.FIRST_COMPLETED)
        if self._thread.done():
            self._thread.result()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closing = True
        self._queue.put(None)
        await asyncio.wait((self._thread,))
        self._pool.shutdown()

    async def run(self) -> None:
        """Wait for the thread; a bug in it is raised here."""
        await asyncio.shield(self._thread)

    async def write(self, statements: Sequence[Statement]) -> None:
        """Durable when this returns. Raises ``JournalUnavailable``; then nothing was written."""
        await self._put(execute(statements))

    async def read(self, sql: str, values: tuple[SqlValue, ...] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query. Raises ``JournalUnavailable``."""
        result: list[tuple[Any, ...]] = await self._put(lambda connection: connection.execute(sql, values).fetchall())
        return result

    async def forget(self, ended_before: float, now: float) -> int:
        """Take the MAC from sessions that ended before that wall-clock time, and from files set aside; returns how many sessions."""

        def job(connection: apsw.Connection) -> int:
            connection.execute(rows.FORGET, (ended_before,))
            forgotten = int(connection.changes())
            connection.execute(rows.FORGET_BLOCKS, (now,))
            return forgotten

        forgotten: int = await self._put(job, ended_before)
        return forgotten

    async def _put(self, job: Job, forget_before: float | None = None) -> Any:
        if self._closing or self._thread.done():
            raise JournalUnavailable("closed", "cannot write the journal: it is closed")
        done: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put(_Work(job, done, forget_before))
        return await done

    # In the thread ------------------------------------------------------------------------------------------------------------------

    def _work(self, first_try: "asyncio.Future[None]") -> None:
        try:
            self._try_open()
            self._loop.call_soon_threadsafe(first_try.set_result, None)
            while (batch := self._take()) is not None:
                if batch:
                    self._commit(batch)
                else:
                    self._look()
            self._file.checkpoint(empty=True)
        except Fault as fault:  # only the last checkpoint: the WAL holds all of it
            self._tell(self._set_health, fault)
        finally:
            self._file.close()
            self._refuse_rest()

    def _take(self) -> list[_Work] | None:
        """The next group; empty when nothing came for a while; None at the end."""
        batch: list[_Work] = []
        try:
            work = self._queue.get(timeout=self._look_seconds)
            while work is not None:
                batch.append(work)
                if len(batch) == MAX_GROUP:
                    return batch
                work = self._queue.get_nowait()
        except queue.Empty:
            return batch
        if not batch:
            return None
        self._queue.put(None)  # finish the write in hand first
        return batch

    def _commit(self, batch: list[_Work]) -> None:
        started = time.perf_counter()
        try:
            results = self._run_twice([work.job for work in batch])
            forget = [work.forget_before for work in batch if work.forget_before is not None]
            if forget:
                self._file.checkpoint(empty=True)  # so that no old page of the WAL still holds what was forgotten
                self._file.drop_set_aside(min(forget))
        except Fault as fault:
            self._tell(self._failed, batch, fault)
        else:
            self._tell(self._done, batch, results, time.perf_counter() - started)

    def _run_twice(self, jobs: list[Job]) -> list[Any]:
        """A file that was damaged, changed or removed is replaced or checked at once, and the jobs go into what is there then."""
        try:
            if not self._file.is_open:
                self._open()
            return self._file.run(jobs)
        except Fault as fault:
            if fault.kind not in {"damaged", "changed", "gone"}:
                raise
            self._tell(self._set_health, fault)
        self._open()
        return self._file.run(jobs)

    def _open(self) -> None:
        loaded, how = self._file.open()
        self._tell(self._events.opened, loaded, how)

    def _try_open(self) -> None:
        try:
            self._open()
        except Fault as fault:
            self._tell(self._set_health, fault)
        else:
            self._tell(self._set_health, None)

    def _look(self) -> None:
        """Nothing to do: is the file still ours, and if there was a fault, is it over?"""
        if self.ok and self._file.is_open:
            try:
                self._file.check()
            except Fault as fault:
                self._tell(self._set_health, fault)
            else:
                return
        try:
            self._run_twice([execute(rows.of_meta("looked_at", str(int(time.time()))))])
        except Fault as fault:
            self._tell(self._set_health, fault)
        else:
            self._tell(self._set_health, None)

    def _tell(self, function: Any, *arguments: Any) -> None:
        self._loop.call_soon_threadsafe(function, *arguments)

    def _refuse_rest(self) -> None:
        while True:
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                return
            if work is not None:
                self._tell(self._failed, [work], Fault("closed", "it is closed"))

    # In the loop --------------------------------------------------------------------------------------------------------------------

    def _done(self, batch: list[_Work], results: list[Any], seconds: float) -> None:
        self._set_health(None)
        self._events.committed(seconds, len(batch))
        for work, result in zip(batch, results, strict=True):
            if not work.done.done():
                work.done.set_result(result)

    def _failed(self, batch: list[_Work], fault: Fault) -> None:
        self._set_health(fault)
        for work in batch:
            if not work.done.done():
                work.done.set_exception(JournalUnavailable(fault.kind, str(fault)))

    def _set_health(self, fault: Fault | None) -> None:
        ok, kind = fault is None, fault.kind if fault else ""
        if (ok, kind) != (self.ok, self.kind):
            self.ok, self.kind = ok, kind
            self._events.health(ok, kind, str(fault) if fault else "")
