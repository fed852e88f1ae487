"""The smallest hall: a gateway between clients on a bridge and the Internet, as namespaces and wires. No program runs in it.

For tests of the firewall alone; the lab (``hotspot/lab``) raises the whole hall.
"""

import contextlib
import itertools
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

CLIENTS = 3
INTERNET4, INTERNET6 = "198.51.100.10", "2001:db8:80::10"
GATEWAY4, GATEWAY6 = "198.18.0.1", "2001:db8:1::1"
_numbers = itertools.count(1)
_Made = TypeVar("_Made")


def client_mac(number: int) -> str:
    """MAC of client 1, 2 …"""
    return f"02:00:00:00:00:{number:02x}"


def client_ip(number: int, version: int = 4) -> str:
    """Address of client 1, 2 …"""
    return f"198.18.0.{10 + number}" if version == 4 else f"2001:db8:1::{10 + number}"


@dataclass
class Wires:
    """The namespaces of one small hall."""

    prefix: str
    names: list[str] = field(default_factory=list)

    def namespace(self, place: str) -> str:
        """Full name of ``gw``, ``wan``, ``ap``, ``c1`` …"""
        return f"{self.prefix}-{place}"

    def run(self, place: str, *command: str, check: bool = True, timeout: float = 30) -> subprocess.CompletedProcess[str]:
        """Run a program there to its end."""
        whole = ["ip", "netns", "exec", self.namespace(place), *command]
        return subprocess.run(whole, capture_output=True, text=True, check=check, timeout=timeout)

    def start(self, place: str, *command: str, log: Path, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a program there."""
        with log.open("ab") as out:
            return subprocess.Popen(["ip", "netns", "exec", self.namespace(place), *command], stdout=out, stderr=out, env=env)

    def open(self, place: str, family: int, kind: int = socket.SOCK_STREAM) -> socket.socket:
        """A socket that lives in that namespace."""
        return inside(self.namespace(place), lambda: socket.socket(family, kind))

    def ping(self, place: str, address: str) -> bool:
        """One echo request, answered within a second?"""
        return self.run(place, "ping", "-c1", "-W1", "-n", address, check=False).returncode == 0


def inside(namespace: str, make: Callable[[], _Made]) -> _Made:
    """Make something (a socket) in a namespace, where it then lives."""
    out: list[_Made] = []

    def enter() -> None:
        with Path(f"/run/netns/{namespace}").open("rb") as opened:
            os_setns(opened.fileno())
            out.append(make())

    worker = threading.Thread(target=enter)  # a thread of its own: it never comes back from the namespace
    worker.start()
    worker.join()
    return out[0]


def os_setns(fd: int) -> None:
    """``os.setns`` came with Python 3.12."""
    if hasattr(os, "setns"):
        os.setns(fd, 0)
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(fd, 0):
        raise OSError(ctypes.get_errno(), "cannot enter the namespace")


def _ip(*commands: str, check: bool = True) -> None:
    subprocess.run(["ip", "-force", "-batch", "-"], input="\n".join(commands), text=True, check=check, capture_output=True)


def _inside(namespace: str, commands: Sequence[str]) -> None:
    subprocess.run(["ip", "-n", namespace, "-batch", "-"], input="\n".join(commands), text=True, check=True, capture_output=True)


def attach_lan(wires: Wires) -> None:
    """Make the gateway's LAN interface and plug it into the bridge."""
    gw, ap = wires.namespace("gw"), wires.namespace("ap")
    _inside(gw, [f"link add lan0 type veth peer name gw0 netns {ap}", "link set lan0 up"])
    _inside(gw, [f"addr add {GATEWAY4}/20 dev lan0", f"addr add {GATEWAY6}/64 dev lan0 nodad"])
    _inside(ap, ["link set gw0 master br0 up"])


def attach_wan(wires: Wires) -> None:
    """Make the gateway's WAN interface and plug it into the Internet."""
    gw, wan = wires.namespace("gw"), wires.namespace("wan")
    _inside(gw, [f"link add wan0 type veth peer name eth0 netns {wan}", "link set wan0 up"])
    _inside(gw, ["addr add 203.0.113.2/24 dev wan0", "addr add 2001:db8:f::2/64 dev wan0 nodad"])
    _inside(wan, ["link set eth0 up", "addr add 203.0.113.1/24 dev eth0", "addr add 2001:db8:f::1/64 dev eth0 nodad"])
    _inside(gw, ["route add default via 203.0.113.1", "route add default via 2001:db8:f::1"])
    _inside(wan, ["route add 2001:db8:1::/64 via 2001:db8:f::2"])


def wait_for_carriers(wires: Wires) -> None:
    """The kernel may take a second to notice that both ends of a wire are up, and drops packets until then."""
    deadline = time.monotonic() + 10
    for name in wires.names:
        while not all(map(_passes, json.loads(wires.run(name, "ip", "-j", "-d", "link", "show", "up").stdout))):
            assert time.monotonic() < deadline, f"a link of {name} stays down"
            time.sleep(0.02)


def _passes(link: dict[str, Any]) -> bool:
    """A wire or a bridge that is up and, as a port of a bridge, forwards; what is neither (``lo``) has no carrier to wait for."""
    info = link.get("linkinfo", {})
    if info.get("info_kind") not in ("veth", "bridge"):
        return True
    return bool(link["operstate"] == "UP" and info.get("info_slave_data", {}).get("state", "forwarding") == "forwarding")


@contextlib.contextmanager
def raised(clients: int = CLIENTS) -> Iterator[Wires]:
    """Raise the namespaces; take them down whatever happens."""
    wires = Wires(f"wires{os.getpid()}x{next(_numbers)}")
    wires.names = ["gw", "wan", "ap", *(f"c{number}" for number in range(1, clients + 1))]
    try:
        for name in wires.names:
            _ip(f"netns add {wires.namespace(name)}")
            # Link-local addresses are usable at once: nobody here has the same.
            wires.run(name, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0")
            _inside(wires.namespace(name), ["link set lo up"])
        _inside(wires.namespace("ap"), ["link add br0 type bridge", "link set br0 up"])
        attach_lan(wires)
        attach_wan(wires)
        _inside(wires.namespace("wan"), [f"addr add {INTERNET4}/32 dev lo", f"addr add {INTERNET6}/128 dev lo"])
        for number in range(1, clients + 1):
            here, ap = wires.namespace(f"c{number}"), wires.namespace("ap")
            _inside(here, [f"link add eth0 address {client_mac(number)} type veth peer name p{number} netns {ap}", "link set eth0 up"])
            _inside(ap, [f"link set p{number} master br0 up"])
            _inside(here, [f"addr add {client_ip(number)}/20 dev eth0", f"addr add {client_ip(number, 6)}/64 dev eth0 nodad"])
            _inside(here, [f"route add default via {GATEWAY4}", f"route add default via {GATEWAY6}"])
        for key in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            wires.run("gw", "sysctl", "-qw", f"{key}=1")
        wait_for_carriers(wires)
        yield wires
    finally:
        for name in wires.names:
            _ip(f"netns del {wires.namespace(name)}", check=False)
