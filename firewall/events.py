"""What the kernel tells by itself: somebody changed the ruleset, a link or a qdisc; a neighbour came, answered or went."""

import asyncio
import contextlib
import errno
from collections.abc import Callable, Iterator

import structlog

from firewall.kernel import Kernel
from firewall.kernel.neighbours import TC_EVENTS, link_of, neighbour_of
from firewall.kernel.netlink import Netlink
from firewall.kernel.nft import foreign_changes
from firewall.state import State

log = structlog.get_logger("firewall.events")


class Events:
    """Reads the event sockets; ``changed`` is set when somebody else may have changed what is ours."""

    def __init__(self, state: State, kernel: Kernel, changed: asyncio.Event, clock: Callable[[], float]) -> None:
        self.state = state
        self._kernel = kernel
        self._changed = changed
        self._clock = clock

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Read events from now on."""
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as stack:
            for events, handler in (
                (self._kernel.ruleset_events, self._on_ruleset_events),
                (self._kernel.link_events, self._on_link_events),
                (self._kernel.neighbour_events, self._on_neighbour_events),
            ):
                loop.add_reader(events.fileno(), handler)
                stack.callback(loop.remove_reader, events.fileno())
            # What changed between the first look and the first event is found by one more look.
            self._changed.set()
            yield

    def _on_ruleset_events(self) -> None:
        if self._overrun(self._kernel.ruleset_events) or foreign_changes(self._kernel.ruleset_events.waiting, self._kernel.own_ports):
            self._changed.set()

    def _on_link_events(self) -> None:
        interesting = self._overrun(self._kernel.link_events)
        known = {link.index: link for link in self.state.links.values()}
        names = {interface for zone in self.state.settings.zones.values() for interface in (zone.lan, zone.wan)}
        for event in self._kernel.link_events.waiting:
            if (link := link_of(event)) is not None:
                before = known.get(link.index)
                interesting |= (link.name in names and (before is None or link.gone or before.up != link.up)) or (
                    before is not None and before.name != link.name
                )
            elif event.kind in TC_EVENTS and event.port not in self._kernel.own_ports:
                interesting = True
        if interesting:
            self._changed.set()

    def _on_neighbour_events(self) -> None:
        now = self._clock()
        events = self._kernel.neighbour_events
        if self._overrun(events):
            for neighbour in self._kernel.neighbours.all():
                self.state.presence.take(neighbour, now)
        lans = {self.state.lan_index(zone) for zone in self.state.settings.zones}
        for event in events.waiting:
            if (told := neighbour_of(event)) is not None and told.interface in lans:
                self.state.presence.take(told, now)

    def _overrun(self, events: Netlink) -> bool:
        """Collect what waits in ``events.waiting``; True if the kernel had to drop events."""
        try:
            events.collect()
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            log.warning("events_lost", socket=events.fileno())
            return True
        return False
