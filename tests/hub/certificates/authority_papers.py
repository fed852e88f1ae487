"""What the authority of the tests reads and writes: keys, moments, certificates, refusals."""

import base64
import json
import re
import ssl
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.hotspot.portal.test_certificates import make_pair

PROBLEM = "urn:ietf:params:acme:error:"


class Refusal(Exception):
    """Becomes a problem document."""

    def __init__(self, status: int, kind: str, detail: str = "", instance: str = "", **headers: str) -> None:
        super().__init__(detail)
        self.more = {"instance": instance} if instance else {}
        self.status, self.kind, self.headers = status, kind, {name.replace("_", "-"): value for name, value in headers.items()}


async def nothing(_: web.Request) -> web.Response:
    """For whoever only wants a nonce."""
    return web.Response(headers={"Cache-Control": "no-store"})


def serving_tls(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """What clients trust, and the context of a server on localhost."""
    certificate, key = make_pair(folder, "localhost")
    trust = folder / "acme.pem"
    trust.write_bytes(certificate)
    (folder / "acme.key").write_bytes(key)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(trust, folder / "acme.key")
    return trust, tls


def renewal_id(certificate: x509.Certificate) -> str:
    """By the DER of the serial number as ``cryptography`` writes it nowhere: made here from its hexadecimal digits."""
    digits = f"{certificate.serial_number:x}"
    digits = digits.zfill(len(digits) + len(digits) % 2)
    serial = bytes.fromhex(digits if int(digits[0], 16) < 8 else f"00{digits}")
    key = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert key is not None
    return ".".join(base64.urlsafe_b64encode(half).decode().rstrip("=") for half in (key, serial))


def request_of_another(names: list[str]) -> bytes:
    """Of somebody else, for the same names."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.PEM)


def soon() -> str:
    """A moment as JSON says it."""
    return (datetime.now(UTC) + timedelta(days=7)).isoformat(timespec="seconds").replace("+00:00", "Z")


def plain(text: str) -> bytes:
    """Bytes of base64url."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise Refusal(400, "malformed", "expected base64url without padding (6.1)")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_of(jwk: dict[str, str]) -> ec.EllipticCurvePublicKey:
    """The key of a JWK."""
    if set(jwk) != {"kty", "crv", "x", "y"} or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise Refusal(400, "badPublicKey", "expected a key on P-256")
    x, y = (int.from_bytes(plain(jwk[name])) for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def thumbprint_of(jwk: dict[str, str]) -> str:
    """RFC 7638."""
    text = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(sha256(text.encode()).digest()).decode().rstrip("=")


def issuer(name: str, key: ec.EllipticCurvePrivateKey, above: str, signer: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """A certificate that signs others."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, above)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3_650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
