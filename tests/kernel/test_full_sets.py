"""The limits of one client when somebody has made up so many that there is no room to remember one more."""

import json
import socket
import struct

from tests.kernel.daemons import Peer
from tests.kernel.wires import GATEWAY4, Wires, client_ip


def _question(source: bytes, ip: str, source_port: int) -> bytes:
    """A frame with an empty UDP packet for the gateway's port 53, without checksums in UDP."""
    udp = struct.pack(">HHHH", source_port, 53, 8, 0)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + socket.inet_aton(ip) + socket.inet_aton(GATEWAY4)
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    checksum = struct.pack(">H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
    return b"\xff" * 6 + source + b"\x08\x00" + head[:10] + checksum + head[12:] + udp


def _heard(listener: socket.socket) -> int:
    """How many packets wait at a socket; they are taken."""
    count = 0
    while True:
        try:
            listener.recv(10)
        except BlockingIOError:
            return count
        count += 1


def test_a_full_set_does_not_mean_no_limit(wires: Wires, peer: Peer) -> None:
    """Made-up MAC addresses fill the set of those who ask the name server: whoever is not in it shares a small allowance with the others
    who are not, and who is in it keeps its own."""
    peer.status()
    gateway = bytes.fromhex(json.loads(wires.run("gw", "ip", "-j", "link", "show", "lan0").stdout)[0]["address"].replace(":", ""))
    with wires.open("gw", socket.AF_INET, socket.SOCK_DGRAM) as listener, wires.open("c1", socket.AF_PACKET, socket.SOCK_RAW) as sender:
        listener.bind(("0.0.0.0", 5_300))
        listener.setblocking(False)
        sender.bind(("eth0", 0))

        def send(mac: bytes, times: int, source_port: int) -> None:
            frame = gateway + _question(mac, client_ip(1), source_port)[6:]
            for _ in range(times):
                sender.send(frame)

        early, late = (bytes.fromhex(f"02cc000000{number:02x}") for number in (1, 2))
        send(early, 1, 7_000)
        for number in range(65_570):
            send(b"\x02\xbb" + number.to_bytes(4, "big"), 1, 7_001)
        _heard(listener)
        send(late, 600, 7_002)
        heard_late = _heard(listener)
        send(early, 600, 7_000)
        heard_early = _heard(listener)
    assert 0 < heard_late <= 150
    assert 200 <= heard_early <= 300
