"""From the button to the Internet: how long a visitor waits, alone and with 1,000 online, and how many can come in at once.

    python -m benchmarks.accept [--rounds 5] [--samples 200] [--online 1000] [--at-once 50] [--json]

Needs root. Each round raises a hall (``hotspot lab``: real firewall daemon and portal, unprivileged, real kernel, journal on the disk of
/var/tmp) with a crowd of visitors, each with a MAC, an address and a session of its own. A visitor has seen a refusal and the splash page,
which is not timed; then the clock runs

    wait     from the first packet of the connection that carries the form until a TCP connection to the WAN stands that is begun as soon as
             the 303 is there
    retry    the same for a phone that does not wait for the answer but tries the WAN again and again, 1 ms after each refusal
    answer   until the 303 alone
    plain    to compare with: connection, request and answer of a page of the WAN's web server, which is the same aiohttp with nothing
             behind it, by a visitor who is online; what the machine does beside shows here too

and ``kick`` ends the session, so that as many are online for the next one. In between everybody else comes in, so many at once, each again
by a connection of their own: from the first tap to the last 303, all of them in the journal and in the kernel.

Every figure is the median of the rounds' figures. Exits 1 when the bar is missed: p50 6 ms and p99 25 ms, with none and with all online;
300 accepts/s.
"""

import argparse
import asyncio
import gc
import os
import select
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct, structs

from benchmarks import command, crowd
from benchmarks.crowd import Crowd, Ready, Visitor, WrongAnswer
from hotspot.lab.hall import Hall
from hotspot.lab.layout import LAN_GATEWAY, SITE
from hotspot.lab.options import Options

BAR_P50_MS, BAR_P99_MS, BAR_RATE = 6.0, 25.0, 300.0
PAUSE_MS = 1
"""Between a refusal and the next try of a phone that does not wait."""
FLUSHES = 50
PLAIN = b"GET / HTTP/1.1\r\nHost: www.town.example\r\nConnection: close\r\n\r\n"


class Waits(Struct, frozen=True):
    """Seconds of one round, one entry per visitor."""

    online: int
    wait: list[float]
    answer: list[float]
    retry: list[float]
    plain: list[float]


class Rush(Struct, frozen=True):
    """Everybody comes at once, in one round."""

    visitors: int
    at_once: int
    per_second: float
    answer: list[float]
    portal_cpu_us: float
    """Processor time for one accept, user and kernel."""
    firewall_cpu_us: float
    visitors_cpu_us: float


class Round(Struct, frozen=True):
    """One hall."""

    flush_ms: float
    """Median of a 4 kB write and its flush, in the journal's folder."""
    alone: Waits
    rush: Rush
    crowded: Waits


class Point(Struct, frozen=True):
    """Medians over all rounds of the rounds' medians and 99th percentiles, ms."""

    online: int
    samples: int
    """In one round."""
    wait_p50_ms: float
    wait_p99_ms: float
    answer_p50_ms: float
    answer_p99_ms: float
    retry_p50_ms: float
    retry_p99_ms: float
    plain_p50_ms: float
    plain_p99_ms: float


class Result(Struct, frozen=True):
    """All rounds together, and the bar."""

    command: str
    flush_ms: float
    alone: Point
    crowded: Point
    accepts_per_second: float
    """Median of the rounds."""
    accepts_per_second_of: tuple[float, ...]
    rush_p50_ms: float
    rush_p99_ms: float
    portal_cpu_us: float
    firewall_cpu_us: float
    visitors_cpu_us: float
    passed: bool


# The hall -------------------------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def on_disk(hall: Hall) -> AsyncIterator[Path]:
    """The journal in /var/tmp, which is a disk, while /run, where halls live, need not be one; started with an empty one."""
    state = hall.folder.path / "portal" / "state"
    with tempfile.TemporaryDirectory(prefix="hotspot-benchmark-", dir="/var/tmp") as folder:
        place, owner = Path(folder), state.stat()
        await hall.end("portal")
        for file in state.iterdir():
            file.unlink()
        state.rmdir()
        state.symlink_to(place)
        os.chown(place, owner.st_uid, owner.st_gid)
        await hall.start_portal()
        try:
            yield place
        finally:
            await hall.end("portal")


