"""What every part of a hub process shares."""

from collections.abc import Callable
from datetime import UTC, datetime

from hotspot.hub.board import Board
from hotspot.hub.oidc.provider import Provider
from hotspot.hub.printer import Printer
from hotspot.hub.settings import Settings
from hotspot.hub.signals import Signals
from hotspot.hub.store import Store


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
