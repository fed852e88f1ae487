"""A gateway whose guest interface is a bridge, guests at its ports, and guards that listen: namespaces, wires, real servers."""

import contextlib
import itertools
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from socket import AF_PACKET, SOCK_RAW, socket

import msgspec
from scapy.packet import Packet

from hotspot.lab.servers import python_environment
from hotspot.looks import folder
from hotspot.looks.values import By, Finding, Look
from tests.kernel.wires import inside

BRIDGE, QUIET = "br-guest", "quiet0"
GATEWAY4, GATEWAY6 = "198.18.0.1", "2001:db8:1::1"
GUESTS = 4
NOBODY = 65_534
SECONDS = 20.0
"""How long a finding may take on a busy machine."""
_RIGHTS = ("--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw")
_LEASE = """#!/bin/sh
[ "$1" = bound ] || exit 0
ip -4 addr replace "$ip/${mask:-24}" dev "$interface" && echo "$ip" > "$LEASE"
"""
"""What a guest's DHCP client runs: it touches nothing but the guest's own interface."""
_CLIENT = ("udhcpc", "-f", "-q", "-n", "-i", "eth0", "-t", "8", "-T", "1")
_numbers = itertools.count(1)


def guest_mac(number: int) -> str:
    """Of guest 1, 2 …"""
    return f"02:00:00:00:00:{number:02x}"


@dataclass
class Guarded:
    """The namespaces, and the guard's process."""

    prefix: str
    looks: Path
    process: "subprocess.Popen[bytes] | None" = None
    seen: list[tuple[str, str]] = field(default_factory=list)
    """Kind and port of every finding so far, as the guard logged them."""
    _unread: bytes = b""

    def namespace(self, place: str) -> str:
        """Full name of ``gw``, ``c1`` …"""
        return f"{self.prefix}-{place}"

    def run(self, place: str, *command: str, check: bool = True) -> str:
        """Run a program there to its end."""
        whole = ["ip", "netns", "exec", self.namespace(place), *command]
        return subprocess.run(whole, capture_output=True, text=True, check=check, timeout=30).stdout

    def wire(self, number: int, device: str = "eth0") -> socket:
        """The end of a cable at guest ``number``, for any bytes."""
        return self._end(f"c{number}", device)

    def _end(self, place: str, device: str) -> socket:
        end = inside(self.namespace(place), lambda: socket(AF_PACKET, SOCK_RAW))
        end.bind((device, 0))
        return end

    def say(self, packet: Packet) -> None:
        """The gateway itself sends to its guests."""
        with self._end("gw", BRIDGE) as end:
            end.send(bytes(packet))

    def send(self, number: int, *packets: Packet, device: str = "eth0") -> None:
        """Guest ``number`` sends what scapy made."""
        with self.wire(number, device) as end:
            for packet in packets:
                end.send(bytes(packet))

    @contextlib.contextmanager
    def program(self, place: str, *command: str) -> Iterator[None]:
        """A server that runs there meanwhile."""
        whole = ["ip", "netns", "exec", self.namespace(place), *command]
        process = subprocess.Popen(whole, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            yield
        finally:
            process.terminate()
            process.communicate(timeout=10)

    def join(self, number: int, files: Path) -> str:
        """Guest ``number`` gets an address by its own DHCP client; returns it."""
        lease, script = files / f"lease{number}", files / "script"
        script.write_text(_LEASE)
        script.chmod(0o755)
        self.run(f"c{number}", "env", f"LEASE={lease}", *_CLIENT, "-s", str(script))
        return lease.read_text().strip()

    def find(self, kind: str, port: str, zone: str = "public", again: Callable[[], None] = lambda: None) -> Finding:
        """Wait until the guard has written this down; ``again`` is done each half second meanwhile."""
        self._until(lambda: (kind, port) in self.seen, f"{kind} at {port}", again=again)
        (found,) = [one for one in self.look().findings if (one.kind, one.values["port"], one.zone) == (kind, port, zone)]
        return found

    def look(self) -> Look:
        """What it wrote last."""
        look = folder.read(self.looks, By.GUARD)
        assert look is not None
        return look

    def start(self, notify: Path | None = None) -> None:
        """Start a guard that knows nothing yet, as a user that may open packet sockets and nothing else; returns when it listens.
        ``notify``: what systemd would listen at."""
        self.seen.clear()
        for old in self.looks.rglob("*.json"):
            old.unlink()
        places = ["--interface", f"{BRIDGE}=public", "--interface", f"{QUIET}=quiet"]
        words = [sys.executable, "-P", "-m", "hotspot", "guard", *places, "--looks", str(self.looks)]
        rights = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *_RIGHTS]
        told = {"NOTIFY_SOCKET": str(notify), "WATCHDOG_USEC": "2000000"} if notify is not None else {}
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **told, **python_environment()}
        whole = ["ip", "netns", "exec", self.namespace("gw"), *rights, *words]
        self.process = subprocess.Popen(whole, stderr=subprocess.PIPE, env=environment)
        self._until(lambda: False, "that it listens", b"the guard listens")

    def stop(self) -> int:
        """End it politely; its exit status."""
        assert self.process is not None
        self.process.terminate()
        self.process.communicate(timeout=10)
        self._unread = b""
        return self.process.returncode

    def _until(self, reached: Callable[[], bool], what: str, line_with: bytes = b"\0", again: Callable[[], None] = lambda: None) -> None:
        assert self.process is not None
        assert self.process.stderr is not None
        deadline = time.monotonic() + SECONDS
        while not reached():
            assert time.monotonic() < deadline, f"the guard did not say {what} within {SECONDS} s, but {self.seen}"
            again()
            ready, _, _ = select.select([self.process.stderr], [], [], 0.5)
            if not ready:
                continue
            said = os.read(self.process.stderr.fileno(), 65_536)
            assert said, f"the guard ended: {self._unread.decode()}"
            *lines, self._unread = (self._unread + said).split(b"\n")
            for line in lines:
                self._note(line)
            if any(line_with in line for line in lines):
                return

    def _note(self, line: bytes) -> None:
        if not line.startswith(b"{"):
            raise AssertionError(line.decode())
        told = msgspec.json.decode(line)
        assert told["level"] != "error", told
        if told["event"] == "seen":
            self.seen.append((told["kind"], told["port"]))


