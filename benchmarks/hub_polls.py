"""1,000 gateways on long poll: what they cost in memory, and how long a live order takes to its gateway.

``python -P -m benchmarks.hub_polls [--gateways 1000] [--orders 1000] [--rate 20] [--tls] [--json]``

Every gateway holds a connection of its own open with a poll on it, as real ones do (``--tls``: encrypted, by the hub itself). Staff give
orders over the API, so many a second, each to another gateway; the clock runs from when an order was due to be given until its gateway has
read it. The gateway answers, as a real one does; the second figure is until the answer can be read over the API. Beside it the same signal
between two plain connections to the same PostgreSQL, over the same time: NOTIFY to its arrival.
"""

import argparse
import asyncio
import resource
import ssl
import sys
import time

import msgspec
from msgspec import Struct

from benchmarks import hub
from benchmarks.hub import City, Connection, Failed, Process
from hotspot import wire
from hotspot.hub.store.pool import notify
from hotspot.lab import certificates

BAR_MB, BAR_MS = 300.0, 1_000.0
"""10^6 bytes of the hub process; milliseconds of 99 of 100 orders."""
OPERATORS = 8
"""Connections over which staff give orders."""
PATIENCE = 60.0
NAME = "hub.stadt.example"


class Result(Struct, frozen=True):
    """Figures, and whether they meet the bars."""

    command: str
    gateways: int
    tls: bool
    empty_mb: float
    """Memory of the hub process before the first gateway, 10^6 bytes."""
    waiting_mb: float
    """With all gateways waiting."""
    after_mb: float
    """After all orders."""
    kb_each: float
    """Of one gateway that waits, 10^3 bytes."""
    orders: int
    rate: float
    arrived_p50: float
    """Until the gateway has the order, ms."""
    arrived_p99: float
    answered_p50: float
    """Until its answer can be read, ms."""
    answered_p99: float
    signal_p50: float
    """NOTIFY alone, ms."""
    signal_p99: float
    idle_cpu: float
    """Share of one core that the hub uses while all wait and nothing happens."""
    passed: bool


class Gateway:
    """One on its poll: what it was told to do, and when."""

    def __init__(self, number: int, arrived: dict[str, float]) -> None:
        self.credential = City.credential(number)
        self._arrived = arrived
        self.begun = asyncio.Event()

    async def run(self, port: int, tls: ssl.SSLContext | None) -> None:
        """Poll, take orders and answer, until cancelled."""
        connection = await connected(port, tls)
        try:
            while True:
                self.begun.set()
                body = wire.encode(wire.Poll())
                news = hub.decoded(await connection.ask(hub.post(wire.POLL, self.credential, body, zipped=False)), wire.News)
                now = time.perf_counter()
                for order in news.orders:
                    if self._arrived.setdefault(order.id, now) != now:
                        raise Failed("cannot go on: an order came twice though it was answered")
                if news.orders:
                    reply = {"type": "done", "code": "K7F-3QX", "state": "captive"}
                    answers = wire.Answers(answers=tuple(wire.Answer(id=order.id, reply=reply) for order in news.orders))
                    request = hub.post(wire.ANSWERS, self.credential, wire.encode(answers), zipped=False)
                    hub.decoded(await connection.ask(request), wire.Ok)
        finally:
            connection.close()


async def connected(port: int, tls: ssl.SSLContext | None) -> Connection:
    """A connection, encrypted or not."""
    if tls is None:
        return await Connection.to(port)
    return Connection(*await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=NAME))


async def give(made: City, port: int, tls: ssl.SSLContext | None, orders: int, rate: float) -> list[tuple[str, float, float]]:
    """Give orders at a steady pace; of each its id, when it was due, and when its answer was there."""
    given: list[tuple[str, float, float]] = []
    numbers = iter(range(orders))
    start = time.perf_counter() + 0.1

    async def operator() -> None:
        connection = await connected(port, tls)
        try:
            for number in numbers:
                due = start + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                body = msgspec.json.encode({"order": "end", "code": "K7F-3QX", "wait": 10})
                path = f"/api/v1/gateways/hall{number % made.gateways + 1}/orders"
                answer = await connection.ask(hub.post(path, made.token, body, zipped=False))
                order = msgspec.json.decode(answer.body)
                if answer.status != 201 or order["state"] != "done":
                    raise Failed(f"cannot go on: {answer.status} {answer.body[:300]!r}")
                given.append((order["id"], due, time.perf_counter()))
        finally:
            connection.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(OPERATORS):
            group.create_task(operator())
    return given


