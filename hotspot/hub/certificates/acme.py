"""An ACME authority as RFC 8555 describes it: account, order, DNS-01, certificate, revocation. JWS is joserfc's, HTTP is aiohttp's.

Three errors, named by what is to be done: ``AuthorityAway`` (ask again later), ``RateLimited`` (not before a moment), ``AuthorityRefused``
(the same again will be refused again).
"""

import ssl
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec
from joserfc import jwk, jws
from joserfc.errors import JoseError
from msgspec import Struct

from hotspot.hub.certificates.settings import Certificates

SECONDS: Final = 30.0
"""Until a request is over."""
LARGEST: Final = 256 * 1024
NONCES: Final = 4
"""Tries of one request whose nonce is not taken: another process of ours, or the authority's memory, was in between."""
PROBLEM: Final = "urn:ietf:params:acme:error:"
_ALGORITHMS: Final = {"P-256": "ES256", "P-384": "ES384"}


class AuthorityAway(Exception):
    """No answer, or none that makes sense: ask again later."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait
        """Seconds, when the authority said how long."""


class RateLimited(AuthorityAway):
    """Too much was asked of it: it says when to come back, or an hour is given to it."""


class AuthorityRefused(Exception):
    """It answered no; the text says why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        """Last part of the type of its problem, as ``rejectedIdentifier``; "": none."""


class Directory(Struct, frozen=True):
    """Where what is."""

    newNonce: str  # noqa: N815  (RFC 8555, 7.1.1)
    newAccount: str  # noqa: N815
    newOrder: str  # noqa: N815
    revokeCert: str  # noqa: N815


class Problem(Struct, frozen=True):
    """RFC 7807."""

    type: str = ""
    detail: str = ""
    subproblems: tuple[Any, ...] = ()


class Order(Struct, frozen=True):
    """RFC 8555, 7.1.3."""

    status: str
    authorizations: tuple[str, ...]
    finalize: str
    certificate: str = ""
    error: Problem | None = None


class Challenge(Struct, frozen=True):
    """RFC 8555, 8."""

    type: str
    url: str
    status: str = "pending"
    token: str = ""
    error: Problem | None = None


class Identifier(Struct, frozen=True):
    """What an authorization is for."""

    type: str
    value: str


class Authorization(Struct, frozen=True):
    """RFC 8555, 7.1.4."""

    identifier: Identifier
    status: str
    challenges: tuple[Challenge, ...] = ()


class Answer(Struct, frozen=True):
    """Of one request that was not refused."""

    body: bytes
    headers: Mapping[str, str]

    @property
    def wait(self) -> float:
        """Seconds until the same is worth asking again."""
        return _retry_after(self.headers, 1.0, 60.0)


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
        return _base64(sha256(f"{token}.{_base64(thumbprint)}".encode()).digest())

    def signed(self, header: dict[str, Any], payload: bytes) -> bytes:
        """A JWS with that key."""
        return _signed({"alg": self.algorithm, **header}, payload, self.key)


