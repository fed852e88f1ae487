"""The kernel itself runs the programs, on a socket that needs no rights."""

import array
import socket
import struct
from collections.abc import Iterator

import pytest

from hotspot.guard.filter import incoming, outgoing
from tests.hotspot.guard import packets as at

ONE = at.mac(1)
WANTED = {
    "arp": at.arp(ONE, at.guest(1), at.GATEWAY4),
    "discover": at.dhcp(ONE, 1),
    "offer": at.dhcp(ONE, 2, reply=True),
    "advertisement": at.router(ONE),
    "hop by hop": at.router(ONE, first=0, extension=bytes((58, 0)) + bytes(6)),
    "destination": at.router(ONE, first=60, extension=bytes((58, 2)) + bytes(22)),
    "two extensions": at.router(ONE, first=60, extension=bytes((0, 0)) + bytes(6) + bytes((58, 0)) + bytes(6)),
    "fragment": at.router(ONE, first=44, extension=bytes((58, 0, 0, 1)) + bytes(4)),
    "neighbour": at.neighbour(ONE, at.guest6(1)),
    "solicitation": at.solicitation(ONE, at.guest6(1), at.GATEWAY6),
    "DHCPv6": at.dhcp6(ONE, 2),
    "DHCPv6 question": at.dhcp6(ONE, 1),
    "DHCPv6 behind an extension": at.dhcp6(ONE, 2, first=60, extension=bytes((17, 1)) + bytes(14)),
    "a second VLAN tag": at.tagged(at.router(ONE)),
    "a second tag of a provider": at.tagged(at.router(ONE), 0x88A8),
    "VRRP": at.ipv4(ONE, 112),
    "OSPF": at.ipv4(ONE, 89),
    "HSRP": at.udp4(ONE, at.guest(1), bytes((224, 0, 0, 2)), (1985, 1985), b""),
    "NetBIOS": at.udp4(ONE, at.guest(1), b"\xff" * 4, (137, 137), b""),
    "redirect": at.redirect(ONE),
    "behind LLC": at.snapped(at.router(ONE)),
    "ARP behind LLC": at.snapped(at.arp(ONE, at.guest(1), at.GATEWAY4)),
    "an answer in pieces": at.dhcp(ONE, 2, reply=True)[:20] + b"\x20\0" + at.dhcp(ONE, 2, reply=True)[22:90],
    "OSPF over IPv6": at.ipv6(ONE, at.guest6(1), at.guest6(2), 89, bytes(20)),
    "STP": at.bpdu(ONE, ONE),
    "PVST": at.cisco_bpdu(ONE, ONE),
}
UNWANTED = {
    "web": at.ipv4(ONE, 6),
    "DNS": at.udp4(ONE, at.guest(1), at.GATEWAY4, (40000, 53), b"question"),
    "mDNS": at.udp4(ONE, at.guest(1), bytes((224, 0, 0, 251)), (5353, 5353), b"printer"),
    "HSRP's port in the Internet": at.udp4(ONE, at.guest(1), bytes((192, 0, 2, 1)), (40000, 1985), b"game", at.GATEWAY),
    "GLBP's port in the Internet": at.udp4(ONE, at.guest(1), bytes((192, 0, 2, 1)), (40000, 3222), b"game", at.GATEWAY),
    "NetBIOS to one": at.udp4(ONE, at.guest(1), bytes((192, 0, 2, 1)), (137, 137), b"", at.GATEWAY),
    "DHCP's port in the Internet": at.udp4(ONE, at.guest(1), bytes((192, 0, 2, 1)), (40000, 67), bytes(300), at.GATEWAY),
    "VRRP to one": at.ipv4(ONE, 112, bytes((192, 0, 2, 1)), at.GATEWAY),
    "OSPF over IPv6 to one": at.ipv6(ONE, at.guest6(1), at.guest6(2), 89, bytes(20), at.GATEWAY),
    "LLC of something else": at.snapped(at.ethernet(ONE, 0x88B5, bytes(40))),
    "web over IPv6": at.ipv6(ONE, at.guest6(1), at.guest6(2), 6, bytes(40)),
    "QUIC over IPv6": at.ipv6(ONE, at.guest6(1), at.guest6(2), 17, struct.pack(">HHHH", 40000, 443, 28, 0) + bytes(20)),
    "echo over IPv6": at.ipv6(ONE, at.guest6(1), at.guest6(2), 58, b"\x80" + bytes(20)),
    "QUIC behind an extension": at.ipv6(
        ONE, at.guest6(1), at.guest6(2), 60, bytes((17, 0)) + bytes(6) + struct.pack(">HHHH", 40000, 443, 28, 0) + bytes(20)
    ),
    "listener report": at.ipv6(ONE, at.guest6(1), at.guest6(2), 0, bytes((58, 0, 5, 2, 0, 0, 1, 0)) + b"\x8f" + bytes(20)),
    "a later fragment with the ports of DHCP": at.udp4(ONE, at.guest(1), at.GATEWAY4, (68, 67), b"")[:20] + b"\0\5" + bytes(40),
    "unknown": at.ethernet(ONE, 0x88B5, bytes(40)),
}


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """What is sent at one end comes out at the other if the program lets it."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        other.setblocking(False)
        yield one, other


def _install(end: socket.socket, program: bytes) -> None:
    code = array.array("B", program)
    end.setsockopt(socket.SOL_SOCKET, 26, struct.pack("@HP", len(program) // 8, code.buffer_info()[0]))  # SO_ATTACH_FILTER


def _passes(pair: tuple[socket.socket, socket.socket], frame: bytes) -> bool:
    pair[0].send(frame)
    try:
        return pair[1].recv(4096) == frame
    except BlockingIOError:
        return False


@pytest.mark.parametrize("name", WANTED)
def test_the_guard_gets_what_it_must_see(pair: tuple[socket.socket, socket.socket], name: str) -> None:
    """Each kind of frame that a danger can be in."""
    _install(pair[1], incoming())
    assert _passes(pair, WANTED[name])


@pytest.mark.parametrize("name", UNWANTED)
def test_the_rest_stays_in_the_kernel(pair: tuple[socket.socket, socket.socket], name: str) -> None:
    """What visitors do is not read."""
    _install(pair[1], incoming())
    assert not _passes(pair, UNWANTED[name])


def test_what_the_gateway_says_is_told_apart(pair: tuple[socket.socket, socket.socket]) -> None:
    """The second program takes what the gateway itself sends, and what comes to this socket is from outside."""
    _install(pair[1], outgoing())
    assert [name for name, frame in WANTED.items() if _passes(pair, frame)] == []
