"""What a full hall costs when nothing happens, how long reading usage takes and who waits for it, and a cold start. Ours only."""

import asyncio
import signal
import statistics
import threading
import time
from collections.abc import Sequence

from msgspec import Struct

from benchmarks import crowd
from benchmarks.accept import cpu_seconds, percentile
from benchmarks.crowd import Visitor, WrongAnswer
from benchmarks.gateway import NAMES, memory_of
from benchmarks.peers.halls import Ours
from firewall import api
from hotspot.lab import namespaces

PAGES_A_SECOND = 40
READINGS = 15
FORGOTTEN = (
    ("nft", "flush", "ruleset"),
    ("tc", "qdisc", "del", "dev", "lan0", "root"),
    ("tc", "qdisc", "del", "dev", "wan0", "root"),
    ("conntrack", "-F"),
)
"""What a kernel has forgotten after a reboot."""


class Idle(Struct, frozen=True):
    """A full hall in which nothing happens."""

    online: int
    resident_mb: float
    share_mb: float
    """Shared pages divided among those who share them."""
    cpu_percent: float
    """Of one core, both processes."""


async def idle(here: Ours, seconds: float) -> Idle:
    """Memory and processor time of both processes."""
    asking = await here.asking()
    online = await asking.grants()
    asking.close()
    pids = [here.hall.process(name).pid for name in NAMES]
    before, start = sum(map(cpu_seconds, pids)), time.monotonic()
    await asyncio.sleep(seconds)  # the measuring interval
    percent = (sum(map(cpu_seconds, pids)) - before) / (time.monotonic() - start) * 100
    memory = [memory_of(pid) for pid in pids]
    return Idle(online, sum(one.resident for one in memory), sum(one.share for one in memory), percent)


class Reading(Struct, frozen=True):
    """Usage of all."""

    grants: int
    usage_p50_ms: float
    usage_worst_ms: float
    quiet_p99_ms: float
    """Of the splash page, before."""
    meanwhile_p99_ms: float
    """Of the splash page, while the portal reads usage every second, five times as often as a gateway does."""


async def pages(here: Ours, visitors: Sequence[Visitor], seconds: float) -> list[float]:
    """The splash page at fixed moments, whether or not the one before has arrived: seconds of each from the moment it was due."""
    count = int(seconds * PAGES_A_SECOND)
    waits: list[float] = []

    def load() -> None:
        start, threads = time.perf_counter(), []

        def one(due: float, visitor: Visitor) -> None:
            crowd.open_page(visitor)
            waits.append(time.perf_counter() - due)

        for number in range(count):
            due = start + number / PAGES_A_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))  # open loop: requests come when they come
            thread = threading.Thread(target=one, args=(due, visitors[number % len(visitors)]))
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()

    await here.inside(load)
    if len(waits) != count:
        raise WrongAnswer(f"cannot measure: {count - len(waits)} of {count} pages did not arrive")
    return waits


async def reading(here: Ours, visitors: Sequence[Visitor], quiet: Sequence[float], seconds: float) -> Reading:
    """Usage of everybody, asked for by one alone; then the page, while the portal reads it every second."""
    await here.usage_every("300 s")
    asking = await here.asking()
    grants = await asking.grants()
    took: list[float] = []
    for _ in range(READINGS):
        line, waited = await asking.ask(api.ReadUsage(1))
        took.append(waited)
        reply = api.decode_message(line)
        assert isinstance(reply, api.UsageRead), reply
        assert len(reply.usages) == grants, len(reply.usages)
    asking.close()
    await here.usage_every("1 s")
    meanwhile = await pages(here, visitors, seconds)
    return Reading(grants, statistics.median(took) * 1e3, max(took) * 1e3, percentile(quiet, 0.99), percentile(meanwhile, 0.99))


class ColdStart(Struct, frozen=True):
    """Both processes new, kernel empty."""

    sessions: int
    firewall_ready: float
    """Seconds from the start of the first process."""
    everybody: float
    """Seconds until all are online."""
    own_class: float
    """Seconds until each has the rates of its plan; before that they share a class."""


async def cold_start(here: Ours) -> ColdStart:
    """Kill both, empty the kernel, start both at once as systemd does: how long until everybody is online again, and until each has the
    class of its own plan?"""
    asking = await here.asking()
    expected = await asking.grants()
    asking.close()
    for name in NAMES:
        await here.hall.end(name, signal.SIGKILL)
    for words in FORGOTTEN:
        await namespaces.command("ip", "netns", "exec", here.hall.layout.gateway, *words)
    start = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        portal = tasks.create_task(here.hall.start_portal())
        await here.hall.start_firewall()
        ready = time.monotonic()
        asking = await here.asking()
        online = done = 0.0
        while not done or await asking.boarding():
            if not done and (online := await asking.grants()) == expected:
                done = time.monotonic()
            if time.monotonic() - start > 60:
                raise WrongAnswer(f"cannot go on: {online} of {expected} online a minute after a cold start")
            await asyncio.sleep(0.02)  # nobody says how many are online
        own = time.monotonic()
        await portal
    asking.close()
    return ColdStart(expected, ready - start, done - start, own - start)
