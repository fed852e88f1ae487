"""The hub's API as the command line uses it: HTTP or HTTPS with the standard library, so that a command starts quickly."""

import http.client
import ssl
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from msgspec import Struct

BASE: Final = "/api/v1"
SECONDS: Final = 30.0
"""Longest silence of the hub that is borne."""
_CHUNK: Final = 65_536
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class HubUnavailable(Exception):
    """The hub was not reached, or what answered is no hub; the text says why and what to do."""


class HubRefused(Exception):
    """The hub answered that it cannot do it: ``status`` and ``code`` as in the API's ``Problem``, and its words."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code = status, code


class Login(Struct, frozen=True):
    """Which hub, who asks, and by which authority its certificate was made."""

    url: str = ""
    token: str = ""
    authority: str = ""
    """PEM file; ``""``: those that this machine trusts."""


def login_file(environ: Mapping[str, str]) -> Path:
    """Where ``hotspot hub login`` keeps it: ``~/.config/hotspot/hub.toml``."""
    folder = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".config")
    return Path(folder) / "hotspot" / "hub.toml"


def login(environ: Mapping[str, str], url: str | None = None, authority: str | None = None, token: str | None = None) -> Login:
    """As given, else of the environment (``HOTSPOT_HUB_URL``, ``HOTSPOT_HUB_TOKEN``, ``HOTSPOT_HUB_AUTHORITY``), else of the file. The
    file's token and authority are for its own hub only. Raises ``HubUnavailable`` for a file that cannot be read."""
    path = login_file(environ)
    try:
        kept = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Login)
    except FileNotFoundError:
        kept = Login()
    except OSError as error:
        raise HubUnavailable(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise HubUnavailable(f"cannot read {path}: {error}: run 'hotspot hub login' again") from None
    url = (url or environ.get("HOTSPOT_HUB_URL") or kept.url).rstrip("/")
    if url != kept.url:
        kept = Login()
    return Login(
        url=url,
        token=token or environ.get("HOTSPOT_HUB_TOKEN") or kept.token,
        authority=authority or environ.get("HOTSPOT_HUB_AUTHORITY") or kept.authority,
    )


class Client:
    """One hub, asked by one user. Every method raises ``HubUnavailable`` and ``HubRefused``."""

    def __init__(self, login: Login, seconds: float = SECONDS) -> None:
        """``seconds``: longest silence."""
        where = urlsplit(login.url)
        if where.scheme not in ("https", "http") or not where.hostname:
            expected = 'an address such as "https://hub.stadt.example"'
            raise HubUnavailable(
                f"cannot ask the hub: url = {login.url!r}: expected {expected} (hotspot hub login, HOTSPOT_HUB_URL or --url)"
            )
        if where.scheme == "http" and where.hostname not in _LOOPBACK:
            raise HubUnavailable(f"cannot ask the hub: {login.url} would show the token to everybody on the way: use https")
        self.login, self._where, self._seconds = login, where, seconds

    def ask(self, method: str, path: str, body: Any = None, **query: object) -> Any:
        """JSON answer of a path below ``/api/v1`` (None when there is none); ``body`` is sent as JSON, what is None in ``query`` not."""
        content = None if body is None else msgspec.json.encode(body)
        with self._response(method, path, content, "application/json", query) as response:
            answer = response.read()
        return msgspec.json.decode(answer) if answer else None

    def fetch(self, method: str, path: str, **query: object) -> bytes:
        """Answer of a path that is not JSON: a file, CSV."""
        with self._response(method, path, None, "", query) as response:
            return response.read()

    def pieces(self, method: str, path: str, **query: object) -> Iterator[bytes]:
        """The same piece by piece, for what may be large."""
        with self._response(method, path, None, "", query) as response:
            while piece := response.read(_CHUNK):
                yield piece

    def send(self, method: str, path: str, content: bytes, media_type: str = "application/octet-stream", **query: object) -> Any:
        """Send bytes as they are; JSON answer."""
        with self._response(method, path, content, media_type, query) as response:
            answer = response.read()
        return msgspec.json.decode(answer) if answer else None

    def _response(self, method: str, path: str, content: bytes | None, media_type: str, query: Mapping[str, object]) -> "_Response":
        given = {key: _text(value) for key, value in query.items() if value is not None}
        target = f"{self._where.path.rstrip('/')}{BASE}{path}" + (f"?{urlencode(given)}" if given else "")
        headers = {"Accept": "*/*", "User-Agent": "hotspot"}
        if self.login.token:
            headers["Authorization"] = f"Bearer {self.login.token}"
        if content is not None:
            headers["Content-Type"] = media_type
        response = _Response(self._connection(), self.login.url, self._seconds)
        response.begin(method, target, content, headers)
        return response

    def _connection(self) -> http.client.HTTPConnection:
        host = self._where.hostname or ""
        try:
            port = self._where.port
        except ValueError:
            raise HubUnavailable(f"cannot ask the hub: url = {self.login.url!r}: expected a port up to 65535") from None
        if self._where.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._seconds)
        try:
            tls = ssl.create_default_context(cafile=self.login.authority or None)
        except OSError as error:  # ssl.SSLError is one
            raise HubUnavailable(f"cannot use the authority {self.login.authority}: {error.strerror or error}") from None
        return http.client.HTTPSConnection(host, port, timeout=self._seconds, context=tls)


class _Response:
    """One answer; closes its connection."""

    def __init__(self, connection: http.client.HTTPConnection, url: str, seconds: float) -> None:
        self._connection, self._url, self._seconds = connection, url, seconds

    def __enter__(self) -> "_Response":
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def begin(self, method: str, target: str, content: bytes | None, headers: dict[str, str]) -> None:
        """Ask, and look at the status."""
        done = False
        try:
            with _reaching(self._url, self._seconds):
                self._connection.request(method, target, content, headers)
                self._answer = self._connection.getresponse()
            if not 200 <= self._answer.status < 300:
                raise self._refusal()
            done = True
        finally:
            if not done:
                self._connection.close()

    def read(self, most: int | None = None) -> bytes:
        """The next bytes of the answer, all of them without ``most``."""
        with _reaching(self._url, self._seconds):
            return self._answer.read(most)

    def _refusal(self) -> Exception:
        status = self._answer.status
        content = self.read(_CHUNK)
        try:
            problem = msgspec.json.decode(content, type=_Problem)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return HubUnavailable(f"cannot ask the hub: {self._url} answers with status {status}, not as a hub does: is the address right?")
        return HubRefused(status, problem.code, problem.detail)


class _Problem(Struct):
    code: str
    detail: str


class _reaching:  # noqa: N801  reads as a statement
    """Turns the errors of a connection into ``HubUnavailable``."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url, self._seconds = url, seconds

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        match error:
            case ssl.SSLCertVerificationError():
                advice = "name its authority (--authority or HOTSPOT_HUB_AUTHORITY)"
                why = f"its certificate cannot be verified ({error.verify_message}): {advice}"
            case TimeoutError():
                why = f"no answer within {self._seconds:g} s"
            case OSError():
                why = error.strerror or str(error)
            case http.client.HTTPException() | ValueError():
                why = f"not understood: {str(error) or type(error).__name__}"
            case _:
                return
        raise HubUnavailable(f"cannot ask the hub: {self._url}: {why}") from error


def part(name: str) -> str:
    """A name as a part of a path."""
    return quote(name, safe="")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
