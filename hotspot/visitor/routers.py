"""Neighbours and routers below IP: ARP (RFC 826), neighbour discovery and router advertisements (RFC 4861, 8106, 8910).

Reading is pure; the bytes are a stranger's."""

import ipaddress
import socket
from typing import Final

from msgspec import Struct
from scapy.layers.inet6 import ICMPv6ND_NS, ICMPv6ND_RS, ICMPv6NDOptSrcLLAddr, IPv6
from scapy.layers.l2 import ARP, Ether

from hotspot.visitor.frames import Frames
from hotspot.visitor.place import link_local

SECONDS, TWICE = 3.0, 0.15
"""How long an answer may take, and how long a second one is waited for."""
ADVERTISED_WITHIN, OTHERS = 4.0, 0.3
"""A router that has just advertised waits three seconds (RFC 4861 §6.2.6)."""
_PREFIX, _RDNSS, _PORTAL = 3, 25, 37
_ADVERTISEMENT, _NEIGHBOUR = 134, 136
_EVERYBODY: Final = "ff:ff:ff:ff:ff:ff"


class Advertised(Struct, frozen=True):
    """What a router says."""

    router: str
    """Its link-local address."""
    mac: str
    lifetime: int
    """Seconds for which it is a router; 0: it is none."""
    prefix: str = ""
    """The first one for addresses (SLAAC), as ``2001:db8::/64``; "": none."""
    dns: tuple[str, ...] = ()
    portal: str = ""
    """Option 37."""


def advertised(frame: bytes) -> Advertised | None:
    """A router advertisement; None: something else, or one that is not whole."""
    if (
        len(frame) < 70
        or frame[12:14] != b"\x86\xdd"
        or frame[20] != socket.IPPROTO_ICMPV6
        or frame[54] != _ADVERTISEMENT
        or frame[21] != 255
    ):
        return None
    message = frame[54 : 54 + int.from_bytes(frame[18:20])]
    prefix, portal, at = "", "", 16
    dns: tuple[str, ...] = ()
    while at + 2 <= len(message):
        length = message[at + 1] * 8
        option = message[at : at + length]
        if length == 0 or len(option) < length:
            return None
        if option[0] == _PREFIX and length == 32 and option[3] & 0x40 and not prefix:
            prefix = f"{ipaddress.IPv6Address(option[16:32])}/{option[2]}"
        elif option[0] == _RDNSS and length >= 24:
            dns += tuple(str(ipaddress.IPv6Address(option[one : one + 16])) for one in range(8, length - 15, 16))
        elif option[0] == _PORTAL:
            portal = option[2:].rstrip(b"\0").decode("ascii", "replace")
        at += length
    source = str(ipaddress.IPv6Address(frame[22:38]))
    return Advertised(source, _mac(frame[6:12]), int.from_bytes(message[6:8]), prefix, dns, portal)


def _mac(raw: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in raw)


def solicit(frames: Frames, mac: str, patience: float = 1.0) -> list[Advertised]:
    """Ask for routers, and what they advertise, each once."""
    packet = (
        Ether(src=mac, dst="33:33:00:00:00:02")
        / IPv6(src=link_local(mac), dst="ff02::2", hlim=255)
        / ICMPv6ND_RS()
        / ICMPv6NDOptSrcLLAddr(lladdr=mac)
    )
    told = frames.answers(bytes(packet), advertised, ADVERTISED_WITHIN * patience, OTHERS * patience)
    return list({one.router: one for one in told}.values())


def who_has(frames: Frames, mac: str, own: str, wanted: str, patience: float = 1.0) -> set[str]:
    """The MACs that answer for an IPv4 address of the link."""
    packet = Ether(src=mac, dst=_EVERYBODY) / ARP(op=1, hwsrc=mac, psrc=own, hwdst="00:00:00:00:00:00", pdst=wanted)
    target = socket.inet_aton(wanted)

    def reply(frame: bytes) -> str | None:
        answers = len(frame) >= 42 and frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\x02" and frame[28:32] == target
        return _mac(frame[22:28]) if answers else None

    return set(frames.answers(bytes(packet), reply, SECONDS * patience, TWICE * patience, 0.5))


def who_has6(frames: Frames, mac: str, own: str, wanted: str, patience: float = 1.0) -> set[str]:
    """The MACs that answer for an IPv6 address of the link; ``own`` is the address that asks."""
    target = ipaddress.IPv6Address(wanted).packed
    group = ipaddress.IPv6Address(b"\xff\x02" + bytes(9) + b"\x01\xff" + target[-3:])
    packet = (
        Ether(src=mac, dst="33:33:ff:" + _mac(target[-3:]))
        / IPv6(src=own, dst=str(group), hlim=255)
        / ICMPv6ND_NS(tgt=wanted)
        / ICMPv6NDOptSrcLLAddr(lladdr=mac)
    )

    def reply(frame: bytes) -> str | None:
        answers = len(frame) >= 78 and frame[12:14] == b"\x86\xdd" and frame[20] == socket.IPPROTO_ICMPV6 and frame[54] == _NEIGHBOUR
        return _mac(frame[6:12]) if answers and frame[62:78] == target else None

    return set(frames.answers(bytes(packet), reply, SECONDS * patience, TWICE * patience, 0.5))
