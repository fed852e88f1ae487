"""Accept -> online at each level, many at once, redirects and pages: both halls up, in turns."""

import asyncio
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from msgspec import Struct

from benchmarks import crowd
from benchmarks.accept import one_by_one
from benchmarks.crowd import Crowd, Visitor
from benchmarks.peers import walks, web
from benchmarks.peers.halls import Ours
from benchmarks.peers.opennds import OpenNDS
from benchmarks.peers.web import Load

T = TypeVar("T")
IDLE = 16.0
"""Seconds: openNDS looks after its clients every 15."""


class Wait(Struct, frozen=True):
    """Accept -> online, ms."""

    online: int
    samples: int
    p50: float
    p99: float


class Arrivals(Struct, frozen=True):
    """One side."""

    waits: tuple[Wait, ...]
    accepts_per_second: float
    accepts_failed: int
    redirects: Load
    pages: Load
    resident_mb: float = 0.0
    """openNDS's, with all of them online."""
    cpu_percent: float = 0.0
    """openNDS's, of one core, while nothing happens."""


def wait(online: int, seconds: Sequence[float]) -> Wait:
    """Median and 99th percentile."""
    ordered = sorted(seconds)
    return Wait(online, len(ordered), statistics.median(ordered) * 1e3, ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1e3)


def load(rushed: walks.Rush) -> Load:
    """As wrk would have said it."""
    if not rushed.seconds:
        return Load(0.0, 0.0, 0.0, rushed.failed)
    waited = wait(0, rushed.seconds)
    return Load(rushed.per_second, waited.p50, waited.p99, rushed.failed)


async def of_ours(here: Ours, levels: Sequence[int], samples: int, at_once: int, seconds: int) -> Arrivals:
    """Our hall is filled by accepting; so the last step up is the rush that is timed. It stays as full as the last level."""
    waits, online, rate = [], 0, 0.0
    for level in levels:
        if level > online:
            arriving = here.crowd.fresh(level - online)
            rate = await here.inside(partial(come_in, arriving, at_once))
            online = level
            await here.settled()
        seen = await here.inside(partial(one_by_one, here.crowd, samples, level))
        if not samples:
            continue
        waits.append(wait(level, seen.wait))
        print(f"ours, {level} online: {waits[-1].p50:.2f} / {waits[-1].p99:.2f} ms", file=sys.stderr)
    own, *others = here.crowd.fresh(1_001)
    await asyncio.to_thread(web.share, here.crowd.namespace, own, others)
    redirects = await asyncio.to_thread(web.redirects, here.crowd.namespace, 200, seconds)
    pages = await asyncio.to_thread(web.pages, here.crowd.namespace, 50, seconds)
    return Arrivals(tuple(waits), rate, 0, redirects, pages)


def come_in(visitors: Sequence[Visitor], at_once: int) -> float:
    """Accepts a second, all of them in journal and kernel."""
    ready = [crowd.open_page(visitor) for visitor in visitors]
    return len(visitors) / crowd.tap_all(ready, at_once).seconds


async def of_theirs(daemon: OpenNDS, everybody: Crowd, levels: Sequence[int], samples: int, at_once: int, seconds: int) -> Arrivals:
    """openNDS: clients who are online beforehand are its rules alone, because letting in 5,000 would take it hours. Two at a time load
    pages; many at once come last, because in one run it let nobody in after them."""

    async def inside(work: Callable[[], T]) -> T:
        return await asyncio.to_thread(everybody.inside, work)

    waits, online = [], 0
    for level in levels:
        await asyncio.to_thread(daemon.let_in, everybody.fresh(level - online))
        online = level
        seen: list[float] = []
        for visitor in everybody.fresh(2 * samples):
            deaths = daemon.deaths
            took = await inside(partial(walks.come_in, visitor))
            if daemon.deaths != deaths:
                await asyncio.to_thread(daemon.settle)
                await asyncio.to_thread(daemon.restore)
            elif took is not None:
                seen.append(took)
            if len(seen) == samples:
                break
        if seen:
            waits.append(wait(level, seen))
            print(f"openNDS, {level} online: {waits[-1].p50:.0f} / {waits[-1].p99:.0f} ms", file=sys.stderr)
    before, start = daemon.cpu_seconds(), time.monotonic()
    await asyncio.sleep(IDLE)  # the measuring interval
    percent, memory = (daemon.cpu_seconds() - before) / (time.monotonic() - start) * 100, daemon.resident_mb()
    own, *others = everybody.fresh(101)
    pages = await inside(partial(walks.pages_in_turn, others[:2], float(2 * seconds)))
    rushed = await inside(partial(walks.at_once, everybody.fresh(at_once)))
    await asyncio.to_thread(web.share, everybody.namespace, own, others)
    redirects = await asyncio.to_thread(web.redirects, everybody.namespace, 200, seconds)
    return Arrivals(tuple(waits), rushed.per_second, at_once - len(rushed.seconds), redirects, load(pages), memory, percent)
