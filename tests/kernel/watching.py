"""The Internet of the small hall counts what reaches it; what a client sends with an address of its choice."""

import socket

from tests.kernel.daemons import Peer
from tests.kernel.wires import INTERNET4, INTERNET6, Wires

WATCH = """
table inet watch {
  counter out4 { }
  counter out6 { }
  chain seen { type filter hook prerouting priority raw; policy accept;
    iifname eth0 ip daddr 198.51.100.10 counter name out4
    iifname eth0 ip6 daddr 2001:db8:80::10 counter name out6
  }
}
"""


def arrived(wires: Wires, version: int = 4) -> int:
    """Packets that have reached the Internet's server since the last look."""
    words = wires.run("wan", "nft", "reset", "counter", "inet", "watch", f"out{version}").stdout.split()
    return int(words[words.index("packets") + 1])


def send(wires: Wires, place: str, source: str, count: int = 1, port: int = 9, source_port: int = 0) -> None:
    """UDP from an address to the Internet's server; from a socket of its own each."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    for _ in range(count):
        with wires.open(place, family, socket.SOCK_DGRAM) as sender:
            sender.bind((source, source_port))
            sender.sendto(b"x", (INTERNET6 if ":" in source else INTERNET4, port))


def spoofed(peer: Peer) -> int:
    """Packets with an address that is not their sender's, as the daemon tells."""
    return peer.status().counts["spoofed"]
