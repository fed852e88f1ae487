"""An authenticator in software (WebAuthn level 2, ES256, no attestation): what a browser would send, and what a wrong one would."""

import json
import struct
from base64 import urlsafe_b64encode
from hashlib import sha256

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def text(content: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(content).decode().rstrip("=")


class Authenticator:
    """One passkey; every answer can be made for another place or with another count."""

    def __init__(self, identity: bytes = b"sixteen bytes id") -> None:
        self.identity, self.count = identity, 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def makes(self, challenge: bytes, host: str, origin: str, *, present: bool = True, kind: str = "webauthn.create") -> str:
        """The answer to ``navigator.credentials.create``."""
        numbers = self._key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.identity)) + self.identity + cbor2.dumps(public)
        flags = _ATTESTED | _VERIFIED | (_PRESENT if present else 0)
        data = sha256(host.encode()).digest() + struct.pack(">BI", flags, self.count) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._said({"clientDataJSON": text(_client(kind, challenge, origin)), "attestationObject": text(statement)})

    def signs(self, challenge: bytes, host: str, origin: str, *, count: int | None = None, kind: str = "webauthn.get") -> str:
        """The answer to ``navigator.credentials.get``; ``count``: how often it says that it has signed."""
        self.count = self.count + 1 if count is None else count
        client = _client(kind, challenge, origin)
        data = sha256(host.encode()).digest() + struct.pack(">BI", _VERIFIED | _PRESENT, self.count)
        signature = self._key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature)}
        return self._said(response)

    def _said(self, response: dict[str, str]) -> str:
        identity = text(self.identity)
        return json.dumps({"id": identity, "rawId": identity, "type": "public-key", "response": response})


def _client(kind: str, challenge: bytes, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": text(challenge), "origin": origin, "crossOrigin": False}).encode()
