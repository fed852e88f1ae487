"""HTTPS to the hub: nobody is trusted but the authority in the settings, redirects are not followed, no answer is read beyond a bound.

Two errors, named by what is to be done: ``HubUnavailable`` (ask again later) and ``HubRefused`` (asking again is useless).
"""

import asyncio
import gzip
import secrets
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, Final, Self, TypeVar

import aiohttp
import msgspec
import structlog

from hotspot import wire
from hotspot.portal.settings import Hub
from hotspot.portal.settings_hub import trusting
from hotspot.portal.uplink.credential import BadCredential, Credential, CredentialFile

SECONDS = 30.0
"""Until a request is over, unless it says otherwise."""
CONNECT_SECONDS = 10.0
"""Until there is a connection."""
COMPRESSED_FROM = 1_000
"""Bytes; smaller bodies gain nothing."""
ENROL_AGAIN = (1.0, 5.0)
"""Seconds from one showing of a token, whose answer was lost, to the next one."""
LARGEST_FILE = 16 * 2**20
"""Bytes of an answer to ``get``: the policy or one of its files."""
LONGEST_RETRY = 3_600.0
"""Seconds; a hub that asks for more patience is asked again after so long."""

Reply = TypeVar("Reply", bound=msgspec.Struct)
log = structlog.get_logger("uplink")


