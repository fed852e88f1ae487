"""Ways to spoil a running gateway. Each is a context manager: spoilt inside, mended afterwards."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from hotspot.lab import Hall, namespaces
from hotspot.lab.gateway import ZONE
from hotspot.lab.layout import LAN_GATEWAY6, LINK_WAN6
from tests.kernel.daemons import eventually
from tests.kernel.failures.machine import start_dnsmasq, start_radvd
from tests.kernel.visits import status

Spoiling = Callable[[Hall], contextlib.AbstractContextManager[None]]
TABLE = f"hotspot_{ZONE}"


def run(hall: Hall, *words: str) -> str:
    """A program in the gateway's namespace."""
    whole = ["ip", "netns", "exec", hall.layout.gateway, *words]
    return subprocess.run(whole, capture_output=True, text=True, check=True, timeout=20).stdout


def commands(spoil: str, mend: str) -> Spoiling:
    """Spoilt by one command in the gateway, mended by another."""

    @contextlib.contextmanager
    def spoilt(hall: Hall) -> Iterator[None]:
        run(hall, *spoil.split())
        try:
            yield
        finally:
            run(hall, *mend.split())

    return spoilt


def unwatched(*spoils: str) -> Spoiling:
    """Spoilt behind the back of a firewall that has died; it mends all by itself when it comes back."""

    @contextlib.contextmanager
    def spoilt(hall: Hall) -> Iterator[None]:
        asyncio.run(hall.end("firewall", signal.SIGKILL))
        try:
            for words in spoils:
                run(hall, *words.split())
            yield
        finally:
            asyncio.run(hall.start_firewall())
            eventually(lambda: status(hall).firewall, 15)

    return spoilt


def ended(name: str, again: Callable[[Hall], object]) -> Spoiling:
    """A process of the hall is gone."""

    @contextlib.contextmanager
    def spoilt(hall: Hall) -> Iterator[None]:
        asyncio.run(hall.end(name, signal.SIGKILL))
        try:
            yield
        finally:
            again(hall)

    return spoilt


def again_portal(hall: Hall) -> None:
    """Start the portal again; it has found the firewall when this returns."""
    asyncio.run(hall.start_portal())
    eventually(lambda: status(hall).firewall, 15)


def _dnsmasq(hall: Hall) -> None:
    asyncio.run(start_dnsmasq(hall))


def _radvd(hall: Hall) -> None:
    asyncio.run(start_radvd(hall))


def sysctl(key: str, value: str, good: str) -> Spoiling:
    """A setting of the kernel is another."""

    @contextlib.contextmanager
    def spoilt(hall: Hall) -> Iterator[None]:
        namespaces.write_sysctls(hall.layout.gateway, {key: value})
        try:
            yield
        finally:
            namespaces.write_sysctls(hall.layout.gateway, {key: good})

    return spoilt


@contextlib.contextmanager
def shut_socket(hall: Hall) -> Iterator[None]:
    """The firewall's socket is root's alone."""
    path: Path = hall.folder.firewall_socket
    path.chmod(0o600)
    try:
        yield
    finally:
        path.chmod(0o666)


def _upstream(hall: Hall, number: int) -> None:
    for pid in namespaces.processes_in(hall.layout.wan):
        if Path(f"/proc/{pid}/comm").read_text().startswith("nsd"):
            os.kill(pid, number)


@contextlib.contextmanager
def silent_upstream(hall: Hall) -> Iterator[None]:
    """The name servers in the WAN say nothing."""
    _upstream(hall, signal.SIGSTOP)
    try:
        yield
    finally:
        _upstream(hall, signal.SIGCONT)


@contextlib.contextmanager
def lying_upstream(hall: Hall) -> Iterator[None]:
    """Whoever asks further up gets an address for every name: the questions are led to a liar."""
    liars = [
        namespaces.inside(hall.layout.wan, partial(socket.socket, each, socket.SOCK_DGRAM)) for each in (socket.AF_INET, socket.AF_INET6)
    ]
    table = f"table inet liar {{ chain p {{ type nat hook prerouting priority -100; udp dport 53 redirect to :{LIAR}; }}; }}"
    threads: list[threading.Thread] = []
    try:
        for liar in liars:
            if liar.family == socket.AF_INET6:
                liar.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            liar.bind(("", LIAR))
            liar.settimeout(0.2)
            threads.append(threading.Thread(target=_lie, args=(liar,), name="liar"))
            threads[-1].start()
        subprocess.run(["ip", "netns", "exec", hall.layout.wan, "nft", table], check=True, timeout=20)
        yield
    finally:
        subprocess.run(["ip", "netns", "exec", hall.layout.wan, "nft", "delete", "table", "inet", "liar"], check=False, timeout=20)
        for liar in liars:
            liar.close()
        for thread in threads:
            thread.join(5)


