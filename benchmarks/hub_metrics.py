"""How long ``/metrics`` of a hub with 1,000 halls takes, over HTTP, and what it costs those who wait beside it.

``python -P -m benchmarks.hub_metrics [--gateways 1000] [--scrapes 60] [--json]``

Every hall has one gateway with three zones and two plans in each, numbers of the present and the last hour that are not rolled up yet (the
dearest part: they are added up for each scrape), and one of ten has an alarm. Beside it: the same series written as text by the usual
client library, the push of the same series (encoded, compressed), one look of the watch at all gateways, and how long the lightest request
of the API takes while somebody scrapes without a pause.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import cramjam
import msgspec
from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from benchmarks import hub
from benchmarks.hub import City, Connection, Failed
from hotspot import wire
from hotspot.hub import protobuf, watch
from hotspot.hub.api.metrics import collect
from hotspot.hub.hub import Hub
from hotspot.hub.metrics import Family, exposition
from hotspot.hub.settings import Settings
from hotspot.hub.store import partitions

BAR_MS = 300.0
"""Of the 95th percentile."""
ZONES, PLANS = ("public", "council", "library"), ("free", "long")


class Result(Struct, frozen=True):
    """Figures, and whether they meet the bar. Times in ms."""

    command: str
    gateways: int
    series: int
    text_bytes: int
    scrape: float
    """Median."""
    scrape_p95: float
    scrape_most: float
    queries: float
    """Of that: PostgreSQL and reading what it said."""
    text: float
    """Of that: writing the text."""
    library: float
    """The same text by prometheus_client."""
    push: float
    """The same series as remote write, compressed."""
    push_bytes: int
    look: float
    """The watch looks at all gateways."""
    beside_p95: float
    """The lightest request of the API, while another connection scrapes without a pause."""
    alone_p95: float
    """The same without scrapes."""
    passed: bool


async def fill(made: City) -> None:
    """Health, totals, quarters that are not rolled up, alarms."""
    now = datetime.now(UTC)
    zones = tuple(wire.ZoneHealth(zone, online=5, pool_used=40, pool_size=250) for zone in ZONES)
    health = wire.Health(
        software="1.0", started=1.8e9, zones=zones, accepts=500, accept_errors=1, drift=1, disk_free=2**34, disk_size=2**36,
        certificate_until=2e9, backlog=0, policy=0,
    )  # fmt: skip
    await made.run(
        "INSERT INTO gateway_states (hall_id, gateway_id, seen_at, report_at, clock_offset, health) "
        "SELECT hall_id, id, now() - random() * interval '1 minute', now(), random(), $1 FROM gateways",
        msgspec.to_builtins(health),
    )
    async with made.store.connection() as connection:
        await partitions.ahead(connection, now)
    await made.run(
        "INSERT INTO totals SELECT h.id, zone, 9e4, 1e8, 1e12, 1e13 FROM halls h CROSS JOIN unnest($1::text[]) zone", list(ZONES)
    )
    await made.run(
        "INSERT INTO figures_quarters (hall_id, time, zone, plan, visits, ended, seconds, bytes_up, bytes_down, peak) "
        "SELECT h.id, date_trunc('hour', now()) - n * interval '15 minutes', zone, plan, 7, 7, 9000, 1e8, 1e9, 5 "
        "FROM halls h CROSS JOIN generate_series(-3, 4) n CROSS JOIN unnest($1::text[]) zone CROSS JOIN unnest($2::text[]) plan",
        list(ZONES),
        list(PLANS),
    )
    await made.run(
        "INSERT INTO rollup_due (hall_id, hour, changed_at) "
        "SELECT h.id, date_trunc('hour', now()) - n * interval '1 hour', now() FROM halls h CROSS JOIN generate_series(0, 1) n"
    )
    await made.run(
        "INSERT INTO alarms (hall_id, gateway_id, kind, subject, severity, since, raised_at) "
        "SELECT hall_id, id, 'pool', 'public', 'warning', now(), now() FROM gateways WHERE id % 10 = 0"
    )
    await made.run("VACUUM ANALYZE")


class _Library:
    """The same series for prometheus_client."""

    def __init__(self, families: list[Family]) -> None:
        self.families = families

    def collect(self) -> list[Metric]:
        """As its collectors do."""
        made: list[Metric] = []
        for family in self.families:
            names = [name for name, _ in family.samples[0][0].pairs] if family.samples else []
            metric = GaugeMetricFamily(family.name, family.help, labels=names)
            for labels, value in family.samples:
                metric.add_metric([text for _, text in labels.pairs], value)
            made.append(metric)
        return made


async def beside(port: int, token: str, scraping: bool) -> float:
    """p95 of ``/healthz`` in ms, 200 times, with or without scrapes on another connection."""
    over = asyncio.Event()

    async def scrape() -> None:
        connection = await Connection.to(port)
        while not over.is_set():
            await connection.ask(hub.get("/metrics", token))
        connection.close()

    took = []
    async with asyncio.TaskGroup() as group:
        if scraping:
            group.create_task(scrape())
        connection = await Connection.to(port)
        for _ in range(200):
            await asyncio.sleep(0.01)
            begun = time.perf_counter()
            await connection.ask(hub.get("/healthz", token))
            took.append(time.perf_counter() - begun)
        connection.close()
        over.set()
    return hub.percentile(took, 0.95)


class Parts(Struct, frozen=True):
    """What the parts take; times in ms."""

    queries: float
    text: float
    library: float
    push: float
    look: float
    push_bytes: int
    series: int


async def inside(made: City) -> Parts:
    """The parts one by one, in this process."""
    own = Hub(Settings(database=made.cluster.dsn()), made.store)
    families = await collect(own, None)
    registry = CollectorRegistry()
    registry.register(_Library(families))

    def pushed() -> int:
        return sum(len(cramjam.snappy.compress_raw(each)) for each in protobuf.requests(families, 1, (("job", "hub"),), 5_000))

    asked, looks = [], []
    for _ in range(7):
        begun = time.perf_counter()
        await collect(own, None)
        middle = time.perf_counter()
        await watch.run(own)
        asked.append(middle - begun)
        looks.append(time.perf_counter() - middle)
    works: list[Callable[[], object]] = [lambda: exposition(families), lambda: generate_latest(registry), pushed]
    texts, library, push = ([_timed(work) for _ in range(7)] for work in works)
    queries, text, by_library, encoded, look = (round(statistics.median(each) * 1e3, 1) for each in (asked, texts, library, push, looks))
    return Parts(queries, text, by_library, encoded, look, pushed(), sum(len(family.samples) for family in families))


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


async def run(count: int, scrapes: int, command: str) -> Result:
    """One city."""
    async with hub.city(count) as made:
        await fill(made)
        with hub.hub_process(made) as process:
            connection = await Connection.to(process.port)
            took, size = [], 0
            for number in range(scrapes + 1):
                begun = time.perf_counter()
                answer = await connection.ask(hub.get("/metrics", made.token))
                if number:  # the first one meets an empty cache
                    took.append(time.perf_counter() - begun)
                size = len(answer.body)
                if answer.status != 200 or answer.body.count(b"\nhotspot_gateway_internet_up{") != count:
                    raise Failed(f"cannot go on: {answer.status} {answer.body[:300]!r}")
            connection.close()
            alone = await beside(process.port, made.token, scraping=False)
            with_scrapes = await beside(process.port, made.token, scraping=True)
        parts = await inside(made)
    return Result(
        command=command,
        gateways=count,
        series=parts.series,
        text_bytes=size,
        scrape=round(statistics.median(took) * 1e3, 1),
        scrape_p95=hub.percentile(took, 0.95),
        scrape_most=round(max(took) * 1e3, 1),
        queries=parts.queries,
        text=parts.text,
        library=parts.library,
        push=parts.push,
        push_bytes=parts.push_bytes,
        look=parts.look,
        beside_p95=with_scrapes,
        alone_p95=alone,
        passed=hub.percentile(took, 0.95) <= BAR_MS,
    )


def show(result: Result) -> None:
    """For people."""
    print(f"{result.gateways} halls, {result.series} series, {result.text_bytes / 1e6:.1f} MB")
    print(f"scrape:        {result.scrape:7.1f} ms  p95 {result.scrape_p95:.1f}, most {result.scrape_most:.1f} (bar {BAR_MS:g})")
    print(f"  of that:     {result.queries:7.1f} ms  queries and reading, {result.text:.1f} ms writing the text")
    print(f"library:       {result.library:7.1f} ms  the same text by prometheus_client")
    print(f"push:          {result.push:7.1f} ms  encoded and compressed, {result.push_bytes / 1e3:.0f} kB")
    print(f"look:          {result.look:7.1f} ms  of the watch at all gateways")
    print(f"beside:        {result.beside_p95:7.1f} ms  p95 of the lightest request while scraped (alone {result.alone_p95:.1f})")
    print("passed" if result.passed else "MISSED")


def main() -> int:
    """As a command."""
    parser = argparse.ArgumentParser(prog="benchmarks.hub_metrics", description="/metrics of a hub with 1,000 halls.")
    parser.add_argument("--gateways", type=int, default=1_000)
    parser.add_argument("--scrapes", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    command = " ".join(["hub_metrics", *sys.argv[1:]])
    return hub.main("hub_metrics", lambda: run(arguments.gateways, arguments.scrapes, command), show, arguments.json)


if __name__ == "__main__":
    sys.exit(main())
