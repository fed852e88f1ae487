"""A captive client tries every port and protocol, on both stacks, towards the Internet, the gateway and a neighbour: what it finds."""

import asyncio
import errno
import itertools
import os
import socket
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from hotspot.lab import Hall, Options, times
from hotspot.lab.layout import LAN_GATEWAY, LAN_GATEWAY6, LINK_GATEWAY, LINK_GATEWAY6, TIME_STRATUM
from hotspot.lab.namespaces import LabFailed, command, socket_in
from hotspot.lab.phone import Phone
from tests.kernel.attacks import frames, witness
from tests.kernel.attacks.programs import say
from tests.kernel.attacks.sender import cable, send_all
from tests.kernel.attacks.witness import NOBODY, NOBODY6, Witness
from tests.kernel.visits import PORTAL_TLS, accept

pytestmark = pytest.mark.asyncio(loop_scope="module")

TO_GATEWAY = frozenset(
    {
        "6 . 53 . 5300",  # DNS
        "6 . 80 . 8081",  # the portal
        "6 . 443 . 8443",  # the portal's HTTPS name
        "17 . 53 . 5300",
        "17 . 67 . 67",  # DHCP
        "17 . 123 . 123",  # NTP
        "17 . 547 . 547",  # DHCPv6
    }
)
"""What a sweep of the gateway finds: protocol, port that the phone asked for, port that the gateway serves it on."""

TO_ELSEWHERE = frozenset({"6 . 53 . 5300", "6 . 80 . 8080", "17 . 53 . 5300", "17 . 123 . 123"})
"""What a sweep of any other address finds, all on the gateway: DNS, the redirect to the portal, NTP."""

ECHO4, ECHO6 = frozenset({"8"}), frozenset({"128", "130", "131", "133", "135", "136", "143"})
"""ICMP types that the gateway takes: echo; and for IPv6 also neighbour discovery, router solicitation, group membership."""


@dataclass
class Scene:
    """A captive phone, its neighbour, and who looks on."""

    hall: Hall
    phone: Phone
    other: Phone
    gateway_mac: str
    internet: Witness
    gateway: Witness
    neighbour: Witness

    def address(self, version: int) -> str:
        """The phone's own."""
        return self.phone.lease.ip if version == 4 else self.phone.address6

    def around(self, inner: bytes) -> bytes:
        """A frame from the phone to the gateway."""
        return frames.frame(self.gateway_mac, self.phone.mac, inner)

    async def begin(self) -> None:
        """Look anew."""
        await witness.begin_all((self.internet, self.gateway, self.neighbour))

    async def outside(self) -> tuple[int, int]:
        """Packets that the Internet and the neighbour have seen."""
        return await self.internet.packets(), await self.neighbour.packets()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall() -> AsyncIterator[Hall]:
    """One hall with TLS for all sweeps."""
    async with Hall(f"sweep{os.getpid()}", Options(tls=True)) as up:
        yield up


_numbers = itertools.count(1)


@pytest_asyncio.fixture(loop_scope="module")
async def scene(hall: Hall) -> Scene:
    """Two phones that nobody has seen before join and do not accept, and somebody looks everywhere, anew."""
    number = next(_numbers)
    phone, other = await hall.add_phone(f"mallory{number}"), await hall.add_phone(f"nora{number}")
    await phone.join()
    await other.join()
    told = await command("ip", "-n", hall.layout.gateway, "-br", "link", "show", "lan0")
    mac = told.split()[2]
    seen = Scene(hall, phone, other, mac, witness.internet(hall), witness.gateway(hall, phone), witness.neighbour(other, phone, mac))
    await seen.begin()
    return seen


def _targets(scene: Scene, version: int) -> dict[str, str]:
    if version == 4:
        return {"internet": NOBODY, "gateway": LAN_GATEWAY, "neighbour": scene.other.lease.ip}
    return {"internet": NOBODY6, "gateway": LAN_GATEWAY6, "neighbour": scene.other.address6}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("version", [4, 6])
