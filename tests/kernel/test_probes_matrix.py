"""Every connectivity probe that is known, over IPv4 and IPv6, as its system sends it: before acceptance, after it, and after the end.

One hall; the questions of a state are asked all at once, and each answer is a test.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from msgspec import Struct

from hotspot import control
from hotspot.ask import ask
from hotspot.lab import Hall, Options
from hotspot.lab.browse import Response, Unreachable, exchange
from hotspot.lab.detectors import Verdict, detector, follows_redirects
from hotspot.lab.layout import SITE, SITE6
from hotspot.lab.phone import Phone
from tests.kernel.probing import PROBED, QUESTIONS, Question, ask_all, label
from tests.kernel.visits import PORTAL_TLS, accept, sessions

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECONDS = 3.0
"""For which Android waits for an answer before it goes on to the next host."""
AGAIN = 1.0
"""Seconds after the end of a session in which a probe must be captive again."""
Answers = dict[Question, Response | None]


class Seen(Struct, frozen=True):
    """What two phones have seen."""

    before: Answers
    portal_page: Response
    """Where the redirect leads."""
    truth: Answers
    """What the servers say to somebody in the Internet."""
    after: Answers
    ended: Answers
    captive_again: float
    """Seconds from the end of the session to the whole first answer of the portal."""
    refused: dict[int, tuple[bool, float]]
    """By IP version: was HTTPS refused, and within how many seconds, before acceptance?"""
    https: dict[int, int]
    """By IP version: status of Android's probe over HTTPS, after acceptance."""


async def refusal(phone: Phone, address: str) -> tuple[bool, float]:
    """Is a connection to port 443 refused, and how soon?"""
    began = time.monotonic()
    try:
        await phone.connect(address, 443)
    except Unreachable as error:
        return "refused" in str(error), time.monotonic() - began
    return False, time.monotonic() - began


async def in_the_internet(hall: Hall) -> Answers:
    """What the servers answer where no gateway is in between."""

    async def one(question: Question) -> tuple[Question, Response | None]:
        address = SITE6 if question[1] == 6 else SITE
        return question, await exchange(hall.layout.wan, address, 80, QUESTIONS[question].request())

    return dict([await one(question) for question in QUESTIONS])


def end_of(hall: Hall) -> float:
    """End the only session, as staff do; the moment in which the order was given (monotonic)."""
    (row,) = sessions(hall)
    began = time.monotonic()
    assert isinstance(ask(hall.folder.control_socket, control.Kick(row.code)), control.Done)
    return began


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seen() -> AsyncIterator[Seen]:
    """Anna asks everything before and after her acceptance; Bert, whom nobody knows yet, after the end of his session."""
    async with AsyncExitStack() as stack:
        hall = await stack.enter_async_context(Hall(f"probes{os.getpid()}", Options(tls=True)))
        anna, bert = await hall.add_phone("anna"), await hall.add_phone("bert")
        await asyncio.gather(anna.join(), bert.join())
        assert (await accept(bert, PORTAL_TLS)).status == 303
        refused = {version: await refusal(anna, address) for version, address in ((4, SITE), (6, SITE6))}
        before = await ask_all(anna, closing=True)
        page = await anna.get(PORTAL_TLS)
        ended_at = end_of(hall)
        ended = {PROBED[0]: (await ask_all(bert, closing=True, questions=PROBED[:1]))[PROBED[0]]}
        captive_again = time.monotonic() - ended_at
        ended |= await ask_all(bert, closing=True, questions=PROBED[1:])
        assert (await accept(anna, PORTAL_TLS)).status == 303
        after = await ask_all(anna, closing=False)
        tls_probe = b"GET /generate_204 HTTP/1.1\r\nHost: www.google.com\r\nConnection: close\r\n\r\n"
        https = {version: (await anna.send(tls_probe, version, tls_name="www.google.com")).status for version in (4, 6)}
        truth = await in_the_internet(hall)
        yield Seen(before, page, truth, after, ended, captive_again, refused, https)


def judged(question: Question, answer: Response | None, page: Response) -> Verdict:
    """What the system says; Chromium follows the redirect to ``page``."""
    probe = QUESTIONS[question]
    if answer is not None and 300 <= answer.status < 400 and follows_redirects(probe.family):
        answer = page
    return detector(probe.family)(probe, answer)


def as_a_portal(answer: Response | None) -> dict[str, object]:
    """What of an answer makes every detector see a portal."""
    assert answer is not None
    return {
        "status": answer.status,
        "location": answer.header("location"),
        "length told": answer.header("content-length") == str(len(answer.body)),
        "body": len(answer.body) > 4,
        "cache": answer.header("cache-control"),
        "connection": answer.header("connection"),
        "in time": answer.seconds < SECONDS,
    }


THE_PORTAL = {
    "status": 302,
    "location": PORTAL_TLS,
    "length told": True,
    "body": True,
    "cache": "no-store",
    "connection": "close",
    "in time": True,
}


@pytest.mark.parametrize("question", QUESTIONS, ids=label)
async def test_before_acceptance(seen: Seen, question: Question) -> None:
    """The answer is a redirect to the portal that no cache keeps, and its connection is over."""
    assert as_a_portal(seen.before[question]) == THE_PORTAL


@pytest.mark.parametrize("question", PROBED, ids=label)
async def test_the_system_says_portal_before(seen: Seen, question: Question) -> None:
    """The detector that sends this probe opens the portal's page for its user."""
    assert judged(question, seen.before[question], seen.portal_page) is Verdict.PORTAL


@pytest.mark.parametrize("question", QUESTIONS, ids=label)
async def test_after_acceptance(seen: Seen, question: Question) -> None:
    """The server's own answer comes through as it is: status, every header, every byte."""

    def all_but_the_date(answer: Response | None) -> tuple[int, list[tuple[str, str]], bytes]:
        assert answer is not None
        return answer.status, [pair for pair in answer.headers if pair[0] != "date"], answer.body

    assert all_but_the_date(seen.after[question]) == all_but_the_date(seen.truth[question])


@pytest.mark.parametrize("question", PROBED, ids=label)
async def test_the_system_says_online_after(seen: Seen, question: Question) -> None:
    """The detector that sends this probe is content."""
    assert judged(question, seen.after[question], seen.portal_page) is Verdict.ONLINE


@pytest.mark.parametrize("question", PROBED, ids=label)
async def test_after_the_end(seen: Seen, question: Question) -> None:
    """It is as before acceptance, for the answer and for who judges it."""
    assert as_a_portal(seen.ended[question]) == THE_PORTAL
    assert judged(question, seen.ended[question], seen.portal_page) is Verdict.PORTAL


async def test_captive_again_within_a_second(seen: Seen) -> None:
    """From the order to end the session to the whole answer of the portal."""
    assert seen.captive_again < AGAIN


@pytest.mark.parametrize("version", [4, 6])
async def test_https_is_refused_at_once_and_then_passes(seen: Seen, version: int) -> None:
    """Android asks over HTTPS beside HTTP: a reset before, the server's own 204 with the server's own certificate after."""
    refused, seconds = seen.refused[version]
    assert (refused, seconds < 0.3, seen.https[version]) == (True, True, 204)