@asynccontextmanager
async def crowded_hall(name: str, online: int, visitors: int) -> AsyncIterator[tuple[Hall, Crowd, Path]]:
    """A hall for ``online`` clients, with a crowd and the journal's folder on disk; SIGTERM takes it away too."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with (
        Hall(f"{name}-{os.getpid()}", Options(max_clients=online + 100)) as hall,
        on_disk(hall) as state,
        crowd.gathered(hall, visitors) as everybody,
    ):
        yield hall, everybody, state


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, all its threads (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def flush_ms(folder: Path) -> float:
    """How long the disk takes to keep 4 kB, median."""
    took = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(FLUSHES):
            file.seek(0)
            file.write(bytes(4_096))
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - start)
    return statistics.median(took) * 1e3


# Inside the crowd's namespace -----------------------------------------------------------------------------------------------------------


def one_waits(ready: Ready) -> tuple[float, float]:
    """One visitor taps and opens a connection as soon as the answer is there: seconds until it stands, and until the answer."""
    visitor = ready.visitor
    with crowd.prepared(visitor) as portal, crowd.prepared(visitor) as site:
        start = time.perf_counter()
        portal.connect((LAN_GATEWAY, 80))
        portal.sendall(ready.request)
        answer = portal.recv(65_536)
        answered = time.perf_counter()
        site.connect((SITE, crowd.OTHER_PORT))
        connected = time.perf_counter()
    if not answer.startswith(b"HTTP/1.1 303"):
        raise WrongAnswer(f"cannot accept: {answer[:40]!r}")
    return connected - start, answered - start


def one_reads(visitor: Visitor) -> float:
    """One visitor who is online reads a page of the WAN: seconds from the first packet until it is there."""
    with crowd.prepared(visitor) as site:
        start = time.perf_counter()
        site.connect((SITE, crowd.OTHER_PORT))
        site.sendall(PLAIN)
        answer = site.recv(65_536)
        took = time.perf_counter() - start
    if not answer.startswith(b"HTTP/1.1 200"):
        raise WrongAnswer(f"cannot read a page of the WAN: {answer[:40]!r}")
    return took


def one_retries(ready: Ready) -> float:
    """One visitor taps and tries the WAN at once, again 1 ms after each refusal: seconds until a connection stands."""
    visitor = ready.visitor
    with crowd.prepared(visitor) as portal:
        pause = select.poll()
        start = time.perf_counter()
        portal.connect((LAN_GATEWAY, 80))
        portal.sendall(ready.request)
        while not crowd.reaches_site(visitor):
            pause.poll(PAUSE_MS)
            if time.perf_counter() - start > crowd.PATIENCE:
                raise WrongAnswer(f"cannot get online within {crowd.PATIENCE} s")
        return time.perf_counter() - start


def one_by_one(everybody: Crowd, samples: int, online: int) -> Waits:
    """Visitors come and go one after the other while ``online`` others stay."""

    def sample(measure: Callable[[Ready], None]) -> None:
        (visitor,) = everybody.fresh(1)
        if crowd.reaches_site(visitor):
            raise WrongAnswer("cannot measure: a visitor is online who has not accepted")
        ready = crowd.open_page(visitor)
        measure(ready)
        plain.append(one_reads(visitor))
        everybody.kick(ready)

    waits: list[tuple[float, float]] = []
    retries: list[float] = []
    plain: list[float] = []
    gc.collect()
    gc.disable()  # the clock is in here
    try:
        for number in range(samples):
            sample(lambda ready: waits.append(one_waits(ready)))
            if number % 2:
                sample(lambda ready: retries.append(one_retries(ready)))
    finally:
        gc.enable()
    count(everybody, online)
    return Waits(online, [wait for wait, _ in waits], [answer for _, answer in waits], retries, plain)


def count(everybody: Crowd, expected: int) -> None:
    """Raises ``WrongAnswer`` when not exactly so many are online."""
    online = len(everybody.sessions())
    if online != expected:
        raise WrongAnswer(f"cannot go on: {online} sessions in the kernel, expected {expected}")


def rush(everybody: Crowd, visitors: Sequence[Visitor], at_once: int) -> Rush:
    """All of them come in, ``at_once`` at any time."""
    pids = [everybody.hall.process(name).pid for name in ("portal", "firewall")]
    ready = [crowd.open_page(visitor) for visitor in visitors]
    before = [cpu_seconds(pid) for pid in pids]
    served = crowd.tap_all(ready, at_once)
    portal, firewall = (cpu_seconds(pid) - earlier for pid, earlier in zip(pids, before, strict=True))
    count(everybody, len(visitors))
    each = 1e6 / len(visitors)
    return Rush(len(visitors), at_once, len(visitors) / served.seconds, served.waits, portal * each, firewall * each, served.own_cpu * each)


async def one_round(samples: int, online: int, at_once: int) -> Round:
    """One hall from first to last visitor."""
    async with crowded_hall("bench-accept", online, online + 3 * samples + 2) as (hall, everybody, state):
        if hall.remark:
            print(hall.remark, file=sys.stderr)

        def visit() -> Round:
            alone = one_by_one(everybody, samples, 0)
            rushed = rush(everybody, everybody.fresh(online), at_once)
            return Round(flush_ms(state), alone, rushed, one_by_one(everybody, samples, online))

        return await asyncio.to_thread(everybody.inside, visit)


# Figures --------------------------------------------------------------------------------------------------------------------------------


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all are not above, in ms."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3, 3)


def point(seen: Sequence[Waits]) -> Point:
    """All rounds together."""
    names, shares = ("wait", "answer", "retry", "plain"), (0.5, 0.99)
    figures = (statistics.median(percentile(getattr(one, name), share) for one in seen) for name in names for share in shares)
    return Point(seen[0].online, len(seen[0].wait), *figures)


def summary(seen: Sequence[Round], command: str) -> Result:
    """Medians of the rounds."""
    alone, crowded = point([one.alone for one in seen]), point([one.crowded for one in seen])
    rates = tuple(round(one.rush.per_second, 1) for one in seen)
    rate = statistics.median(rates)
    quick = all(one.wait_p50_ms <= BAR_P50_MS and one.wait_p99_ms <= BAR_P99_MS for one in (alone, crowded))

    def median(values: Sequence[float]) -> float:
        return round(statistics.median(values), 2)

    return Result(
        command=command,
        flush_ms=median([one.flush_ms for one in seen]),
        alone=alone,
        crowded=crowded,
        accepts_per_second=rate,
        accepts_per_second_of=rates,
        rush_p50_ms=median([percentile(one.rush.answer, 0.5) for one in seen]),
        rush_p99_ms=median([percentile(one.rush.answer, 0.99) for one in seen]),
        portal_cpu_us=median([one.rush.portal_cpu_us for one in seen]),
        firewall_cpu_us=median([one.rush.firewall_cpu_us for one in seen]),
        visitors_cpu_us=median([one.rush.visitors_cpu_us for one in seen]),
        passed=quick and rate >= BAR_RATE,
    )


def show(result: Result, at_once: int) -> None:
    """The table for a person."""
    print(f"{'online':>8}{'samples':>9}" + "".join(f"{name + ' p50':>12}{'p99 ms':>8}" for name in ("wait", "answer", "retry", "plain")))
    for one in (result.alone, result.crowded):
        online, samples, *figures = structs.astuple(one)
        pairs = zip(figures[::2], figures[1::2], strict=True)
        print(f"{online:8}{samples:9}" + "".join(f"{p50:12.2f}{p99:8.2f}" for p50, p99 in pairs))
    each = ", ".join(f"{rate:,.0f}" for rate in result.accepts_per_second_of)
    print(f"{at_once} at once: {result.accepts_per_second:,.0f} durable accepts/s (rounds: {each}),", end=" ")
    print(f"answer p50 {result.rush_p50_ms:.1f} ms, p99 {result.rush_p99_ms:.1f} ms")
    print(f"processor time each: portal {result.portal_cpu_us:,.0f} us, firewall {result.firewall_cpu_us:,.0f} us,", end=" ")
    print(f"visitors (this program) {result.visitors_cpu_us:,.0f} us; a flush of this disk takes {result.flush_ms:.2f} ms")
    print(f"bar p50 {BAR_P50_MS:g} ms, p99 {BAR_P99_MS:g} ms, {BAR_RATE:g} accepts/s: {'passed' if result.passed else 'MISSED'}")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accept", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=200, help="visitors one by one, with none and with all others online")
    parser.add_argument("--online", type=int, default=1_000)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    arguments = parser.parse_args()
    return command.of_rounds(
        "accept",
        arguments,
        lambda: one_round(arguments.samples, arguments.online, arguments.at_once),
        summary,
        lambda result: show(result, arguments.at_once),
    )


if __name__ == "__main__":
    sys.exit(main())
