"""Out of reach: other devices of the Wi-Fi, directly and through the gateway, and the town's network.

An answer to ARP or neighbour discovery is not reach: a gateway or an access point may answer for others (proxy ARP). A device is in reach
when it says something itself: an answer to an echo request, or to an attempt to connect.
"""

import ipaddress
import secrets
from collections.abc import Iterator
from typing import Final

from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from hotspot.visitor import routers
from hotspot.visitor.known import Known
from hotspot.visitor.notes import Failed, Skipped
from hotspot.visitor.place import link_local
from hotspot.visitor.said import Said
from hotspot.visitor.web import Port

PATIENCE: Final = 0.2
"""Of that which the gateway gets: a neighbour must not answer, so each visit waits for all of it."""
ANSWERS_WITHIN: Final = 0.5
"""Seconds for a device that has answered to ARP."""
CAPTURED: Final = 80
"""The gateway may answer there in anybody's name: that is how it shows its page."""
PORTS: Final = (CAPTURED, 443, 445, 22)
"""Where something listens on many devices, or says at once that nothing does."""
_TCP, _ICMP, _ICMP6, _ECHO_REPLY, _ECHO_REPLY6 = 6, 1, 58, 0, 129
_RST, _ACK = 0x04, 0x10


def neighbour(known: Known) -> None:
    """No other device of the Wi-Fi can be reached, neither directly nor through the gateway."""
    if not known.choices.neighbours:
        raise Skipped("none-named")
    for number, address in enumerate(known.choices.neighbours, 1):
        for mac, own, through in _ways(known, address):
            if _speaks(known, address, mac, own, through):
                raise Failed("neighbour-reachable", number=number)


def _ways(known: Known, address: str) -> Iterator[tuple[str, str, bool]]:
    """The MACs by which a device may be reached, the visit's own address, and whether that is the gateway's MAC."""
    patience = PATIENCE * known.choices.patience
    if ":" in address:
        macs = routers.who_has6(known.frames, known.mac, link_local(known.mac), address, patience)
        own = link_local(known.mac) if ipaddress.ip_address(address).is_link_local else known.address6 or link_local(known.mac)
    elif known.lease is not None:
        own = known.lease.address
        macs = routers.who_has(known.frames, known.mac, own, address, patience)
    else:
        return
    yield from ((mac, own, False) for mac in sorted(macs - known.gateway_macs))
    yield from ((mac, own, True) for mac in sorted(known.gateway_macs))


def _speaks(known: Known, address: str, mac: str, own: str, through: bool) -> bool:
    """Does the device say anything to frames for ``mac``? The gateway refuses in its name: that is no word of its own."""
    port = 32_768 + secrets.randbelow(28_000)
    link = Ether(src=known.mac, dst=mac)
    head: Packet = IPv6(src=own, dst=address) if ":" in address else IP(src=own, dst=address)
    echo = ICMPv6EchoRequest(id=port) if ":" in address else ICMP(id=port)
    for at in PORTS:
        known.frames.send(bytes(link / head / TCP(sport=port, dport=at, flags="S", seq=secrets.randbits(32))))

    def read(frame: bytes) -> bool | None:
        return True if answer(frame, address, port, through) else None

    return bool(known.frames.answers(bytes(link / head / echo), read, ANSWERS_WITHIN * known.choices.patience, 0.0, 0.25))


def answer(frame: bytes, address: str, port: int, through: bool) -> bool:
    """Is it an echo reply of ``address``, or its answer to a connection from ``port``? ``through`` the gateway, which refuses in others'
    names, only what it never says itself. The bytes are a stranger's (pure)."""
    sender = ipaddress.ip_address(address)
    if sender.version == 4:
        if len(frame) < 34 or frame[12:14] != b"\x08\x00" or frame[26:30] != sender.packed:
            return False
        kind, start, reply = frame[23], 14 + (frame[14] & 15) * 4, (_ICMP, _ECHO_REPLY)
    else:
        if len(frame) < 54 or frame[12:14] != b"\x86\xdd" or frame[22:38] != sender.packed:
            return False
        kind, start, reply = frame[20], 54, (_ICMP6, _ECHO_REPLY6)
    message = frame[start:]
    if kind == reply[0]:
        return len(message) >= 6 and message[0] == reply[1] and int.from_bytes(message[4:6]) == port
    if kind != _TCP or len(message) < 14:
        return False
    flags = message[13]
    if int.from_bytes(message[2:4]) != port or not flags & _ACK:
        return False
    return not through or (not flags & _RST and int.from_bytes(message[:2]) != CAPTURED)


def town(known: Known) -> None:
    """The town's network cannot be reached."""
    if not known.choices.forbidden:
        raise Skipped("none-named")
    for number, (address, port) in enumerate(known.choices.forbidden, 1):
        if known.knock(address, port) is Port.OPEN:
            raise Failed("town-reachable", name=Said(f"Ziel {number}, Port {port}", f"target {number}, port {port}"))
