"""What gateways ask for and what they are given: requests (PKCS #10) and certificates, read and compared."""

import warnings
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from hotspot.hub.certificates.settings import NAME

MOST_NAMES: Final = 16
MOST_CHAIN: Final = 8
_EXTENSIONS: Final = x509.ObjectIdentifier("1.2.840.113549.1.9.14")
"""The attribute in which a request says what is to be in the certificate (RFC 2985, 5.4.2)."""
CURVES: Final = ("secp256r1", "secp384r1")
STRANGE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)
"""What reading of strange requests and certificates raises."""


class Request(Struct, frozen=True):
    """A gateway's request."""

    names: tuple[str, ...]
    key_hash: bytes
    der: bytes

    def same(self, other: "Request") -> bool:
        """The same key for the same names: the same certificate will do for both."""
        return self.key_hash == other.key_hash and set(self.names) == set(other.names)


class Chain(Struct, frozen=True):
    """A certificate with those that lead from it to an authority."""

    names: tuple[str, ...]
    key_hash: bytes
    begins: datetime
    ends: datetime
    der: bytes
    """Of the first."""
    pem: str
    """The certificates, and nothing that stood between them."""
    renewal_id: str
    """Its name where the authority says when to renew it (RFC 9773, 4.1); "": it has none."""


def read_request(pem: str) -> Request:
    """Raises ``ValueError``: what is wrong with it. Whoever sent it has the key, and the key is one that authorities take."""
    try:
        csr = x509.load_pem_x509_csr(pem.encode("ascii"))
        public, signed = csr.public_key(), csr.is_signature_valid
        extensions, attributes = [extension.value for extension in csr.extensions], list(csr.attributes)
    except (*STRANGE, InvalidSignature, x509.InvalidVersion) as error:
        raise ValueError(f"csr: expected a request for a certificate, PKCS #10 in PEM ({error})") from None
    if not signed:
        raise ValueError("csr: expected one that is signed with its own key")
    _check_key(public)
    if any(attribute.oid != _EXTENSIONS for attribute in attributes):
        raise ValueError("csr: expected no attributes beside the names")
    if any(not isinstance(one, x509.SubjectAlternativeName) for one in extensions):
        raise ValueError("csr: expected subjectAltName and no other extension")
    if csr.subject.rdns:
        raise ValueError("csr: expected names in subjectAltName only, and no subject")
    names = _names(extensions)
    if not names or len(names) > MOST_NAMES:
        raise ValueError(f"csr: expected 1 to {MOST_NAMES} names in subjectAltName")
    for name in names:
        if not NAME.fullmatch(name):
            raise ValueError(f"csr: name {name[:80]!r}: expected a name of DNS in small letters, without a star")
    return Request(names, _hash(public), csr.public_bytes(Encoding.DER))


def read_chain(pem: str) -> Chain:
    """Raises ``ValueError``. Each certificate is signed by the next one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of authorities' old ways, which are none of ours
            chain = x509.load_pem_x509_certificates(pem.encode("ascii"))
            first = chain[0]
            public = first.public_key()
            names = _names(extension.value for extension in first.extensions)
            renewal_id = _renewal_id(first)
    except (*STRANGE, IndexError) as error:
        raise ValueError(f"chain: expected certificates in PEM ({error})") from None
    try:
        for below, above in pairwise(chain):
            below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        raise ValueError("chain: expected the certificate first, then who signed it, and so on") from None
    if len(chain) > MOST_CHAIN:
        raise ValueError(f"chain: expected at most {MOST_CHAIN} certificates")
    whole = "".join(one.public_bytes(Encoding.PEM).decode() for one in chain)
    der = first.public_bytes(Encoding.DER)
    return Chain(names, _hash(public), first.not_valid_before_utc, first.not_valid_after_utc, der, whole, renewal_id)


def check_fits(chain: Chain, request: Request, now: datetime) -> None:
    """Raises ``ValueError`` unless a certificate is what was asked for, and good now."""
    if chain.key_hash != request.key_hash:
        raise ValueError("chain: expected a certificate for the key of the gateway's request")
    missing = sorted(set(request.names) - set(chain.names))
    if missing:
        raise ValueError(f"chain: expected a certificate that names {', '.join(missing)} too")
    if not chain.begins - timedelta(hours=1) <= now < chain.ends:
        lifetime = f"from {chain.begins:%Y-%m-%d} to {chain.ends:%Y-%m-%d}"
        raise ValueError(f"chain: expected a certificate that is good now; this one is {lifetime}")


def beyond(pem: str, names: Iterable[str]) -> list[str]:
    """Names in a certificate that are not among these; none when there is no certificate, or none that can be read."""
    try:
        return sorted(set(read_chain(pem).names) - set(names)) if pem else []
    except ValueError:
        return []


def check_zones(names: Iterable[str], partner: str, zones: Mapping[str, Sequence[str]]) -> None:
    """Raises ``ValueError`` for names outside the partner's zones."""
    own = zones.get(partner, ())
    for name in names:
        if not any(name == zone or name.endswith(f".{zone}") for zone in own):
            expected = f"a name in {' or '.join(own)}" if own else f"none: [certificates.zones] in hub.toml has nothing for {partner}"
            raise ValueError(f"name {name!r}: expected {expected}")


def _renewal_id(certificate: x509.Certificate) -> str:
    """Both halves are what DER holds, without tag and length: a serial number whose first bit is set begins with a zero byte."""
    try:
        key = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        key = None
    number = certificate.serial_number
    serial = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return "" if key is None else ".".join(urlsafe_b64encode(half).rstrip(b"=").decode() for half in (key, serial))


def _check_key(public: Any) -> None:
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in CURVES:
        return
    if isinstance(public, rsa.RSAPublicKey) and 2_048 <= public.key_size <= 4_096:
        return
    raise ValueError("csr: expected a key on P-256 or P-384, or RSA with 2048 to 4096 bits")


def _names(extensions: Iterable[Any]) -> tuple[str, ...]:
    for one in extensions:
        if isinstance(one, x509.SubjectAlternativeName):
            if any(not isinstance(name, x509.DNSName) for name in one):
                raise ValueError("subjectAltName: expected names of DNS only")
            return tuple(one.get_values_for_type(x509.DNSName))
    return ()


def _hash(public: Any) -> bytes:
    return sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