async def test_every_port(scene: Scene, version: int) -> None:
    """65,535 TCP and as many UDP ports of the Internet, the gateway and a neighbour: DHCP, DNS, the portal, NTP, and nothing else."""
    found = {}
    began = time.monotonic()
    count = 0
    for name, target in _targets(scene, version).items():
        await scene.gateway.begin()
        for protocol in (frames.TCP, frames.UDP):
            every = frames.all_ports(scene.gateway_mac, scene.phone.mac, scene.address(version), target, protocol)
            count += await send_all(scene.phone, every, scene.gateway)
        found[name] = await scene.gateway.listed("services")
    say(f"sweep IPv{version}: {count} packets in {time.monotonic() - began:.1f} s")
    assert found == {"internet": TO_ELSEWHERE, "gateway": TO_GATEWAY, "neighbour": TO_ELSEWHERE}
    assert await scene.outside() == (0, 0)


async def test_other_addresses_of_the_gateway(scene: Scene) -> None:
    """The gateway's address towards the line and its link-local one serve nothing more than the one in the zone."""
    link_local = (await command("ip", "-n", scene.hall.layout.gateway, "-br", "-6", "address", "show", "lan0", "scope", "link")).split()[2]
    ours = (await command("ip", "-n", scene.phone.namespace, "-br", "-6", "address", "show", "wlan0", "scope", "link")).split()[2]
    pairs = [(scene.phone.lease.ip, LINK_GATEWAY), (scene.phone.address6, LINK_GATEWAY6), (ours.split("/")[0], link_local.split("/")[0])]
    for source, target in pairs:
        await scene.gateway.begin()
        ports = (*range(1, 1_200), 5300, 8080, 8081, 8443, 9464)
        tries = [scene.around(frames.packet(source, target, frames.TCP, frames.tcp(source, target, port))) for port in ports]
        tries += [scene.around(frames.packet(source, target, frames.UDP, frames.udp(source, target, port))) for port in ports]
        await send_all(scene.phone, tries, scene.gateway)
        assert await scene.gateway.listed("services") == TO_GATEWAY, target


@pytest.mark.parametrize("version", [4, 6])
async def test_odd_protocols_and_icmp(scene: Scene, version: int) -> None:
    """All 256 protocols (41, 47, 50, 132 …) and all 256 ICMP types, each way: echo to the gateway, neighbour discovery, nothing else."""
    ours, whole = frames.ICMP if version == 4 else frames.ICMP6, bytes(40)
    source = scene.address(version)
    for name, target in _targets(scene, version).items():
        await scene.gateway.begin()
        odd = [scene.around(frames.packet(source, target, number, whole)) for number in range(256) if number not in (1, 6, 17, 58)]
        kinds = [scene.around(frames.packet(source, target, ours, frames.icmp(source, target, kind, bytes(28)))) for kind in range(256)]
        await send_all(scene.phone, odd + kinds, scene.gateway)
        expected = frozenset() if name != "gateway" else ECHO4 if version == 4 else ECHO6
        found = await scene.gateway.listed("echo4" if version == 4 else "echo6")
        # The phone's own system discovers its neighbours meanwhile.
        assert (found - {"135", "136"}, await scene.gateway.listed("protocols")) == (expected - {"135", "136"}, frozenset()), name
    assert await scene.outside() == (0, 0)


