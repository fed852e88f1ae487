"""The console with 1,000 halls and a year of them stored: what its pages take, what they weigh, and what 100 open windows cost.

``python -P -m benchmarks.hub_console [--halls 1000] [--days 365] [--samples 200] [--consoles 100] [--seconds 60] [--quick] [--json]``

Halls get their past as in ``hub_figures``, but no two the same last weeks; each hall's gateway has delivered a report of this quarter of an
hour. Somebody who is logged in asks for one page after the other, compressed, another hall each time. Beside it ``/healthz``, which is one
statement of the database and no page: what a request costs at all. The first overview after a pause is the one that looks at all halls
anew, so it is measured by itself.

Then so many windows listen to what changes while all halls report once a minute, and the same reports again without any window. Chromium
opens the overview with an empty cache: first paint as it says itself.
"""

import argparse
import asyncio
import gzip
import re
import statistics
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from benchmarks import hub, hub_figures, hub_reports
from benchmarks.hub import City, Connection, Failed, Process
from hotspot.hub.board import AGE
from hotspot.hub.store import people, sessions
from hotspot.hub.store.sessions import Stage
from hotspot.hub.tokens import hashed, make

BAR_P95_MS, BAR_PAINT_MS, BAR_CPU, BAR_KB = 150.0, 1_000.0, 0.20, 120.0
"""Milliseconds of 95 of 100 pages; of first paint; share of one core with all windows open; 10^3 bytes of a page with all that it needs."""
PROGRAM = "/usr/bin/chromium"
PAINTS = 5
PAUSES = 12
"""Overviews after a pause."""
PER_SESSION = 5
"""Windows of one person."""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


class Asked(Struct, frozen=True):
    """One kind of page."""

    name: str
    p50_ms: float
    p95_ms: float
    ratio: float
    """p50 / p50 of /healthz."""
    kb: float
    """On the wire, compressed, 10^3 bytes; of the page alone."""


class Live(Struct, frozen=True):
    """What windows cost that are open."""

    consoles: int
    seconds: float
    reports: int
    cpu: float
    """Share of one core of the hub process, reports included."""
    cpu_without: float
    """With the same reports and no window."""
    events: float
    """Of one window, a minute."""
    kb: float
    """To one window, a minute, 10^3 bytes."""
    arrived_p95_ms: float
    """From the moment at which a glance was new to when the last window has it … of all windows."""


class Result(Struct, frozen=True):
    """Figures, and whether they meet the bars."""

    command: str
    halls: int
    filled_s: float
    base_p50_ms: float
    """/healthz."""
    base_p95_ms: float
    asked: tuple[Asked, ...]
    weight_kb: float
    """The overview with its styles and scripts."""
    hall_weight_kb: float
    """The page of a hall with its own."""
    paint_ms: float
    """Median of the first paints."""
    paint_most_ms: float
    live: Live
    passed: bool


async def different(made: City) -> None:
    """No two halls have the same last weeks: copies would weigh nothing in a page that is compressed."""
    await made.run("UPDATE figures_days SET visits = (visits * (0.6 + 0.8 * random()))::bigint WHERE day > now() - interval '20 days'")


async def cookies(made: City, number: int) -> list[str]:
    """So many sessions of the administrator, as the header says them."""
    secrets = [make("session") for _ in range(number)]
    async with made.store.transaction() as connection:
        user = await people.user(connection, "benchmark")
        if user is None:
            raise Failed("cannot go on: there is no administrator")
        for secret in secrets:
            await sessions.begin(connection, user.id, hashed(secret), Stage.FULL, "", datetime.now(UTC))
    return [f"session={secret}; language=de" for secret in secrets]


def get(path: str, cookie: str) -> bytes:
    """A whole GET request of a browser."""
    head = f"GET {path} HTTP/1.1\r\nHost: hub\r\nCookie: {cookie}\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\r\n"
    return head.encode()


async def ask(
    connection: Connection, name: str, samples: int, request: Callable[[int], bytes], base: float = 0.0, pause: float = 0.0
) -> Asked:
    """One request after the other, ``pause`` seconds between them."""
    took, size = [], 0
    for number in range(samples + 3):
        await asyncio.sleep(pause)
        start = time.perf_counter()
        answer = await connection.ask(request(number))
        took.append(time.perf_counter() - start)
        if answer.status != 200:
            raise Failed(f"cannot go on: {name}: {answer.status} {answer.body[:300]!r}")
        size = len(answer.body)
    p50 = hub.percentile(took[3:], 0.5)
    return Asked(name, p50, hub.percentile(took[3:], 0.95), round(p50 / base, 1) if base else 1.0, round(size / 1e3, 1))


