"""Certificates that are wrong in one way each, signed by the hall's own authority or by a foreign one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def signed(folder: Path, name: str, begins: timedelta, ends: timedelta, foreign: bool = False) -> tuple[str, str]:
    """Certificate and key (PEM) for ``name``, good from now + ``begins`` to now + ``ends``; ``folder`` has the authority."""
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    if foreign:
        issuer, signer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Nobody")]), ec.generate_private_key(ec.SECP256R1())
    else:
        issuer = x509.load_pem_x509_certificate((folder / "authority.pem").read_bytes()).subject
        loaded = serialization.load_pem_private_key((folder / "authority.key").read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        signer = loaded
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(pem).decode(), private.decode()
