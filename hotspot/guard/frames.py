"""Frames of the guests' LAN -> what was said (pure). Whatever the bytes are, nothing here raises: what cannot be read is ``None``.

RFC 826 (ARP), 2131 and 2132 (DHCP), 8415 (DHCPv6), 4861 (ND), 7113 (how advertisements are hidden behind extension headers),
IEEE 802.1D (spanning tree), 802.1Q (VLAN tags).
"""

import struct

from msgspec import Struct

ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86DD
TAGS = (0x8100, 0x88A8)
"""Types of a VLAN tag. One has been taken away by the kernel; whoever puts a second one in front of an advertisement wants to hide it."""
DISCOVER, REQUEST, DECLINE, ACK, NAK, RELEASE = 1, 3, 4, 5, 6, 7
"""DHCP message types."""
SOLICIT6, ADVERTISE6, REQUEST6, REPLY6, RECONFIGURE6 = 1, 2, 3, 7, 10
"""DHCPv6 message types."""
SNAP = bytes.fromhex("aaaa03000000")
"""In front of the type in a frame with a length: an access point makes an ordinary one of it on the air."""
MOST_TAGS = 4
"""Tags and headers in front of what is said that are taken off."""
MOST_EXTENSIONS = 8
"""Extension headers of IPv6 that are followed."""
STP_TO = bytes.fromhex("0180c2000000")
CISCO_TO = (bytes.fromhex("01000ccccccc"), bytes.fromhex("01000ccccccd"))
_NETBIOS, _HSRP, _GLBP = (137, 138), 1985, 3222
_ROUTING = {112: "VRRP", 89: "OSPF", 88: "EIGRP", 103: "PIM"}
_EXTENSIONS = (0, 43, 60)
_DHCP_COOKIE = b"\x63\x82\x53\x63"
_NOWHERE4, _NOWHERE6 = bytes(4), bytes(16)
_DHCP = struct.Struct(">BBBBIHH4s4s4s4s6s")
_ARP_HEADS = (b"\x00\x01\x08\x00\x06\x04", b"\x00\x06\x08\x00\x06\x04")
"""Ethernet and IEEE 802: hosts take both from an Ethernet card (``arp_process`` of Linux)."""


class Arp(Struct, frozen=True, gc=False):
    """A question or an answer about who has an IPv4 address. A probe has the sender address 0.0.0.0."""

    source: bytes
    mac: bytes
    """Who says it, by ARP itself."""
    address: bytes
    target: bytes
    answer: bool = False


class Dhcp(Struct, frozen=True, gc=False):
    """DHCP for IPv4."""

    source: bytes
    reply: bool
    kind: int
    transaction: int
    mac: bytes
    """Of the client."""
    relayed: bool
    own: bytes
    """Address that the client has already, or zeros."""
    given: bytes
    """Address that the server gives, or zeros."""
    server: bytes = b""
    """Identifier of the server, b"": not told."""
    seconds: int = 0
    """Of the lease."""
    fingerprint: tuple[bytes, bytes, bytes] = (b"", b"", b"")
    """What the client asks for, its class and its host name."""
    wanted: bytes = _NOWHERE4
    """Address that the client asks for or declines (option 50), or zeros."""


class Dhcp6(Struct, frozen=True, gc=False):
    """DHCP for IPv6."""

    source: bytes
    kind: int
    server: bytes = b""
    """DUID of the server, b"": not told."""


class Advertisement(Struct, frozen=True, gc=False):
    """A router advertises itself, or leads hosts elsewhere (redirect). What hides too deep to be read counts as one."""

    source: bytes


class Neighbour(Struct, frozen=True, gc=False):
    """ND about one IPv6 address: a claim, or a look whether it is free (``mac`` is b"" then: duplicate address detection)."""

    source: bytes
    address: bytes
    mac: bytes
    answer: bool = False


class Heard(Struct, frozen=True, gc=False):
    """A device said something that names no address: router solicitations, ND without a claim."""

    source: bytes


class Routing(Struct, frozen=True, gc=False):
    """Routers talk among themselves: no phone and no access point does."""

    source: bytes
    protocol: str


class Tree(Struct, frozen=True, gc=False):
    """Switches talk about their spanning tree."""

    source: bytes
    root: bytes
    bridge: bytes
    vlan: int | None = None
    """Of Cisco's trees, one for each VLAN; None: IEEE's."""


class Broadcast(Struct, frozen=True, gc=False):
    """A computer of an office network calls its neighbours (NetBIOS)."""

    source: bytes
    address: bytes


Said = Arp | Dhcp | Dhcp6 | Advertisement | Neighbour | Heard | Routing | Tree | Broadcast


def said(frame: bytes) -> Said | None:
    """What a frame says; None: nothing that the guard knows."""
    if len(frame) < 34:
        return None
    source, kind = frame[6:12], int.from_bytes(frame[12:14])
    for _ in range(MOST_TAGS):
        if kind in TAGS:
            frame = frame[:12] + frame[16:]
        elif kind <= 1500 and frame[14:20] == SNAP:
            frame = frame[:12] + frame[20:]
        else:
            break
        kind = int.from_bytes(frame[12:14])
    if kind == ARP:
        return _arp(source, frame)
    try:
        if kind == IPV4:
            return _ipv4(source, frame)
        if kind == IPV6:
            return _ipv6(source, frame)
    except (struct.error, IndexError):
        return None
    return _tree(source, frame) if kind <= 1500 else None


def _arp(source: bytes, frame: bytes) -> Arp | None:
    if len(frame) < 42 or frame[14:20] not in _ARP_HEADS:
        return None
    return Arp(source, frame[22:28], frame[28:32], frame[38:42], frame[20:22] == b"\0\2")


