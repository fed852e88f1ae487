"""Which ports answer: ``scan.py tcp|udp SOURCE TARGET PORTS PACE``, in a network namespace, with nothing but Python. Prints JSON.

TCP: one SYN to each port, twice, from a raw socket; open is what says SYN and ACK, shut what says RST; from the rest no answer came. UDP: a
question that a server of that port understands; open is what sends anything back, shut what is told to be unreachable.
"""

import ipaddress
import json
import select
import socket
import struct
import sys
import time

SYN, ACK, RST = 0x02, 0x10, 0x04
ONE_PORT = 40_007
"""Of ours: nobody listens there, so our own kernel resets what opens."""
ROUNDS, AT_ONCE, QUIET = 2, 250, 0.5
DNS = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x04town\x07example\x00\x00\x01\x00\x01"
NTP = b"\x23" + bytes(47)
SNMP = bytes.fromhex("302902010004067075626c6963a01c02047f0000010201000201003010300e060a2b06010201010500000500")[:43]
DHCP6 = b"\x01\x00\x00\x01" + b"\x00\x01\x00\x0a\x00\x03\x00\x01\x02\x00\x00\x00\x00\x01" + b"\x00\x08\x00\x02\x00\x00"
SAYS = {53: DNS, 123: NTP, 161: SNMP, 547: DHCP6, 5300: DNS, 5353: DNS}


def checksum(data: bytes) -> int:
    """RFC 1071."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(source: bytes, target: bytes, port: int) -> bytes:
    """A SYN. Over IPv6 the kernel fills in the sum."""
    bare = struct.pack("!HHIIBBHHH", ONE_PORT, port, port, 0, 5 << 4, SYN, 64_240, 0, 0)
    if len(source) == 16:
        return bare
    pseudo = source + target + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(bare))
    return bare[:16] + struct.pack("!H", checksum(pseudo + bare)) + bare[18:]


def tcp(source: str, target: str, ports: list[int], pace: float) -> dict[str, list[int]]:
    """Every port, ``AT_ONCE`` at a time, with ``pace`` seconds between."""
    ours, theirs = (ipaddress.ip_address(each.partition("%")[0]).packed for each in (source, target))
    six = len(ours) == 16
    found: dict[str, set[int]] = {"open": set(), "shut": set()}
    with socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        if six:
            raw.setsockopt(socket.IPPROTO_IPV6, 7, 16)  # IPV6_CHECKSUM, at its place in a TCP header
        raw.bind(socket.getaddrinfo(source, None, raw.family)[0][4])
        where = socket.getaddrinfo(target, None, raw.family)[0][4]

        def hear(seconds: float) -> None:
            until = time.monotonic() + seconds
            while select.select([raw], [], [], max(0.0, until - time.monotonic()))[0]:
                said, sender = raw.recvfrom(2048)
                if ipaddress.ip_address(sender[0].partition("%")[0]).packed != theirs:
                    continue
                head = said if six else said[(said[0] & 15) * 4 :]
                port, to, flags = (*struct.unpack("!HH", head[:4]), head[13])
                if to == ONE_PORT:
                    found["open" if flags & (SYN | ACK) == SYN | ACK else "shut"].add(port)

        for _ in range(ROUNDS):
            left = [port for port in ports if port not in found["open"] and port not in found["shut"]]
            for at in range(0, len(left), AT_ONCE):
                for port in left[at : at + AT_ONCE]:
                    raw.sendto(segment(ours, theirs, port), where)
                hear(pace)
            hear(QUIET)
    return {kind: sorted(several - (found["open"] if kind == "shut" else set())) for kind, several in found.items()}


def udp(source: str, target: str, ports: list[int], pace: float) -> dict[str, list[int]]:
    """A few ports, each with its own socket."""
    found: dict[str, set[int]] = {"open": set(), "shut": set()}
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    asked: dict[int, socket.socket] = {}
    for _ in range(ROUNDS):
        for port in ports:
            one = asked.get(port) or socket.socket(family, socket.SOCK_DGRAM)
            try:
                if port not in asked:
                    one.bind(socket.getaddrinfo(source, 0, family)[0][4])
                    one.connect(socket.getaddrinfo(target, port, family)[0][4])
                    one.setblocking(False)
                    asked[port] = one
                one.send(SAYS.get(port, DNS))
            except OSError:
                found["shut"].add(port)
        until = time.monotonic() + max(pace, QUIET)
        while ready := select.select(list(asked.values()), [], [], max(0.0, until - time.monotonic()))[0]:
            for one in ready:
                port = next(number for number, each in asked.items() if each is one)
                try:
                    one.recv(2048)
                    found["open"].add(port)
                except OSError:
                    found["shut"].add(port)
    return {kind: sorted(several - (found["open"] if kind == "shut" else set())) for kind, several in found.items()}


def main() -> None:
    """As above; ``PORTS`` is ``1-65535`` or ``53,67``."""
    kind, source, target, wanted, pace = sys.argv[1:]
    ports = [port for part in wanted.split(",") for port in range(int(part.split("-")[0]), int(part.split("-")[-1]) + 1)]
    print(json.dumps((tcp if kind == "tcp" else udp)(source, target, ports, float(pace))))  # noqa: T201 - its way to say it


if __name__ == "__main__":
    main()
