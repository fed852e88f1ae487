"""The section ``[hub]`` of the settings: where the hub is, how it is known, how reports wait, and what visitors meet while it is away."""

import ssl
from collections.abc import Sequence
from typing import get_args
from urllib.parse import urlsplit

from msgspec import Struct

from hotspot.portal.settings import Hub
from hotspot.portal.settings_reader import Reader, web_address
from hotspot.session.admission import Away
from hotspot.session.quantities import parse_bytes, parse_seconds

AWAY: tuple[Away, ...] = get_args(Away)
CERTIFICATE = "certificate.pem"
"""In the state folder: chain and key that came with the help of the hub."""
LEAST_KEEP = 1_000_000
"""Bytes: a few weeks of a small hall, in its coarsest form."""


class _Hub(Struct, forbid_unknown_fields=True):
    url: str
    authority: str
    report_every: str | int | float = "1 min"
    keep: str | int = "256 MB"
    keep_for: str | int | float = "90 d"
    away: str = "last-policy"
    away_after: str | int | float = "15 min"
    proxy: str | None = None
    certificate: bool = False


def hub(read: Reader, raw: object) -> Hub | None:
    """The section; None when there is none. Raises ``BadSettings``."""
    if raw is None:
        return None
    file = read.table(raw, _Hub, "hub")
    away, away_after = absence(read, file.away, file.away_after)
    return Hub(
        url=read.value("hub.url", file.url, hub_address),
        authority=_authority(read, file.authority),
        report_every=read.value("hub.report_every", file.report_every, parse_seconds, 1, 3_600),
        keep=read.value("hub.keep", file.keep, parse_bytes, LEAST_KEEP, 2.0**40),
        keep_for=read.value("hub.keep_for", file.keep_for, parse_seconds, 3_600, 31_622_400),
        away=away,
        away_after=away_after,
        proxy=None if file.proxy is None else read.value("hub.proxy", file.proxy, web_address),
        certificate=file.certificate,
    )


def absence(read: Reader, away: str, away_after: str | int | float) -> tuple[Away, float]:
    """What holds while the hub is away, and after how many seconds it is: the part of the section that a policy may set, too. Raises
    ``BadSettings``."""
    return _away(read, away), read.value("hub.away_after", away_after, parse_seconds, 1, 31_622_400)


def hub_address(value: object) -> str:
    """An address that speaks TLS, without a slash at its end. Raises ``ValueError``."""
    parts = urlsplit(web_address(value))
    if parts.scheme != "https" or parts.query or parts.fragment or parts.username is not None:
        raise ValueError('expected an address such as "https://hub.city.example"')
    return str(value).rstrip("/")


def check_certificate(read: Reader, certificate: str | None, addresses: Sequence[str]) -> None:
    """Raises ``BadSettings`` when a certificate is to come from the hub and from a file, or for what has no name in DNS."""
    if certificate is not None:
        raise read.error("certificate", certificate, "expected none, as the certificate comes from the hub (hub.certificate = true)")
    for address in addresses:
        name = urlsplit(address).hostname or ""
        if "." not in name or name.replace(".", "").isdigit() or ":" in name:
            raise read.error("portal_url", address, "expected a name in DNS, for which the hub can get a certificate")


def _away(read: Reader, text: str) -> Away:
    for one in AWAY:
        if text == one:
            return one
    raise read.error("hub.away", text, 'expected "open", "closed" or "last-policy"')


def _authority(read: Reader, name: str) -> str:
    """The text of the file, which must hold certificates that a hub can be checked against."""
    text = read.text("hub.authority", name)
    try:
        trusting(text)
    except ValueError as error:
        raise read.error("hub.authority", name, f"expected a file with the PEM certificate of the hub's authority ({error})") from None
    return text


def trusting(authority: str) -> ssl.SSLContext:
    """A client's context that trusts nobody but ``authority`` (PEM), checks the hub's name and speaks TLS 1.2 or newer. Raises
    ``ValueError``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cadata=authority.encode("ascii", "ignore").decode())  # what stands between certificates may be German
    except ssl.SSLError as error:
        raise ValueError(f"{error.reason or error}".lower().replace("_", " ")) from None
    if not context.cert_store_stats()["x509"]:
        raise ValueError("no certificate in it")
    return context
