"""The two processes of a gateway with 1,000 online: their memory, what they do when nothing happens, and what happens when one is killed.

    python -m benchmarks.gateway [--rounds 3] [--seconds 10] [--online 1000] [--json]

Needs root. A hall (``hotspot lab``: real firewall daemon and portal, unprivileged, real kernel, journal on the disk of /var/tmp), and in it
as many visitors online as asked for, all by accepting, 50 at once. Then

    memory   resident of both together, and their share of it when pages of libraries that several processes use are divided among them
    idle     processor time of both while nobody does anything; the lab has the portal read usage every second, five times as often as
             a gateway does
    kill     one of them downloads at the plan's 10 Mbit/s. ``kill -9``; a second later the process is started again. How long did the
             download ever wait for bytes, from a second before the kill until a second after all was well, and how long after the start of
             the new process is a new visitor online (page, button, 303, connection to the WAN), who tries again and again from then on?

Exits 1 when the bar is missed: 120 MB, 2 s, no wait above 1 s, and all who were online still are.
"""

import argparse
import asyncio
import itertools
import json
import os
import select
import signal
import socket
import statistics
import sys
import threading
import time
from pathlib import Path

from msgspec import Struct, structs

from benchmarks import crowd
from benchmarks.accept import cpu_seconds, crowded_hall, rush
from benchmarks.crowd import Crowd, Visitor, WrongAnswer
from hotspot.lab.hall import Hall
from hotspot.lab.layout import SITE
from hotspot.lab.namespaces import LabFailed

BAR_MB, BAR_SERVED, BAR_GAP = 120.0, 2.0, 1.0
DEAD, AROUND = 1.0, 1.0
"""Seconds without the process, and seconds of download before the kill and after the repair."""
PAUSE = 0.02
"""Seconds between two tries of the visitor who wants in."""
NAMES = ("portal", "firewall")


class Memory(Struct, frozen=True):
    """Of one process, MB of a million bytes: proc(5) ``smaps_rollup``."""

    resident: float
    share: float
    """Proportional set size: shared pages divided among those who share them."""


class Kill(Struct, frozen=True):
    """One process was killed during a download."""

    process: str
    served_after: float
    """Seconds from the start of the new process until a new visitor was online."""
    ready_after: float
    """Seconds from the start of the new process until it said READY."""
    longest_gap: float
    """Seconds between two arrivals of bytes."""
    megabits: float
    """Mbit/s of payload from a second before the kill until a second after the new visitor was served."""
    kept: bool
    """Everybody who was online still is, on the same sessions."""


class Result(Struct, frozen=True):
    """All of it, and the bar."""

    command: str
    online: int
    memory: dict[str, Memory]
    resident: float
    """MB, both together."""
    share: float
    idle_percent: dict[str, float]
    """Of one core."""
    kills: tuple[Kill, ...]
    passed: bool


def memory_of(pid: int) -> Memory:
    """What a process occupies now."""
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    kilobytes = {line[0].rstrip(":"): int(line[1]) for line in lines}
    return Memory(*(round(kilobytes[name] * 1024 / 1e6, 1) for name in ("Rss", "Pss")))


class Download(threading.Thread):
    """A visitor's download, from its start to ``hang_up``: when did how many bytes arrive?"""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(name="download")
        self._sock = sock
        self._over = False
        self.arrivals: list[tuple[float, int]] = []
        """When (monotonic seconds), and bytes."""
        self.broken = ""
        """Why it ended by itself."""

    def run(self) -> None:
        """Take bytes until told to stop."""
        try:
            self._sock.connect((SITE, 80))
            self._sock.sendall(b"GET /bytes/10000000000 HTTP/1.1\r\nHost: download.town.example\r\nConnection: close\r\n\r\n")
            while not self._over:
                size = len(self._sock.recv(262_144))
                if size == 0:
                    self.broken = "the connection was closed"
                    return
                self.arrivals.append((time.monotonic(), size))
        except OSError as error:
            self.broken = str(error)

    def hang_up(self) -> None:
        """End it."""
        self._over = True
        self.join()
        self._sock.close()

    def between(self, began: float, ended: float) -> tuple[float, float]:
        """The longest wait for bytes, seconds, and Mbit/s of payload in this span."""
        inside = [(when, size) for when, size in self.arrivals if began <= when <= ended]
        moments = [began, *(when for when, _ in inside), ended]
        longest = max(later - earlier for earlier, later in itertools.pairwise(moments))
        return longest, sum(size for _, size in inside) * 8 / 1e6 / (ended - began)


