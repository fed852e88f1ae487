"""A hall whose parts are taken out, changed and put back one at a time: what the breakages are made of."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from hotspot.lab import Hall, namespaces, processes
from hotspot.lab.phone import Phone

READY = {
    "dnsmasq": "started, version",
    "dnsmasq-captive": "started, version",
    "radvd": "syntax ok",
    "nsd": "nsd started",
}
"""What each server says when it serves."""


class Ground:
    """The hall, where the visitor is plugged in, and a neighbour that has joined."""

    def __init__(self, hall: Hall, place: Phone, neighbour: Phone) -> None:
        self.hall, self.place, self.neighbour = hall, place, neighbour
        self.gateway, self.wan, self.access_point = hall.layout.gateway, hall.layout.wan, hall.layout.access_point

    @property
    def path(self) -> Path:
        """The hall's folder."""
        return self.hall.folder.path

    async def run(self, namespace: str, *words: str, stdin: str = "") -> str:
        """A program in a namespace of the hall."""
        return await namespaces.command("ip", "netns", "exec", namespace, *words, stdin=stdin)

    def words(self, name: str) -> list[str]:
        """How a server is started."""
        folder = self.path
        return {
            "dnsmasq": ["dnsmasq", f"--conf-file={folder}/dnsmasq.conf"],
            "dnsmasq-captive": ["dnsmasq", f"--conf-file={folder}/dnsmasq-captive.conf"],
            "radvd": ["radvd", "-n", "-m", "stderr", "-d", "1", "-C", f"{folder}/radvd.conf", "-p", f"{folder}/radvd.pid"],
            "nsd": ["nsd", "-d", "-c", f"{folder}/nsd.conf"],
        }[name]

    async def start(self, name: str) -> None:
        """Start a server that was ended."""
        log = self.hall.folder.log(name)
        before = log.stat().st_size
        process = processes.start(name, self.wan if name == "nsd" else self.gateway, self.words(name), log)
        self.hall._note(process)
        await processes.line_in(log, READY[name], process, offset=before)

    @asynccontextmanager
    async def without(self, name: str) -> AsyncIterator[None]:
        """A server is not there."""
        await self.hall.end(name)
        try:
            yield
        finally:
            await self.start(name)

    @asynccontextmanager
    async def changed(self, file: str, change: Callable[[str], str], *again: Callable[[], object]) -> AsyncIterator[None]:
        """A file has other words, and what reads it was told so, before and after."""
        path = self.path / file
        before = path.read_text()
        after = change(before)
        assert after != before, f"{file} does not have what is to be changed"
        path.write_text(after)
        try:
            await _all(again)
            yield
        finally:
            path.write_text(before)
            await _all(again)

    def restart(self, name: str) -> Callable[[], object]:
        """Start a server or a service again."""

        async def work() -> None:
            await self.hall.end(name)
            if name in READY:
                await self.start(name)
            else:
                await (self.hall.start_portal() if name == "portal" else self.hall.start_firewall())

        return work

    async def reload_portal(self) -> None:
        """The portal reads settings and certificate again."""
        log = self.hall.folder.log("readiness")
        before = log.stat().st_size
        portal = self.hall.process("portal")
        os.kill(portal.pid, signal.SIGHUP)
        await processes.line_in(log, "^portal READY=1$", portal, offset=before)

    @asynccontextmanager
    async def table(self, rules: str, namespace: str = "") -> AsyncIterator[None]:
        """A table of somebody else's in the gateway's kernel, or in another namespace's."""
        where = namespace or self.gateway
        await self.run(where, "nft", "-f", "-", stdin=f"table inet foreign {{\n{rules}\n}}\n")
        try:
            yield
        finally:
            await self.run(where, "nft", "delete", "table", "inet", "foreign")

    async def settled(self) -> None:
        """The portal has its firewall, and nothing is amiss by its own word."""
        from tests.kernel.visits import status, until

        async def well() -> bool:
            return status(self.hall).ok

        await until(well, 15.0)


async def _all(again: tuple[Callable[[], object], ...]) -> None:
    for one in again:
        made = one()
        if asyncio.iscoroutine(made):
            await made


def line(pattern: str, instead: str = "") -> Callable[[str], str]:
    """Other lines in the place of those that match."""
    return lambda text: re.sub(f"(?m)^{pattern}$\n?", instead and f"{instead}\n", text)


@contextlib.contextmanager
def intruder(ground: Ground, answer: Callable[[bytes], bytes | None], every: Callable[[], bytes] | None = None) -> Iterator[None]:
    """Somebody on the hall's switch, who answers what is sent to all, and says something ten times a second."""

    def opened() -> socket.socket:
        ears = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        ears.bind(("br0", 3))
        return ears

    with namespaces.inside(ground.access_point, opened) as wire:
        wire.settimeout(0.1)
        stop = threading.Event()

        def speak() -> None:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    frame, address = wire.recvfrom(4_096)
                    said = answer(frame) if address[2] != socket.PACKET_OUTGOING else None
                    if said is not None:
                        wire.send(said)
                if every is not None:
                    wire.send(every())

        voice = threading.Thread(target=speak)
        voice.start()
        try:
            yield
        finally:
            stop.set()
            voice.join()