LIAR = 5_353
_ANSWER = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc6\x33\x64\x0a"
"""The name of the question, A, IN, a minute, the site."""


def _lie(asked: socket.socket) -> None:
    """Answer every question, until the socket is closed."""
    while asked.fileno() >= 0:
        try:
            question, who = asked.recvfrom(4_096)
        except TimeoutError:
            continue
        except OSError:
            return
        end = question.index(b"\0", 12) + 5
        asked.sendto(question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:end] + _ANSWER, who)


DAEMONLESS = {"firewall-away"}
SPOILT: tuple[tuple[str, Spoiling, set[str]], ...] = (
    ("the guard is gone", unwatched("nft delete table inet hotspot_guard"), DAEMONLESS | {"guard-missing"}),
    ("the guard has a hole", unwatched("nft insert rule inet hotspot_guard forward accept"), DAEMONLESS | {"guard-changed"}),
    ("the zone's table is gone", unwatched(f"nft delete table inet {TABLE}"), DAEMONLESS | {"zone-table-missing"}),
    ("the zone has a hole", unwatched(f"nft insert rule inet {TABLE} places accept"), DAEMONLESS | {"zone-table-changed"}),
    ("no shaping", unwatched("tc qdisc del dev wan0 root"), DAEMONLESS | {"shaping-missing"}),
    ("a class is gone", unwatched("tc class del dev lan0 classid 1:fff0"), DAEMONLESS | {"shaping-classes-missing"}),
    (
        "a class is slow",
        unwatched("tc class change dev lan0 parent 1: classid 1:1 htb rate 5mbit"),
        DAEMONLESS | {"shaping-rates-wrong"},
    ),
    ("no filter", unwatched("tc filter del dev lan0"), DAEMONLESS | {"shaping-filter-missing"}),
    (
        "half a grant",
        unwatched(f"nft add element inet {TABLE} ids {{ 02:00:00:00:00:77 : 0x00010010 }}"),
        DAEMONLESS | {"grants-stray"},
    ),
    ("no firewall", unwatched(), DAEMONLESS),
    ("no portal", ended("portal", again_portal), {"portal-away"}),
    ("no dnsmasq", ended("dnsmasq", _dnsmasq), {"dhcp-server-missing", "dns-away"}),
    ("no radvd", ended("radvd", _radvd), {"radvd-missing"}),
    ("nobody answers further up", silent_upstream, {"upstream-dns-away"}),
    ("lies further up", lying_upstream, {"upstream-dns-lies"}),
    ("no way for IPv6", commands("ip -6 route del default", f"ip -6 route add default via {LINK_WAN6}"), {"route6-missing"}),
    (
        "no IPv6 address",
        commands(f"ip addr del {LAN_GATEWAY6}/64 dev lan0", f"ip addr add {LAN_GATEWAY6}/64 dev lan0"),
        {"address-missing"},
    ),
    ("a smaller line", commands("ip link set wan0 mtu 1400", "ip link set wan0 mtu 1500"), {"mtu-of-line-smaller"}),
    (
        "another firewall program",
        commands(
            "nft add table inet other; add chain inet other f { type filter hook forward priority 50; policy drop; }",
            "nft delete table inet other",
        ),
        {"foreign-firewall"},
    ),
    ("another network twice", commands("ip addr add 198.18.9.9/24 dev wan0", "ip addr del 198.18.9.9/24 dev wan0"), {"subnets-overlap"}),
    ("nothing is forwarded", sysctl("ipv4/ip_forward", "0", "1"), {"forwarding-off"}),
    ("refusals are held back", sysctl("ipv4/icmp_ratemask", "6168", "6160"), {"sysctl-wrong"}),
    ("the socket is shut", shut_socket, {"socket-closed"}),
)