class Newcomer(threading.Thread):
    """A visitor who wants in and tries again whenever it does not work."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(name="newcomer")
        self._visitor = visitor
        self.online_at = 0.0
        """Monotonic seconds; 0 while not online."""
        self.last_why = ""

    def run(self) -> None:
        """Page, button, connection, until all of it works."""
        pause, patience = select.poll(), time.monotonic() + 30.0
        while time.monotonic() < patience:
            try:
                ready = crowd.open_page(self._visitor)
                status = crowd.status_of(crowd.exchange(crowd.prepared(self._visitor), ready.request))
                if status == 303 and crowd.reaches_site(self._visitor):
                    self.online_at = time.monotonic()
                    return
                self.last_why = f"status {status}"
            except (OSError, ValueError, WrongAnswer) as error:  # no listener, no firewall, a problem page
                self.last_why = str(error)
            pause.poll(PAUSE * 1e3)


def idle(hall: Hall, seconds: float) -> dict[str, float]:
    """Percent of one core that each process takes while nothing happens."""
    pids = {name: hall.process(name).pid for name in NAMES}
    before, start = {name: cpu_seconds(pid) for name, pid in pids.items()}, time.monotonic()
    select.poll().poll(seconds * 1e3)  # the measuring interval
    took = time.monotonic() - start
    return {name: round((cpu_seconds(pid) - before[name]) / took * 100, 2) for name, pid in pids.items()}


async def kill(hall: Hall, everybody: Crowd, download: Download, name: str) -> Kill:
    """Kill one process, start it again, and see who noticed."""
    before = await asyncio.to_thread(everybody.sessions)
    (visitor,) = everybody.fresh(1)
    await asyncio.sleep(AROUND)  # part of the measuring interval
    killed = time.monotonic()
    await hall.end(name, signal.SIGKILL)
    await asyncio.sleep(DEAD)
    newcomer = Newcomer(visitor)
    started = time.monotonic()
    everybody.inside(newcomer.start)  # a thread belongs to the namespace of the one that starts it
    await (hall.start_portal() if name == "portal" else hall.start_firewall())
    ready = time.monotonic()
    await asyncio.to_thread(newcomer.join)
    if not newcomer.online_at:
        raise WrongAnswer(f"cannot go on: after the {name} was killed a new visitor was not served for 30 s ({newcomer.last_why})")
    await asyncio.sleep(AROUND)
    gap, megabits = download.between(killed - AROUND, time.monotonic())
    if download.broken:
        raise WrongAnswer(f"cannot go on: after the {name} was killed the download ended: {download.broken}")
    after = await asyncio.to_thread(everybody.sessions)
    return Kill(
        process=name,
        served_after=round(newcomer.online_at - started, 3),
        ready_after=round(ready - started, 3),
        longest_gap=round(gap, 4),
        megabits=round(megabits, 2),
        kept=before <= after and len(after) == len(before) + 1,
    )


async def measure(rounds: int, seconds: float, online: int, command: str) -> Result:
    """One hall, all of it."""
    async with crowded_hall("bench-gateway", online + 2 * rounds, online + 2 * rounds) as (hall, everybody, _):
        if hall.remark:
            print(hall.remark, file=sys.stderr)
        visitors = everybody.fresh(online)
        await asyncio.to_thread(everybody.inside, lambda: rush(everybody, visitors, 50))
        idling = await asyncio.to_thread(idle, hall, seconds)
        memory = {name: memory_of(hall.process(name).pid) for name in NAMES}
        download = Download(everybody.inside(lambda: crowd.prepared(visitors[0])))
        download.start()
        try:
            kills = [await kill(hall, everybody, download, name) for _ in range(rounds) for name in NAMES]
        finally:
            download.hang_up()
    resident, share = (round(sum(getattr(one, field) for one in memory.values()), 1) for field in ("resident", "share"))
    passed = resident <= BAR_MB and all(one.kept and one.served_after <= BAR_SERVED and one.longest_gap <= BAR_GAP for one in kills)
    return Result(command, online, memory, resident, share, idling, tuple(kills), passed)


def show(result: Result) -> None:
    """The tables for a person."""
    print(f"{result.online} online")
    print(f"{'process':10}{'resident MB':>13}{'share MB':>10}{'idle CPU %':>12}")
    for name, memory in result.memory.items():
        print(f"{name:10}{memory.resident:13.1f}{memory.share:10.1f}{result.idle_percent[name]:12.2f}")
    print(f"{'together':10}{result.resident:13.1f}{result.share:10.1f}{sum(result.idle_percent.values()):12.2f}")
    print(f"{'killed':10}{'ready s':>9}{'served s':>10}{'longest gap s':>15}{'Mbit/s':>9}{'kept':>7}")
    for kill in result.kills:
        print(f"{kill.process:10}{kill.ready_after:9.2f}{kill.served_after:10.2f}", end="")
        print(f"{kill.longest_gap:15.3f}{kill.megabits:9.2f}{'yes' if kill.kept else 'NO':>7}")
    for name in NAMES:
        served = statistics.median(kill.served_after for kill in result.kills if kill.process == name)
        print(f"median {name}: a new visitor online {served:.2f} s after the start of the new process")
    verdict = "passed" if result.passed else "MISSED"
    print(f"bar {BAR_MB:g} MB resident, {BAR_SERVED:g} s, no gap above {BAR_GAP:g} s, everybody kept: {verdict}")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often each process is killed")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long the idle processes are watched")
    parser.add_argument("--online", type=int, default=1_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        print("cannot measure: network namespaces need root", file=sys.stderr)
        return 2
    command = " ".join(["python -m benchmarks.gateway", *sys.argv[1:]])
    try:
        result = asyncio.run(measure(arguments.rounds, arguments.seconds, arguments.online, command))
    except (LabFailed, WrongAnswer) as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps(structs.asdict(result), default=structs.asdict))
    else:
        show(result)
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
