"""One of three hub processes is killed under load: no report is lost, none is counted twice.

``python -P -m benchmarks.hub_kill [--gateways 3000] [--rate 300] [--seconds 20] [--json]``

Reports as in ``hub_reports``, to three processes in turns as a balancer would; after a third of the time the first of them gets SIGKILL. A
gateway that has no answer sends again, to the next process. Then the sums in the database are compared with what was sent.
"""

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator, Sequence

from msgspec import Struct

from benchmarks import hub
from benchmarks.hub import Connection, Failed, Process
from benchmarks.hub_reports import CONNECTIONS, counted_once, turns
from hotspot import wire

PROCESSES = 3
RETRY_SECONDS = 0.2
GIVE_UP_SECONDS = 30.0


class Result(Struct, frozen=True):
    """Figures, and whether each report was counted once."""

    command: str
    gateways: int
    reports: int
    per_second: float
    p50_ms: float
    p99_ms: float
    worst_ms: float
    """From due to answered, all attempts included."""
    again: int
    """Requests that had to be sent again."""
    known: int
    """Of these, reports that the killed process had counted without being able to say so."""
    passed: bool
    """The sums are those of what was sent."""


class Load:
    """Sends until all is receipted."""

    def __init__(self, jobs: Sequence[bytes], rate: float, processes: Sequence[Process]) -> None:
        self._source: Iterator[tuple[int, bytes]] = enumerate(jobs)
        self._rate, self._processes = rate, processes
        self.took: list[float] = []
        self.again = self.known = 0

    async def run(self, after: float) -> None:
        """``after``: seconds until the first process is killed."""
        self._start = time.perf_counter() + 0.05
        async with asyncio.TaskGroup() as group:
            group.create_task(self._kill(after))
            for number in range(CONNECTIONS):
                group.create_task(self._work(number))

    async def _kill(self, after: float) -> None:
        await asyncio.sleep(after)
        self._processes[0].kill()

    async def _work(self, number: int) -> None:
        at, connection = number % len(self._processes), None
        for index, request in self._source:
            due = self._start + index / self._rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            answer = None
            while answer is None or answer.status != 200:
                if time.perf_counter() - due > GIVE_UP_SECONDS:
                    raise Failed(f"cannot go on: report {index} is not answered")
                try:
                    connection = connection or await Connection.to(self._processes[at].port)
                    answer = await connection.ask(request)
                    if answer.status != 200:
                        self.again += 1
                        await asyncio.sleep(RETRY_SECONDS)
                except (OSError, EOFError):
                    connection, at, self.again = None, (at + 1) % len(self._processes), self.again + 1
            receipt = hub.decoded(answer, wire.Receipt)
            if (receipt.taken + receipt.known, receipt.refused) != (1, ()):
                raise Failed(f"cannot go on: report {index} was answered with {answer.body!r}")
            self.known += receipt.known
            self.took.append(time.perf_counter() - due)
        if connection is not None:
            connection.close()


async def run(gateways: int, rate: float, seconds: float, command: str) -> Result:
    """The whole benchmark."""
    async with hub.city(gateways) as made:
        with contextlib.ExitStack() as stack:
            processes = [stack.enter_context(hub.hub_process(made)) for _ in range(PROCESSES)]
            sent: dict[int, int] = {}
            load = Load(turns(gateways, int(rate * seconds), 1, sent), rate, processes)
            start = time.perf_counter()
            await load.run(seconds / 3)
            lasted = time.perf_counter() - start
        once = await counted_once(made, sent)
    return Result(
        command=command,
        gateways=gateways,
        reports=len(load.took),
        per_second=round(len(load.took) / lasted, 1),
        p50_ms=hub.percentile(load.took, 0.5),
        p99_ms=hub.percentile(load.took, 0.99),
        worst_ms=hub.percentile(load.took, 1.0),
        again=load.again,
        known=load.known,
        passed=once,
    )


def show(result: Result) -> None:
    """For a person."""
    print(
        f"{result.reports:,} reports of {result.gateways:,} gateways to {PROCESSES} processes, one killed: {result.per_second:g}/s,",
        end=" ",
    )
    print(f"p50 {result.p50_ms:g} ms, p99 {result.p99_ms:g} ms, worst {result.worst_ms:g} ms")
    print(f"{result.again} sent again, of which {result.known} had been counted: each counted {'once' if result.passed else 'NOT ONCE'}")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hub_kill", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--gateways", type=int, default=3_000)
    parser.add_argument("--rate", type=float, default=300.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    command = " ".join(["python -m benchmarks.hub_kill", *sys.argv[1:]])
    return hub.main("hub_kill", lambda: run(given.gateways, given.rate, given.seconds, command), show, given.json)


if __name__ == "__main__":
    sys.exit(main())