async def weight(connection: Connection, path: str, cookie: str) -> float:
    """A page with all that it asks for of its own accord, on the wire, 10^3 bytes."""
    page = (await connection.ask(get(path, cookie))).body
    html = gzip.decompress(page) if page[:2] == b"\x1f\x8b" else zlib.decompress(page)
    files = sorted(set(re.findall(rb'(?:src|href)="(/static/[^"]+)"', html)))
    if not files or b"<h1>" not in html:
        raise Failed(f"cannot go on: {path} is no page of the console")
    sizes = [len((await connection.ask(get(file.decode(), cookie))).body) for file in files]
    return round((len(page) + sum(sizes)) / 1e3, 1)


async def paints(port: int, cookie: str) -> list[float]:
    """First paints of the overview in Chromium, its cache empty each time, in ms."""
    from playwright.async_api import async_playwright

    found = []
    secret = cookie.partition("=")[2].partition(";")[0]
    base = f"http://localhost:{port}"
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=PROGRAM, chromium_sandbox=False)
        for _ in range(PAINTS + 1):
            context = await browser.new_context(viewport={"width": 1280, "height": 800}, base_url=base)
            await context.add_cookies([{"name": "session", "value": secret, "url": base}])
            page = await context.new_page()
            await page.goto("/")
            await page.wait_for_function(f"{PAINT} > 0")
            found.append(float(await page.evaluate(PAINT)))
            await context.close()
        await browser.close()
    return found[1:]  # the first one starts Chromium's own processes


