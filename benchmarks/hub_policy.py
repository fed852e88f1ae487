"""How long a change of policy takes: checked for 1,000 halls by the gateways' own reader, and fetched by 1,000 gateways on long polls.

``python -P -m benchmarks.hub_policy [--gateways 1000] [--changes 5] [--json]``

No two halls have the same policy: each has a name, an address and opening hours of its own, beside what the host says (plans, a directory
of 60 services, theme, terms, imprint). Every gateway holds a poll open as a real one does, and fetches its policy as soon as the answer
names another serial; the clock runs from the request that changes the policy. Beside it: the same check done hall by hall without any
sharing, and the same 1,000 policies fetched when nothing has changed.
"""

import argparse
import asyncio
import resource
import statistics
import sys
import time
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks import hub
from benchmarks.hub import City, Connection, Failed
from hotspot import wire
from hotspot.portal.policy_check import check

BAR_CHECK, BAR_EVERYWHERE = 2.0, 10.0
"""Seconds."""
AT_ONCE = 50
"""Documents of one change."""
PATIENCE = 60.0
"""Seconds until a change that has not arrived is given up."""


class Result(Struct, frozen=True):
    """Figures, and whether they meet the bars. Seconds."""

    command: str
    gateways: int
    policy_bytes: int
    """Of one hall."""
    check: float
    """Median: dry run with the difference of every hall."""
    check_most: float
    apply: float
    """Median: until the change was durable and answered."""
    everywhere: float
    """Median: until the last gateway had it."""
    everywhere_most: float
    first: float
    """Median: until the first gateway had it."""
    alone: float
    """The check hall by hall, with nothing shared, from a sample of 50 halls."""
    fetched: float
    """All gateways fetch their policy once, over as many connections, without a change."""
    hub_mb: float
    """Memory of the hub process with all polls open, 10^6 bytes."""
    passed: bool


def host(number: int) -> dict[str, Any]:
    """What the host says; each number says something else."""
    plan = {"title": {"de": "Kostenlos", "en": "Free"}, "down": "10 Mbit/s", "up": "2 Mbit/s", "time": f"{60 + number} min"}
    return {
        "plans": {"free": plan, "guest": {**plan, "voucher": True}},
        "zones": {"public": {"plans": ["free", "guest"]}},
        "terms": {"version": "2026-11"},
        "theme": {"colours": {"accent": "#0b5394"}, "welcome": {"de": "Willkommen im Rathaus!", "en": "Welcome to the town hall!"}},
        "legal": {"operator": {"name": "Stadt Musterstadt", "address": ["Markt 1", "12345 Musterstadt"], "email": "it@stadt.example"}},
        "services": {
            "services": {
                f"amt-{entry}": {
                    "name": {"de": f"Amt {entry}", "en": f"Office {entry}"},
                    "purpose": {"de": "Anträge, Auskünfte und Beglaubigungen. " * 4, "en": "Applications and certificates. " * 4},
                    "room": f"Zimmer {entry}",
                    "hours": ["Mon-Fri 08:00-12:00", "Thu 14:00-18:00"],
                    "phone": "+49 1234 567-0",
                }
                for entry in range(60)
            }
        },
    }


def hall(number: int) -> dict[str, Any]:
    """What is said of one hall."""
    return {
        "hall": {"name": f"Rathaus {number}", "address": [f"Hauptstraße {number}", "12345 Kleinheim"], "phone": f"+49 1234 {number}"},
        "hours": {"hall": {"open": [f"Mon-Wed,Fri 08:{number % 60:02}-12:30", "Thu 08:00-12:30, 14:00-18:00"]}},
    }


class Gateway:
    """One on its poll: what it was given last, and when."""

    def __init__(self, number: int) -> None:
        self.credential = City.credential(number)
        self.number, self.serial, self.at, self.policy = number, 0, 0.0, wire.Policy(serial=0)

    async def run(self, port: int, arrived: asyncio.Event) -> None:
        """Poll and fetch until cancelled."""
        connection = await Connection.to(port)
        try:
            while True:
                poll = hub.post(wire.POLL, self.credential, wire.encode(wire.Poll(policy=self.serial)), zipped=False)
                news = hub.decoded(await connection.ask(poll), wire.News)
                if news.policy not in (0, self.serial):
                    self.policy = hub.decoded(await connection.ask(hub.get(wire.POLICY, self.credential)), wire.Policy)
                    self.serial, self.at = self.policy.serial, time.perf_counter()
                    arrived.set()
        finally:
            connection.close()

    def has(self, number: int) -> bool:
        """Is change ``number`` here, and is everything else this hall's own?"""
        settings = self.policy.settings
        return (
            bool(settings) and settings["plans"]["free"]["time"] == f"{60 + number} min" and settings["hall"] == hall(self.number)["hall"]
        )


