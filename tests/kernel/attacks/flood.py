"""One client that floods: ``python -P -m tests.kernel.attacks.flood KIND RATE MAC IP GATEWAY_MAC``, run in the namespace of a phone.

Sends RATE frames a second until it is ended (0: as many as go), and says so in its log when it begins. Kinds:

``syn``       connections to the portal that are never completed, each from another port
``dns``       questions for names that nobody has asked for
``dhcp``      DISCOVER for ever new devices, all from one Ethernet address
``devices``   the same, each from an Ethernet address of its own
``echo``      1,000 bytes of echo request
"""

import itertools
import random
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator

from hotspot.lab.layout import LAN_GATEWAY
from hotspot.lab.names import A, question
from tests.kernel.attacks import frames

EVERYBODY = "ff:ff:ff:ff:ff:ff"
TICK = 0.01


def made_up_mac(number: int) -> str:
    """An Ethernet address that no phone of a hall has."""
    raw = (0x06 << 40 | number).to_bytes(6)
    return ":".join(f"{byte:02x}" for byte in raw)


def discover(mac: str, sender: str, number: int) -> bytes:
    """A frame with a DHCPDISCOVER (RFC 2131) for ``mac``."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    fixed = struct.pack(">BBBBIHHIIII", 1, 1, 6, 0, number, 0, 0x8000, 0, 0, 0, 0) + hardware + bytes(10 + 64 + 128)
    body = fixed + bytes.fromhex("63825363350101370301030fff")
    return frames.frame(
        EVERYBODY, sender, frames.packet("0.0.0.0", "255.255.255.255", 17, frames.udp("0.0.0.0", "255.255.255.255", 67, body, 68))
    )


def made(kind: str, mac: str, ip: str, gateway_mac: str) -> Iterator[bytes]:
    """The frames of a flood, without end."""
    chance = random.Random(7)

    def one(number: int) -> bytes:
        if kind == "syn":
            segment = frames.tcp(ip, LAN_GATEWAY, 80, source_port=1_025 + number % 64_000)
            return frames.frame(gateway_mac, mac, frames.packet(ip, LAN_GATEWAY, frames.TCP, segment))
        if kind == "dns":
            asked = question(number & 0xFFFF, f"n{chance.randrange(10**9)}.example", A)
            datagram = frames.udp(ip, LAN_GATEWAY, 53, asked, chance.randrange(1_025, 65_536))
            return frames.frame(gateway_mac, mac, frames.packet(ip, LAN_GATEWAY, frames.UDP, datagram))
        if kind == "echo":
            return frames.frame(
                gateway_mac, mac, frames.packet(ip, LAN_GATEWAY, frames.ICMP, frames.icmp(ip, LAN_GATEWAY, 8, bytes(1_000)))
            )
        device = made_up_mac(number)
        return discover(device, device if kind == "devices" else mac, number)

    return map(one, itertools.count())


def flood(send: Callable[[bytes], int], every: Iterator[bytes], rate: int) -> None:
    """Send, so many a second, until the process is ended."""
    began, sent = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - began) * rate) if rate else sent + 100
        for each in itertools.islice(every, max(0, due - sent)):
            send(each)
        sent = max(due, sent)
        if rate:
            time.sleep(TICK)


if __name__ == "__main__":
    what, how_many, *who = sys.argv[1:]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("wlan0", 0))
        sys.stderr.write("the flood begins\n")
        flood(wire.send, made(what, *who), int(how_many))
