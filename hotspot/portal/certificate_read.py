"""What is in a certificate: whose names, from when to when, for which key; and how phones judge that. X.509 is ``cryptography``'s."""

import ipaddress
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from msgspec import Struct

from hotspot.portal.certificates import CertificateUnusable, Presented, make_context
from hotspot.portal.settings import Settings

PLACEHOLDER: Final = timedelta(days=1)
SOON: Final = 14 * 86_400.0
"""Seconds before the end of one that somebody should have renewed."""
STRANGE: Final = (
    ValueError,
    TypeError,
    IndexError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)
"""What reading of strange certificates and requests raises."""


class Kept(Struct, frozen=True):
    """A certificate as it lies on the disk."""

    names: frozenset[str]
    """In small letters; addresses in brackets, as ``ipaddress`` writes them."""
    key: bytes
    """Its public key."""
    begins: datetime
    ends: datetime
    placeholder: bool


def read(path: Path) -> Kept:
    """Raises ``ValueError`` and ``OSError``."""
    return read_pem(path.read_bytes())


def read_pem(pem: bytes) -> Kept:
    """The first certificate of a chain. Raises ``ValueError``, whatever is strange about it."""
    try:
        chain = x509.load_pem_x509_certificates(pem)
        first = chain[0]
        names, key = names_in(first.extensions), public_bytes(first.public_key())
    except STRANGE as error:
        raise ValueError(f"expected a certificate with subjectAltName ({type(error).__name__}: {error})") from None
    placeholder = len(chain) == 1 and first.issuer == first.subject and _NOT_YET in first.subject
    return Kept(frozenset(names), key, first.not_valid_before_utc, first.not_valid_after_utc, placeholder)


def names_in(extensions: x509.Extensions) -> list[str]:
    """The names and addresses in subjectAltName. Raises what is in ``STRANGE``."""
    found = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = [name.lower() for name in found.get_values_for_type(x509.DNSName)]
    return names + [f"[{address}]" for address in found.get_values_for_type(x509.IPAddress)]


def safe_hosts(settings: Settings) -> tuple[str, ...]:
    """Names or addresses that visitors are sent to by https."""
    urls = [urlsplit(zone.portal_url) for zone in settings.zones.values()]
    return tuple(sorted({url.hostname or "" for url in urls if url.scheme == "https"}))


def judged(pem: bytes, hosts: Collection[str]) -> Presented:
    """How phones judge a certificate when they come by these names. Who signed it is another question, which only they can answer."""
    try:
        kept = read_pem(pem)
    except ValueError as error:
        return Presented(f"the portal's certificate cannot be read ({error})"[:300])
    if kept.placeholder:
        return Presented("the portal has no certificate from the hub")
    missing = tuple(sorted(host for host in hosts if not _covers(kept.names, host)))
    return Presented("", missing, kept.begins.timestamp(), kept.ends.timestamp())


def of_files(settings: Settings, unix: float) -> Iterator[str]:
    """What is wrong with certificate and key that the settings name, or will be soon."""
    if settings.certificate is None or settings.key is None or (settings.hub is not None and settings.hub.certificate):
        return
    try:
        make_context(settings.certificate, settings.key)
    except CertificateUnusable as error:
        yield f"{error}: pages are served without TLS"
        return
    shown = judged(settings.certificate.read_bytes(), safe_hosts(settings))
    if fault := shown.fault(unix):
        yield f"{fault}: pages are served without TLS"
    elif shown.ends - unix < SOON:
        yield f"the portal's certificate ends in {(shown.ends - unix) / 86_400:.1f} days"


def _covers(names: frozenset[str], host: str) -> bool:
    """By the name itself, by a star in the place of its first part (RFC 9525, 6.3), or by its address."""
    try:
        return f"[{ipaddress.ip_address(host)}]" in names
    except ValueError:
        first, dot, rest = host.lower().rstrip(".").partition(".")
        return f"{first}{dot}{rest}" in names or (bool(dot) and f"*.{rest}" in names)


_NOT_YET: Final = x509.NameAttribute(x509.NameOID.COMMON_NAME, "not yet")


def placeholder(names: Collection[str]) -> bytes:
    """Certificate and key (PEM) that no phone believes: something to listen with."""
    private, now, name = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC), x509.Name([_NOT_YET])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - PLACEHOLDER)
        .not_valid_after(now + PLACEHOLDER)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(private, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM) + private_pem(private)


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key, without a password."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_bytes(key: object) -> bytes:
    """What is compared."""
    described: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return described
