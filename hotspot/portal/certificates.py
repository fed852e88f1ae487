"""The portal's certificate: a TLS context that takes a renewed file without a restart.

Certificates live for weeks, so they are renewed while visitors are served. The files are looked at every ``interval`` seconds; when they
changed and fit together, new connections get the new certificate and old ones go on. Files that cannot be used change nothing.
"""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from msgspec import Struct

log = structlog.get_logger()

INTERVAL = 30.0
"""Seconds between two looks at the files."""

Stamp = tuple[tuple[int, int, int], ...]
"""Inode, size and time of change of each file; a renewal changes at least one of them."""


class Presented(Struct, frozen=True):
    """What of a certificate decides whether phones take it."""

    trouble: str = ""
    """Why they refuse it, whatever the time is; "": they do not."""
    ends: float = float("inf")
    """Seconds since 1970."""

    def fault(self, unix: float) -> str:
        """Why they refuse it at that moment; "": they do not. When it begins is not looked at: phones have the better clocks."""
        return self.trouble or ("the portal's certificate has ended" if unix >= self.ends else "")


class CertificateUnusable(Exception):
    """The certificate or its key cannot be read, or they do not fit together."""


def make_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server context, TLS 1.2 and newer, with the whole chain in ``certificate`` (PEM). Raises ``CertificateUnusable``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, certificate, key)
    return context


def _no_password() -> str:
    """Without it OpenSSL would ask on the terminal for the password of an encrypted key, and wait for ever."""
    return ""


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = error.reason if isinstance(error, ssl.SSLError) and error.reason else error
        raise CertificateUnusable(f"cannot use certificate {certificate} with key {key}: {reason}") from error


def _stamp(*paths: Path) -> Stamp | None:
    """None while a file is missing, as in the middle of a renewal."""
    try:
        return tuple((status.st_ino, status.st_size, status.st_mtime_ns) for status in (path.stat() for path in paths))
    except OSError:
        return None


class LiveCertificate:
    """Async context manager around ``context``, for a TLS listener. Raises ``CertificateUnusable`` when the files are bad at the start.

    ``on_reload`` hears of every reload: True when it worked, False when the new files cannot be used and the old certificate stays.
    """

    def __init__(self, certificate: Path, key: Path, on_reload: Callable[[bool], None], interval: float = INTERVAL) -> None:
        self._files = (certificate, key)
        self._on_reload = on_reload
        self._interval = interval
        self._seen = _stamp(*self._files)
        self.context = make_context(certificate, key)

    async def __aenter__(self) -> Self:
        self._timer = asyncio.get_running_loop().call_later(self._interval, self._look_again)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()

    def _look_again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._interval, self._look_again)
        self.look()

    def look(self) -> None:
        """Looks at the files now; also for whoever is told that they changed (SIGHUP)."""
        stamp = _stamp(*self._files)
        if stamp is None or stamp == self._seen:
            return
        self._seen = stamp
        try:
            # A mixed pair (the key is not renewed yet) must not get into the live context: OpenSSL takes the certificate before it sees
            # that the key does not fit.
            make_context(*self._files)
            _load(self.context, *self._files)
        except CertificateUnusable as error:
            log.warning("certificate_not_reloaded", why=str(error))
            self._on_reload(False)
        else:
            log.info("certificate_reloaded", certificate=str(self._files[0]))
            self._on_reload(True)
