"""The guard as a process: open the ears, give the capability back, listen, write down what was seen."""

import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
import structlog

from hotspot import rights
from hotspot.guard.bridge import Kernel
from hotspot.guard.hall import Shared
from hotspot.guard.post import Place, Post
from hotspot.looks import folder
from hotspot.looks.values import MOST_FINDINGS, By, Finding, Look
from hotspot.looks.words import gravest_first
from hotspot.notify import notify, watchdog

log = structlog.get_logger("guard")

EVERY = 60.0
"""Seconds after which the look is written even if nothing has changed."""
MOVES_A_SECOND = 4_000
"""News of bridges that are read; what is more the kernel drops."""


class Guard:
    """All interfaces of one gateway. Making it needs CAP_NET_RAW, which the process has no more afterwards."""

    def __init__(self, places: Sequence[Place], looks: Path | None) -> None:
        self._looks, self._written, self._changes = looks, float("-inf"), -1
        self._kernel = Kernel()
        now = time.monotonic()
        shared = Shared()
        self._posts = [Post(place, self._kernel, shared, now) for place in places]
        rights.keep()
        self.stopping = asyncio.Event()
        self._moves_left = MOVES_A_SECOND
        self._told: frozenset[tuple[str, str, str]] = frozenset()

    async def run(self) -> None:
        """Listen until ``stopping`` is set."""
        loop = asyncio.get_running_loop()
        try:
            self._listen(loop)
            notify("READY=1")
            async with asyncio.TaskGroup() as group:
                helpers = [group.create_task(watchdog()), group.create_task(self._tick(loop))]
                await self.stopping.wait()
                notify("STOPPING=1")
                for helper in helpers:
                    helper.cancel()
        finally:
            loop.remove_reader(self._kernel.fileno())
            for post in self._posts:
                loop.remove_reader(post.own.fileno())
                loop.remove_reader(post.others.fileno())
                post.close()
            self._kernel.close()

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.add_reader(self._kernel.fileno(), self._kernel_says)
        for post in self._posts:
            loop.add_reader(post.own.fileno(), self._own, loop, post)  # first: whose an address is, then who says so
            loop.add_reader(post.others.fileno(), self._others, loop, post)

    def _own(self, loop: asyncio.AbstractEventLoop, post: Post) -> None:
        post.read(post.own)
        if not post.own_left:
            loop.remove_reader(post.own.fileno())  # until the next second

    def _others(self, loop: asyncio.AbstractEventLoop, post: Post) -> None:
        post.read(post.own)
        post.read(post.others)
        if not post.left:
            loop.remove_reader(post.others.fileno())

    def _kernel_says(self) -> None:
        changed, moves = self._kernel.changes()
        now = time.monotonic()
        self._moves_left -= len(moves)
        if self._moves_left <= 0:
            asyncio.get_running_loop().remove_reader(self._kernel.fileno())  # until the next second
        for post in self._posts:
            if changed:
                post.look(now)
            post.moved(moves, now)

    async def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """Once a second: what follows from silence, and the look."""
        while True:
            now = time.monotonic()
            for post in self._posts:
                post.tick(now)
            self._moves_left = MOVES_A_SECOND
            self._listen(loop)
            self._write(now)
            await asyncio.sleep(1.0)

    def _write(self, now: float) -> None:
        changes = sum(post.watch.sightings.changes for post in self._posts)
        if changes == self._changes and now - self._written < EVERY:
            return
        if now - self._written >= EVERY:
            for post in self._posts:
                post.look(now)
        self._changes, self._written = changes, now
        unix = time.time()
        findings = gravest_first(one for post in self._posts for one in post.watch.findings(now, unix))[:MOST_FINDINGS]
        if self._looks is not None:
            try:
                folder.write(self._looks, Look(by=By.GUARD, at=unix, software=SOFTWARE[:64], findings=tuple(findings)))
            except OSError as error:
                log.error("cannot write the look", folder=str(self._looks), why=error.strerror)
        self._log(findings)

    def _log(self, findings: Sequence[Finding]) -> None:
        seen = frozenset((one.kind, one.zone, one.values["port"]) for one in findings)
        for kind, zone, port in sorted(seen - self._told):
            log.warning("seen", kind=kind, zone=zone, port=port)
        for kind, zone, port in sorted(self._told - seen):
            log.info("not seen any more", kind=kind, zone=zone, port=port)
        self._told = seen


def _software() -> str:
    try:
        return version("hotspot")
    except PackageNotFoundError:  # run from a tree that is not installed
        return ""


SOFTWARE = _software()


def run(places: Sequence[Place], looks: Path | None) -> int:
    """Run until SIGTERM or SIGINT; exit status. Raises ``PermissionError`` without CAP_NET_RAW."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=lambda event, **_: msgspec.json.encode(event)),
        ],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )

    async def until_stopped() -> None:
        guard = Guard(places, looks)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, guard.stopping.set)
        log.info("the guard listens", interfaces=[place.interface for place in places], pools=[place.pool for place in places])
        await guard.run()

    asyncio.run(until_stopped())
    return 0
