"""The halls that are compared: ours and openNDS's, each with a crowd of visitors in it."""

import asyncio
import compileall
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from msgspec import structs

import firewall
import hotspot
from benchmarks import crowd
from benchmarks.accept import on_disk
from benchmarks.crowd import Crowd
from benchmarks.peers import opennds
from benchmarks.peers.opennds import OpenNDS
from firewall import api
from hotspot.lab.hall import Hall
from hotspot.lab.options import Options

T = TypeVar("T")
USAGE_INTERVAL = "5 s"
"""As a gateway has it; the lab reads every second."""


class Ours:
    """Our hall."""

    def __init__(self, hall: Hall, everybody: Crowd, state: Path) -> None:
        self.hall, self.crowd, self.state = hall, everybody, state

    async def inside(self, work: Callable[[], T]) -> T:
        """``work()`` in the crowd's namespace, in a thread of its own."""
        return await asyncio.to_thread(self.crowd.inside, work)

    async def usage_every(self, interval: str) -> None:
        """Start the portal again, reading usage at this interval."""
        settings = self.hall.folder.portal_config
        lines = [
            f'usage_interval = "{interval}"' if line.startswith("usage_interval") else line for line in settings.read_text().splitlines()
        ]
        settings.write_text("\n".join([*lines, ""]))
        await self.hall.end("portal")
        await self.hall.start_portal()

    async def settled(self) -> None:
        """Wait until everybody who has come has a class: what is measured next is a full hall, not the rush that filled it."""
        asking = await self.asking()
        while True:
            if await asking.boarding() == 0:
                break
            await asyncio.sleep(0.1)  # nobody tells when it is 0
        asking.close()

    async def asking(self) -> "Asking":
        """A connection of our own to the firewall daemon, which takes root for a client."""
        reader, writer = await asyncio.open_unix_connection(self.hall.folder.firewall_socket, limit=64 * 2**20)
        return Asking(reader, writer)


class Asking:
    """One request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, request: api.AnyRequest) -> tuple[bytes, float]:
        """The answer as it came, and the seconds that it took."""
        start = time.perf_counter()
        self._writer.write(api.encode(request))
        line = await self._reader.readline()
        return line, time.perf_counter() - start

    async def grants(self) -> int:
        """How many clients are online."""
        status = api.decode_message((await self.ask(api.Status(1)))[0])
        assert isinstance(status, api.StatusIs), status
        return sum(zone.grants for zone in status.zones)

    async def boarding(self) -> int:
        """How many HTB classes of clients online are still to be made."""
        status = api.decode_message((await self.ask(api.Status(1)))[0])
        assert isinstance(status, api.StatusIs), status
        return status.counts["boarding"]

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


@asynccontextmanager
async def ours(visitors: int, online: int) -> AsyncIterator[Ours]:
    """Our hall, journal on the disk of /var/tmp, offloads as a kernel has them, bytecode as an installation has it."""
    for package in (firewall, hotspot):
        compileall.compile_dir(Path(package.__file__ or "").parent, quiet=1)
    options = Options(max_clients=online, whole_frames=False)
    async with Hall(f"peers-ours-{os.getpid()}", options) as hall, on_disk(hall) as state, crowd.gathered(hall, visitors) as everybody:
        made = Ours(hall, everybody, state)
        await made.usage_every(USAGE_INTERVAL)
        yield made


@asynccontextmanager
async def theirs(visitors: int) -> AsyncIterator[tuple[OpenNDS, Crowd]]:
    """openNDS's hall: the same network, servers and crowd. Raises ``opennds.Unavailable``."""
    options = structs.replace(Options(), gateway=False, whole_frames=False)
    async with Hall(f"peers-nds-{os.getpid()}", options) as hall, crowd.gathered(hall, visitors) as everybody:
        with TemporaryDirectory() as folder:
            running = opennds.running(hall.layout.gateway, Path(folder), hall.folder.path / "dnsmasq.leases")
            daemon = await asyncio.to_thread(running.__enter__)
            try:
                yield daemon, everybody
            finally:
                await asyncio.to_thread(running.__exit__, None, None, None)