def _ip(namespace: str, commands: Sequence[str]) -> None:
    subprocess.run(["ip", "-n", namespace, "-batch", "-"], input="\n".join(commands), text=True, check=True, capture_output=True)


def dhcp_server(interface: str, addresses: str, files: Path) -> list[str]:
    """Command of a real DHCP server."""
    words = ["dnsmasq", f"--interface={interface}", "--bind-interfaces", "--port=0", "--no-ping", "--dhcp-authoritative", "--user=root"]
    words += ["-k", "--conf-file=/dev/null", f"--dhcp-range={addresses},600"]
    return [*words, f"--dhcp-leasefile={files}/leases", f"--pid-file={files}/dnsmasq.pid"]


def attach_quiet(hall: Guarded) -> None:
    """An interface at which nobody but the guard is, the kernel neither (no ARP, no IPv6), with its other end at guest 4."""
    _ip(hall.namespace("gw"), [f"link add {QUIET} type veth peer name loud0 netns {hall.namespace('c4')}"])
    hall.run("gw", "sysctl", "-qw", f"net.ipv6.conf.{QUIET}.disable_ipv6=1")
    _ip(hall.namespace("gw"), [f"link set {QUIET} arp off up"])
    _ip(hall.namespace("c4"), ["link set loud0 up"])


def _wires(hall: Guarded) -> None:
    gw = hall.namespace("gw")
    _ip(gw, [f"link add {BRIDGE} type bridge forward_delay 0 mcast_snooping 0", f"link set {BRIDGE} address 02:00:00:00:00:fe up"])
    for number in range(1, GUESTS + 1):
        here = hall.namespace(f"c{number}")
        _ip(here, [f"link add eth0 address {guest_mac(number)} type veth peer name p{number} netns {gw}", "link set eth0 up"])
        _ip(gw, [f"link set p{number} master {BRIDGE} up"])
        _ip(here, [f"addr add 2001:db8:1::{10 + number}/64 dev eth0 nodad"])
    _ip(gw, [f"addr add {GATEWAY4}/20 dev {BRIDGE}", f"addr add {GATEWAY6}/64 dev {BRIDGE} nodad"])
    attach_quiet(hall)


@contextlib.contextmanager
def guarded(files: Path) -> Iterator[Guarded]:
    """Raise it all but the guard; take it down whatever happens."""
    looks = files / "looks"
    looks.mkdir()
    os.chown(looks, NOBODY, NOBODY)
    hall = Guarded(f"guard{os.getpid()}x{next(_numbers)}", looks)
    names = ["gw", *(f"c{number}" for number in range(1, GUESTS + 1))]
    lan = dhcp_server(BRIDGE, "198.18.1.0,198.18.14.255,255.255.240.0", files)
    with contextlib.ExitStack() as stack:
        for name in names:
            subprocess.run(["ip", "netns", "add", hall.namespace(name)], check=True)
            stack.callback(subprocess.run, ["ip", "netns", "del", hall.namespace(name)], check=False)
            hall.run(name, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0")
        _wires(hall)
        stack.enter_context(hall.program("gw", *lan))
        yield hall


@contextlib.contextmanager
def listening(hall: Guarded, notify: Path | None = None) -> Iterator[Guarded]:
    """With a guard of its own."""
    hall.start(notify)
    try:
        yield hall
    finally:
        if hall.process is not None and hall.process.poll() is None:
            hall.stop()