class Acme:
    """Async context manager; one request after the other."""

    def __init__(self, settings: Certificates) -> None:
        """Raises ``ValueError`` for an account key or an authority that cannot be used."""
        self.account: Final = Account(settings.account_key)
        self._settings = settings
        self._tls = ssl.create_default_context(cafile=settings.authority)
        self._session: aiohttp.ClientSession | None = None
        self._directory: Directory | None = None
        self._nonce = ""
        self._kid = ""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=SECONDS),
            headers={"User-Agent": "hotspot-hub", "Accept-Language": "en"},
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()

    # What an order needs; each raises AuthorityAway and AuthorityRefused --------------------------------------------------------------

    async def new_order(self, names: tuple[str, ...]) -> tuple[str, Order]:
        """Address and order."""
        body = {"identifiers": [{"type": "dns", "value": name} for name in names]}
        answer = await self._post((await self._found()).newOrder, body)
        order: Order = _read(answer, Order)
        return self._address(answer.headers.get("Location", "")), order

    async def order(self, url: str) -> tuple[Order, float]:
        """How an order stands, and how long to wait until it is asked again."""
        answer = await self._post(url, None)
        return _read(answer, Order), answer.wait

    async def authorization(self, url: str) -> tuple[Authorization, float]:
        """The same of one of its names."""
        answer = await self._post(url, None)
        return _read(answer, Authorization), answer.wait

    async def respond(self, challenge: Challenge) -> None:
        """The record is there: look."""
        await self._post(challenge.url, {})

    async def finalize(self, order: Order, der: bytes) -> Order:
        """All names are ours: sign this request."""
        done: Order = _read(await self._post(order.finalize, {"csr": _base64(der)}), Order)
        return done

    async def certificate(self, order: Order) -> str:
        """The chain, PEM."""
        answer = await self._post(order.certificate, None, accept="application/pem-certificate-chain")
        try:
            return answer.body.decode("ascii")
        except UnicodeDecodeError:
            raise AuthorityAway("the authority's certificate is not PEM") from None

    async def revoke(self, der: bytes, reason: int) -> None:
        """A certificate is not good any more. One that was revoked before is as well."""
        try:
            await self._post((await self._found()).revokeCert, {"certificate": _base64(der), "reason": reason})
        except AuthorityRefused as refused:
            if refused.kind != "alreadyRevoked":
                raise

    # Carrying -------------------------------------------------------------------------------------------------------------------------

    async def _found(self) -> Directory:
        if self._directory is None:
            status, headers, body = await self._request("GET", self._settings.directory)
            if status != 200:
                raise AuthorityAway(f"the authority's directory cannot be had (HTTP {status})", _retry_after(headers, 0.0, 86_400.0))
            directory = _read(Answer(body, headers), Directory)
            for name in directory.__struct_fields__:
                self._address(getattr(directory, name))
            self._directory = directory
        return self._directory

    async def _known(self) -> str:
        """Address of our account, which is made when there is none for the key."""
        if not self._kid:
            directory, settings = await self._found(), self._settings
            body: dict[str, Any] = {"termsOfServiceAgreed": True, "contact": [f"mailto:{one}" for one in settings.contact]}
            if settings.eab_kid:
                header = {"alg": "HS256", "kid": settings.eab_kid, "url": directory.newAccount}
                key = jwk.OctKey.import_key(settings.eab_key)
                body["externalAccountBinding"] = msgspec.Raw(_signed(header, msgspec.json.encode(self.account.public), key))
            answer = await self._signed(directory.newAccount, {"jwk": self.account.public}, msgspec.json.encode(body))
            self._kid = self._address(answer.headers.get("Location", ""))
        return self._kid

    async def _post(self, url: str, body: dict[str, Any] | None, accept: str = "application/json") -> Answer:
        """One request with our account; None: POST-as-GET (RFC 8555, 6.3)."""
        return await self._signed(url, {"kid": await self._known()}, b"" if body is None else msgspec.json.encode(body), accept)

    async def _signed(self, url: str, who: dict[str, Any], payload: bytes, accept: str = "application/json") -> Answer:
        refused = AuthorityRefused("", "")
        for _ in range(NONCES):
            header = {"nonce": await self._fresh_nonce(), "url": self._address(url), **who}
            content = self.account.signed(header, payload)
            said = {"Content-Type": "application/jose+json", "Accept": accept}
            status, headers, answer = await self._request("POST", url, content, said)
            if 200 <= status < 300:
                return Answer(answer, headers)
            refused = _refusal(status, headers, answer)
            if refused.kind != "badNonce":
                raise refused
        raise AuthorityAway(f"the authority takes no nonce: {refused}")

    async def _fresh_nonce(self) -> str:
        if not self._nonce:
            status, headers, _ = await self._request("HEAD", (await self._found()).newNonce)
            if not self._nonce:
                raise AuthorityAway(f"the authority gives no nonce (HTTP {status})", _retry_after(headers, 0.0, 86_400.0))
        nonce, self._nonce = self._nonce, ""
        return nonce

    async def _request(
        self, method: str, url: str, content: bytes | None = None, said: dict[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        if self._session is None:
            raise RuntimeError("the authority is not open")
        try:
            async with self._session.request(method, url, data=content, headers=said, allow_redirects=False) as response:
                body = await response.content.read(LARGEST + 1)
                while len(body) <= LARGEST and (more := await response.content.read(LARGEST + 1)):
                    body += more
                status, headers = response.status, response.headers
        except (aiohttp.ClientError, OSError, ValueError) as error:
            why = "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
            raise AuthorityAway(f"cannot reach the authority: {why}") from None
        if len(body) > LARGEST:
            raise AuthorityAway(f"the authority's answer is larger than {LARGEST:,} bytes")
        self._nonce = headers.get("Replay-Nonce", self._nonce)
        return status, headers, body

    def _address(self, url: str) -> str:
        """One that is at the authority, over TLS: nothing that is signed goes elsewhere."""
        whole = urljoin(self._settings.directory, url)
        if not url or urlsplit(whole).scheme != "https" or urlsplit(whole).hostname is None:
            raise AuthorityAway(f"the authority's answer has no good address ({url[:80]!r})")
        return whole


def _imported(pem: str) -> Any:
    """A PEM file does not say in its first line what kind of key it holds."""
    try:
        return jwk.ECKey.import_key(pem)
    except (JoseError, ValueError, TypeError, AttributeError):
        return jwk.RSAKey.import_key(pem)


def _signed(header: dict[str, Any], payload: bytes, key: Any) -> bytes:
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)  # nonce and url are ACME's
    return msgspec.json.encode(jws.serialize_json({"protected": header}, payload, key, registry=registry))


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _read(answer: Answer, kind: Any) -> Any:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AuthorityAway(f"cannot read the authority's answer: {error}") from None


def _refusal(status: int, headers: Mapping[str, str], body: bytes) -> AuthorityRefused:
    """Raises ``AuthorityAway`` when it is none."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = Problem()
    kind, why = problem.type.removeprefix(PROBLEM), said(problem) or f"HTTP {status}"
    if kind == "rateLimited" or status == 429:
        raise RateLimited(f"the authority wants to be asked less often: {why}", _retry_after(headers, 3_600.0, 7 * 86_400.0))
    if kind == "serverInternal" or status >= 500:
        raise AuthorityAway(f"the authority is not ready: {why}", _retry_after(headers, 0.0, 86_400.0))
    return AuthorityRefused(kind, f"the authority refuses ({kind or status}): {why}")


def said(problem: Problem | None) -> str:
    """A problem in one line, with what it says about single names."""
    if problem is None:
        return ""
    single = [str(one.get("detail", "")) for one in problem.subproblems if isinstance(one, dict)]
    return "; ".join(text.replace("\n", " ")[:300] for text in (problem.detail or problem.type, *single) if text)[:1_000]


def _retry_after(headers: Mapping[str, str], default: float, most: float) -> float:
    """Seconds, from seconds or a date (RFC 9110, 10.2.3)."""
    text = headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return min(float(text), most)
    try:
        return min(max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()), most)
    except (ValueError, TypeError):
        return default
