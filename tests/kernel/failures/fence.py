"""A stranger who never accepts and never stops trying, over IPv4 and IPv6, TCP and UDP; and how much of it arrives in the Internet.

What is tried goes to a port of its own, so that the Internet's side can tell it from what others send through the same gateway, whether it
arrives masqueraded or not.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator

import msgspec

from hotspot.lab import Hall
from hotspot.lab.layout import SITE, SITE6
from hotspot.lab.namespaces import command, socket_in
from hotspot.lab.phone import Phone

STRANGER_PORT, GUEST_PORT = 7_001, 7_002
PAUSE = 0.002
"""Seconds between two tries: a gap of a few milliseconds is found."""
_TABLE = f"""table inet fence {{
  counter port{STRANGER_PORT} {{ }}
  counter port{GUEST_PORT} {{ }}
  chain arriving {{
    type filter hook prerouting priority -310; policy accept;
    iifname "isp0" meta l4proto {{ tcp, udp }} th dport {STRANGER_PORT} counter name "port{STRANGER_PORT}"
    iifname "isp0" meta l4proto {{ tcp, udp }} th dport {GUEST_PORT} counter name "port{GUEST_PORT}"
  }}
}}
"""


class Knocking(threading.Thread):
    """Sends to ``port`` of the site all the time, from a phone's namespace; a thread, so that a busy event loop leaves no gap."""

    def __init__(self, phone: Phone, port: int) -> None:
        super().__init__(name=f"knocking at {port}")
        self._namespace, self._port = phone.namespace, port
        self._over = threading.Event()
        self.sent = 0

    def run(self) -> None:
        """Until ``stop``."""
        kinds = ((socket.AF_INET, SITE), (socket.AF_INET6, SITE6))
        senders = [(socket_in(self._namespace, family, socket.SOCK_DGRAM), address) for family, address in kinds]
        callers: list[socket.socket] = []
        try:
            while not self._over.wait(PAUSE):
                for sender, address in senders:
                    with contextlib.suppress(OSError):  # refused by the gateway, or no route while a link is down: it tries again
                        sender.sendto(b"knock", (address, self._port))
                        self.sent += 1
                if self.sent % 16 < 2:
                    callers = self._call(callers, kinds)
        finally:
            for each in (*callers, *(sender for sender, _ in senders)):
                each.close()

    def _call(self, callers: list[socket.socket], kinds: tuple[tuple[int, str], ...]) -> list[socket.socket]:
        """A fresh TCP connection each, in the place of the last ones."""
        for old in callers:
            old.close()
        fresh = [(socket_in(self._namespace, family), address) for family, address in kinds]
        for caller, address in fresh:
            with contextlib.suppress(OSError):
                caller.connect((address, self._port))
        self.sent += len(fresh)
        return [caller for caller, _ in fresh]

    def stop(self) -> None:
        """End it and wait."""
        self._over.set()
        self.join()


class Fence:
    """What arrived in the Internet."""

    def __init__(self, hall: Hall, stranger: Knocking) -> None:
        self._hall, self.stranger = hall, stranger

    async def arrived(self, port: int = STRANGER_PORT) -> int:
        """Packets to ``port`` that have reached the Internet."""
        listed = await command("ip", "netns", "exec", self._hall.layout.wan, "nft", "-j", "list", "counters", "table", "inet", "fence")
        entries = msgspec.json.decode(listed)["nftables"]
        return next(int(e["counter"]["packets"]) for e in entries if "counter" in e and e["counter"]["name"] == f"port{port}")


@contextlib.asynccontextmanager
async def watched(hall: Hall, guest: Phone) -> AsyncIterator[Fence]:
    """A stranger knocks while the context lasts. At its end: nothing of it has arrived, though it tried often; and what ``guest``, who is
    online at the end, sends in the same way arrives, so the count counts."""
    await command("ip", "netns", "exec", hall.layout.wan, "nft", "-f", "-", stdin=_TABLE)
    phone = await hall.add_phone("stranger")
    await phone.join()
    stranger = Knocking(phone, STRANGER_PORT)
    fence = Fence(hall, stranger)
    stranger.start()
    try:
        yield fence
    finally:
        await asyncio.to_thread(stranger.stop)
    known = Knocking(guest, GUEST_PORT)
    known.start()
    try:
        async with asyncio.timeout(5):
            while await fence.arrived(GUEST_PORT) < 4:  # noqa: ASYNC110  a counter in the kernel tells nobody
                await asyncio.sleep(0.02)
    finally:
        await asyncio.to_thread(known.stop)
    assert (await fence.arrived(), stranger.sent > 50) == (0, True)