async def signals(made: City, number: int) -> list[float]:
    """Seconds from NOTIFY to its arrival at another connection, as the hub's own processes speak and listen."""
    took: list[float] = []
    heard = asyncio.Event()
    ready = asyncio.Event()
    made.store.on_signal(lambda _: heard.set(), ready.set)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(made.store.listen())
        await ready.wait()
        for _ in range(number):
            heard.clear()
            begun = time.perf_counter()
            async with made.store.transaction() as connection:
                await notify(connection, "benchmark")
            await heard.wait()
            took.append(time.perf_counter() - begun)
        listening.cancel()
    return took


async def encrypted(made: City) -> tuple[ssl.SSLContext, list[str]]:
    """The client's side of TLS, and the lines of hub.toml for the hub's."""
    folder = made.folder / "tls"
    await certificates.make(folder)
    await certificates.certify(folder, "hub", [NAME])
    lines = [f'certificate = "{folder / "hub.pem"}"', f'key = "{folder / "hub.key"}"']
    return ssl.create_default_context(cafile=str(folder / "authority.pem")), lines


async def all_wait(gateways: list[Gateway], made: City, process: Process) -> None:
    """Returns when each gateway has sent its poll and the hub has looked for each."""
    async with asyncio.timeout(PATIENCE):
        for gateway in gateways:
            await gateway.begun.wait()
        while True:
            before = process.cpu
            await asyncio.sleep(1)
            if process.cpu - before < 0.2:
                return


async def measure(gateways: int, orders: int, rate: float, tls: bool) -> Result:
    """The whole run. Raises ``Failed``."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    async with hub.city(gateways) as made:
        context, lines = await encrypted(made) if tls else (None, [])
        with hub.hub_process(made, *lines) as process:
            empty = process.rss
            arrived: dict[str, float] = {}
            fleet = [Gateway(number, arrived) for number in range(1, gateways + 1)]
            async with asyncio.TaskGroup() as group:
                tasks = []
                for number, gateway in enumerate(fleet):
                    tasks.append(group.create_task(gateway.run(process.port, context)))
                    if number % 50 == 49:
                        await asyncio.sleep(0.05)
                await all_wait(fleet, made, process)
                waiting, cpu, since = process.rss, process.cpu, time.perf_counter()
                await asyncio.sleep(10)
                idle = (process.cpu - cpu) / (time.perf_counter() - since)
                given = await give(made, process.port, context, orders, rate)
                after = process.rss
                for task in tasks:
                    task.cancel()
            reached = [arrived[order] - due for order, due, _ in given]
            answered = [done - due for _, due, done in given]
        alone = await signals(made, min(orders, 500))
    most = max(waiting, after) / 1e6
    late = hub.percentile(reached, 0.99)
    return Result(
        command=" ".join(sys.orig_argv[1:]),
        gateways=gateways,
        tls=tls,
        empty_mb=round(empty / 1e6, 1),
        waiting_mb=round(waiting / 1e6, 1),
        after_mb=round(after / 1e6, 1),
        kb_each=round((waiting - empty) / gateways / 1e3, 1),
        orders=orders,
        rate=rate,
        arrived_p50=hub.percentile(reached, 0.5),
        arrived_p99=late,
        answered_p50=hub.percentile(answered, 0.5),
        answered_p99=hub.percentile(answered, 0.99),
        signal_p50=hub.percentile(alone, 0.5),
        signal_p99=hub.percentile(alone, 0.99),
        idle_cpu=round(idle, 3),
        passed=most <= BAR_MB and late <= BAR_MS,
    )


def show(result: Result) -> None:
    """For people."""
    over = " over TLS" if result.tls else ""
    memory = (
        f"{result.waiting_mb} MB (bar {BAR_MB:g}), after all orders {result.after_mb} MB, before the first gateway {result.empty_mb} MB"
    )
    print(f"{result.gateways} gateways wait{over}: {memory}; {result.kb_each} kB each; idle {result.idle_cpu:.1%} of a core")
    arrived = f"p50 {result.arrived_p50} ms, p99 {result.arrived_p99} ms (bar {BAR_MS:g})"
    print(f"{result.orders} orders, {result.rate:g}/s, at the gateway: {arrived}")
    print(f"answer at the caller: p50 {result.answered_p50} ms, p99 {result.answered_p99} ms")
    print(f"NOTIFY alone: p50 {result.signal_p50} ms, p99 {result.signal_p99} ms; {'passed' if result.passed else 'MISSED'}")


def main() -> int:
    """As a command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gateways", type=int, default=1_000)
    parser.add_argument("--orders", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=20.0, help="orders per second")
    parser.add_argument("--tls", action="store_true", help="the hub encrypts itself")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    return hub.main("hub_polls", lambda: measure(given.gateways, given.orders, given.rate, given.tls), show, given.json)


if __name__ == "__main__":
    sys.exit(main())
