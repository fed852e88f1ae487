"""A small OpenID provider over real HTTP with real signatures that keeps to the rules, until a test tells it not to."""

import hmac
import json
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlencode

from aiohttp import web
from joserfc.jwk import ECKey, Key, RSAKey
from joserfc.jws import JWSRegistry

from hotspot.hub.oidc.settings import OpenId

CLIENT = "wlan hub"
"""With a space: HTTP's basic authentication has to write it in another way."""
SECRET = "geheim: 100 %"


def _text(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")


class Rogue:
    """One provider. What a test may change is public; ``asked`` counts requests by path."""

    def __init__(self) -> None:
        self.issuer = ""
        self.keys: dict[str, Key] = {"one": RSAKey.generate_key(2048, {"kid": "one"})}
        self.signs_with = "one"
        self.algorithm = "RS256"
        self.header: dict[str, Any] = {}
        self.person: dict[str, Any] = {"sub": "4711", "preferred_username": "anna", "name": "Anna Arnold", "groups": ["wlan-betrieb"]}
        self.claims: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        """Has the last word on an ID token."""
        self.userinfo: dict[str, Any] | None = None
        """None: there is no such endpoint."""
        self.metadata: dict[str, Any] = {}
        """Instead of what it would say of itself."""
        self.answer: dict[str, str] = {}
        """Instead of what the browser would bring back; ``""``: not at all."""
        self.token: str | None = None
        """Instead of an ID token."""
        self.broken: dict[str, tuple[int, bytes]] = {}
        """Path -> status and body, instead of what belongs there."""
        self.asked: dict[str, int] = {}
        self._codes: dict[str, dict[str, str]] = {}

    def app(self) -> web.Application:
        """The web of it."""
        app = web.Application(middlewares=[self._counted])
        app.router.add_get("/.well-known/openid-configuration", self._describe)
        app.router.add_get("/jwks", self._published)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._exchange)
        app.router.add_get("/userinfo", self._more)
        return app

    @web.middleware
    async def _counted(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked[request.path] = self.asked.get(request.path, 0) + 1
        if request.path in self.broken:
            status, body = self.broken[request.path]
            return web.Response(status=status, body=body)
        response: web.StreamResponse = await handler(request)
        return response

    async def _describe(self, _: web.Request) -> web.Response:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "id_token_signing_alg_values_supported": ["RS256", "none"],
            "authorization_response_iss_parameter_supported": True,
        }
        if self.userinfo is not None:
            said["userinfo_endpoint"] = f"{self.issuer}/userinfo"
        return web.json_response({**said, **self.metadata})

    async def _published(self, _: web.Request) -> web.Response:
        mine = [key.as_dict(private=False) for key in self.keys.values()]
        return web.json_response({"keys": [*mine, {"kty": "RSA", "use": "enc", "kid": "other", "n": "AQAB", "e": "AQAB"}, {"kty": "new"}]})

    async def _authorize(self, request: web.Request) -> web.Response:
        """Whoever comes is logged in already."""
        asked = dict(request.query)
        assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == ("code", "S256", CLIENT)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer, **self.answer}
        query = urlencode({name: value for name, value in back.items() if value})
        return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{query}"})

    async def _exchange(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if request.headers.get("Authorization", "").startswith("Basic "):
            name, _, secret = b64decode(request.headers["Authorization"][6:]).decode().partition(":")
            client = (unquote(name), unquote(secret))
        else:
            client = (form.get("client_id", ""), form.get("client_secret", ""))
        if client != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = _text(sha256(form.get("code_verifier", "").encode()).digest()).decode()
        if asked is None or challenge != asked["code_challenge"] or form.get("redirect_uri") != asked["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": "opaque", "token_type": "Bearer", "id_token": self._signed(asked["nonce"])})

    def _signed(self, nonce: str) -> str:
        if self.token is not None:
            return self.token
        now = int(time.time())
        plain = {"iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce, **self.person}
        header = {"alg": self.algorithm, "kid": self.signs_with, **self.header}
        parts = ({name: value for name, value in header.items() if value is not None}, self.claims(plain))
        content = b".".join(_text(json.dumps(part).encode()) for part in parts)
        return (content + b"." + _text(self._signature(content))).decode()

    def _signature(self, content: bytes) -> bytes:
        """By hand: no library signs in the ways of an attacker."""
        key = self.keys[self.signs_with]
        if self.algorithm == "none":
            return b""
        if self.algorithm == "HS256":
            assert isinstance(key, RSAKey)
            return hmac.new(key.as_pem(private=False), content, sha256).digest()
        return bytes(JWSRegistry.algorithms[self.algorithm].sign(content, key))

    async def _more(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer opaque"
        return web.json_response(self.userinfo)


@asynccontextmanager
async def running() -> AsyncIterator[Rogue]:
    """One that listens on loopback."""
    rogue = Rogue()
    runner = web.AppRunner(rogue.app(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        rogue.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield rogue
    finally:
        await runner.cleanup()


def settings_for(rogue: Rogue, secret_file: str, callback: str, **more: Any) -> OpenId:
    """Of a hub that uses it."""
    return OpenId(issuer=rogue.issuer, client_id=CLIENT, client_secret_file=secret_file, callback=callback, **more)


def elliptic(name: str) -> ECKey:
    """Another key."""
    return ECKey.generate_key("P-256", {"kid": name})
