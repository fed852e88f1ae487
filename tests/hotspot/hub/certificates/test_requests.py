"""What of a request reaches the authority, and what of its answer is kept."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from hotspot.hub.certificates.requests import read_chain, read_request

NAME = "portal.kleinheim.example"
KEY = ec.generate_private_key(ec.SECP256R1())


def requested(subject: list[x509.NameAttribute[str]], attribute: bytes = b"", name: str = NAME) -> str:
    """A request with more in it than names."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    if attribute:
        builder = builder.add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, attribute)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def test_nothing_but_names_goes_on() -> None:
    """What a gateway writes beside its names would be sent to the authority in the hub's name: it is refused."""
    assert read_request(requested([])).names == (NAME,)
    with pytest.raises(ValueError, match="no subject"):
        read_request(requested([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Bank")]))
    with pytest.raises(ValueError, match="no attributes beside the names"):
        read_request(requested([], b"a word"))


def test_the_same_request() -> None:
    """Key and names make it, not the bytes: an elliptic signature is another one each time."""
    first, again, other = (read_request(requested([], name=name)) for name in (NAME, NAME, "x.kleinheim.example"))
    assert first.der != again.der
    assert first.same(again)
    assert not first.same(other)


def test_nothing_between_certificates_is_kept() -> None:
    """An authority may write a text between them; what is stored and sent to the hall is certificates."""
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Root")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(KEY, hashes.SHA256())
    )
    pem = made.public_bytes(Encoding.PEM).decode()
    chain = read_chain(f"a word\0 \x1b[2J\n{pem}and another\n")
    assert (chain.pem, chain.renewal_id) == (pem, "")
