"""PDFs, made by a process of its own so that reports and pages do not wait: one at a time, few in line, each within its time and memory.

The process is started by the first print, started anew after it died or was stuck, and ended when nothing was printed for a while.
"""

import asyncio
import contextlib
import importlib.util
import multiprocessing
import threading
from collections import Counter
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final

import structlog

from hotspot.printing import worker
from hotspot.printing.prints import Print

IN_LINE: Final = 5
"""Prints that wait or are being made; more are told to come again."""
OF_ONE: Final = 2
"""Of them, prints of one town: nobody else waits longer for what it prints."""
SECONDS: Final = 60.0
"""For one print."""
MEMORY: Final = 1_500_000_000
"""Bytes of address space for the process: Python, Pango and WeasyPrint with a sheet of 240 tickets take a third of that."""
IDLE: Final = 300.0
"""Seconds without a print after which the process is ended."""
AGAIN: Final = 10.0
"""Seconds after which it is worth trying again when it was busy."""

log = structlog.get_logger("printer")


class Busy(Exception):
    """Too many prints are in line; it is worth trying again in ``AGAIN`` seconds."""


class NotPrinted(Exception):
    """It took too long, or the process died of it."""


class TookTooLong(NotPrinted):
    """It was not done within its time."""


class Refused(Exception):
    """It cannot be printed as it was asked for; the text says why."""


class NotInstalled(Exception):
    """What PDF needs is not installed on this server; the text says what."""


class Printer:
    """Makes one PDF after the other."""

    def __init__(self, in_line: int = IN_LINE, seconds: float = SECONDS, memory: int = MEMORY, idle: float = IDLE) -> None:
        self._in_line, self._seconds, self._memory, self._idle = in_line, seconds, memory, idle
        self._turn = asyncio.Lock()
        self._inside: Counter[str] = Counter()
        self._process: _Process | None = None
        self._rest: asyncio.TimerHandle | None = None

    @property
    def installed(self) -> bool:
        """Is WeasyPrint there? Whether Pango is, too, shows when something is printed."""
        return importlib.util.find_spec("weasyprint") is not None

    async def pdf(self, wanted: Print, whose: str) -> bytes:
        """The PDF, within ``SECONDS`` after its turn has come; ``whose``: the town that prints. Raises ``Busy``, ``Refused``,
        ``NotPrinted`` and ``NotInstalled``."""
        if self._inside.total() >= self._in_line or self._inside[whose] >= OF_ONE:
            raise Busy(f"{self._inside.total()} prints are in line: expected at most {self._in_line}, and {OF_ONE} of one town")
        self._inside[whose] += 1
        try:
            async with self._turn:
                answer = await self._answer(worker.asked(wanted))
        finally:
            self._inside[whose] -= 1
            self._inside += Counter()  # without those that are zero
        match answer:
            case worker.Made():
                return answer.content
            case worker.Refused():
                raise Refused(answer.why)
            case worker.Missing():
                raise NotInstalled(answer.why)

    def close(self) -> None:
        """End the process; what it was making is lost. The next print starts another."""
        if self._rest is not None:
            self._rest.cancel()
        if self._process is not None:
            self._process.end()
            self._process = None

    async def _answer(self, content: bytes) -> worker.Answer:
        if self._rest is not None:
            self._rest.cancel()
        process = self._process = self._process or _Process(self._memory)
        whole = False
        try:
            async with asyncio.timeout(self._seconds):
                answer = worker.answered(await asyncio.to_thread(process.answer, content))
            whole = True
        except TimeoutError:
            log.warning("a print took too long", seconds=self._seconds)
            raise TookTooLong(f"cannot make the PDF: it took more than {self._seconds:g} s") from None
        except (EOFError, OSError):
            log.warning("the printing process died")
            raise NotPrinted("cannot make the PDF: the process that makes it has ended") from None
        finally:
            if not whole:  # also when nobody waits any more: what comes out of that pipe next would be the answer to something else
                self.close()
        self._rest = asyncio.get_running_loop().call_later(self._idle, self.close)
        return answer


class _Process:
    """The process and our end of its pipe; blocking, for a thread."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._pipe: Connection | None = None
        self._running: BaseProcess | None = None
        self._ended = False
        self._changing = threading.Lock()

    def answer(self, content: bytes) -> bytes:
        """Raises ``EOFError`` or ``OSError`` when the process died or was ended, which is what frees a thread that waits here."""
        pipe = self._pipe or self._start()
        pipe.send_bytes(content)
        return pipe.recv_bytes()

    def end(self) -> None:
        """At once."""
        with self._changing:
            self._ended = True
            if self._running is not None:
                self._running.kill()
                self._running.join()
                self._running.close()
                self._running = None

    def _start(self) -> Connection:
        """A fresh interpreter (``spawn``): nothing of ours is in its memory, no connection and no key."""
        with self._changing:
            if self._ended:
                raise EOFError
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            self._running = context.Process(target=worker.work, args=(theirs, self._memory), name="printer", daemon=True)
            with contextlib.closing(theirs):  # with our copy open we would never hear that the process has died
                self._running.start()
            self._pipe = ours
            return ours
