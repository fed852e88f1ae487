"""What every part of a hub process shares."""

from collections.abc import Callable
from datetime import UTC, datetime

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
        self.now = clock
