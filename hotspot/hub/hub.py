"""What every part of a hub process shares."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from aiohttp import web

from hotspot.hub import sources
from hotspot.hub.board import Board
from hotspot.hub.oidc.provider import Provider
from hotspot.hub.printer import Printer
from hotspot.hub.settings import Settings
from hotspot.hub.signals import Signals
from hotspot.hub.store import Store

log = structlog.get_logger("hub")


def now() -> datetime:
    """The hub's clock."""
    return datetime.now(UTC)


class Hub:
    """Holds the parts; decides nothing."""

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], datetime] = now) -> None:
        self.settings = settings
        self.store = store
        self.signals = Signals(store)
        self.printer = Printer()
        self.now = clock
        self.openid = None if settings.oidc is None else Provider(settings.oidc)
        """Who else lets people in at the console."""
        self.board = Board(store, self.signals, lambda: self.now())  # noqa: PLW0108  (whoever moves this hub's clock moves the board's)
        self._warned = False

    def source(self, request: web.Request) -> str:
        """Where a request comes from: its address, or the network of one customer of IPv6. A proxy that is not in ``proxies`` is told once:
        behind it everybody would count as one."""
        remote, forwarded = request.remote or "", request.headers.getall("X-Forwarded-For", [])
        if forwarded and not self._warned and remote in ("127.0.0.1", "::1") and not sources.is_proxy(remote, self.settings.proxies):
            self._warned = True
            log.warning("a proxy is not believed", proxy=remote, expected=f'proxies = ["{remote}"] in the settings, if it is ours')
        return sources.source(remote, forwarded, self.settings.proxies)

    def encrypted(self, request: web.Request) -> bool:
        """Does whoever asks speak TLS, with us or with our own proxy?"""
        if request.secure:
            return True
        return request.headers.get("X-Forwarded-Proto") == "https" and sources.is_proxy(request.remote or "", self.settings.proxies)
