"""The portal's certificate: a TLS context that takes a renewed file without a restart, and never one that is worse than what it has.

Certificates live for weeks, so they are renewed while visitors are served. The files are looked at every ``interval`` seconds; when they
changed, have been left alone for a moment and fit together, new connections get the new certificate and old ones go on. Files that cannot
be used change nothing. Files that phones would refuse (ended, not valid yet, for another name) are taken only when there is nothing better;
as long as that is so (``Presented.fault``), visitors are sent to the pages without TLS.
"""

import asyncio
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog
from msgspec import Struct

log = structlog.get_logger()

INTERVAL = 30.0
"""Seconds between two looks at the files."""
SETTLE = 2.0
"""Seconds for which changed files must be left alone: whoever copies a chain and a key takes a moment for it."""

Stamp = tuple[tuple[int, int, int], ...]
"""Inode, size and time of change of each file; a renewal changes at least one of them."""


class Presented(Struct, frozen=True):
    """What of a certificate decides whether phones take it."""

    trouble: str = ""
    """Why they refuse it, whatever the time is and by whatever name they come; "": they do not."""
    missing: tuple[str, ...] = ()
    """Names of the portal that it does not hold."""
    begins: float = float("-inf")
    ends: float = float("inf")
    """Seconds since 1970."""

    def fault(self, unix: float, host: str | None = None) -> str:
        """Why they refuse it at that moment, when they come by that name (None: by any of them); "": they do not. A box whose clock is
        behind thinks that it is not valid yet: its visitors lose nothing but TLS, until the clock is right."""
        missing = self.missing if host is None else tuple(name for name in self.missing if name == host)
        if self.trouble:
            return self.trouble
        if unix >= self.ends:
            return "the portal's certificate has ended"
        if unix < self.begins:
            return "the portal's certificate is not valid yet"
        return f"the portal's certificate is not for {', '.join(missing)}" if missing else ""


class CertificateUnusable(Exception):
    """The certificate or its key cannot be read, or they do not fit together."""


def make_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server context, TLS 1.2 and newer, with the whole chain in ``certificate`` (PEM). Raises ``CertificateUnusable``."""
    try:
        return _context(certificate.read_bytes(), key.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(certificate, key, error) from error


def _unusable(certificate: Path, key: Path, error: Exception | str) -> CertificateUnusable:
    reason = error.reason if isinstance(error, ssl.SSLError) and error.reason else error
    return CertificateUnusable(f"cannot use certificate {certificate} with key {key}: {reason}")


def _no_password() -> str:
    """Without it OpenSSL would ask on the terminal for the password of an encrypted key, and wait for ever."""
    return ""


def _context(certificate: bytes, key: bytes) -> ssl.SSLContext:
    """From the very bytes that were judged. Raises ``OSError`` (``ssl.SSLError`` is one) and ``ValueError``."""
    for content in (certificate, key):
        if content.count(b"-----BEGIN ") != content.count(b"-----END "):
            raise ValueError("a file that is written half")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with _in_memory(certificate) as one, _in_memory(key) as other:
        context.load_cert_chain(one, other, password=_no_password)
    return context


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """A file that is on no disk: OpenSSL reads certificates and keys from files alone."""
    with os.fdopen(os.memfd_create("certificate"), "wb") as file:
        file.write(content)
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"


def _stamp(*paths: Path) -> Stamp | None:
    """None while a file is missing, as in the middle of a renewal."""
    try:
        return tuple((status.st_ino, status.st_size, status.st_mtime_ns) for status in (path.stat() for path in paths))
    except OSError:
        return None


class Manner(Struct, frozen=True):
    """How a ``LiveCertificate`` judges, and whom it tells."""

    judge: Callable[[bytes], Presented]
    """Of a chain (PEM)."""
    now: Callable[[], float]
    """Seconds since 1970."""
    spare: Callable[[], bytes]
    """Certificate and key (PEM) to listen with while the files cannot be used."""
    on_reload: Callable[[bool], None]
    """Hears of every change of the files: True when they were taken, False when what there was before stays. ``presented`` is new then."""


class LiveCertificate:
    """Async context manager around ``context``, for a TLS listener. Files that are bad at the start are waited for.

    Each pair has a context of its own, and a connection takes the one that is in force when it begins (in the callback for SNI, which
    OpenSSL calls also when there is none): a context that had an EC key and is given an RSA key goes on presenting the first."""

    def __init__(self, certificate: Path, key: Path, manner: Manner, interval: float = INTERVAL) -> None:
        self._files = (certificate, key)
        self._manner: Final = manner
        self._interval = interval
        self._said = ""
        self._refused: Stamp | None = None
        self._taken: Stamp | None = None
        self._last = _stamp(*self._files)
        self.presented = Presented("the portal has no certificate that can be used")
        """What phones are shown."""
        spare = manner.spare()
        self._current = self.context = _context(spare, spare)
        self.context.sni_callback = self._choose
        self._try(self._last)

    async def __aenter__(self) -> Self:
        self._timer = asyncio.get_running_loop().call_later(self._interval, self._look_again)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        connection.context = self._current

    def _look_again(self) -> None:
        stamp = _stamp(*self._files)
        still, self._last = stamp == self._last, stamp
        wait = self._interval if still else min(self._interval, SETTLE)
        self._timer = asyncio.get_running_loop().call_later(wait, self._look_again)
        if still:
            self.look()

    def look(self) -> None:
        """Looks at the files now; also for whoever is told that they changed (SIGHUP)."""
        stamp = _stamp(*self._files)
        if stamp is None or stamp == self._taken:
            return
        taken = self._try(stamp)
        if taken is not None and (taken or stamp != self._refused):
            self._refused = None if taken else stamp
            self._manner.on_reload(taken)

    def _try(self, stamp: Stamp | None) -> bool | None:
        """Take the files, unless they cannot be used or are worse than what is in force; None: somebody is writing them."""
        now = self._manner.now()
        try:
            certificate, key = (path.read_bytes() for path in self._files)
            if _stamp(*self._files) != stamp:
                return None  # there is another look
            presented, context = self._manner.judge(certificate), _context(certificate, key)
            if (fault := presented.fault(now)) and not self.presented.fault(now):
                raise ValueError(f"{fault}; the one before goes on")
        except (OSError, ValueError) as error:
            self._refuse(str(_unusable(*self._files, error)))
            return False
        again = self._taken is not None or bool(self._said)
        self._current, self._taken, self.presented, self._said = context, stamp, presented, ""
        if again:
            log.info("certificate_reloaded", certificate=str(self._files[0]))
        return True

    def _refuse(self, why: str) -> None:
        """Said once; while there is nothing better, it is what is wrong with the portal's certificate."""
        if why != self._said:
            self._said = why
            log.warning("certificate_not_reloaded" if self._taken else "certificate_not_usable", why=why)
        if self._taken is None:
            self.presented = Presented(why[:300])
