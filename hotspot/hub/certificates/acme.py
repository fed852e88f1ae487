"""An ACME authority as RFC 8555 describes it: account, order, DNS-01, certificate, revocation. JWS is joserfc's, HTTP is aiohttp's.

Three errors, named by what is to be done: ``AuthorityAway`` (ask again later), ``RateLimited`` (not before a moment), ``AuthorityRefused``
(the same again will be refused again).
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec
from joserfc import jwk
from msgspec import Struct

from hotspot.hub.certificates.account import Account, base64url, signed
from hotspot.hub.certificates.settings import Certificates

SECONDS: Final = 30.0
"""Until a request is over."""
LARGEST: Final = 256 * 1024
NONCES: Final = 4
"""Tries of one request whose nonce is not taken: another process of ours, or the authority's memory, was in between."""
WAIT: Final = 1.0
"""Seconds between two looks at something of which the authority does not say how long it takes."""
PATIENCE: Final = 300.0
"""Seconds of a Retry-After that are waited in the middle of an order, at most: it is taken up again later."""
LOOK_AGAIN, LOOK_SOONEST, LOOK_LATEST = 6 * 3_600.0, 60.0, 86_400.0
"""Seconds between two questions when to renew: without word of the authority, and the bounds of what it may say (RFC 9773, 4.3)."""
PROBLEM: Final = "urn:ietf:params:acme:error:"