def _ipv4(source: bytes, frame: bytes) -> Said | None:
    if frame[14] >> 4 != 4:
        return None
    start, protocol, to_many = 14 + (frame[14] & 15) * 4, frame[23], bool(frame[0] & 1)
    if protocol in _ROUTING:
        return Routing(source, _ROUTING[protocol]) if to_many else None  # visitors may speak any protocol with the Internet
    if protocol != 17 or int.from_bytes(frame[20:22]) & 0x1FFF:
        return None
    (to_port,) = struct.unpack_from(">H", frame, start + 2)
    if to_port in (67, 68):  # a client does not look at the port that an answer comes from
        part = to_port == 68 and int.from_bytes(frame[20:22]) & 0x2000
        return _dhcp(source, frame[start + 8 :]) or (_hidden(source) if part else None)
    if to_port in (_HSRP, _GLBP) and to_many:
        return Routing(source, "HSRP" if to_port == _HSRP else "GLBP")
    if to_port in _NETBIOS and to_many:
        return Broadcast(source, frame[26:30])
    return None


def _dhcp(source: bytes, data: bytes) -> Dhcp | None:
    if len(data) < 240 or data[236:240] != _DHCP_COOKIE:
        return None
    op, _, _, _, transaction, _, _, own, given, _, relay, mac = _DHCP.unpack_from(data)
    if op not in (1, 2):
        return None  # whatever hardware a client says it has: a server gives it an address
    options = _options(data)
    kind, lease = options.get(53, b""), options.get(51, b"")
    server, wanted = options.get(54, b""), options.get(50, b"")
    return Dhcp(
        source,
        op == 2,
        kind[0] if len(kind) == 1 else 0,
        transaction,
        mac,
        relay != _NOWHERE4,
        own,
        given,
        server if len(server) == 4 else b"",
        int.from_bytes(lease) if len(lease) == 4 else 0,
        (options.get(55, b""), options.get(60, b""), options.get(12, b"")),
        wanted if len(wanted) == 4 else _NOWHERE4,
    )


def _hidden(source: bytes) -> Dhcp:
    """An answer in pieces, of which the first is too short to read: no server cuts so small but to hide."""
    return Dhcp(source, True, 0, 0, bytes(6), False, _NOWHERE4, _NOWHERE4)


def _options(data: bytes) -> dict[int, bytes]:
    """The options of a DHCP message; one that is there twice counts as it was first."""
    found: dict[int, bytes] = {}
    at, end = 240, len(data)
    while at < end:
        code = data[at]
        if code == 255:
            break
        if code == 0:
            at += 1
            continue
        if at + 1 >= end:
            break
        length = data[at + 1]
        found.setdefault(code, data[at + 2 : at + 2 + length])
        at += 2 + length
    return found


def _ipv6(source: bytes, frame: bytes) -> Said | None:
    header, start = frame[20], 54
    for _ in range(MOST_EXTENSIONS):
        if header in _EXTENSIONS:
            header, start = frame[start], start + 8 + frame[start + 1] * 8
        elif header == 44:
            if int.from_bytes(frame[start + 2 : start + 4]) >> 3:
                return None  # not the first fragment
            header, start = frame[start], start + 8
        else:
            break
    if header in _EXTENSIONS or header == 44:
        return Advertisement(source)
    if header in _ROUTING:
        return Routing(source, _ROUTING[header]) if frame[0] & 1 else None
    if header == 58:
        return _icmp6(source, frame, start)
    if header == 17:
        (to_port,) = struct.unpack_from(">H", frame, start + 2)
        if to_port in (546, 547):
            return _dhcp6(source, frame[start + 8 :])
    return None


def _icmp6(source: bytes, frame: bytes, start: int) -> Said | None:
    kind = frame[start]
    if kind in (134, 137):
        return Advertisement(source)
    if kind not in (135, 136):
        return Heard(source) if kind == 133 else None
    sender, target = frame[22:38], frame[start + 8 : start + 24]
    if len(target) != 16:
        return None
    if kind == 135 and sender == _NOWHERE6:
        return Neighbour(source, target, b"")
    answer = kind == 136
    wanted = 1 if kind == 135 else 2
    at = start + 24
    while at + 8 <= len(frame) and frame[at + 1]:
        if frame[at] == wanted:
            return Neighbour(source, sender if kind == 135 else target, frame[at + 2 : at + 8], answer)
        at += frame[at + 1] * 8
    return Heard(source)


def _dhcp6(source: bytes, data: bytes) -> Dhcp6 | None:
    if not data:
        return None
    at, server = 4, b""
    while at + 4 <= len(data):
        code, length = struct.unpack_from(">HH", data, at)
        if code == 2:
            server = data[at + 4 : at + 4 + length]
            break
        at += 4 + length
    return Dhcp6(source, data[0], server[:130])


def _tree(source: bytes, frame: bytes) -> Tree | None:
    """IEEE's own (LLC 42 42 03) and Cisco's, one tree for each VLAN (SNAP, behind eight bytes)."""
    start = 17 if frame[14:17] == b"\x42\x42\x03" else 22 if frame[14:22] == bytes.fromhex("aaaa0300000c010b") else 0
    if not start or (frame[:6] != STP_TO and frame[:6] not in CISCO_TO) or len(frame) < start + 25:
        return None
    if frame[start : start + 2] != b"\0\0" or frame[start + 3] not in (0, 2):
        return None  # a notice of change names no root
    root = frame[start + 5 : start + 13]
    return Tree(source, root, frame[start + 17 : start + 25], int.from_bytes(root[:2]) & 0xFFF if start == 22 else None)
