"""Router advertisements as a phone sees them (RFC 4861): asked for, taken as they are, their options read; the reading is pure.

Type 37 is the captive portal option (RFC 8910 §2.3): an address, filled up with zeros to a multiple of eight bytes.
"""

import asyncio
import socket
import struct

from hotspot.lab.namespaces import LabFailed, inside

CAPTIVE_PORTAL = 37
"""Option type of RFC 8910."""
_SOLICITATION, _ADVERTISEMENT = 133, 134
_ALL_ROUTERS = "ff02::2"
_ICMP6_FILTER = 1
_FIXED = 16
"""Bytes of an advertisement before its options (RFC 4861 §4.2)."""


def options(packet: bytes) -> tuple[tuple[int, bytes], ...]:
    """Type and whole bytes of each option of an advertisement, in its order; raises ``ValueError`` for what is none."""
    if len(packet) < _FIXED or packet[0] != _ADVERTISEMENT:
        raise ValueError(f"{packet[:4].hex()}… is no router advertisement")
    found, at = [], _FIXED
    while at < len(packet):
        length = packet[at + 1] * 8 if at + 1 < len(packet) else 0
        if length == 0 or at + length > len(packet):
            raise ValueError(f"the option at byte {at} does not end within the advertisement")
        found.append((packet[at], packet[at : at + length]))
        at += length
    return tuple(found)


def captive_portal(packet: bytes) -> str:
    """The address in option 37, "" when there is none; raises ``ValueError`` as ``options``."""
    return next((option[2:].rstrip(b"\0").decode("ascii") for kind, option in options(packet) if kind == CAPTIVE_PORTAL), "")


def _listener() -> socket.socket:
    """A socket that hears advertisements only; to be opened in the phone's namespace."""
    heard = socket.socket(socket.AF_INET6, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_ICMPV6)
    passed = bytearray(b"\xff" * 32)  # a set bit is a type that is held back (RFC 3542 §3.2)
    word = _ADVERTISEMENT // 32 * 4
    struct.pack_into("=I", passed, word, 0xFFFFFFFF & ~(1 << _ADVERTISEMENT % 32))
    heard.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, bytes(passed))
    return heard


async def next_one(namespace: str, interface: str = "wlan0", seconds: float = 15.0) -> bytes:
    """Ask for an advertisement on ``interface`` and return the next that comes, from the ICMPv6 header on; raises ``LabFailed``. A router
    answers at most every three seconds (RFC 4861 §6.2.6), so it may take a moment."""
    loop = asyncio.get_running_loop()
    number = inside(namespace, lambda: socket.if_nametoindex(interface))
    with inside(namespace, _listener) as heard:
        heard.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, number)
        heard.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        await loop.sock_sendto(heard, struct.pack(">BBHI", _SOLICITATION, 0, 0, 0), (_ALL_ROUTERS, 0, 0, number))
        try:
            async with asyncio.timeout(seconds):
                return await loop.sock_recv(heard, 65_536)
        except TimeoutError:
            raise LabFailed(f"cannot hear a router in {namespace}: no advertisement within {seconds} s") from None
