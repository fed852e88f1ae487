"""The process itself: no rights once it listens, not one packet of its own, and bounds that a flood does not move."""

import os
import random
import struct
import sys
from pathlib import Path
from socket import AF_UNIX, SOCK_DGRAM, socket

import pytest
from scapy.layers.inet6 import ICMPv6ND_RA, IPv6
from scapy.layers.l2 import Ether

from tests.hotspot.guard import packets as at
from tests.kernel.guard.guarded import NOBODY, QUIET, SECONDS, Guarded, listening

FLOOD = 100_000
MOST_MEMORY = 80 * 1024
"""kB."""
MOST_CPU = 5.0
"""Seconds of the processor for the flood and the seconds around it."""


def _status(hall: Guarded) -> dict[str, str]:
    assert hall.process is not None
    lines = Path(f"/proc/{hall.process.pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _cpu_seconds(hall: Guarded) -> float:
    assert hall.process is not None
    fields = Path(f"/proc/{hall.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _sent(hall: Guarded, device: str) -> int:
    return int(hall.run("gw", "cat", f"/sys/class/net/{device}/statistics/tx_packets"))


def test_it_has_no_rights_any_more(hall: Guarded) -> None:
    """It opened packet sockets as an ordinary user with one capability; nothing of that is left, nor can it come back."""
    status = _status(hall)
    held = {key: int(status[key], 16) for key in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
    assert (held, status["NoNewPrivs"], status["Uid"].split()[0]) == (dict.fromkeys(held, 0), "1", str(NOBODY))


def test_systemd_knows_how_it_is(wires: Guarded) -> None:
    """Ready when it listens, alive each second of two, and no word about what it hears. It stops politely and at once when it is told."""
    notify = wires.looks.parent / "notify"
    with socket(AF_UNIX, SOCK_DGRAM) as systemd:
        systemd.bind(str(notify))
        systemd.settimeout(SECONDS)
        notify.chmod(0o777)
        with listening(wires, notify) as hall:
            assert [systemd.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
            assert hall.stop() == 0
            assert hall.look().findings == ()


def test_it_sends_nothing(hall: Guarded) -> None:
    """At an interface where nobody but the guard is, not one packet leaves, whatever comes in; and what came in was heard."""
    before = _sent(hall, QUIET)
    asked = at.solicitation(at.mac(1), at.NOBODY6, at.GATEWAY6)
    with hall.wire(4, "loud0") as end:
        for frame in (at.arp(at.mac(1), at.guest(1), at.GATEWAY4), at.dhcp(at.mac(1), 1), asked, at.router(at.mac(66))):
            end.send(frame)
    hall.find("rogue-ra", QUIET, "quiet")
    assert (before, _sent(hall, QUIET)) == (0, 0)


@pytest.mark.alone
def test_a_flood_moves_no_bounds(hall: Guarded) -> None:
    """100,000 frames of made-up devices at two interfaces, a quarter of them nonsense: memory and processor stay bounded, and the guard
    says that somebody floods it. When it is over, the next attack is found as ever.

    Alone: the devices fill the kernel's table of neighbours, which all namespaces share; beside it, no other test's gateway or phone learns
    where its neighbour is (``table_fulls`` in ``/proc/net/stat/arp_cache``)."""
    chance, before = random.Random(7), _cpu_seconds(hall)
    with hall.wire(1) as one, hall.wire(4, "loud0") as other:

        def flood(frames: int) -> None:
            for number in range(frames):
                frame = _made_up(chance, number)
                one.send(frame)
                other.send(frame)

        flood(FLOOD // 2)
        # A busy machine sends slowly: it goes on until there was more than the guard reads.
        hall.find("mac-flood", "p1", again=lambda: flood(FLOOD // 10))
        hall.find("guard-overrun", "?", again=lambda: flood(FLOOD // 10))
    announced = Ether(src="02:00:00:00:00:03", dst="33:33:00:00:00:01") / IPv6(src="fe80::3", dst="ff02::1") / ICMPv6ND_RA()
    hall.find("rogue-ra", "p3", again=lambda: hall.send(3, announced))  # as routers do; the first ones may wait behind the flood
    spent, memory = _cpu_seconds(hall) - before, int(_status(hall)["VmHWM"].split()[0])
    sys.stdout.write(f"flood of {FLOOD} frames: {memory / 1024:.1f} MB, {spent:.2f} s of the processor\n")  # pytest -s
    assert (memory <= MOST_MEMORY, spent <= MOST_CPU) == (True, True), (memory, spent)


def _made_up(chance: random.Random, number: int) -> bytes:
    source = b"\x02" + chance.randbytes(5)
    match number % 4:
        case 0:
            return at.EVERYBODY + source + chance.choice((b"\x08\x06", b"\x08\x00", b"\x86\xdd")) + chance.randbytes(46)
        case 1:
            return at.arp(source, chance.randbytes(4), at.GATEWAY4)
        case 2:
            return at.dhcp(source, 1, name=chance.randbytes(8))
        case _:
            return at.neighbour(source, struct.pack(">QQ", 0x20010DB800010000, chance.getrandbits(64)))
