"""Requests of visitors wait while the firewall is started anew: a page that comes a moment later, instead of one that says no.

Rule 1: no longer than ``SECONDS`` from the request, nor than ``SECONDS`` from the moment that the firewall was lost: one that stays away
makes nobody wait. Rule 2: at most ``MOST`` wait, ``PER_CLIENT`` of one address; the next get the answer at once. Rule 3: who hangs up, or
is turned out at the door, waits no more.
"""

import asyncio
from collections import Counter
from functools import partial
from typing import Final

from aiohttp import web

from hotspot.portal.desk import Desk
from hotspot.portal.door import DOOR


class Patience:
    """That of one zone's pages."""

    SECONDS = 6.0
    """A firewall is back in one or two seconds, on a slow gateway in four. Phones give up after ten and more; the door after 20."""
    MOST, PER_CLIENT = 256, 8
    STOP_SECONDS = 2.0
    """When the portal itself stops: less than the door leaves those who are inside (``Door.STOP_SECONDS``)."""

    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk
        self._of_address: Final = Counter[str]()
        self._waiting: Final[set[asyncio.Timeout]] = set()
        self._last = float("inf")
        """Until when anybody may wait (time of the loop)."""

    def __len__(self) -> int:
        return len(self._waiting)

    def stop(self) -> None:
        """The portal stops: a little time is left to those who wait, and to those who begin now."""
        self._last = asyncio.get_running_loop().time() + self.STOP_SECONDS
        for scope in self._waiting:
            _end(scope, self._last)

    async def lasts(self, request: web.Request, began: float) -> bool:
        """Wait until the firewall answers: True, ask again. False: it does not, there is no room to wait, the visitor has gone, or it was
        its answer. ``began``: when the request came (time of the loop)."""
        ends, address = min(began + self.SECONDS, self._last), request.remote or ""
        full = len(self) >= self.MOST or self._of_address[address] >= self.PER_CLIENT
        if self._desk.firewall_up or full or asyncio.get_running_loop().time() >= ends:
            return False
        self._of_address[address] += 1
        try:
            async with asyncio.timeout_at(ends) as scope:
                self._waiting.add(scope)
                try:
                    with request.app[DOOR].told_of_leaving(request.transport, partial(_end, scope, 0.0)):
                        return await self._desk.firewall_back(self.SECONDS)
                finally:
                    self._waiting.discard(scope)
        except TimeoutError:
            return False
        finally:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]


def _end(scope: asyncio.Timeout, when: float) -> None:
    """It ends then at the latest."""
    ends = scope.when()
    if not scope.expired() and (ends is None or when < ends):
        scope.reschedule(when)


PATIENCE: Final = web.AppKey("patience", Patience)
