"""How long to wait before the next try: longer each time, and never at the same moment as a thousand other gateways."""

from collections.abc import Callable
from typing import Final


class Backoff:
    """``draw`` returns a number of 0 to 1 by chance."""

    def __init__(self, draw: Callable[[], float], first: float = 1.0, most: float = 60.0) -> None:
        """Seconds."""
        self._draw: Final = draw
        self._first: Final = first
        self._most: Final = most
        self._next = first

    def reset(self) -> None:
        """It worked."""
        self._next = self._first

    def wait(self, at_least: float | None = None) -> float:
        """Seconds until the next try, between half and all of what has doubled with each; ``at_least``: what the other side asks for."""
        seconds = self._next * (0.5 + 0.5 * self._draw())
        self._next = min(self._most, 2 * self._next)
        return seconds if at_least is None else at_least + seconds
