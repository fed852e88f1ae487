"""Frames as phones, routers and attackers send them, made by hand."""

import struct

GATEWAY = bytes.fromhex("0200000000fe")
EVERYBODY = b"\xff" * 6
GATEWAY4, GATEWAY6 = bytes((198, 18, 0, 1)), bytes.fromhex("20010db8000100000000000000000001")
NETWORK = (int.from_bytes(bytes((198, 18, 0, 0))), 0xFFFFF000)
STP_TO = bytes.fromhex("0180c2000000")
NOBODY4, NOBODY6 = bytes(4), bytes(16)


def mac(number: int) -> bytes:
    """Of device 0, 1 …"""
    return b"\x06" + number.to_bytes(5)


def guest(number: int) -> bytes:
    """IPv4 address of a guest."""
    return (int.from_bytes(bytes((198, 18, 1, 0))) + number).to_bytes(4)


def guest6(number: int) -> bytes:
    """IPv6 address of a guest."""
    return GATEWAY6[:8] + (0x1000 + number).to_bytes(8)


def ethernet(source: bytes, kind: int, payload: bytes, to: bytes = EVERYBODY) -> bytes:
    """A frame, padded as the wire does."""
    return (to + source + kind.to_bytes(2) + payload).ljust(60, b"\0")


def arp(
    source: bytes, address: bytes, target: bytes, *, claimed: bytes | None = None, to: bytes = EVERYBODY, op: int = 1, hardware: int = 1
) -> bytes:
    """Who has ``target``, tell ``address``."""
    head = struct.pack(">HHBBH", hardware, 0x0800, 6, 4, op)
    return ethernet(source, 0x0806, head + (claimed or source) + address + bytes(6) + target, to)


def udp4(source: bytes, from_: bytes, to: bytes, ports: tuple[int, int], data: bytes, mac_to: bytes = EVERYBODY) -> bytes:
    """A UDP datagram."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 28 + len(data), 1, 0, 64, 17, 0) + from_ + to
    return ethernet(source, 0x0800, head + struct.pack(">HHHH", *ports, 8 + len(data), 0) + data, mac_to)


def ipv4(source: bytes, protocol: int, to: bytes = bytes((224, 0, 0, 18)), mac_to: bytes = EVERYBODY) -> bytes:
    """A packet of another protocol."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 40, 1, 0, 255, protocol, 0) + bytes((10, 1, 1, 1)) + to
    return ethernet(source, 0x0800, head + bytes(20), mac_to)


def dhcp(
    source: bytes,
    kind: int,
    *,
    client: bytes | None = None,
    reply: bool = False,
    transaction: int = 7,
    own: bytes = NOBODY4,
    given: bytes = NOBODY4,
    server: bytes = b"",
    seconds: int = 1800,
    make: bytes = b"android-dhcp-14",
    name: bytes = b"",
    relay: bytes = NOBODY4,
    wanted: bytes = b"",
    ports: tuple[int, int] | None = None,
    hardware: int = 1,
) -> bytes:
    """A DHCP message, from a client or a server."""
    client = client or source
    fixed = struct.pack(">BBBBIHH4s4s4s4s", 2 if reply else 1, hardware, 6, 0, transaction, 0, 0, own, given, NOBODY4, relay)
    options = bytes((53, 1, kind))
    for code, value in ((54, server), (60, b"" if reply else make), (12, name), (51, seconds.to_bytes(4) if reply else b""), (50, wanted)):
        options += bytes((code, len(value))) + value if value else b""
    options += b"" if reply else bytes((55, 4, 1, 3, 6, 114))
    data = fixed + client + bytes(10 + 64 + 128) + b"\x63\x82\x53\x63" + options + b"\xff"
    usual, address = ((67, 68), server or GATEWAY4) if reply else ((68, 67), own)
    return udp4(source, address, b"\xff" * 4, ports or usual, data)