def _tricks(scene: Scene) -> Iterable[bytes]:
    """What is no plain packet: flags, fragments, options, extension headers, other sources and ways."""
    ours, ours6, other = scene.phone.lease.ip, scene.phone.address6, scene.other.lease.ip
    whole = frames.udp(ours, NOBODY, 9, bytes(64))
    whole6 = frames.udp(ours6, NOBODY6, 9, bytes(64))
    for flags in (
        frames.ACK,
        frames.FIN,
        frames.RST,
        0,
        frames.SYN | frames.ACK,
        frames.FIN | frames.PSH | frames.URG,
        frames.SYN | frames.FIN,
    ):
        for source, target in ((ours, NOBODY), (ours6, NOBODY6)):
            yield scene.around(frames.packet(source, target, frames.TCP, frames.tcp(source, target, 443, flags)))
    for port in (53, 67, 123, 443):  # as if it were an answer
        yield scene.around(frames.packet(ours, NOBODY, frames.UDP, frames.udp(ours, NOBODY, 9_999, b"", port)))
        yield scene.around(frames.packet(ours6, NOBODY6, frames.UDP, frames.udp(ours6, NOBODY6, 9_999, b"", port)))
    yield scene.around(frames.packet(ours, NOBODY, frames.UDP, whole[:40], fragment=0x2000))
    yield scene.around(frames.packet(ours, NOBODY, frames.UDP, whole[40:], fragment=5))
    route = bytes([0x83, 7, 4, *socket.inet_aton(NOBODY), 0])  # loose source route through the gateway
    yield scene.around(frames.packet(ours, LAN_GATEWAY, frames.UDP, frames.udp(ours, LAN_GATEWAY, 9), options=route))
    for header, body in (
        (0, bytes([17, 0, 1, 4, 0, 0, 0, 0])),
        (60, bytes([17, 0, 1, 4, 0, 0, 0, 0])),
        (44, bytes([17, 0, 0, 0, 0, 0, 0, 9])),
    ):
        yield scene.around(frames.packet(ours6, NOBODY6, header, body + whole6))
    yield scene.around(
        frames.packet(ours6, LAN_GATEWAY6, 43, bytes([17, 2, 0, 1, 0, 0, 0, 0]) + socket.inet_pton(socket.AF_INET6, NOBODY6) + whole6)
    )
    for source in (other, LAN_GATEWAY, "127.0.0.1", "0.0.0.0", "198.51.100.10", "255.255.255.255"):
        yield scene.around(frames.packet(source, NOBODY, frames.UDP, frames.udp(source, NOBODY, 443)))
    for source in (scene.other.address6, LAN_GATEWAY6, "::1", "::", "2001:db8:80::10", "fe80::1", "ff02::1"):
        yield scene.around(frames.packet(source, NOBODY6, frames.UDP, frames.udp(source, NOBODY6, 443)))
    inner = frames.packet(ours, NOBODY, frames.UDP, whole)
    yield scene.around(frames.packet(ours, NOBODY, 4, inner))
    yield scene.around(frames.packet(ours, NOBODY, 41, frames.packet(ours6, NOBODY6, frames.UDP, whole6)))
    yield scene.around(frames.packet(ours, NOBODY, 47, b"\0\0\x08\0" + inner))
    tagged = frames.frame(scene.gateway_mac, scene.phone.mac, inner)
    yield tagged[:12] + b"\x81\x00\x00\x05" + tagged[12:]


