"""HTB classes of clients: few are made at once, many beside the requests, in a thread.

Meanwhile their clients are online through the class ``BOARDING`` that they share.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

import structlog

from firewall.api import Rates
from firewall.grants import Held
from firewall.kernel import Kernel
from firewall.kernel.netlink import KernelRefused
from firewall.shaper import Class, slot_classes
from firewall.state import State

log = structlog.get_logger("firewall.classes")

CLASS_COST = 40
"""What a class costs however many there are, in units of what it costs more for each that is there: 0.6 µs on Linux 6.18 where these are
not in the processor's cache, 0.08 µs where they are."""
SOON = 1_000
"""Work of that unit that a request may wait for: about half a millisecond on each interface."""
QUIET, LONGEST_WAIT = 0.05, 2.0
"""Seconds without a change by requests before many classes are made, and the longest wait for that: online comes first, own rates next."""
AT_ONCE = 16
"""Classes that the thread makes in one go: at most some 50 ms in which trees cannot be changed otherwise."""


def make_classes(state: State, kernel: Kernel, grants: Iterable[Held | None]) -> None:
    """See to the classes of these grants. Those that are there get their rates at once, and few new ones are made at once; where making
    them would take long, they are left to ``Maker``. An interface that is gone gets its classes when it is back."""
    for interface, slots in _not_as_wanted(state, grants).items():
        link, made = state.links.get(interface), state.classes.get(interface)
        if link is None or made is None:
            continue
        waiting = state.boarding.setdefault(interface, {})
        new = [slot for slot in slots if slot not in made]
        if waiting or len(new) * (len(made) + CLASS_COST) > SOON:
            waiting.update(dict.fromkeys(new))
            slots = [slot for slot in slots if slot in made]
        if slots:
            wanted = {slot: state.slots.made[slot] for slot in slots}
            kernel.tc.make(link.index, classes_of(state, interface, wanted))
            made.update(wanted)


def _not_as_wanted(state: State, grants: Iterable[Held | None]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for held in grants:
        if held is not None:
            zone = state.settings.zones[held.grant.zone]
            for interface in (zone.lan, zone.wan):
                if state.classes.get(interface, {}).get(held.slot) != state.slots.made[held.slot]:
                    found.setdefault(interface, []).append(held.slot)
    return found


def classes_of(state: State, interface: str, slots: Mapping[int, tuple[str, Rates]]) -> list[Class]:
    """The classes of these slots on one interface."""
    each = (slot_classes(state.settings.zones, slot, *made) for slot, made in slots.items())
    return [classes[interface] for classes in each if interface in classes]


class Maker:
    """Makes the classes that clients wait for, then those that are wanted ahead."""

    def __init__(self, state: State, kernel: Kernel, lock: asyncio.Lock, failed: Callable[[], None]) -> None:
        self._state = state
        self._kernel = kernel
        self._lock = lock
        self._failed = failed
        self.wanted = asyncio.Event()
        """Set when classes may be missing."""
        self.changed = False
        """Set when a request has changed something."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            await self._until_quiet()
            try:
                while await self._some():
                    pass
            except KernelRefused as refused:
                log.warning("classes_not_made", why=str(refused))
                self._failed()

    async def _until_quiet(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAIT):
                while self.changed:
                    self.changed = False
                    await asyncio.sleep(QUIET)

    async def _some(self) -> bool:
        """Make some classes; False when there is nothing to do."""
        state = self._state
        async with self._lock:
            for interface, waiting in state.boarding.items():
                if waiting and interface in state.classes:
                    await self._make(interface, list(islice(waiting, AT_ONCE)))
                    return True
            slots = state.slots.make_ahead(AT_ONCE)
            for interface in list(state.classes):
                mine = [slot for slot in slots if interface in _interfaces(state, slot)]
                if mine:
                    await self._make(interface, mine)
            return bool(slots)

    async def _make(self, interface: str, slots: Iterable[int]) -> None:
        state, link = self._state, self._state.links[interface]
        wanted = {slot: state.slots.made[slot] for slot in slots}
        self._kernel.tc_beside.leaf = self._kernel.tc.leaf
        await asyncio.to_thread(self._kernel.tc_beside.make, link.index, classes_of(state, interface, wanted))
        state.classes[interface].update(wanted)
        waiting = state.boarding.setdefault(interface, {})
        for slot, made in wanted.items():
            if state.slots.made[slot] == made:
                waiting.pop(slot, None)
            else:  # its client was given other rates meanwhile: once more
                waiting[slot] = None


def _interfaces(state: State, slot: int) -> tuple[str, str]:
    zone = state.settings.zones[state.slots.made[slot][0]]
    return zone.lan, zone.wan
