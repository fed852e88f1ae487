"""While it is online: does everything work that should, at the plan's rates, and nothing that should not? Then leave, and captive again."""

import ssl
import time
from typing import Any, Final
from urllib.parse import urljoin

from hotspot.looks.values import Severity
from hotspot.looks.words_visit import CLOSED_NOW
from hotspot.session import visitor_check
from hotspot.visitor import inside
from hotspot.visitor.known import Known, Promised
from hotspot.visitor.notes import Failed, Name, Skipped
from hotspot.visitor.outside import TLS_PORT
from hotspot.visitor.pages import form_to
from hotspot.visitor.phones import Probe
from hotspot.visitor.portal import told as api_told
from hotspot.visitor.said import WAYS, number
from hotspot.visitor.web import Port, Unanswered, download_rate, upload_rate

OPENS_WITHIN: Final = 2.0
"""Seconds from the tap until a connection must get through."""
LOW, HIGH = 0.7, 1.5
"""Shares of the plan's rate; beyond them it is no longer the plan's."""
OWN_WITHIN: Final = 60
"""Seconds of the test visit's plan that may be over when the API is asked."""
CLOSES: Final = "closes-now"
COUNTS_AFTER: Final = 1.2
"""Seconds between two readings of the time left: a whole one must have passed."""


def online(known: Known, family: int) -> None:
    """A connection to the Internet gets through."""
    target = known.outside.get(family)
    if target is None:
        raise Skipped("no-address")
    until = time.monotonic() + OPENS_WITHIN * known.choices.patience
    port = Port.SILENT
    while time.monotonic() < until:
        port = known.knock(target, TLS_PORT)
        if port is Port.OPEN:
            return
        if port is not Port.SILENT:
            time.sleep(0.1)  # it may open any moment; nothing tells when
    if port is Port.REFUSED and inside.closed(known.choices):
        raise Skipped(CLOSED_NOW)  # between the tap and now
    if port is Port.REFUSED:
        raise Failed("grants-nothing")
    alone = family == 6 and known.notes.passed(Name("online", 4))
    raise Failed("internet6-down" if alone else "internet-down")


def own_answer(known: Known, one: Probe, family: int) -> None:
    """A probe hears its own server, so that the phone knows it is online."""
    if not known.resolve(one.host, family):
        raise Skipped("no-address")
    try:
        page = known.get(one.url, family, {"User-Agent": one.agent})
    except Unanswered:
        raise Failed("internet-down" if family == 4 else "internet6-down") from None
    if page.location:
        raise Failed("still-captive")
    if not one.is_answered(page.status, page.text):
        # A server that says itself that it is out of order may be the probe's own.
        raise Failed("probe-not-its-own", Severity.WARNING if page.status >= 500 else None, status=page.status)


def api(known: Known) -> None:
    """The API says that the client is online, and how long."""
    if not known.api_url:
        raise Skipped("no-certificate")
    answer = api_told(known, known.way)
    if answer["captive"]:
        raise Failed("api-still-captive")
    left = answer.get("seconds-remaining")
    if not isinstance(left, int) or isinstance(left, bool):
        known.notes.find("time-missing")
        return
    known.left(left)
    if known.choices.key:
        _whose(known, left)


def _whose(known: Known, left: int) -> None:
    """Did the portal know the visit for the hall's own? Where it cannot be asked, the time tells, but not shortly before the hall closes:
    then any plan has little left."""
    whole, ours = visitor_check.CHECK_PLAN.seconds, inside.ours(known.choices)
    if ours is None and left <= whole:
        ours = True if left > whole - OWN_WITHIN else None
    elif ours is None:
        ours = False
    if ours is None:
        known.promised = Promised()
    elif not ours:
        known.promised = known.plan
        known.notes.find("not-ours")


def download(known: Known) -> None:
    """The rate down is the plan's."""
    _rate(known, "down", known.choices.download)


def upload(known: Known) -> None:
    """The rate up is the plan's."""
    _rate(known, "up", known.choices.upload)


def _rate(known: Known, way: str, url: str) -> None:
    promised = known.promised.most.get(way)
    if not url:
        raise Skipped("no-target")
    if not promised:
        raise Skipped("no-plan-known")
    seconds, measure = known.choices.measured, download_rate if way == "down" else upload_rate
    before, began = inside.moved(known.choices, way), time.monotonic()
    try:
        rate = measure(known.address_of(url, known.way), url, seconds, promised / 8 * seconds * 2)
    except Unanswered:
        raise Failed("transfer-failed", way=WAYS[way]) from None
    took, whole = time.monotonic() - began, inside.between(before, inside.moved(known.choices, way))
    others = None if whole is None else max(0.0, whole * 8 / max(took, 0.1) - rate)
    told = {"way": WAYS[way], "found": number(rate / 1e6, ".1f"), "expected": number(promised / 1e6, "g"), "plan": known.promised.plan}
    judge(rate, promised, known.promised.least.get(way, 0.0), others, told)


def judge(rate: float, most: float, least: float, others: float | None, told: dict[str, Any]) -> None:
    """A rate against its plan's, all in bit/s; ``others``: what all other sessions moved meanwhile, None: not known.
    Raises ``Failed`` with the values ``told``, and ``Skipped`` when the line was full."""
    if rate > HIGH * most:
        raise Failed("rate-unlimited", **told)
    if rate >= LOW * most:
        return
    if others is None and rate >= LOW * least:
        raise Failed("rate-low", Severity.NOTICE, **told)  # from here nobody can say whether the line was full
    if others is not None and rate >= LOW * least and others >= most - rate:
        raise Skipped("line-busy")  # what is missing, others have; what is kept for everybody nobody can take
    raise Failed("rate-low", **told)


def countdown(known: Known) -> None:
    """The time left counts down."""
    if known.first_left is None:
        raise Skipped("no-time-told")
    moment, first = known.first_left
    time.sleep(max(0.0, moment + COUNTS_AFTER - time.monotonic()))  # a measuring interval: nothing tells when
    answer = api_told(known, known.way)
    passed = time.monotonic() - moment
    if answer["captive"] and (first <= passed + 1 or inside.closed(known.choices)):
        raise Skipped(CLOSES)  # there was no more of it: it has counted down to its end
    left = answer.get("seconds-remaining")
    if not isinstance(left, int) or isinstance(left, bool) or left >= first > 0:
        raise Failed("time-stands")


def leave(known: Known) -> None:
    """The button that leaves."""
    page_url = urljoin(known.portal_url, "/online")
    try:
        shown = known.get(page_url, known.way)
        form = form_to(shown.text, "/leave")
        if form is None and inside.closed(known.choices):
            raise Skipped(CLOSES)  # the session ended with the opening hours
        if shown.status != 200 or form is None:
            raise Failed("leave-refused", status=shown.status)
        answer = known.post(*form.sent_from(page_url), {})
    except (Unanswered, ssl.SSLError):
        raise Failed("portal-down") from None
    if not answer.location:
        raise Failed("leave-refused", status=answer.status)


def closed_again(known: Known, family: int) -> None:
    """Nothing gets through any more."""
    target = known.outside.get(family)
    if target is None:
        raise Skipped("no-address")
    if known.knock(target, TLS_PORT) is Port.OPEN:
        raise Failed("leave-cuts-nothing")
