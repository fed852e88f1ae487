"""Sends frames as a phone, and as fast as they go, past its operating system."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Iterable, Iterator

from hotspot.lab.namespaces import inside
from hotspot.lab.phone import Phone
from tests.kernel.attacks.witness import Witness

ETH_P_ALL = 3
BATCH = 4_096


@contextlib.contextmanager
def cable(phone: Phone, protocol: int = 0) -> Iterator[socket.socket]:
    """A packet socket on the phone's interface (packet(7)); ``protocol`` 0 hears nothing."""

    def make() -> socket.socket:
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
        opened.bind(("wlan0", protocol))
        return opened

    with inside(phone.namespace, make) as opened:
        yield opened


async def send_all(phone: Phone, frames: Iterable[bytes], gateway: Witness) -> int:
    """Send every frame and see it arrive at the gateway's interface; what a busy machine loses is sent again. Returns the count."""
    total = 0
    whole = iter(frames)
    with cable(phone) as wire:
        while batch := list(itertools.islice(whole, BATCH)):
            for _ in range(5):
                before = await gateway.packets()
                await asyncio.to_thread(_send, wire, batch)
                if await gateway.packets() >= before + len(batch):
                    break
            else:
                raise AssertionError("frames do not arrive at the gateway")
            total += len(batch)
    return total


def _send(wire: socket.socket, batch: list[bytes]) -> None:
    for each in batch:
        wire.send(each)
