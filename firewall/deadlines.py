"""When sessions may end: one timer for the earliest time at which a session is over or its volume could be used up."""

import asyncio
import heapq
from collections.abc import Callable

from firewall.grants import Held
from firewall.kernel import Kernel
from firewall.metering import next_look
from firewall.state import State
from firewall.turns import read_one


class Deadlines:
    """The ends to come. ``end`` is called with the sessions that are over, and why."""

    def __init__(self, state: State, kernel: Kernel, clock: Callable[[], float], end: Callable[[list[tuple[Held, str]]], None]) -> None:
        self._state = state
        self._kernel = kernel
        self._clock = clock
        self._end = end
        self._due: list[tuple[float, str]] = []
        self._timer: asyncio.TimerHandle | None = None

    def arm(self, held: Held) -> None:
        """Wake up when this session may end: its time is over, or its volume could be used up."""
        now, when = self._clock(), held.ends
        if held.grant.volume is not None:
            meter, rates = self._state.meters[held.grant.session], held.grant.rates
            when = min(when, now + next_look(held.grant.volume, meter.up + meter.down, rates.ceil_down + rates.ceil_up))
        heapq.heappush(self._due, (when, held.grant.session))
        if self._due[0][1] == held.grant.session:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._due:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, self._due[0][0] - self._clock()), self._on_timer)

    def _on_timer(self) -> None:
        now = self._clock()
        over: list[tuple[Held, str]] = []
        look: dict[Held, None] = {}
        self._timer = None
        while self._due and self._due[0][0] <= now:
            held = self._state.grants.get(heapq.heappop(self._due)[1])
            if held is not None and held.ends <= now:
                over.append((held, "time"))
            elif held is not None and held.grant.volume is not None:
                look[held] = None
        over += [(held, "volume") for held in look if self._used_up(held, now)]
        self._end(list(dict.fromkeys(over)))
        for held in look:
            if self._state.grants.get(held.grant.session) is held:
                self.arm(held)
        self._set_timer()

    def _used_up(self, held: Held, now: float) -> bool:
        meter = self._state.meters[held.grant.session]
        read_one(self._kernel, held, meter, now)
        return held.grant.volume is not None and meter.up + meter.down >= held.grant.volume
