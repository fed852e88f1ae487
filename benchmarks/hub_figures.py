"""How long the API takes to answer with figures: 1,000 halls now, and one hall over a year, with a year of 1,000 halls stored.

``python -P -m benchmarks.hub_figures [--halls 1000] [--days 365] [--samples 200] [--json]``

A few halls get a past of their own (``hotspot.lab.history``), the others a copy of one of them; then each hall's gateway has delivered a
report of the present quarter of an hour, so nothing of today is rolled up. One client asks, one request after the other, another hall each
time. Beside it: what the same PostgreSQL takes to add up a year of one hall by ``SELECT``, without a hub.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from benchmarks import hub, hub_reports
from benchmarks.hub import City, Connection, Failed
from hotspot.lab import history

OWN = 10
"""Halls with a past of their own."""
BAR_P95_MS = 150.0


class Point(Struct, frozen=True):
    """One kind of question."""

    name: str
    p50_ms: float
    p95_ms: float
    points: int
    """In the last answer."""


class Result(Struct, frozen=True):
    """Figures, and whether they meet the bar."""

    command: str
    halls: int
    rows: int
    """Stored, of all figures."""
    filled_s: float
    asked: tuple[Point, ...]
    plain_ms: float
    """A year of one hall added up by plain SELECT, median."""
    passed: bool


async def fill(made: City, days: int) -> int:
    """Give all halls a past; returns how many rows that is."""
    async with made.store.connection() as connection:
        halls = [row["id"] for row in await connection.fetch("SELECT id FROM halls ORDER BY id")]
        own = halls[:OWN]
        places = [history.Place(hall, hall, size=4.0 + 2 * number) for number, hall in enumerate(own)]
        await history.fill(connection, places, datetime.now(UTC), days)
        for number, hall in enumerate(own):
            await history.copies(connection, hall, halls[OWN:][number::OWN])
    await made.run("VACUUM ANALYZE")
    tables = ("figures_quarters", "figures_hours", "figures_days")
    return sum([int(await made.value(f"SELECT count(*) FROM {table}")) for table in tables])  # noqa: S608  own constants


async def ask(connection: Connection, name: str, samples: int, request: Callable[[int], bytes], size: Callable[[bytes], int]) -> Point:
    """One request after the other."""
    took, points = [], 0
    for number in range(samples + 5):
        start = time.perf_counter()
        answer = await connection.ask(request(number))
        took.append(time.perf_counter() - start)
        if answer.status != 200:
            raise Failed(f"cannot go on: {answer.status} {answer.body[:300]!r}")
        points = size(answer.body)
    return Point(name, hub.percentile(took[5:], 0.5), hub.percentile(took[5:], 0.95), points)


async def plain(made: City, samples: int = 20) -> float:
    """Without a hub, in ms."""
    took = []
    for number in range(1, samples + 1):
        start = time.perf_counter()
        await made.run("SELECT day, sum(visits), sum(bytes_down) FROM figures_days WHERE hall_id = $1 GROUP BY day", number)
        took.append(time.perf_counter() - start)
    return round(statistics.median(took) * 1e3, 2)


async def run(halls: int, days: int, samples: int, command: str) -> Result:
    """The whole benchmark."""
    async with hub.city(halls) as made:
        start = time.perf_counter()
        rows = await fill(made, days)
        filled = time.perf_counter() - start
        with hub.hub_process(made) as process:
            jobs = hub_reports.requests(range(1, halls + 1), 1, time.time())
            await hub.paced(jobs, 0, [process.port], 16, hub_reports.taken)
            connection = await Connection.to(process.port)

            def of_hall(query: str) -> Callable[[int], bytes]:
                return lambda number: hub.get(f"/api/v1/halls/hall{number * 7 % halls + 1}/figures?{query}", made.token)

            def points(body: bytes) -> int:
                return len(msgspec.json.decode(body)["points"])

            year = f"from={_year_ago():%Y-%m-%d}"
            asked = [
                await ask(
                    connection,
                    f"{halls:,} halls now",
                    samples,
                    lambda _: hub.get("/api/v1/figures/now", made.token),
                    lambda body: len(msgspec.json.decode(body)),
                ),
                await ask(connection, "one hall, a year by day", samples, of_hall(f"{year}&step=day"), points),
                await ask(connection, "one hall, a year by day and plan", samples, of_hall(f"{year}&step=day&by=plan"), points),
                await ask(connection, "one hall, a year by day and language", samples, of_hall(f"{year}&step=day&by=language"), points),
                await ask(connection, "one hall, a year by month", samples, of_hall(f"{year}&step=month"), points),
                await ask(connection, "one hall, a week by hour", samples, of_hall("step=hour"), points),
                await ask(connection, "one hall, a day by quarter and zone", samples, of_hall("step=quarter&by=zone"), points),
            ]
            connection.close()
        beside = await plain(made)
    return Result(
        command=command,
        halls=halls,
        rows=rows,
        filled_s=round(filled, 1),
        asked=tuple(asked),
        plain_ms=beside,
        passed=all(one.p95_ms <= BAR_P95_MS for one in asked),
    )


def _year_ago() -> datetime:
    now = datetime.now(UTC)
    return now.replace(year=now.year - 1, day=min(now.day, 28))


def show(result: Result) -> None:
    """For a person."""
    print(f"{result.halls:,} halls, {result.rows:,} rows of figures, filled in {result.filled_s:g} s")
    print(f"{'question':40}{'p50 ms':>10}{'p95 ms':>10}{'points':>10}")
    for one in result.asked:
        print(f"{one.name:40}{one.p50_ms:10.2f}{one.p95_ms:10.2f}{one.points:10,}")
    print(f"a year of one hall by plain SELECT: {result.plain_ms:g} ms")
    print(f"bar p95 {BAR_P95_MS:g} ms: {'passed' if result.passed else 'MISSED'}")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hub_figures", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--halls", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    command = " ".join(["python -m benchmarks.hub_figures", *sys.argv[1:]])
    return hub.main("hub_figures", lambda: run(given.halls, given.days, given.samples, command), show, given.json)


if __name__ == "__main__":
    sys.exit(main())
