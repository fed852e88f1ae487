"""Our key at an ACME authority, and what is signed with it (RFC 8555, 6.2). JWS is joserfc's."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any, Final

import msgspec
from joserfc import jwk, jws
from joserfc.errors import JoseError

_ALGORITHMS: Final = {"P-256": "ES256", "P-384": "ES384"}


class Account:
    """Our key at the authority. Raises ``ValueError`` for a key that is none."""

    def __init__(self, pem: str) -> None:
        try:
            self.key: Any = _imported(pem)
        except (JoseError, ValueError, TypeError) as error:
            raise ValueError(f"expected a private key in PEM, on P-256 or P-384, or RSA ({error})") from None
        public: dict[str, str] = self.key.as_dict(private=False)
        self.algorithm = "RS256" if public["kty"] == "RSA" else _ALGORITHMS.get(public.get("crv", ""), "")
        if not self.algorithm or not self.key.is_private:
            raise ValueError("expected a private key on P-256 or P-384, or RSA")
        self.public = {name: public[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in public}

    def record(self, token: str) -> str:
        """What the TXT record of a DNS-01 challenge says (RFC 8555, 8.4)."""
        thumbprint = sha256(msgspec.json.encode(dict(sorted(self.public.items())))).digest()
        return base64url(sha256(f"{token}.{base64url(thumbprint)}".encode()).digest())

    def signed(self, header: dict[str, Any], payload: bytes) -> bytes:
        """A JWS with that key."""
        return signed({"alg": self.algorithm, **header}, payload, self.key)


def _imported(pem: str) -> Any:
    """A PEM file does not say in its first line what kind of key it holds."""
    try:
        return jwk.ECKey.import_key(pem)
    except (JoseError, ValueError, TypeError, AttributeError):
        return jwk.RSAKey.import_key(pem)


def signed(header: dict[str, Any], payload: bytes, key: Any) -> bytes:
    """A JWS, flattened."""
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)  # nonce and url are ACME's
    return msgspec.json.encode(jws.serialize_json({"protected": header}, payload, key, registry=registry))


def base64url(content: bytes) -> str:
    """As JWS writes bytes: without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()
