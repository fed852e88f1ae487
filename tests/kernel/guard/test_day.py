"""What a real phone does in a real hall, done by hundreds for 24 simulated hours: the guard sees nothing in it."""

import os
import signal
import socket
import sys
import time
from collections.abc import Sequence

from hotspot.guard.bridge import Kernel, index_of
from hotspot.guard.ears import Ears
from hotspot.guard.filter import incoming, outgoing
from hotspot.guard.frames import Advertisement, said
from hotspot.guard.post import gateway_of
from hotspot.lab import Hall, Options, namespaces, processes
from hotspot.lab.layout import SITE
from hotspot.lab.phone import Phone
from tests.hotspot.guard import packets as at
from tests.kernel.conftest import RaiseHall
from tests.kernel.guard.day import Day, Frame, Recorded

_PARTS = ("join", "use", "renew", "leave")
MOST_SECONDS = 20.0
"""Of the processor; about 3 on a quiet machine."""


class _Recorder:
    """Hears at the gateway's LAN what a guard there would."""

    def __init__(self, hall: Hall) -> None:
        def opened() -> tuple[Ears, Ears, Kernel, int]:
            others, own, index = Ears(incoming()), Ears(outgoing()), index_of("lan0")
            for ears in (others, own):
                ears.bind("lan0", index)
            return others, own, Kernel(), index

        self._others, self._own, kernel, index = namespaces.inside(hall.layout.gateway, opened)
        self.gateway = gateway_of(self._others.mac(), kernel.addresses(index), 0)
        kernel.close()

    def close(self) -> None:
        """Close the ears."""
        self._others.close()
        self._own.close()

    def heard(self) -> list[Frame]:
        """All since it was asked before: questions first, as they are answered by what the gateway says."""
        others = [Frame(False, data) for data in self._others.frames(10_000)]
        own = [Frame(True, data) for data in self._own.frames(10_000)]
        assert others
        return _in_order(others, own)


def _in_order(others: list[Frame], own: list[Frame]) -> list[Frame]:
    """The gateway's answers stand after the last question by DHCP; the phone uses its address after that."""
    last = max((place for place, frame in enumerate(others) if _asks(frame.data)), default=-1)
    return [*others[: last + 1], *own, *others[last + 1 :]]


def _asks(frame: bytes) -> bool:
    return frame[12:14] == b"\x08\x00" and frame[23] == 17


async def _recorded(hall: Hall, phone: Phone) -> Recorded:
    recorder = _Recorder(hall)
    try:
        await phone.join()
        join = recorder.heard()
        await namespaces.command("ip", "-n", phone.namespace, "neigh", "flush", "dev", "wlan0")
        for router in (phone.lease.router, "2001:db8:1::1"):
            await namespaces.command("ip", "netns", "exec", phone.namespace, "ping", "-c1", "-W5", "-n", router)
        use = recorder.heard()
        client, log = hall.process(f"{phone.name}-dhcp"), hall.folder.log(f"{phone.name}-dhcp")
        os.kill(client.pid, signal.SIGUSR1)
        await processes.line_in(log, "lease written: renew", client)
        renew = recorder.heard()
        address = socket.inet_pton(socket.AF_INET, phone.lease.ip)
        address6 = socket.inet_pton(socket.AF_INET6, phone.address6)
        os.kill(client.pid, signal.SIGUSR2)
        await processes.line_in(log, "entering released state", client)
        leave = recorder.heard()
    finally:
        recorder.close()
    mac = bytes.fromhex(phone.mac.replace(":", ""))
    return Recorded(mac, address, address6, recorder.gateway, join, use, renew, leave)


def _kinds(frames: Sequence[Frame]) -> set[str]:
    """What is said in them, but for the gateway's advertisements, which come when they come."""
    return {type(what).__name__ for frame in frames if (what := said(frame.data)) and not isinstance(what, Advertisement)}


async def test_a_day_of_a_hall_is_no_danger(raise_hall: RaiseHall) -> None:
    """2,500 stays with a power cut, a restart, a repeater and a switch that dies: no alarm, and one notice, of the repeater that is there.
    At its end a real danger is still seen."""
    hall = await raise_hall(Options(gateway=False))
    recorded = await _recorded(hall, await hall.add_phone("anna"))
    assert recorded.address != socket.inet_aton(SITE)
    day, began = Day(recorded), time.process_time()
    day.run()
    seconds = time.process_time() - began
    assert day.seen == {("repeater", "notice")}
    heard = {name: _kinds(getattr(recorded, name)) for name in _PARTS}
    assert (heard["join"], heard["renew"], heard["leave"]) == ({"Dhcp", "Heard"}, {"Dhcp"}, {"Dhcp"}), heard
    assert {"Arp", "Neighbour"} <= heard["use"]
    sys.stdout.write(f"{day.frames} frames, at most {day.most} devices, {seconds:.1f} s\n")  # pytest -s
    assert (day.frames > 400_000, day.most > 500) == (True, True), (day.frames, day.most)
    assert seconds < MOST_SECONDS
    day.watch.incoming(at.router(at.mac(66)), 86_400)
    assert "rogue-ra" in {one.kind for one in day.watch.findings(86_400, 1_800_000_000)}
