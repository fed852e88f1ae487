"""How many reports a hub takes: each with 20 rows of a zone and a plan, compressed, durable before it is answered, counted once.

``python -P -m benchmarks.hub_reports [--gateways 30000] [--rate 500] [--seconds 60] [--processes 1] [--json]``

Each gateway first sends a report of the present quarter of an hour (as quick as the hub takes them: its capacity), and then one a minute at
``--rate``; so the rows that are measured change cells that exist, as 14 of 15 do. Then the sums in the database are compared with what was
sent.
Beside it: how many rows of the same shape the same PostgreSQL takes by plain INSERT, 20 in a transaction, one connection.
"""

import argparse
import contextlib
import sys
import time

from msgspec import Struct

from benchmarks import hub
from benchmarks.hub import Answer, City, Failed
from hotspot import wire

ROWS = 20
BAR_RATE, BAR_P99_MS = 500.0, 250.0
CONNECTIONS = 64
LANGUAGES, FAMILIES = ("de", "en", "tr", "ar", "uk"), ("apple", "android", "windows", "other")


class Result(Struct, frozen=True):
    """Figures, and whether they meet the bars."""

    command: str
    gateways: int
    seconds: float
    reports: int
    per_second: float
    """Answered, over the whole time."""
    p50_ms: float
    p99_ms: float
    capacity: float
    """Reports a second when the next is sent as soon as one is answered; their rows are new cells."""
    plain_rows: float
    """Rows a second by plain INSERT."""
    ratio: float
    """Rows of reports at capacity / rows by plain INSERT."""
    once: bool
    """The sums are those of what was sent."""
    hub_cpu: float
    """Seconds of processor time of the hub per second."""
    passed: bool


def report(number: int, seq: int, now: float) -> wire.Delivery:
    """What gateway ``number`` sends: 20 rows, each with a visit or two, two languages, and its health."""
    quarter = int(now) // wire.QUARTER * wire.QUARTER
    rows = tuple(
        wire.Row(
            quarter=quarter,
            zone=f"zone{index // 5}",
            plan=f"plan{index % 5}",
            visits=2,
            ended=1,
            seconds=55,
            bytes_up=120_000 + number,
            bytes_down=2_400_000 + index,
            peak=3,
            languages={LANGUAGES[(number + index) % 5]: 1, LANGUAGES[(number + index + 1) % 5]: 1},
            families={FAMILIES[(number + index) % 4]: 1, FAMILIES[(number + index + 1) % 4]: 1},
        )
        for index in range(ROWS)
    )
    closed = hub.moment(now)
    health = wire.Health(
        software="1.0.0",
        started=now - 86_400,
        zones=tuple(wire.ZoneHealth(f"zone{zone}", 3, True, 40, 250) for zone in range(4)),
        accepts=1_000,
        disk_free=10**10,
        disk_size=2 * 10**10,
    )
    one = wire.Report(stream=City.stream(number), start=1, seq=seq, closed=closed, rows=rows, days=(wire.Day(_today(now), 50),))
    return wire.Delivery(sent=closed, reports=(one,), health=health)


def _today(now: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(now))


def requests(gateways: range, seq: int, now: float) -> list[bytes]:
    """Made beforehand, so that the clients cost little while the clock runs."""
    return [hub.post(wire.REPORTS, City.credential(number), wire.encode(report(number, seq, now))) for number in gateways]


def turns(gateways: int, total: int, seq: int, sent: dict[int, int]) -> list[bytes]:
    """So many requests of all gateways in turns, the first with number ``seq``; they are added to ``sent``."""
    jobs: list[bytes] = []
    now = time.time()
    while len(jobs) < total:
        some = range(1, min(gateways, total - len(jobs)) + 1)
        jobs += requests(some, seq, now)
        for number in some:
            sent[number] = sent.get(number, 0) + 1
        seq += 1
    return jobs


async def plain_rows(made: City, seconds: float = 3.0) -> float:
    """Rows a second that PostgreSQL takes without any hub: 20 in a transaction, flushed."""
    await made.run("CREATE TABLE plain (LIKE figures_hours INCLUDING ALL)")
    rows, start = 0, time.perf_counter()
    async with made.store.connection() as connection:
        statement = await connection.prepare(
            "INSERT INTO plain SELECT $1, now(), 'zone' || n, 'plan', 2, 1, 55, 120000, 2400000, 3, '{\"de\": 1}', '{\"apple\": 1}' "
            "FROM generate_series(1, 20) n"
        )
        while time.perf_counter() - start < seconds:
            await statement.fetch(rows)
            rows += ROWS
    await made.run("DROP TABLE plain")
    return rows / (time.perf_counter() - start)


