"""A phone's own questions, all of them at once: for the tests of the probe matrix."""

import asyncio
import time
from collections.abc import Iterable

from hotspot.lab.browse import Response, Unreachable, parse_head
from hotspot.lab.phone import Phone
from hotspot.lab.probes import PROBES, SHEETS, Probe

AT_ONCE = 12
"""Connections that one phone has open; the gateway takes more (64), but not while it counts new ones."""

Question = tuple[str, int]
"""What is asked (``host/path``), and over which IP version."""


def name(probe: Probe) -> str:
    """As in the names of tests."""
    return f"{probe.host}{probe.path}"


QUESTIONS: dict[Question, Probe] = {(name(probe), version): probe for probe in (*PROBES, *SHEETS) for version in probe.versions}
PROBED: tuple[Question, ...] = tuple(question for question, probe in QUESTIONS.items() if probe in PROBES)
"""Those that a detector judges."""


def label(question: Question) -> str:
    """Name of a test."""
    return f"{question[0]}-ipv{question[1]}"


def parsed(data: bytes, seconds: float) -> Response:
    """All that came on a connection, as an answer; raises ``Unreachable`` when it is none."""
    head, _, body = data.partition(b"\r\n\r\n")
    try:
        status, headers = parse_head(head)
    except ValueError as error:
        raise Unreachable(f"cannot take an answer: {error}") from None
    return Response(status, headers, body, len(data), seconds)


async def to_the_end(phone: Phone, data: bytes, version: int, seconds: float = 5.0) -> Response:
    """The answer of somebody who hangs up after it, as a portal must. Raises ``Unreachable``."""
    began = time.monotonic()
    heard = await phone.talk(data, version, seconds)
    return parsed(heard, time.monotonic() - began)


async def ask_all(phone: Phone, *, closing: bool, questions: Iterable[Question] = tuple(QUESTIONS)) -> dict[Question, Response | None]:
    """Every question's answer, None where there was none; ``closing``: the other side has to hang up by itself."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question) -> tuple[Question, Response | None]:
        data, version = QUESTIONS[question].request(), question[1]
        async with places:
            try:
                return question, await (to_the_end(phone, data, version) if closing else phone.send(data, version))
            except Unreachable:
                return question, None

    return dict(await asyncio.gather(*(one(question) for question in questions)))
