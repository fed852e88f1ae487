"""What the authority of the tests does with every request before it is heard: nonces, signatures, accounts (RFC 8555, 6.2 to 6.5)."""

import json
import random
import secrets
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.hub.certificates.authority_papers import PROBLEM, Refusal, plain, public_of, thumbprint_of


class Desk:
    """Tests turn its knobs."""

    def __init__(self) -> None:
        self.refused_nonces = 0
        self.bad_nonces = 0
        """So many of the next requests have a nonce that is not taken."""
        self.limited: tuple[str, int] | None = None
        """Kind of request (as ``new-order``) that is asked too often, and Retry-After."""
        self.retry_after = "0"
        """What it says where there is something to be waited for."""
        self.weather: random.Random | None = None
        """As Pebble by default: one nonce in twenty is refused, every second authorization is from before, looks take their time, orders
        are signed later, and nobody says how long. None: the sun shines."""
        self.away = False
        self.requests: list[str] = []
        self.port = 0
        self._accounts: dict[str, ec.EllipticCurvePublicKey] = {}
        self._thumbprints: dict[str, str] = {}
        self._newcomers: dict[str, ec.EllipticCurvePublicKey] = {}
        """Thumbprint -> key of who asked for an account, and need not have one."""
        self._nonces: set[str] = set()

    def _at(self, path: str) -> str:
        return f"https://localhost:{self.port}{path}"

    # Every request ------------------------------------------------------------------------------------------------------------------

    @web.middleware
    async def _each(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append(request.path.split("/")[1])
        try:
            if self.away:
                raise Refusal(503, "serverInternal", "maintenance")
            if self.limited is not None and request.path.startswith(f"/{self.limited[0]}"):
                raise Refusal(429, "rateLimited", "too many requests of this kind", Retry_After=str(self.limited[1]))
            answer: web.StreamResponse = await handler(request)
        except Refusal as refusal:
            problem = {"type": PROBLEM + refusal.kind, "detail": str(refusal), "status": refusal.status, **refusal.more}
            answer = web.json_response(problem, status=refusal.status, headers=refusal.headers, content_type="application/problem+json")
        if request.method != "GET":
            nonce = secrets.token_urlsafe(12)
            self._nonces.add(nonce)
            answer.headers["Replay-Nonce"] = nonce
        return answer

    async def _signed(self, request: web.Request, by: str = "kid") -> tuple[Any, str]:
        """Payload (None: POST-as-GET) and account of a request, after all checks of RFC 8555, 6.2 to 6.5."""
        if request.headers["Content-Type"] != "application/jose+json":
            raise Refusal(415, "malformed", "expected application/jose+json")
        if not request.headers.get("User-Agent", "").startswith("hotspot-hub"):
            raise Refusal(400, "malformed", "expected a User-Agent (6.1)")
        whole = json.loads(await request.read())
        if set(whole) != {"protected", "payload", "signature"}:
            raise Refusal(400, "malformed", "expected a flattened JWS")
        header = json.loads(plain(whole["protected"]))
        if set(header) != {"alg", "nonce", "url", by}:
            raise Refusal(400, "malformed", f"expected alg, nonce, url and {by} in the header")
        if header["alg"] != "ES256":
            raise Refusal(400, "badSignatureAlgorithm", "expected ES256")
        if header["url"] != self._at(request.path_qs):
            raise Refusal(403, "unauthorized", "signed for another address")
        if header["nonce"] not in self._nonces:
            raise Refusal(400, "badNonce", "expected a fresh nonce")
        self._nonces.discard(header["nonce"])
        account = header["kid"] if by == "kid" else thumbprint_of(header["jwk"])
        public = self._accounts.get(account) if by == "kid" else public_of(header["jwk"])
        if public is None:
            raise Refusal(400, "accountDoesNotExist", "no such account")
        signature = plain(whole["signature"])
        if len(signature) != 64:
            raise Refusal(400, "malformed", "expected a signature of 64 bytes")
        pair = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        try:
            public.verify(pair, f"{whole['protected']}.{whole['payload']}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise Refusal(403, "unauthorized", "the signature is not good") from None
        if self.bad_nonces or self._chance(0.05):
            self.bad_nonces, self.refused_nonces = max(0, self.bad_nonces - 1), self.refused_nonces + 1
            raise Refusal(400, "badNonce", "that one is forgotten")
        if by == "jwk":
            self._newcomers[account] = public
        return (json.loads(plain(whole["payload"])) if whole["payload"] else None), account

    def _chance(self, share: float) -> bool:
        return self.weather is not None and self.weather.random() < share

    def _waiting(self) -> dict[str, str]:
        return {} if self._chance(0.5) else {"Retry-After": self.retry_after}

    async def _read(self, request: web.Request) -> str:
        """Account of a POST-as-GET."""
        payload, account = await self._signed(request)
        if payload is not None:
            raise Refusal(400, "malformed", "expected no payload")
        return account