def ipv6(source: bytes, from_: bytes, to: bytes, header: int, payload: bytes, mac_to: bytes = b"\x33\x33\0\0\0\1") -> bytes:
    """An IPv6 packet."""
    return ethernet(source, 0x86DD, struct.pack(">IHBB", 6 << 28, len(payload), header, 255) + from_ + to + payload, mac_to)


def solicitation(source: bytes, address: bytes, target: bytes) -> bytes:
    """A neighbour solicitation; from ``NOBODY6`` it looks whether the address is free."""
    option = b"\x01\x01" + source if any(address) else b""
    return ipv6(source, address, target, 58, b"\x87\0\0\0" + bytes(4) + target + option)


def neighbour(source: bytes, target: bytes, claimed: bytes | None = None) -> bytes:
    """A neighbour advertisement."""
    return ipv6(source, target, GATEWAY6, 58, b"\x88\0\0\0\x20\0\0\0" + target + b"\x02\x01" + (claimed or source))


def router(source: bytes, *, extension: bytes = b"", first: int = 58) -> bytes:
    """A router advertisement, maybe behind extension headers."""
    advertisement = b"\x86\0\0\0\x40\0\x07\x08" + bytes(8)
    return ipv6(source, bytes.fromhex("fe80") + bytes(13) + b"\x09", GATEWAY6, first, extension + advertisement)


def redirect(source: bytes) -> bytes:
    """A router says that another way is better."""
    return ipv6(source, bytes.fromhex("fe80") + bytes(13) + b"\x01", GATEWAY6, 58, b"\x89\0\0\0" + bytes(36))


def extensions(number: int) -> bytes:
    """So many headers in front of ICMPv6; the first one's type is 60."""
    return (bytes((60, 0)) + bytes(6)) * (number - 1) + bytes((58, 0)) + bytes(6)


def snapped(frame: bytes) -> bytes:
    """The same with its type behind LLC and SNAP, as it goes on the air."""
    said = b"\xaa\xaa\x03\0\0\0" + frame[12:]
    return frame[:12] + len(said).to_bytes(2) + said


def router_wanted(source: bytes) -> bytes:
    """A router solicitation."""
    return ipv6(source, NOBODY6, GATEWAY6, 58, b"\x85\0\0\0" + bytes(4))


def dhcp6(source: bytes, kind: int, server: bytes = b"", *, extension: bytes = b"", first: int = 17, port: int = 0) -> bytes:
    """A DHCPv6 message, maybe behind extension headers, and from another port than usual."""
    data = bytes((kind, 0, 0, 1)) + (struct.pack(">HH", 2, len(server)) + server if server else b"")
    here, there = (546, 547) if kind in (1, 3, 5, 6, 8, 11) else (547, 546)
    datagram = struct.pack(">HHHH", port or here, there, 8 + len(data), 0) + data
    return ipv6(source, bytes(15) + b"\x01", GATEWAY6, first, extension + datagram)


def tagged(frame: bytes, kind: int = 0x8100) -> bytes:
    """The same behind a VLAN tag that says nothing but a priority."""
    return frame[:12] + kind.to_bytes(2) + b"\0\0" + frame[12:]


def bpdu(source: bytes, root: bytes, priority: int = 0x8000) -> bytes:
    """Spanning tree, IEEE's own."""
    first = priority.to_bytes(2)
    said = b"\x42\x42\x03" + b"\0\0\x02\x02\x3c" + first + root + bytes(4) + first + source + bytes(10)
    return ethernet(source, len(said), said, STP_TO)


def cisco_bpdu(source: bytes, root: bytes, priority: int = 0x8000) -> bytes:
    """Spanning tree, one for each VLAN."""
    first = priority.to_bytes(2)
    said = bytes.fromhex("aaaa0300000c010b") + b"\0\0\x02\x02\x3c" + first + root + bytes(4) + first + source + bytes(10)
    return ethernet(source, len(said), said, bytes.fromhex("01000ccccccd"))