class AuthorityAway(Exception):
    """No answer, or none that makes sense: ask again later."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait
        """Seconds, when the authority said how long."""
        self.of_all = False
        """It came before anything was said of a certificate: whatever is asked next ends the same way."""


class RateLimited(AuthorityAway):
    """Too much was asked of it: it says when to come back, or an hour is given to it."""


class AuthorityRefused(Exception):
    """It answered no; the text says why."""

    def __init__(self, kind: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        """Last part of the type of its problem, as ``rejectedIdentifier``; "": none."""
        self.detail = detail or message
        """In its own words."""


class Meta(Struct, frozen=True):
    """What it says of itself."""

    externalAccountRequired: bool | None = None  # noqa: N815


class Directory(Struct, frozen=True):
    """Where what is."""

    newNonce: str  # noqa: N815  (RFC 8555, 7.1.1)
    newAccount: str  # noqa: N815
    newOrder: str  # noqa: N815
    revokeCert: str  # noqa: N815
    renewalInfo: str = ""  # noqa: N815  (RFC 9773; "": this authority says nothing of renewals)
    meta: Meta | None = None


class Problem(Struct, frozen=True):
    """RFC 7807."""

    type: str = ""
    detail: str = ""
    subproblems: tuple[Any, ...] | None = ()
    instance: str = ""
    """Where a person reads on (7.3.3: new terms of service)."""


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
        return _retry_after(self.headers, WAIT, PATIENCE)


class Window(Struct, frozen=True):
    """When the authority would like a certificate to be renewed (RFC 9773, 4.2)."""

    start: datetime
    end: datetime


class Renewal(Struct, frozen=True):
    """What it says of one certificate."""

    suggestedWindow: Window  # noqa: N815


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

    async def new_order(self, names: tuple[str, ...], replaces: str = "") -> tuple[str, Order]:
        """Address and order. ``replaces``: name of the certificate in whose place this one comes (RFC 9773, 5); it is not said to an
        authority that knows nothing of that."""
        body: dict[str, Any] = {"identifiers": [{"type": "dns", "value": name} for name in names]}
        if replaces and (await self._found()).renewalInfo:
            body["replaces"] = replaces
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

    async def respond(self, challenge: Challenge) -> float:
        """The record is there: look. Returns how long to wait until it is asked what it saw."""
        return (await self._post(challenge.url, {})).wait

    async def finalize(self, order: Order, der: bytes) -> tuple[Order, float]:
        """All names are ours: sign this request. With how long to wait until the order is asked for."""
        answer = await self._post(order.finalize, {"csr": base64url(der)})
        return _read(answer, Order), answer.wait

    async def renewal(self, name: str) -> tuple[Window, float] | None:
        """When a certificate should be renewed, and seconds until that is worth asking again; None: this authority does not say. The
        question is not signed, and what it is about is public."""
        at = (await self._found()).renewalInfo
        if not at or not name:
            return None
        status, headers, body = await self._request("GET", f"{self._address(at).rstrip('/')}/{name}")
        if status != 200:
            raise _refusal(status, headers, body)
        found: Renewal = _read(Answer(body, headers), Renewal)
        window = found.suggestedWindow
        if window.start.tzinfo is None or window.end.tzinfo is None or window.end <= window.start:
            raise AuthorityAway("the authority's window for a renewal is none")
        return window, max(LOOK_SOONEST, _retry_after(headers, LOOK_AGAIN, LOOK_LATEST))

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
            await self._post((await self._found()).revokeCert, {"certificate": base64url(der), "reason": reason})
        except AuthorityRefused as refused:
            if refused.kind != "alreadyRevoked":
                raise

    # Carrying -------------------------------------------------------------------------------------------------------------------------

    async def _found(self) -> Directory:
        with _of_all():
            return await self._looked_up()

    async def _looked_up(self) -> Directory:
        if self._directory is None:
            status, headers, body = await self._request("GET", self._settings.directory)
            if status != 200:
                raise AuthorityAway(f"the authority's directory cannot be had (HTTP {status})", _retry_after(headers, 0.0, 86_400.0))
            directory = _read(Answer(body, headers), Directory)
            for url in (directory.newNonce, directory.newAccount, directory.newOrder, directory.revokeCert):
                self._address(url)
            if directory.renewalInfo:
                self._address(directory.renewalInfo)
            self._directory = directory
        return self._directory

    async def _known(self) -> str:
        """Address of our account, which is made when there is none for the key."""
        if not self._kid:
            directory, settings = await self._found(), self._settings
            body: dict[str, Any] = {"termsOfServiceAgreed": True, "contact": [f"mailto:{one}" for one in settings.contact]}
            if not settings.eab_kid and directory.meta is not None and directory.meta.externalAccountRequired:
                why = "it gives accounts to its customers alone: certificates.eab_kid and certificates.eab_key_file are missing in hub.toml"
                raise AuthorityRefused("externalAccountRequired", f"the authority would refuse: {why}")
            if settings.eab_kid:
                header = {"alg": "HS256", "kid": settings.eab_kid, "url": directory.newAccount}
                key = jwk.OctKey.import_key(settings.eab_key)
                body["externalAccountBinding"] = msgspec.Raw(signed(header, msgspec.json.encode(self.account.public), key))
            with _of_all():
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
        raise AuthorityAway(f"the authority took none of {NONCES} nonces: {refused.detail}")

    async def _fresh_nonce(self) -> str:
        if not self._nonce:
            with _of_all():
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


@contextmanager
def _of_all() -> Iterator[None]:
    """What goes wrong here is no matter of the certificate at hand."""
    try:
        yield
    except AuthorityAway as error:
        error.of_all = True
        raise


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
    return AuthorityRefused(kind, f"the authority refuses ({kind or status}): {why}", why)


def said(problem: Problem | None) -> str:
    """A problem in one line, with what it says about single names."""
    if problem is None:
        return ""
    single = [_single(one) for one in problem.subproblems or () if isinstance(one, dict)]
    read_on = problem.instance if problem.type == f"{PROBLEM}userActionRequired" else ""
    return "; ".join(text.replace("\n", " ")[:300] for text in (problem.detail or problem.type, read_on, *single) if text)[:1_000]


def _single(problem: dict[str, Any]) -> str:
    """What is wrong with one name (6.7.1)."""
    name = problem.get("identifier")
    whose = f"{name.get('value', '')}: " if isinstance(name, dict) else ""
    return f"{whose}{problem.get('detail', '')}".strip(": ")


def _retry_after(headers: Mapping[str, str], default: float, most: float) -> float:
    """Seconds, from seconds or a date (RFC 9110, 10.2.3)."""
    text = headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return min(float(text), most)
    try:
        return min(max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()), most)
    except (ValueError, TypeError):
        return default
