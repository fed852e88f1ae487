"""While it is online: does everything work that should, at the plan's rates, and nothing that should not? Then leave, and captive again."""

import ssl
import time
from typing import Final
from urllib.parse import urljoin

from hotspot.session import visitor_check
from hotspot.visitor import routers
from hotspot.visitor.known import Known
from hotspot.visitor.notes import Failed, Name, Skipped
from hotspot.visitor.outside import TLS_PORT
from hotspot.visitor.pages import form_to
from hotspot.visitor.phones import Probe
from hotspot.visitor.place import link_local
from hotspot.visitor.portal import told
from hotspot.visitor.web import Port, Unanswered, download_rate, upload_rate

OPENS_WITHIN: Final = 2.0
"""Seconds from the tap until a connection must get through."""
LOW, HIGH = 0.7, 1.5
"""Shares of the plan's rate; beyond them it is no longer the plan's."""
COUNTS_AFTER: Final = 1.2
"""Seconds between two readings of the time left: a whole one must have passed."""
NEIGHBOUR_PATIENCE: Final = 0.2
"""Of that which the gateway gets: a neighbour must not answer, so each visit waits for all of it."""


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


def api(known: Known) -> None:
    """The API says that the client is online, and how long."""
    if not known.api_url:
        raise Skipped("no-certificate")
    answer = told(known, known.way)
    if answer["captive"]:
        raise Failed("api-still-captive")
    left = answer.get("seconds-remaining")
    if not isinstance(left, int) or isinstance(left, bool):
        known.notes.find("time-missing")
        return
    known.left(left)
    if known.choices.key and left > visitor_check.CHECK_PLAN.seconds:
        known.promised = (known.choices.down, known.choices.up)
        known.notes.find("not-ours")


def download(known: Known) -> None:
    """The rate down is the plan's."""
    _rate(known, "down", known.choices.download, known.promised[0])


def upload(known: Known) -> None:
    """The rate up is the plan's."""
    _rate(known, "up", known.choices.upload, known.promised[1])


def _rate(known: Known, way: str, url: str, promised: float) -> None:
    if not url:
        raise Skipped("no-target")
    if not promised:
        raise Skipped("no-plan-known")
    seconds, measure = known.choices.measured, download_rate if way == "down" else upload_rate
    try:
        rate = measure(known.address_of(url, known.way), url, seconds, promised / 8 * seconds * 2)
    except Unanswered:
        raise Failed("transfer-failed", way=way) from None
    if not LOW * promised <= rate <= HIGH * promised:
        kind = "rate-low" if rate < promised else "rate-unlimited"
        raise Failed(kind, way=way, found=f"{rate / 1e6:.1f}", expected=f"{promised / 1e6:g}")


def neighbour(known: Known) -> None:
    """No other device of the Wi-Fi can be reached, neither directly nor through the gateway."""
    if not known.choices.neighbours:
        raise Skipped("none-named")
    for address in known.choices.neighbours:
        if ":" in address:
            answers = routers.who_has6(known.frames, known.mac, link_local(known.mac), address, NEIGHBOUR_PATIENCE * known.choices.patience)
        elif known.lease is not None:
            answers = routers.who_has(known.frames, known.mac, known.lease.address, address, NEIGHBOUR_PATIENCE * known.choices.patience)
        else:
            continue
        if answers:
            raise Failed("neighbour-reachable")


def town(known: Known) -> None:
    """The town's network cannot be reached."""
    if not known.choices.forbidden:
        raise Skipped("none-named")
    for number, (address, port) in enumerate(known.choices.forbidden, 1):
        if known.knock(address, port) is Port.OPEN:
            raise Failed("town-reachable", name=f"target {number}, port {port}")


def countdown(known: Known) -> None:
    """The time left counts down."""
    if known.first_left is None:
        raise Skipped("no-time-told")
    moment, first = known.first_left
    time.sleep(max(0.0, moment + COUNTS_AFTER - time.monotonic()))  # a measuring interval: nothing tells when
    left = told(known, known.way).get("seconds-remaining")
    if not isinstance(left, int) or left >= first:
        raise Failed("time-stands")


def leave(known: Known) -> None:
    """The button that leaves."""
    page_url = urljoin(known.portal_url, "/online")
    try:
        shown = known.get(page_url, known.way)
        form = form_to(shown.text, "/leave")
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
