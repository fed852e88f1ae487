"""Carries out block lists: first the kernel's sets, then the end of what is open to the places that are new in them."""

import asyncio
from collections.abc import Callable

import structlog

from firewall.api import AnyReply, BlockedSet, Refused, SetBlocked
from firewall.binding import blocked_text, conntrack_place
from firewall.grants import table_of
from firewall.kernel import Kernel
from firewall.kernel import nft as nft_program
from firewall.kernel.conntrack import Place
from firewall.kernel.netlink import KernelRefused
from firewall.listener import Connection
from firewall.state import Blocked, State

log = structlog.get_logger("firewall.blocking")


class Blocking:
    """One list after the other."""

    def __init__(self, state: State, kernel: Kernel, lock: asyncio.Lock, clock: Callable[[], float]) -> None:
        self._state = state
        self._kernel = kernel
        self._lock = lock
        self._clock = clock
        self.orders: asyncio.Queue[tuple[Connection, SetBlocked]] = asyncio.Queue()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            connection, request = await self.orders.get()
            reply, fresh = await self._set(request)
            if isinstance(reply, Refused):
                self._state.counts["refused"] += 1
            connection.send(reply)
            if fresh:
                await self._shut(request.zone, fresh)

    async def _set(self, request: SetBlocked) -> tuple[AnyReply, list[Place]]:
        """The answer, and the places that were not blocked before."""
        if request.zone not in self._state.settings.zones:
            return Refused(request.id, "bad_request", "zone", f"cannot block in zone {request.zone!r}: there is none of that name"), []
        try:
            text = blocked_text(table_of(request.zone), request.places)
        except ValueError as error:
            return Refused(request.id, "bad_request", "places", f"cannot block: {error}"), []
        async with self._lock:  # a table that is being put back gets the list that is known, old or new
            try:
                await asyncio.to_thread(nft_program.load, text)
            except nft_program.RulesetRefused as refused:
                return Refused(request.id, "kernel", "places", str(refused)), []
            now, before = self._clock(), self._state.blocked.get(request.zone, ())
            self._state.blocked[request.zone] = tuple(
                Blocked(each, None if each.seconds is None else now + each.seconds) for each in request.places
            )
        known = {(each.place.network, each.place.service) for each in before if each.left(now) is not None}
        return BlockedSet(request.id), [conntrack_place(each) for each in request.places if (each.network, each.service) not in known]

    async def _shut(self, zone: str, places: list[Place]) -> None:
        """End what is open to these places, in a thread: the kernel walks its whole table for it."""
        slots = {held.slot for held in self._state.grants if held.grant.zone == zone}
        try:
            await asyncio.to_thread(self._kernel.conntrack_beside.forget_places, places, slots)
        except KernelRefused as refused:
            log.warning("connections_not_forgotten", why=str(refused))
