"""The two processes of a gateway with 1,000 online: their memory, what they do when nothing happens, and what happens when one is killed.

    python -m benchmarks.gateway [--rounds 3] [--seconds 10] [--online 1000] [--json]

Needs root. A hall (``hotspot lab``: real firewall daemon and portal, unprivileged, real kernel, journal on the disk of /var/tmp) with as many
visitors online as asked for, all by accepting. Then

    memory   resident of both together, and their share of it when pages of libraries that several processes use are divided among them
    idle     processor time of both while nobody does anything; the lab has the portal read usage every second, five times as often as
             a gateway does
    kill     a visitor downloads at the plan's 10 Mbit/s. ``kill -9``; ``DEAD`` seconds later the process is started again. How long did the
             download ever wait for bytes, from a second before the kill until a second after all was well, and how long after the start of
             the new process is a new visitor online (page, button, 303, connection to the WAN), who has tried all the time?

Exits 1 when the bar is missed: 120 MB, 2 s, no wait above 1 s, and all who were online still are.
"""

import argparse
import asyncio
import json
import os
import select
import signal
import socket
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct, structs

from benchmarks import crowd
from benchmarks.accept import cpu_seconds, crowded_hall, rush
from benchmarks.crowd import Crowd, Visitor, WrongAnswer
from hotspot.lab.hall import Hall
from hotspot.lab.layout import SITE

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
    """A visitor's download: when did how many bytes arrive? Runs inside the crowd's namespace from its start to ``hang_up``."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(name="download")
        self._sock = crowd.prepared(visitor)
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
        longest = max(later - earlier for earlier, later in zip(moments, moments[1:], strict=False))
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
    newcomer = everybody.inside(lambda: _started(Newcomer(visitor)))
    started = time.monotonic()
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


def _started(thread: "Newcomer | Download") -> "Newcomer | Download":
    """A thread belongs to the namespace of the one that starts it."""
    thread.start()
    return thread


async def measure(rounds: int, seconds: float, online: int, command: str) -> Result:
    """One hall, all of it."""
    async with crowded_hall("bench-gateway", online + 2 * rounds, online + 2 * rounds) as (hall, everybody, _):
        if hall.remark:
            print(hall.remark, file=sys.stderr)
        (downloader,) = visitors = everybody.fresh(1)
        await asyncio.to_thread(everybody.inside, lambda: rush(everybody, online, 50))
        memory = {name: memory_of(hall.process(name).pid) for name in NAMES}
        idling = await asyncio.to_thread(idle, hall, seconds)
        download = everybody.inside(lambda: _started(Download(downloader)))
        try:
            kills = [await kill(hall, everybody, download, name) for _ in range(rounds) for name in NAMES]
        finally:
            download.hang_up()
    resident, share = (round(sum(getattr(one, field) for one in memory.values()), 1) for field in ("resident", "share"))
    passed = resident <= BAR_MB and all(one.kept and one.served_after <= BAR_SERVED and one.longest_gap <= BAR_GAP for one in kills)
    return Result(command, online, memory, resident, share, idling, tuple(kills), passed)