class HubUnavailable(Exception):
    """No answer, or none that makes sense: ask again later."""

    def __init__(self, message: str, retry_after: float | None = None, sent: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds, when the hub said how long to wait."""
        self.sent = sent
        """The hub may have done what it was asked: only its answer did not arrive."""


class HubRefused(Exception):
    """The hub answered no; ``problem`` says why. Asking the same again is useless."""

    def __init__(self, status: int, problem: wire.Problem) -> None:
        super().__init__(f"the hub refused ({problem.code}): {problem.message}")
        self.status = status
        self.problem = problem


class Link:
    """Async context manager; requests may be made at the same time."""

    def __init__(self, hub: Hub, state_dir: Path) -> None:
        """Raises ``ValueError`` when the settings' authority cannot be used (``settings_hub`` has checked it)."""
        self.credentials: Final = CredentialFile(state_dir)
        self._hub = hub
        self._context = trusting(hub.authority)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._context, limit=8, keepalive_timeout=75.0),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,  # a proxy is used when the settings name one, never by chance
            headers={"User-Agent": "hotspot-gateway", "Accept": "application/json"},
            trace_configs=[_traced()],
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, path: str, body: msgspec.Struct, reply: type[Reply], timeout: float = SECONDS) -> Reply:  # noqa: ASYNC109
        """Send ``body``, and return what the hub answers; over after ``timeout`` seconds. Raises ``HubUnavailable``, ``HubRefused``."""
        content = wire.encode(body)
        headers = {"Content-Type": "application/json"}
        if len(content) > COMPRESSED_FROM:
            content = gzip.compress(content, 6, mtime=0)
            headers["Content-Encoding"] = "gzip"
        answer = await self._authorized("POST", path, content, headers, wire.LARGEST, timeout)
        try:
            return wire.decode(reply, answer)
        except wire.NotUnderstood as error:
            if error.code == "version":
                raise HubRefused(200, wire.Problem("version", str(error))) from None
            raise HubUnavailable(f"cannot read the hub's answer to {path}: {error}") from None

    async def get(self, path: str, most: int = LARGEST_FILE, timeout: float = SECONDS) -> bytes:  # noqa: ASYNC109
        """The bytes of the hub's answer, at most ``most``. Raises as ``post``."""
        return await self._authorized("GET", path, None, {}, most, timeout)

    async def enrol(self, token: str, software: str, zones: tuple[str, ...]) -> wire.Enrolled:
        """Show a one-time token, and once more when the answer is lost; the credential is on disk when this returns. Raises as ``post``,
        and ``OSError`` when it cannot be written: then the hub has to make another token."""
        said = wire.Enrol(token=token, software=software, zones=zones, attempt=secrets.token_urlsafe(32))
        for pause in ENROL_AGAIN:
            try:
                enrolled = await self.post(wire.ENROL, said, wire.Enrolled)
                break
            except HubUnavailable as error:
                if not error.sent:
                    raise
                log.warning("no answer to the enrolment, saying it again", why=str(error))
            await asyncio.sleep(pause)
        else:
            enrolled = await self.post(wire.ENROL, said, wire.Enrolled)
        self.credentials.write(Credential(enrolled.gateway, enrolled.hall, enrolled.credential))
        return enrolled

    async def rotate(self) -> None:
        """Get another credential, and store it; the next request tries it. Raises as ``post``, and ``OSError``."""
        credential = self._credential()
        if credential.next is None:  # else there is one already, and only its first use is missing
            rotated = await self.post(wire.ROTATE, wire.Rotate(), wire.Rotated)
            self.credentials.write(msgspec.structs.replace(credential, next=rotated.credential))

    async def _authorized(self, method: str, path: str, content: bytes | None, headers: dict[str, str], most: int, seconds: float) -> bytes:
        """One request with the credential; the new one of two first."""
        if path == wire.ENROL:
            return await self._request(method, path, content, headers, most, seconds)
        credential = self._credential()
        if credential.next is not None:
            try:
                answer = await self._request(method, path, content, _bearer(headers, credential.next), most, seconds)
            except HubRefused as refused:
                self._settle(credential, taken=refused.status != 401)
                if refused.status != 401:
                    raise
            else:
                self._settle(credential, taken=True)
                return answer
        try:
            return await self._request(method, path, content, _bearer(headers, credential.secret), most, seconds)
        except HubRefused as refused:
            now = self._credential()
            if refused.status != 401 or now.secret == credential.secret:
                raise
        return await self._request(method, path, content, _bearer(headers, now.secret), most, seconds)  # rotated or enrolled meanwhile

    def _credential(self) -> Credential:
        try:
            credential = self.credentials.read()
        except BadCredential as error:
            raise HubUnavailable(str(error)) from None
        if credential is None:
            raise HubUnavailable("this gateway is not enrolled: hotspot enrol --config portal.toml TOKEN")
        return credential

    def _settle(self, credential: Credential, taken: bool) -> None:
        """The hub has taken the new one of two credentials, or does not know it. If that cannot be written down, it is found out again."""
        secret = credential.next if taken and credential.next is not None else credential.secret
        try:
            if self.credentials.read() == credential:
                self.credentials.write(msgspec.structs.replace(credential, secret=secret, next=None))
        except (OSError, BadCredential) as error:
            log.warning("credential cannot be written", why=str(error))
        else:
            log.info("credential rotated" if taken else "new credential not known to the hub")

    async def _request(self, method: str, path: str, content: bytes | None, headers: dict[str, str], most: int, seconds: float) -> bytes:
        if self._session is None:
            raise RuntimeError("the link is not open")
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        try:
            async with await self._sent(method, path, data=content, headers=headers, timeout=limits) as response:
                answer = await _read(response, most)
                status, retry = response.status, _retry_after(response.headers.get("Retry-After"))
        except aiohttp.ClientConnectorCertificateError as error:
            raise HubUnavailable(f"the hub's certificate is not good: {_of_certificate(error.certificate_error)}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: an answer that is no HTTP
            sent = not isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
            raise HubUnavailable(f"cannot reach the hub: {_why(error)}", sent=sent) from None
        if status == 200:
            return answer
        if 300 <= status < 400:
            raise HubUnavailable(f"the hub's address leads elsewhere (HTTP {status}), which is not followed")
        if status in (408, 425, 429) or status >= 500 or status < 200:
            raise HubUnavailable(f"the hub is not ready (HTTP {status})", retry, sent=status in (502, 504))
        raise HubRefused(status, _problem(status, answer))

    async def _sent(self, method: str, path: str, **more: Any) -> aiohttp.ClientResponse:
        """A connection from before may be closed by the hub, which is started anew, just when it is used: then once more, over another one.
        Whatever is sent may come twice, as after an answer that was lost; a token is shown again by ``enrol`` alone."""
        assert self._session is not None
        used = SimpleNamespace(before=False)
        more |= {"allow_redirects": False, "proxy": self._hub.proxy, "trace_request_ctx": used}
        try:
            return await self._session.request(method, self._hub.url + path, **more)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if not used.before or path == wire.ENROL:
                raise
        return await self._session.request(method, self._hub.url + path, **more)


async def _used_before(_: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceConnectionReuseconnParams) -> None:
    context.trace_request_ctx.before = True


def _traced() -> aiohttp.TraceConfig:
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_used_before)
    return trace


def _bearer(headers: dict[str, str], secret: str) -> dict[str, str]:
    return {**headers, "Authorization": f"Bearer {secret}"}


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The body, unpacked; raises ``HubUnavailable`` as soon as it is too large."""
    whole = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        whole += chunk
        if len(whole) > most:
            raise HubUnavailable(f"the hub's answer is larger than {most:,} bytes")
    return bytes(whole)


def _problem(status: int, answer: bytes) -> wire.Problem:
    try:
        return wire.decode(wire.Problem, answer)
    except wire.NotUnderstood:  # somebody between us and the hub
        return wire.Problem("credential" if status == 401 else "unknown", f"HTTP {status}")


def _retry_after(text: str | None) -> float | None:
    """Seconds, from seconds or a date (RFC 9110, 10.2.3); None when it is neither."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_RETRY)
    try:
        wait = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(0.0, wait), LONGEST_RETRY)


def _of_certificate(error: Exception) -> str:
    return str(error.verify_message) if isinstance(error, ssl.SSLCertVerificationError) else str(error)


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return str(error.os_error.strerror or error.os_error)
    return str(error) or type(error).__name__
