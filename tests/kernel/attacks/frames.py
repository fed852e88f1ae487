"""Ethernet frames by hand (pure), so that a phone can send what no operating system would: any port, protocol, source and option."""

import ipaddress
import struct
from collections.abc import Iterator

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
SYN, ACK, FIN, RST, PSH, URG = 0x02, 0x10, 0x01, 0x04, 0x08, 0x20
_SOURCE_PORT = 40_404


def _raw(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def checksum(data: bytes, start: int = 0) -> int:
    """The Internet checksum (RFC 1071) of an even number of bytes."""
    return _folded(start + sum(struct.unpack(f">{len(data) // 2}H", data)))


def _folded(total: int) -> int:
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(source: str, target: str, protocol: int, payload: bytes, *, fragment: int = 0, options: bytes = b"") -> bytes:
    """An IP packet; the version is that of ``source``. ``fragment`` is IPv4's field of flags and offset, ``options`` its options."""
    ours, theirs = ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed
    if len(ours) == 16:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + ours + theirs + payload
    words = 5 + len(options) // 4
    head = struct.pack(">BBHHHBBH", 0x40 | words, 0, words * 4 + len(payload), 7, fragment, 64, protocol, 0) + ours + theirs + options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def _pseudo(source: str, target: str, protocol: int, length: int) -> int:
    """Sum over the pseudo-header, for the checksums of TCP, UDP and ICMPv6."""
    both = ipaddress.ip_address(source).packed + ipaddress.ip_address(target).packed
    words: tuple[int, ...] = struct.unpack(f">{len(both) // 2}H", both)
    return sum(words) + protocol + length


def udp(source: str, target: str, port: int, data: bytes = b"", source_port: int = _SOURCE_PORT) -> bytes:
    """A UDP datagram (without its IP header)."""
    data += b"\0" * (len(data) % 2)
    head = struct.pack(">HHHH", source_port, port, 8 + len(data), 0)
    value = checksum(head + data, _pseudo(source, target, UDP, 8 + len(data))) or 0xFFFF
    return head[:6] + struct.pack(">H", value) + data


def tcp(source: str, target: str, port: int, flags: int = SYN, source_port: int = _SOURCE_PORT) -> bytes:
    """A TCP segment without data."""
    head = struct.pack(">HHIIBBHHH", source_port, port, 1_000, 0, 0x50, flags, 64_240, 0, 0)
    return head[:16] + struct.pack(">H", checksum(head, _pseudo(source, target, TCP, 20))) + head[18:]


def icmp(source: str, target: str, kind: int, data: bytes = b"\0\1\0\1") -> bytes:
    """An ICMP message of this type with code 0, of the version of ``source``."""
    head = struct.pack(">BBH", kind, 0, 0) + data + b"\0" * (len(data) % 2)
    start = _pseudo(source, target, ICMP6, len(head)) if ":" in source else 0
    return head[:2] + struct.pack(">H", checksum(head, start)) + head[4:]


def frame(to_mac: str, from_mac: str, inner: bytes) -> bytes:
    """The Ethernet frame around an IP packet."""
    return _raw(to_mac) + _raw(from_mac) + (b"\x86\xdd" if inner[0] >> 4 == 6 else b"\x08\x00") + inner


def all_ports(to_mac: str, from_mac: str, source: str, target: str, protocol: int) -> Iterator[bytes]:
    """One frame for each port 1 … 65,535: a SYN, or an empty datagram. From one template, because there are many."""
    segment = tcp(source, target, 0) if protocol == TCP else udp(source, target, 0)
    place = 16 if protocol == TCP else 6
    blank = segment[:place] + b"\0\0" + segment[place + 2 :]
    whole = frame(to_mac, from_mac, packet(source, target, protocol, blank))
    start = len(whole) - len(blank)
    known = _pseudo(source, target, protocol, len(blank)) + sum(struct.unpack(f">{len(blank) // 2}H", blank))
    head, between, end = whole[: start + 2], whole[start + 4 : start + place], whole[start + place + 2 :]
    for port in range(1, 65_536):
        value = _folded(known + port) or 0xFFFF
        yield head + port.to_bytes(2) + between + value.to_bytes(2) + end