async def test_tricks(scene: Scene) -> None:
    """Flags, fragments, source routes, extension headers, foreign sources, tunnels, broadcast frames, tags: nothing of it gets out."""
    inner = frames.packet(scene.phone.lease.ip, NOBODY, frames.UDP, frames.udp(scene.phone.lease.ip, NOBODY, 9))
    groups = ("ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "33:33:00:00:00:01")
    # Not all of them count as seen at the gateway (a tag, an address that cannot be), so they are only sent.
    with cable(scene.phone) as wire:
        for each in _tricks(scene):
            wire.send(each)
        assert await scene.outside() == (0, 0)
        for mac in groups:  # the access point carries these to the neighbour as well, and the gateway has no say in that
            wire.send(frames.frame(mac, scene.phone.mac, inner))
    assert await scene.internet.packets() == 0


async def test_the_witnesses_see(scene: Scene) -> None:
    """The same packets from a phone that has accepted reach the Internet, and a frame as the gateway would pass it on is seen next door."""
    assert (await accept(scene.phone, PORTAL_TLS)).status == 303
    for version, target in ((4, NOBODY), (6, NOBODY6)):
        source = scene.address(version)
        before = await scene.internet.packets()
        tries = [scene.around(frames.packet(source, target, frames.UDP, frames.udp(source, target, port))) for port in (9, 443, 4_500)]
        await send_all(scene.phone, tries, scene.gateway)
        assert await scene.internet.packets() == before + len(tries)
    source, target = scene.phone.lease.ip, scene.other.lease.ip
    with cable(scene.phone) as wire:
        wire.send(
            frames.frame(scene.other.mac, scene.gateway_mac, frames.packet(source, target, frames.UDP, frames.udp(source, target, 9)))
        )
    assert await scene.neighbour.packets() == 1


async def test_time(scene: Scene) -> None:
    """The gateway's own time server answers a captive phone, whatever server it asks, on both stacks. Online the phone still has it, and
    whom else it asks is who hears it."""
    own, foreign = (LAN_GATEWAY, LAN_GATEWAY6), (NOBODY, NOBODY6)
    told = [await times.ask(scene.phone.namespace, server) for server in (*own, *foreign)]
    assert ({each.stratum for each in told}, max(abs(each.unix - time.time()) for each in told) < 5) == ({TIME_STRATUM}, True)
    assert await scene.outside() == (0, 0)
    assert (await accept(scene.phone, PORTAL_TLS)).status == 303
    assert [(await times.ask(scene.phone.namespace, server)).stratum for server in own] == [TIME_STRATUM] * 2
    for server in foreign:  # the Internet refuses: nobody is there
        with pytest.raises(LabFailed, match="for the time"):
            await times.ask(scene.phone.namespace, server, 0.3)
    assert await scene.internet.packets() == 2


SAMPLE = (7, 22, 25, 110, 143, 465, 500, 587, 853, 993, 1_194, 3_128, 3_389, 4_500, 5_060, 5_222, 8_883, 51_820, 65_535)
"""Ports that phones really use, at the pace of a phone: mail, VPN, DNS over TLS, telephony, push."""


async def _refusal(phone: Phone, address: str, port: int, kind: socket.SocketKind) -> tuple[str, float]:
    """How a program on the phone learns that it cannot get there, and after how many seconds."""
    loop = asyncio.get_running_loop()
    with socket_in(phone.namespace, socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as sock:
        began = time.monotonic()
        try:
            async with asyncio.timeout(2):
                await loop.sock_connect(sock, (address, port))
                await loop.sock_sendall(sock, b"x")
                await loop.sock_recv(sock, 100)
            said = "answer"
        except TimeoutError:
            said = "nothing"
        except OSError as error:
            said = errno.errorcode[error.errno or 0]
        return said, time.monotonic() - began


async def test_refused_at_once(scene: Scene) -> None:
    """At a phone's own pace every port that is shut says so within 300 ms: a reset for TCP, an ICMP answer for UDP (QUIC too)."""
    heard: dict[str, set[str]] = {"tcp": set(), "udp": set()}
    # As with an access point that keeps its phones apart: the way to the neighbour is through the gateway.
    for address, router in ((scene.other.lease.ip, LAN_GATEWAY), (scene.other.address6, LAN_GATEWAY6)):
        await command("ip", "-n", scene.phone.namespace, "route", "add", address, "via", router, "dev", "wlan0")
    slowest = 0.0
    for version in (4, 6):
        for name, target in _targets(scene, version).items():
            for port in (*SAMPLE, *((443,) if name != "gateway" else ())):
                for word, kind in (("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)):
                    said, took = await _refusal(scene.phone, target, port, kind)
                    assert took < 0.3, (target, word, port, said, took)
                    heard[word].add(said)
                    slowest = max(slowest, took)
    say(f"slowest refusal: {slowest * 1000:.1f} ms")
    assert heard == {"tcp": {"ECONNREFUSED"}, "udp": {"EHOSTUNREACH", "EACCES"}}
