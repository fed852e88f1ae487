"""The hall of the scenes, and its instruments: namespaces and daemon of the kernel tests, iperf3 as load, counters of nftables at both
ends, ping. Whole frames on every wire, so that a byte count means the same everywhere."""

import contextlib
import ipaddress
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from firewall.api import Rates
from hotspot.lab import counting
from tests.kernel.daemons import Firewall, Peer, grant
from tests.kernel.wires import INTERNET4, INTERNET6, Wires, raised

LONG = os.environ.get("HOTSPOT_LONG", "") == "1"
"""Whether to measure at full length."""
KILO, MEGA = 1_000, 1_000_000
SITES = {4: INTERNET4, 6: INTERNET6}
FULL_FRAME = {4: 1472, 6: 1452}
"""UDP payload of a frame of 1,500 bytes."""
NEIGHBOURS = ipaddress.ip_network("198.51.100.128/25")
"""Addresses of the Internet that answer as the site does (IPv4)."""


def both_ways(ceil: int, rate: int = 64 * KILO) -> Rates:
    """The rates of a plan that is as fast up as down, bit/s."""
    kept = min(rate, ceil)
    return Rates(kept, ceil, kept, ceil)


class Loads:
    """The iperf3 programs of a scene."""

    def __init__(self, wires: Wires, folder: Path) -> None:
        self._wires, self._log = wires, folder / "iperf3.log"
        self._started: list[subprocess.Popen[bytes]] = []
        self._port = 5201

    def start(self, client: int, way: str, *, version: int = 4, flows: int = 1, udp: int = 0, source: str = "") -> None:
        """Load for a client: TCP as fast as it goes, or UDP at ``udp`` bit/s; ``way`` is ``down`` or ``up``."""
        self._port += 1
        address = SITES[version]
        server = self._wires.start("wan", "iperf3", "-s", "-B", address, "-p", str(self._port), log=self._log)
        self._started.append(server)
        listening = f"sport = :{self._port}"
        until(lambda: bool(self._wires.run("wan", "ss", "-Hltn", listening).stdout), 10)
        words = ["-c", address, "-p", str(self._port), "-t", "3600", "-P", str(flows)]
        words += ["-R"] if way == "down" else []
        if udp:  # by default the sender wakes up every millisecond, which is what a slow plan would then cost here
            gap = max(1_000, min(20_000, 12_000 * MEGA // udp))
            words += ["-u", "-b", str(udp), "-l", str(FULL_FRAME[version]), "--pacing-timer", str(gap)]
        words += ["-B", source] if source else []
        self._started.append(self._wires.start(f"c{client}", "iperf3", *words, log=self._log))

    def end(self) -> None:
        """Stop all load."""
        for process in reversed(self._started):
            process.kill()
        for process in self._started:
            process.wait(timeout=10)
        self._started.clear()


def until(true: Any, seconds: float) -> None:
    """Ask every 10 ms until it is true; fails after ``seconds``."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.01)


class Stage:
    """A hall with its daemon."""

    def __init__(self, wires: Wires, firewall: Firewall, peer: Peer, folder: Path) -> None:
        self.wires, self.firewall, self.peer = wires, firewall, peer
        self._folder = folder

    def allow(self, client: int, rates: Rates, session: int = 0) -> str:
        """Let a client in; returns its session."""
        wanted = grant(client, f"{session or client:016x}", rates=rates)
        self.peer.allow(wanted)
        return wanted.session

    @contextlib.contextmanager
    def loads(self) -> Iterator[Loads]:
        """Load that stops at the end."""
        loads = Loads(self.wires, self._folder)
        try:
            yield loads
        finally:
            loads.end()

    def count(self, place: str) -> counting.Bytes:
        """Bytes at layer 3 that have arrived (or left) there since the start."""
        shown = json.loads(self.wires.run(place, "nft", "-j", "list", "counters", "table", "inet", "counting").stdout)
        found = {each["counter"]["name"]: int(each["counter"]["bytes"]) for each in shown["nftables"] if "counter" in each}
        return counting.Bytes(found["down"], found["up"])

    def rates(self, clients: Sequence[int], way: str, seconds: float) -> list[float]:
        """bit/s at layer 3 of each client over the next ``seconds``: downloads as they arrive at it, uploads as they leave the gateway's
        shaper (several clients' uploads are told apart by the daemon's counters, which count before the shaper; so only for one client)."""
        if way == "up" and len(clients) != 1:
            raise ValueError("cannot tell uploads apart: expected one client")
        places = ["wan"] if way == "up" else [f"c{client}" for client in clients]
        began, before = time.monotonic(), [self.count(place) for place in places]
        time.sleep(seconds)  # the interval of measuring
        after, passed = [self.count(place) for place in places], time.monotonic() - began
        return [getattr(b.since(a), way) * 8 / passed for a, b in zip(before, after, strict=True)]

    def ping(self, client: int, count: int, interval: float = 0.05, version: int = 4, number: int = 0) -> list[float]:
        """Round trips to the Internet in ms; a lost one is 1,000. ``number``: which of the ``NEIGHBOURS`` is asked, 0: the site."""
        address = f"{NEIGHBOURS[number]}" if number else SITES[version]
        words = ["ping", "-n", "-c", str(count), "-i", str(interval), address]
        done = self.wires.run(f"c{client}", *words, check=False, timeout=600)
        times = [float(each) for each in re.findall(r"time=([\d.]+) ms", done.stdout)]
        return times + [1_000.0] * (count - len(times))

    def delay_line(self, milliseconds: float) -> None:
        """Line delay: what comes from the Internet comes so much later. Needs netem."""
        self.wires.run("wan", "tc", "qdisc", "replace", "dev", "eth0", "root", "netem", "delay", f"{milliseconds}ms", "limit", "20000")


@contextlib.contextmanager
def stage(clients: int = 1, whole_frames: bool = True, **zone: object) -> Iterator[Stage]:
    """Raise a hall with a running daemon."""
    with tempfile.TemporaryDirectory() as name, raised(clients) as wires:
        folder = Path(name)
        folder.chmod(0o755)
        ends = [("gw", "lan0"), ("gw", "wan0"), ("wan", "eth0"), *((f"c{number}", "eth0") for number in range(1, clients + 1))]
        for place, interface in ends if whole_frames else ():
            wires.run(place, "ip", "link", "set", interface, "gso_max_segs", "1")
        wires.run("wan", "ip", "route", "add", "local", f"{NEIGHBOURS}", "dev", "lo")
        tables = {"wan": counting.WAN_TABLE} | {f"c{number}": counting.PHONE_TABLE for number in range(1, clients + 1)}
        for place, text in tables.items():
            (folder / "counting.nft").write_text(text)
            wires.run(place, "nft", "-f", str(folder / "counting.nft"))
        firewall = Firewall(wires, folder, **zone)  # type: ignore[arg-type]
        with contextlib.ExitStack() as stack:
            stack.callback(firewall.end, signal.SIGKILL)
            unless_well = stack.enter_context(contextlib.ExitStack())
            unless_well.callback(lambda: sys.stderr.write(firewall.log()))
            peer = stack.enter_context(contextlib.closing(start_patiently(firewall)))
            yield Stage(wires, firewall, peer, folder)
            unless_well.pop_all()


def start_patiently(firewall: Firewall) -> Peer:
    """Start the daemon. An emulated processor may need minutes for what the kernel tests give 20 s."""
    with contextlib.suppress(TimeoutError):
        return firewall.start()
    running = Path(f"/proc/{firewall.pid}/cmdline")
    until(lambda: " event=ready " in firewall.log() or not running.read_bytes(), 240)  # empty: it has ended, and nobody has waited for it
    return Peer(firewall.folder / "firewall.sock")


class Spread(Struct, frozen=True):
    """Round trips in ms."""

    median: float
    p95: float
    worst: float


def spread(times: Sequence[float]) -> Spread:
    """The middle, the 95th hundredth and the worst."""
    ordered = sorted(times)
    return Spread(*(round(each, 2) for each in (ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)], ordered[-1])))


def write(found: object) -> None:
    """What a scene found, to the file that was asked for."""
    Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")