def taken(index: int, answer: Answer) -> None:
    """Raises ``Failed`` when a report was not counted."""
    receipt = hub.decoded(answer, wire.Receipt)
    if (receipt.taken, receipt.refused) != (1, ()):
        raise Failed(f"cannot go on: report {index} was answered with {answer.body!r}")


async def counted_once(made: City, sent: dict[int, int]) -> bool:
    """Do the tables hold exactly what was sent? ``sent``: number of a gateway -> its reports."""
    reports, numbers = sum(sent.values()), sum(number * times for number, times in sent.items())
    columns = "sum(visits), sum(ended), sum(seconds), sum(bytes_up), sum(bytes_down)"
    languages = "sum((SELECT sum(value::bigint) FROM jsonb_each_text(languages)))"
    async with made.store.connection() as connection:
        found = await connection.fetchrow(f"SELECT {columns}, {languages} FROM figures_quarters", timeout=600)  # noqa: S608
        seen = await connection.fetchval("SELECT sum(seen[2] - seen[1] + 1) FROM streams WHERE array_length(seen, 1) = 2", timeout=600)
    up, down = ROWS * (120_000 * reports + numbers), ROWS * 2_400_000 * reports + reports * ROWS * (ROWS - 1) // 2
    expected = (2 * ROWS * reports, ROWS * reports, 55 * ROWS * reports, up, down, 2 * ROWS * reports, reports)
    actual = tuple(map(int, (*(found or ()), seen)))
    if actual != expected:
        print(f"sums: {actual}, expected {expected}", file=sys.stderr)
    return actual == expected


async def run(gateways: int, rate: float, seconds: float, processes: int, command: str) -> Result:
    """The whole benchmark."""
    async with hub.city(gateways) as made:
        plain = await plain_rows(made)
        with contextlib.ExitStack() as stack:
            hubs = [stack.enter_context(hub.hub_process(made)) for _ in range(processes)]
            ports = [one.port for one in hubs]
            everybody, sent = range(1, gateways + 1), dict.fromkeys(range(1, gateways + 1), 1)
            first = requests(everybody, 1, time.time())
            start = time.perf_counter()
            await hub.paced(first, 0, ports, CONNECTIONS, taken)
            capacity = gateways / (time.perf_counter() - start)
            await made.run("CHECKPOINT")
            jobs = turns(gateways, int(rate * seconds), 2, sent)
            before, start = [one.cpu for one in hubs], time.perf_counter()
            took = await hub.paced(jobs, rate, ports, CONNECTIONS, taken)
            lasted = time.perf_counter() - start
            cpu = sum(one.cpu for one in hubs) - sum(before)
        once = await counted_once(made, sent)
    p99, per_second = hub.percentile(took, 0.99), len(took) / lasted
    return Result(
        command=command,
        gateways=gateways,
        seconds=round(lasted, 1),
        reports=len(took),
        per_second=round(per_second, 1),
        p50_ms=hub.percentile(took, 0.5),
        p99_ms=p99,
        capacity=round(capacity, 1),
        plain_rows=round(plain),
        ratio=round(capacity * ROWS / plain, 2),
        once=once,
        hub_cpu=round(cpu / lasted, 2),
        passed=once and p99 <= BAR_P99_MS and per_second >= 0.98 * min(rate, BAR_RATE),
    )


def show(result: Result) -> None:
    """For a person."""
    print(f"{result.reports:,} reports of {result.gateways:,} gateways in {result.seconds:g} s: {result.per_second:g}/s,", end=" ")
    print(f"p50 {result.p50_ms:g} ms, p99 {result.p99_ms:g} ms; hub {result.hub_cpu:g} s of processor time a second")
    print(f"capacity {result.capacity:,.0f} reports/s = {result.ratio:g} of {result.plain_rows:,.0f} rows/s by plain INSERT")
    print(f"{'each counted once' if result.once else 'NOT EACH COUNTED ONCE'}")
    print("passed" if result.passed else f"MISSED: bar {BAR_RATE:g}/s, p99 {BAR_P99_MS:g} ms, each once")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hub_reports", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--gateways", type=int, default=30_000)
    parser.add_argument("--rate", type=float, default=BAR_RATE)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    command = " ".join(["python -m benchmarks.hub_reports", *sys.argv[1:]])
    return hub.main("hub_reports", lambda: run(given.gateways, given.rate, given.seconds, given.processes, command), show, given.json)


if __name__ == "__main__":
    sys.exit(main())
