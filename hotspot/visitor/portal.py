"""The portal as a captive phone sees it: is it there, is its certificate good, what does it tell phones, and can its terms be accepted?"""

import secrets
import ssl
import time
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from hotspot.looks.values import Severity
from hotspot.looks.words_visit import CLOSED_NOW
from hotspot.session import visitor_check
from hotspot.visitor import inside
from hotspot.visitor.known import Known, Promised
from hotspot.visitor.notes import Failed, Name, Skipped
from hotspot.visitor.pages import form_to
from hotspot.visitor.said import NOTHING, Said, number
from hotspot.visitor.web import Page, Port, Unanswered

SLOW: Final = 3.0
"""Seconds after which people close an empty window."""
SOON: Final = 10.0
"""Days before its end by which a certificate should have been renewed."""
MEDIA_TYPE: Final = "application/captive+json"
CHECKED: Final = Promised.of(visitor_check.CHECK_PLAN.rates, Said("Tarif des Probebesuchs", "the test visit's own plan"))
_DAY: Final = 86_400.0
_EXPIRED, _EARLY, _NAME = 10, 9, 62
"""X509_V_ERR of openssl/x509_vfy.h: has expired, is not yet valid, is for another name."""


def there(known: Known, family: int) -> None:
    """Somebody answers where the portal should be."""
    if not known.portal_url:
        raise Skipped("no-portal-named")
    parts = urlsplit(known.portal_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if known.knock(known.address_of(known.portal_url, family), port) is not Port.OPEN and not _serves_bare(known, family):
        alone = family == 6 and known.notes.passed(Name("portal", 4))
        raise Failed("portal6-down" if alone else "portal-down")


def _serves_bare(known: Known, family: int) -> bool:
    """Does it show its page without TLS, where it should have it? Else it leads from there to the page with TLS."""
    parts = urlsplit(known.portal_url)
    bare = f"http://{parts.hostname}{parts.path}"
    try:
        shown = known.is_bare(bare) and known.get(bare, family).status == 200
    except Unanswered:
        return False
    known.bare_url = bare if shown else known.bare_url
    return shown


def certificate(known: Known) -> None:
    """It is trusted, covers the name that phones are told, and is not about to end. Where the portal itself does without it, so does the
    visit from here on."""
    if known.bare_url:
        known.portal_url, known.api_url = known.bare_url, ""
        raise Failed("pages-without-tls")
    url = known.api_url or known.portal_url
    if not url.startswith("https://"):
        raise Skipped("no-certificate")
    page = _fetched(known, url, known.way)
    days = ((page.expires or time.time() + 365 * _DAY) - time.time()) / _DAY
    if days < SOON:
        raise Failed("certificate-soon", days=int(days))


def _fetched(known: Known, url: str, family: int, headers: dict[str, str] | None = None) -> Page:
    """An answer of the portal. Raises ``Failed`` with what is wrong with its connection."""
    name = urlsplit(url).hostname or ""
    try:
        return known.get(url, family, headers)
    except ssl.SSLCertVerificationError as error:
        kinds = {_EXPIRED: "certificate-expired", _EARLY: "certificate-early", _NAME: "certificate-name"}
        raise Failed(kinds.get(error.verify_code, "certificate-untrusted"), name=name) from None
    except ssl.SSLError:
        raise Failed("tls-broken") from None
    except Unanswered:
        alone = family == 6 and known.notes.passed(Name("portal", 4))
        raise Failed("portal6-down" if alone else "portal-down") from None


def told(known: Known, family: int) -> dict[str, Any]:
    """The API's answer. Raises ``Failed``."""
    page = _fetched(known, known.api_url, family, {"Accept": MEDIA_TYPE})
    if page.status != 200:
        raise Failed("api-status", status=page.status)
    kind = page.headers.get("content-type", "").partition(";")[0].strip()
    if kind != MEDIA_TYPE:
        raise Failed("api-type", found=kind or NOTHING)
    try:
        answer = msgspec.json.decode(page.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Failed("api-unreadable") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("captive"), bool):
        raise Failed("api-unreadable")
    return answer


def api(known: Known, family: int) -> None:
    """The API says that the client is captive, and where to go."""
    if not known.api_url:
        raise Skipped("no-certificate")
    answer = told(known, family)
    if not answer["captive"]:
        raise Failed("api-not-captive")
    page = answer.get("user-portal-url")
    if not isinstance(page, str) or not page.startswith("https://"):
        raise Failed("api-no-page")
    known.portal_url = known.portal_url or page


def page(known: Known) -> None:
    """The splash page comes, with the form that accepts."""
    if not known.portal_url:
        raise Skipped("no-portal-named")
    shown = _fetched(known, known.portal_url, known.way, {"Accept-Language": "de"})
    if shown.status != 200:
        if inside.hub_away(known.choices):
            raise Failed("hub-away", Severity.URGENT)
        raise Failed("portal-problem", status=shown.status)
    form = form_to(shown.text, "/accept")
    if form is None:
        if inside.closed(known.choices):
            raise Skipped(CLOSED_NOW)
        if inside.hub_away(known.choices):
            raise Failed("hub-away", Severity.URGENT)  # nobody new is let in because of that
        raise Failed("page-without-form")
    known.form = form.sent_from(known.portal_url)
    if shown.seconds > SLOW:
        raise Failed("page-slow", seconds=number(shown.seconds, ".1f"))


def accept(known: Known) -> None:
    """The button is tapped; with a key, the portal is told that it is one of us."""
    assert known.form is not None
    url, body = known.form
    proof = visitor_check.prove(known.choices.key, known.mac, time.time(), secrets.token_hex(8)) if known.choices.key else ""
    try:
        answer = known.post(url, body, {visitor_check.HEADER: proof} if proof else {})
    except (Unanswered, ssl.SSLError):
        raise Failed("portal-down") from None
    if not answer.location:
        if inside.closed(known.choices):
            raise Skipped(CLOSED_NOW)  # since the page came
        raise Failed("accept-refused", status=answer.status)
    if proof:
        known.promised = CHECKED


def status(known: Known) -> None:
    """What the portal says of itself, where it can be asked."""
    said = inside.status(known.choices)
    if said is None:
        raise Skipped("not-on-the-gateway")
    if any(line.startswith(inside.HUB_AWAY) for line in (*said.faults, *said.warnings)):
        raise Failed("hub-away")
    faults = inside.faults(said, known.choices.zone)
    if faults and not known.notes.amiss:  # else they are told by what a visitor notices
        online = any(known.notes.passed(Name("online", family)) for family in (4, 6))
        raise Failed("portal-fault", Severity.WARNING if online else None, fault=faults[0])
