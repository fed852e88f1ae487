"""The portal's certificate as a phone would judge it: a handshake in memory, with the very files, and nothing sent anywhere."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from hotspot.doctor.clock import span
from hotspot.doctor.found import NotLooked, found
from hotspot.doctor.subject import Subject
from hotspot.looks.values import Finding, Severity
from hotspot.portal.certificate_end import end_of

DAYS_WARNING, DAYS_URGENT = 14.0, 3.0
"""Before the end of one that somebody else renews."""
LATE, TOO_LATE = 1 / 2, 1 / 10
"""What is left of the time in which one by the hub is renewed, when it is late."""
_EXPIRED, _NOT_YET, _OTHER_NAME = 10, 9, 62
"""Verdicts of OpenSSL (x509_vfy.h)."""


class Facts(Struct, frozen=True):
    """What was read."""

    now: float
    none: bool = False
    """The settings name no certificate."""
    wants_tls: bool = False
    """The portal's address is https."""
    unreadable: str = ""
    mismatch: bool = False
    """The key is another one's."""
    ends: float = 0
    margin: float = 30 * 86_400.0
    """Seconds before its end in which one by the hub is renewed."""
    not_yet: bool = False
    uncovered: tuple[tuple[str, str], ...] = ()
    """Zone and name of a portal that the certificate does not cover."""
    untrusted: str = ""
    """Why phones would not trust who signed it; "": they do."""
    by_hub: bool = False
    """It comes with the help of the hub."""
    placeholder: bool = False
    """… and has not come yet."""
    waits: str = ""
    """… and another one has been asked for, so long ago; "": it has not."""


def read(subject: Subject) -> Facts:
    """Take the files and try them. Raises ``NotLooked`` when nobody says which."""
    settings = subject.portal
    if settings is None:
        raise NotLooked("no-portal-settings")
    hosts = {name: urlsplit(zone.portal_url) for name, zone in settings.zones.items()}
    wants_tls = any(url.scheme == "https" for url in hosts.values())
    if settings.certificate is None or settings.key is None:
        return Facts(subject.now, none=True, wants_tls=wants_tls)
    # Phones are led to the others in clear, and never see it there.
    names = {name: url.hostname or "" for name, url in hosts.items() if url.scheme == "https"}
    try:
        pem = settings.certificate.read_text(encoding="ascii", errors="ignore")  # comments may be in any tongue
        ends = end_of(pem)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(settings.certificate, settings.key, password=lambda: "")
    except ssl.SSLError as error:
        mismatch = error.reason == "KEY_VALUES_MISMATCH"
        return Facts(subject.now, unreadable="" if mismatch else str(error.reason or error), mismatch=mismatch)
    except (OSError, ValueError) as error:
        return Facts(subject.now, unreadable=getattr(error, "strerror", None) or str(error))
    alone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    alone.load_verify_locations(cadata=pem.partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n")
    alone.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    verdicts = {name: _verdict(server, alone, host) for name, host in names.items()}
    phone = _phone(subject.place.authority)
    doubts = [
        why for code, why in (_verdict(server, phone, host) for host in names.values()) if code not in (0, _EXPIRED, _NOT_YET, _OTHER_NAME)
    ]
    by_hub = settings.hub is not None and settings.hub.certificate
    placeholder, waits, margin = _asked(settings.state_dir, settings.certificate, subject.now) if by_hub else (False, "", 0.0)
    return Facts(
        now=subject.now,
        by_hub=by_hub,
        placeholder=placeholder,
        waits=waits,
        margin=margin,
        wants_tls=wants_tls,
        ends=ends,
        not_yet=any(code == _NOT_YET for code, _ in verdicts.values()),
        uncovered=tuple((name, names[name]) for name, (code, _) in verdicts.items() if code == _OTHER_NAME),
        untrusted=doubts[0] if doubts else "",
    )


def _asked(state_dir: Path, path: Path, now: float) -> tuple[bool, str, float]:
    """Is it only the placeholder, for how long has the hub been asked for another one, and how long before its end is it renewed?"""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from hotspot.portal.certificate_read import STRANGE
    from hotspot.portal.certificate_read import read as kept
    from hotspot.portal.uplink.certificate import REQUEST, margin_of

    here, request = kept(path), state_dir / REQUEST
    margin = max(1.0, margin_of(here).total_seconds())
    try:
        asked = x509.load_pem_x509_csr(request.read_bytes().partition(b"-----BEGIN PRIVATE KEY-----")[0]).public_key()
        waiting = asked.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != here.key
        return here.placeholder, span(max(0.0, now - request.stat().st_mtime)) if waiting else "", margin
    except (OSError, *STRANGE):
        return here.placeholder, "", margin  # not asked yet


def _phone(authority: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authority is not None:
        context.load_verify_locations(cadata=authority.read_text(encoding="ascii", errors="ignore"))
    return context


def _verdict(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> tuple[int, str]:
    """OpenSSL's verdict on the server's chain for this name: 0 is fine; and its words. Both sides are here, joined by memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_side=False, server_hostname=host)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(6):  # a handshake has three flights; more would be none
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return error.verify_code, error.verify_message
            except ssl.SSLError as error:
                return -1, str(error.reason or error)
            if side is ours:
                return 0, ""
    return -1, "no handshake"


def judge(facts: Facts) -> Iterator[Finding]:
    """What phones would say."""
    if facts.none:
        yield found("certificate-missing" if facts.wants_tls else "certificate-none")
        return
    if facts.unreadable:
        yield found("certificate-unreadable", why=facts.unreadable)
        return
    if facts.mismatch:
        yield found("certificate-key-differs")
        return
    days = (facts.ends - facts.now) / 86_400
    if facts.placeholder:
        yield found("certificate-pending" if facts.waits else "certificate-not-asked-for", since=facts.waits)
        return
    if facts.by_hub and days <= 0:
        yield found("certificate-of-hub-ended", days=f"{-days:.0f}", since=facts.waits or "-")
    elif facts.by_hub:
        yield from _renewal(facts, days)
    elif days <= 0:
        yield found("certificate-ended", days=f"{-days:.0f}")
    elif days < DAYS_WARNING:
        yield found("certificate-ends-soon", "", Severity.URGENT if days < DAYS_URGENT else None, days=f"{days:.1f}")
    if facts.not_yet:
        yield found("certificate-not-yet")
    for zone, name in facts.uncovered:
        yield found("certificate-name-wrong", zone, name=name)
    if facts.untrusted:
        yield found("certificate-untrusted", why=facts.untrusted)


def _renewal(facts: Facts, days: float) -> Iterator[Finding]:
    """The portal asks by itself, early enough: for long lives weeks before the end, for short ones days."""
    left = (facts.ends - facts.now) / facts.margin
    if left < LATE:
        urgent = Severity.URGENT if left < TOO_LATE else None
        yield found("certificate-not-renewed", "", urgent, days=f"{days:.1f}", since=facts.waits or "-")