class Window:
    """One page that is open: it reads what it is sent."""

    def __init__(self, cookie: str) -> None:
        self._cookie = cookie
        self.bytes = 0
        self.events: list[tuple[str, float]] = []
        """Number of each glance and when it was read."""
        self.begun = asyncio.Event()

    async def run(self, port: int) -> None:
        """Until cancelled; raises ``Failed`` when the stream ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        try:
            head = f"GET /live HTTP/1.1\r\nHost: hub\r\nCookie: {self._cookie}\r\nAccept: text/event-stream\r\n\r\n"
            writer.write(head.encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 200"):
                raise Failed(f"cannot go on: /live: {answer[:200]!r}")
            while line := await reader.readline():
                self.bytes += len(line)
                if line.startswith(b"id: "):
                    self.events.append((line[4:].decode().strip(), time.perf_counter()))
                    self.begun.set()
            raise Failed("cannot go on: a stream has ended")
        finally:
            writer.close()


async def reported(made: City, process: Process, seconds: float, seq: int) -> tuple[int, float]:
    """All halls report once a minute for so long; how many reports that were, and the share of a core that the hub used."""
    rate = made.gateways / 60
    jobs = hub_reports.turns(made.gateways, int(rate * seconds), seq, {})
    before, start = process.cpu, time.perf_counter()
    await hub.paced(jobs, rate, [process.port], 8, hub_reports.taken)
    rest = start + seconds - time.perf_counter()
    await asyncio.sleep(max(0.0, rest))
    return len(jobs), (process.cpu - before) / (time.perf_counter() - start)


async def live(made: City, process: Process, consoles: int, seconds: float, secrets: Sequence[str]) -> Live:
    """With windows open, and without."""
    _, without = await reported(made, process, seconds / 2, 2)
    windows = [Window(secrets[number // PER_SESSION]) for number in range(consoles)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(window.run(process.port)) for window in windows]
        for window in windows:
            await window.begun.wait()
        begun = [(len(window.events), window.bytes) for window in windows]
        reports, cpu = await reported(made, process, seconds, 1_000)
        for task in tasks:
            task.cancel()
    events = sum(len(window.events) - first for window, (first, _) in zip(windows, begun, strict=True)) / consoles
    size = sum(window.bytes - first for window, (_, first) in zip(windows, begun, strict=True)) / consoles
    first: dict[str, float] = {}
    for window in windows:
        for number, at in window.events:
            first[number] = min(at, first.get(number, at))
    late = [at - first[number] for window in windows for number, at in window.events]
    minutes = seconds / 60
    return Live(
        consoles=consoles,
        seconds=seconds,
        reports=reports,
        cpu=round(cpu, 3),
        cpu_without=round(without, 3),
        events=round(events / minutes, 1),
        kb=round(size / 1e3 / minutes, 1),
        arrived_p95_ms=hub.percentile(late, 0.95),
    )


async def run(given: argparse.Namespace, command: str) -> Result:
    """The whole benchmark."""
    halls, samples = given.halls, given.samples
    async with hub.city(halls) as made:
        start = time.perf_counter()
        await hub_figures.fill(made, given.days)
        await different(made)
        filled = time.perf_counter() - start
        with hub.hub_process(made) as process:
            jobs = hub_reports.requests(range(1, halls + 1), 1, time.time())
            await hub.paced(jobs, 0, [process.port], 16, hub_reports.taken)
            secrets = await cookies(made, given.consoles // PER_SESSION + 10)
            cookie, *readers = secrets[-9:]  # one for each page that is asked for again and again: the console paces each session
            connection = await Connection.to(process.port)
            base = await ask(connection, "/healthz", samples, lambda _: get("/healthz", cookie))

            def of_hall(span: str, reader: str) -> Callable[[int], bytes]:
                return lambda number: get(f"/halls/hall{number * 7 % halls + 1}?span={span}", reader)

            asked = [
                await ask(connection, f"overview, {halls:,} halls", samples, lambda _: get("/", readers[0]), base.p50_ms),
                await ask(connection, "overview after a pause", PAUSES, lambda _: get("/", readers[1]), base.p50_ms, AGE * 1.1),
                await ask(connection, "overview, a search", samples, lambda n: get(f"/?q=hall+{n}", readers[2]), base.p50_ms),
                await ask(connection, "hall, a day", samples, of_hall("day", readers[3]), base.p50_ms),
                await ask(connection, "hall, a month", samples, of_hall("month", readers[4]), base.p50_ms),
                await ask(connection, "hall, a year", samples, of_hall("year", readers[5]), base.p50_ms),
                await ask(connection, "alarms", samples, lambda _: get("/alarms", readers[6]), base.p50_ms),
            ]
            weights = await weight(connection, "/", cookie), await weight(connection, "/halls/hall1?span=month", cookie)
            connection.close()
            painted = await paints(process.port, cookie)
            opened = await live(made, process, given.consoles, given.seconds, secrets)
    return Result(
        command=command,
        halls=halls,
        filled_s=round(filled, 1),
        base_p50_ms=base.p50_ms,
        base_p95_ms=base.p95_ms,
        asked=tuple(asked),
        weight_kb=weights[0],
        hall_weight_kb=weights[1],
        paint_ms=round(statistics.median(painted), 1),
        paint_most_ms=round(max(painted), 1),
        live=opened,
        passed=all(one.p95_ms <= BAR_P95_MS for one in asked)
        and max(weights) <= BAR_KB
        and statistics.median(painted) <= BAR_PAINT_MS
        and opened.cpu <= BAR_CPU,
    )


def show(result: Result) -> None:
    """For a person."""
    print(f"{result.halls:,} halls, filled in {result.filled_s:g} s; /healthz p50 {result.base_p50_ms:g} ms, p95 {result.base_p95_ms:g} ms")
    print(f"{'page':40}{'p50 ms':>10}{'p95 ms':>10}{'/healthz':>10}{'kB':>10}")
    for one in result.asked:
        print(f"{one.name:40}{one.p50_ms:10.2f}{one.p95_ms:10.2f}{one.ratio:10.1f}{one.kb:10.1f}")
    print(f"with styles and scripts: overview {result.weight_kb:g} kB, hall {result.hall_weight_kb:g} kB")
    print(f"first paint in Chromium: median {result.paint_ms:g} ms, most {result.paint_most_ms:g} ms")
    live = result.live
    print(f"{live.consoles} windows open for {live.seconds:g} s, {live.reports:,} reports: {live.cpu:.1%} of one core")
    print(f"the same reports without windows: {live.cpu_without:.1%}")
    print(f"each window: {live.events:g} events, {live.kb:g} kB a minute, p95 {live.arrived_p95_ms:g} ms after the first one has it")
    print(f"bars p95 {BAR_P95_MS:g} ms, {BAR_KB:g} kB, {BAR_PAINT_MS:g} ms, {BAR_CPU:.0%}: {'passed' if result.passed else 'MISSED'}")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hub_console", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--halls", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--consoles", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--quick", action="store_true", help="30 days, 50 samples, 20 s")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.quick:
        given.days, given.samples, given.seconds = 30, 50, 20.0
    command = " ".join(["python -m benchmarks.hub_console", *sys.argv[1:]])
    return hub.main("hub_console", lambda: run(given, command), show, given.json)


if __name__ == "__main__":
    sys.exit(main())