class Operator:
    """Who changes the policy, over the API."""

    def __init__(self, connection: Connection, token: str) -> None:
        self._connection, self._token = connection, token

    async def ask(self, path: str, documents: list[dict[str, Any]]) -> tuple[float, Any]:
        """Seconds, and the answer. Raises ``Failed``."""
        start = time.perf_counter()
        body = msgspec.json.encode({"documents": documents})
        answer = await self._connection.ask(hub.post(f"/api/v1/policy/{path}", self._token, body, zipped=False))
        if answer.status not in (200, 201):
            raise Failed(f"cannot go on: {answer.status} {answer.body[:500]!r}")
        return time.perf_counter() - start, msgspec.json.decode(answer.body)

    async def check(self, number: int, gateways: int) -> float:
        """Seconds of a dry run that must name every hall."""
        took, found = await self.ask("check", [{"scope": "host", "document": host(number)}])
        if not found["valid"] or len(found["halls"]) != gateways or any(len(one["differences"]) != 2 for one in found["halls"]):
            raise Failed(f"cannot go on: the check says {msgspec.json.encode(found)[:500]!r}")
        return took

    async def begin(self, gateways: int) -> None:
        """The first policy: the host's, and something of each hall's own."""
        await self.ask("changes", [{"scope": "host", "document": host(0)}])
        for first in range(1, gateways + 1, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, gateways + 1))
            await self.ask("changes", [{"scope": f"hall/hall{number}", "document": hall(number)} for number in numbers])


async def everywhere(gateways: list[Gateway], number: int, arrived: asyncio.Event) -> None:
    """Until every gateway has change ``number``. Raises ``Failed``."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not all(one.has(number) for one in gateways if one.serial) or not all(one.serial for one in gateways):
                arrived.clear()
                await arrived.wait()
    except TimeoutError:
        there = sum(one.has(number) for one in gateways)
        raise Failed(f"cannot go on: change {number} is at {there} of {len(gateways)} gateways after {PATIENCE:g} s") from None


def alone(gateways: int, sample: int = 50) -> float:
    """Seconds for all halls when each is checked whole."""
    start = time.perf_counter()
    for number in range(sample):
        check(wire.Policy(serial=1, settings={**host(0), **hall(number)}), {}, ("public",))
    return (time.perf_counter() - start) / sample * gateways


async def fetched(gateways: list[Gateway], port: int) -> float:
    """Seconds in which every gateway fetches its policy once, without a poll."""
    connections = [await Connection.to(port) for _ in gateways]
    try:
        start = time.perf_counter()
        requests = (connection.ask(hub.get(wire.POLICY, one.credential)) for connection, one in zip(connections, gateways, strict=True))
        await asyncio.gather(*requests)
        return time.perf_counter() - start
    finally:
        for connection in connections:
            connection.close()


async def changed(operator: Operator, gateways: list[Gateway], number: int, arrived: asyncio.Event) -> tuple[float, float, float]:
    """Seconds until a change is answered, at the first gateway and at the last one."""
    start = time.perf_counter()
    took, _ = await operator.ask("changes", [{"scope": "host", "document": host(number)}])
    await everywhere(gateways, number, arrived)
    moments = [one.at - start for one in gateways]
    return took, min(moments), max(moments)


async def run(count: int, changes: int, command: str) -> Result:
    """The whole benchmark."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * count + 256)), hard))  # hub processes inherit it
    async with hub.city(count) as made:
        await made.run("INSERT INTO zones (hall_id, name) SELECT id, 'public' FROM halls")
        with hub.hub_process(made) as process:
            operator = Operator(await Connection.to(process.port), made.token)
            await operator.begin(count)
            gateways, arrived = [Gateway(number) for number in range(1, count + 1)], asyncio.Event()
            async with asyncio.TaskGroup() as group:
                polls = [group.create_task(one.run(process.port, arrived)) for one in gateways]
                await everywhere(gateways, 0, arrived)
                checks = [await operator.check(number, count) for number in range(1, changes + 1)]
                rounds = [await changed(operator, gateways, number, arrived) for number in range(1, changes + 1)]
                memory = process.rss / 1e6
                again = await fetched(gateways, process.port)
                for poll in polls:
                    poll.cancel()
        size = len(wire.encode(gateways[0].policy))
    applied, first, last = zip(*rounds, strict=True)
    return Result(
        command=command,
        gateways=count,
        policy_bytes=size,
        check=round(statistics.median(checks), 3),
        check_most=round(max(checks), 3),
        apply=round(statistics.median(applied), 3),
        everywhere=round(statistics.median(last), 3),
        everywhere_most=round(max(last), 3),
        first=round(statistics.median(first), 3),
        alone=round(alone(count), 3),
        fetched=round(again, 3),
        hub_mb=round(memory, 1),
        passed=max(checks) <= BAR_CHECK and max(last) <= BAR_EVERYWHERE,
    )


def show(result: Result) -> None:
    """For people."""
    print(f"{result.gateways} halls, {result.policy_bytes} bytes of policy each; hub process {result.hub_mb} MB")
    print(
        f"checked:            {result.check:6.2f} s (most {result.check_most:.2f}; bar {BAR_CHECK:g})   hall by hall: {result.alone:.2f} s"
    )
    print(f"durable, answered:  {result.apply:6.2f} s")
    most = f"most {result.everywhere_most:.2f}; bar {BAR_EVERYWHERE:g}"
    print(f"at all gateways:    {result.everywhere:6.2f} s ({most})   first: {result.first:.2f} s")
    print(f"fetched, no change: {result.fetched:6.2f} s")
    print("passed" if result.passed else "MISSED")


def main() -> int:
    """As a command."""
    parser = argparse.ArgumentParser(prog="benchmarks.hub_policy", description="A change of policy at 1,000 halls.")
    parser.add_argument("--gateways", type=int, default=1_000)
    parser.add_argument("--changes", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    command = " ".join(["hub_policy", *sys.argv[1:]])
    return hub.main("hub_policy", lambda: run(arguments.gateways, arguments.changes, command), show, arguments.json)


if __name__ == "__main__":
    sys.exit(main())
