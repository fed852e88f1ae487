"""The process that makes PDFs beside a server: WeasyPrint takes seconds, and nobody else's requests shall wait for it.

It reads one print (``prints.Print``) from its pipe, answers with the PDF or the reason why not, and ends when the pipe does. It knows
nothing but what it is told, has no network to talk to, and may be killed at any time. What is printed may be secret: it logs nothing.
"""

import contextlib
import gc
import logging
import os
import resource
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from hotspot.printing.pdf import CannotPrint
from hotspot.printing.prints import CannotDraw, Print, made

GENTLE = 5
"""Nice value: whatever else wants to run goes first."""


class Made(Struct, frozen=True, tag="made"):
    """The PDF."""

    content: bytes


class Refused(Struct, frozen=True, tag="refused"):
    """It cannot be printed as it was asked for."""

    why: str


class Missing(Struct, frozen=True, tag="missing"):
    """What PDF needs is not installed."""

    why: str


Answer = Made | Refused | Missing
_PRINT: Final = msgspec.msgpack.Decoder(Print)
_ANSWER: Final = msgspec.msgpack.Decoder(Answer)
_ENCODER: Final = msgspec.msgpack.Encoder()


def asked(wanted: Print) -> bytes:
    """A print as it goes into the pipe."""
    return _ENCODER.encode(wanted)


def answered(content: bytes) -> Answer:
    """An answer as it came out of the pipe."""
    answer: Answer = _ANSWER.decode(content)
    return answer


def work(pipe: Connection, memory: int) -> None:
    """What the process does; ``memory``: bytes of address space that it may have."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends the pipe
    _yield_to_others(memory)
    for noisy in ("weasyprint", "fontTools"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    try:
        while True:
            pipe.send_bytes(_ENCODER.encode(_answer(pipe.recv_bytes())))
            gc.collect()
    except MemoryError:
        os._exit(1)  # a traceback would need memory, too
    except (EOFError, OSError):
        pass  # nobody asks any more


def _yield_to_others(memory: int) -> None:
    """As far as the system lets us: it is the first to wait for the processor, and the first to go when memory is short."""
    with contextlib.suppress(OSError):
        os.nice(GENTLE)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _answer(content: bytes) -> Answer:
    try:
        return Made(made(_PRINT.decode(content)))
    except CannotDraw as error:
        return Refused(str(error))
    except CannotPrint as error:
        return Missing(str(error))
