"""Pages for visitors: how long each takes, how many splash pages a second, and accepts a second while splash pages are being read.

    python -m benchmarks.pages [--rounds 3] [--samples 200] [--visitors 1000] [--seconds 4] [--json]

Needs root. Each round raises a hall (real firewall daemon and portal, journal on the disk of /var/tmp) with a crowd of visitors. One after
the other they ask for every page, each over a connection of its own, from its first packet to the last byte: what a visitor waits for the
gateway. The redirect of a probe, which no template makes, is there to compare with. Then wrk reads splash pages, compressed as browsers
ask for them, and at last everybody accepts while wrk goes on reading.

Every figure is the median of the rounds' figures. Exits 1 when a bar is missed: p50 2 ms a page, 2,000 splash pages/s, 500 durable
accepts/s.
"""

import argparse
import asyncio
import gc
import statistics
import sys
import threading
import time
from collections.abc import Sequence

from msgspec import Struct

from benchmarks import command, crowd
from benchmarks.accept import crowded_hall, percentile
from benchmarks.crowd import Crowd, Visitor, WrongAnswer
from benchmarks.peers import web
from hotspot.lab.layout import LAN_GATEWAY, PORTAL_NAME, SITE

BAR_P50_MS, BAR_PAGES, BAR_ACCEPTS = 2.0, 2_000.0, 500.0
REDIRECT = "redirect"
CAPTIVE = ("/", "/?lang=ar", "/?lang=de-simple", "/terms", "/privacy", "/imprint", "/accessibility", "/town", "/services", "/tell")
ONLINE = ("/online", "/left")


class Page(Struct, frozen=True):
    """One page, one after the other."""

    path: str
    p50_ms: float
    p99_ms: float
    bytes: int
    """On the wire, header and body, gzip."""


class Round(Struct, frozen=True):
    """One hall."""

    pages: tuple[Page, ...]
    per_second: float
    failures: int
    accepts_alone: float
    accepts_beside: float
    pages_beside: float
    """Splash pages a second while everybody accepts."""


class Result(Struct, frozen=True):
    """Medians over all rounds, and the bar."""

    command: str
    pages: tuple[Page, ...]
    per_second: float
    failures: int
    accepts_alone: float
    accepts_beside: float
    pages_beside: float
    passed: bool


def timed(visitor: Visitor, path: str) -> tuple[float, int]:
    """Seconds and bytes of one page."""
    address, host, target = (
        (SITE, "connectivitycheck.gstatic.com", "/generate_204") if path == REDIRECT else (LAN_GATEWAY, PORTAL_NAME, path)
    )
    head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\nAccept-Language: de\r\nConnection: close\r\n\r\n".encode()
    with crowd.prepared(visitor) as sock:
        start = time.perf_counter()
        sock.connect((address, 80))
        sock.sendall(head)
        parts = []
        while part := sock.recv(65_536):
            parts.append(part)
        took = time.perf_counter() - start
    answer = b"".join(parts)
    if crowd.status_of(answer) != (302 if path == REDIRECT else 200):
        raise WrongAnswer(f"cannot read {path}: {answer[:40]!r}")
    return took, len(answer)


def one_by_one(visitors: Sequence[Visitor], paths: Sequence[str], samples: int) -> list[Page]:
    """Every page in turn, so that what the machine does beside hits all alike."""
    took: dict[str, list[float]] = {path: [] for path in paths}
    sizes: dict[str, int] = {}
    for path in paths:
        timed(visitors[0], path)  # made for the first time
    gc.collect()
    gc.disable()  # the clock is in here
    try:
        for number in range(samples):
            for path in paths:
                seconds, sizes[path] = timed(visitors[number % len(visitors)], path)
                took[path].append(seconds)
    finally:
        gc.enable()
    return [Page(path, percentile(took[path], 0.5), percentile(took[path], 0.99), sizes[path]) for path in paths]


def beside(everybody: Crowd, visitors: Sequence[Visitor], seconds: int) -> tuple[float, float]:
    """Accepts a second while wrk reads, and what wrk then gets."""
    ready = [crowd.open_page(visitor) for visitor in visitors]
    loads: list[web.Load] = []
    reading = threading.Thread(target=lambda: loads.append(web.pages(everybody.namespace, 50, seconds)))
    reading.start()
    served = crowd.tap_all(ready, 50)
    reading.join()
    return len(visitors) / served.seconds, loads[0].per_second


async def one_round(samples: int, visitors: int, seconds: int) -> Round:
    """One hall from first to last page."""
    async with crowded_hall("bench-pages", 2 * visitors, 2 * visitors + 2_000) as (hall, everybody, _):
        if hall.remark:
            print(hall.remark, file=sys.stderr)

        def visit() -> Round:
            first, second = everybody.fresh(visitors), everybody.fresh(visitors)
            own, *others = everybody.fresh(1_001)
            captive = one_by_one(others[:100], (REDIRECT, *CAPTIVE), samples)
            alone = visitors / crowd.tap_all([crowd.open_page(visitor) for visitor in first], 50).seconds
            online = one_by_one(first[:100], ONLINE, samples)
            web.share(everybody.namespace, own, others)
            load = web.pages(everybody.namespace, 50, seconds)
            accepts, pages = beside(everybody, second, seconds)
            return Round((*captive, *online), load.per_second, load.failures, alone, accepts, pages)

        return await asyncio.to_thread(everybody.inside, visit)


def summary(seen: Sequence[Round], command: str) -> Result:
    """Medians of the rounds."""

    def median(values: Sequence[float]) -> float:
        return round(statistics.median(values), 2)

    columns = list(zip(*(one.pages for one in seen), strict=True))
    pages = tuple(Page(each[0].path, median([p.p50_ms for p in each]), median([p.p99_ms for p in each]), each[0].bytes) for each in columns)
    rate, accepts = median([one.per_second for one in seen]), median([one.accepts_alone for one in seen])
    return Result(
        command=command,
        pages=pages,
        per_second=rate,
        failures=sum(one.failures for one in seen),
        accepts_alone=accepts,
        accepts_beside=median([one.accepts_beside for one in seen]),
        pages_beside=median([one.pages_beside for one in seen]),
        passed=rate >= BAR_PAGES and accepts >= BAR_ACCEPTS and all(page.p50_ms <= BAR_P50_MS for page in pages),
    )


def show(result: Result) -> None:
    """The table for a person."""
    print(f"{'page':20}{'p50 ms':>8}{'p99 ms':>8}{'bytes':>8}")
    for page in result.pages:
        print(f"{page.path:20}{page.p50_ms:8.2f}{page.p99_ms:8.2f}{page.bytes:8,}")
    print(f"splash pages: {result.per_second:,.0f}/s, {result.failures} failures; durable accepts: {result.accepts_alone:,.0f}/s;", end=" ")
    print(f"at the same time: {result.pages_beside:,.0f} pages/s and {result.accepts_beside:,.0f} accepts/s")
    print(f"bar p50 {BAR_P50_MS:g} ms, {BAR_PAGES:,.0f} pages/s, {BAR_ACCEPTS:g} accepts/s: {'passed' if result.passed else 'MISSED'}")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=200, help="of each page")
    parser.add_argument("--visitors", type=int, default=1_000, help="who accept, twice so many in all")
    parser.add_argument("--seconds", type=int, default=4, help="of wrk")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    arguments = parser.parse_args()
    return command.of_rounds("pages", arguments, lambda: one_round(arguments.samples, arguments.visitors, arguments.seconds), summary, show)


if __name__ == "__main__":
    sys.exit(main())
