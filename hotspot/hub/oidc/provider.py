"""The provider over HTTP: its documents, kept for an hour; codes for ID tokens; what else it says of somebody.

Nothing is asked of it in advance: a provider that is away stops only those who log in with it.
"""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from msgspec import Struct

from hotspot.hub.oidc import flow
from hotspot.hub.oidc.flow import Refused
from hotspot.hub.oidc.settings import OpenId, secure

T = TypeVar("T")

SECONDS: Final = 10.0
"""For one request: somebody waits."""
LARGEST: Final = 1_048_576
"""Bytes of an answer."""
KEPT: Final = timedelta(hours=1)
"""Documents of the provider, before they are asked for again."""
AGAIN: Final = timedelta(minutes=1)
"""Before keys are asked for again because a token names an unknown one: nobody shall make us ask without end."""
PAUSE: Final = timedelta(seconds=5)
"""After it could not be reached: who comes meanwhile is told at once, and does not wait behind the others."""


class ProviderAway(Exception):
    """It cannot be reached, or does not answer as a provider does; the text says what happened."""


class Metadata(Struct, frozen=True):
    """What it says of itself (OpenID Connect Discovery 1.0 §3), as far as it matters here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Keys(Struct, frozen=True):
    keys: tuple[dict[str, Any], ...]


class _Tokens(Struct, frozen=True):
    id_token: str
    access_token: str = ""


class _Failed(Struct, frozen=True):
    error: str = ""


class Provider:
    """One provider, for all logins of a process."""

    def __init__(self, settings: OpenId) -> None:
        self.settings = settings
        self._busy = asyncio.Lock()
        self._metadata: tuple[datetime, Metadata] | None = None
        self._away: tuple[datetime, str] | None = None
        self._keys: tuple[datetime, Sequence[Mapping[str, Any]]] | None = None

    async def address(self, secret: str, now: datetime) -> str:
        """Where the browser with that secret goes to log in. Raises ``ProviderAway``."""
        return flow.address(self.settings, (await self._described(now)).authorization_endpoint, secret)

    async def claims(self, query: Mapping[str, str], secret: str, now: datetime) -> dict[str, Any]:
        """What it says of whoever comes back with this query; ``sub`` is theirs for good. Raises ``Refused``, ``Declined`` and
        ``ProviderAway``."""
        flow.check_state(query, secret)
        described = await self._described(now)
        code = flow.code(self.settings, query, names_itself=described.authorization_response_iss_parameter_supported)
        tokens = await self._exchanged(described, code, flow.verifier(secret))
        claims = await self._checked(tokens.id_token, flow.nonce(secret), now)
        if self.settings.roles and described.userinfo_endpoint and tokens.access_token and not _has(claims, self.settings.claim):
            more = await self._more(described.userinfo_endpoint, tokens.access_token)
            if more.get("sub") != claims["sub"]:  # Core 1.0 §5.3.2: or somebody else's roles would be theirs
                raise Refused("userinfo: sub: expected that of the ID token")
            claims = {**more, **claims}
        return claims

    async def _checked(self, token: str, nonce: str, now: datetime) -> dict[str, Any]:
        from hotspot.hub.oidc import idtoken  # here: 130 ms that a hub without OpenID need not spend

        named = idtoken.key_id(token)
        keys = idtoken.candidates(await self._published(now, KEPT), named)
        if not keys:  # it may have begun to sign with another one
            keys = idtoken.candidates(await self._published(now, AGAIN), named)
        return await asyncio.to_thread(idtoken.claims_of, self.settings, token, keys, nonce, now)

    # What it publishes ------------------------------------------------------------------------------------------------------------------

    async def _described(self, now: datetime) -> Metadata:
        async with self._busy:
            if self._metadata is None or now - self._metadata[0] >= KEPT:
                if self._away is not None and now - self._away[0] < PAUSE:
                    raise ProviderAway(self._away[1])
                self._metadata = (now, await self._describe(now))
            return self._metadata[1]

    async def _describe(self, now: datetime) -> Metadata:
        address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = await self._asked("GET", address, Metadata)
            if found.issuer != self.settings.issuer:
                raise ProviderAway(f"{address}: issuer = {found.issuer[:200]!r}: expected {self.settings.issuer!r}, as in our settings")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
                value = getattr(found, name)
                if value is not None and not secure(value):
                    raise ProviderAway(f"{address}: {name} = {value[:200]!r}: expected an address with https")
        except (ProviderAway, Refused) as error:
            self._away = (now, str(error))
            raise ProviderAway(str(error)) from None
        return found

    async def _published(self, now: datetime, oldest: timedelta) -> Sequence[Mapping[str, Any]]:
        described = await self._described(now)
        async with self._busy:
            if self._keys is None or now - self._keys[0] >= oldest:
                self._keys = (now, (await self._asked("GET", described.jwks_uri, _Keys)).keys)
            return self._keys[1]

    # What it is asked -------------------------------------------------------------------------------------------------------------------

    async def _exchanged(self, described: Metadata, code: str, verifier: str) -> _Tokens:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.callback,
            "code_verifier": verifier,
        }
        headers: dict[str, str] = {}
        secret = self._secret()
        if secret and "client_secret_basic" in described.token_endpoint_auth_methods_supported:
            pair = f"{quote(self.settings.client_id, safe='')}:{quote(secret, safe='')}"  # RFC 6749 §2.3.1
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            fields["client_id"] = self.settings.client_id
            if secret:
                fields["client_secret"] = secret
        return await self._asked("POST", described.token_endpoint, _Tokens, data=fields, headers=headers)

    async def _more(self, endpoint: str, access_token: str) -> dict[str, Any]:
        return await self._asked("GET", endpoint, dict[str, Any], headers={"Authorization": f"Bearer {access_token}"})

    def _secret(self) -> str:
        """Read each time: it can be changed while the hub runs."""
        if not self.settings.client_secret_file:
            return ""
        try:
            return Path(self.settings.client_secret_file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise ProviderAway(f"oidc.client_secret_file: {error}") from None

    async def _asked(self, method: str, address: str, kind: type[T], **more: Any) -> T:
        """Raises ``ProviderAway``; ``Refused`` when it is there and says no."""
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        try:
            connector = aiohttp.TCPConnector(ssl=self._tls())
            async with (
                aiohttp.ClientSession(timeout=timeout, connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http,
                http.request(method, address, allow_redirects=False, **more) as response,
            ):
                content = bytearray()
                async for chunk in response.content.iter_any():
                    content += chunk
                    if len(content) > LARGEST:
                        raise ProviderAway(f"{address}: expected at most {LARGEST} bytes")
                if response.status in (400, 401, 403):
                    raise Refused(f"{address}: status {response.status} {_said(content)}".strip())
                if response.status != 200:
                    raise ProviderAway(f"{address}: status {response.status}")
                return msgspec.json.decode(content, type=kind)
        except TimeoutError:
            raise ProviderAway(f"{address}: no answer within {SECONDS:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # msgspec's faults are ValueErrors
            raise ProviderAway(f"{address}: {type(error).__name__}: {error}") from None

    def _tls(self) -> ssl.SSLContext | bool:
        return ssl.create_default_context(cafile=self.settings.authority) if self.settings.authority else True


def _said(content: bytes | bytearray) -> str:
    try:
        return msgspec.json.decode(content, type=_Failed).error[:100]
    except ValueError:
        return ""


def _has(claims: Mapping[str, Any], claim: str) -> bool:
    return claim in claims or claim.partition(".")[0] in claims
