"""Who is in reach: who says something himself."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import ICMPv6EchoReply, IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from hotspot.visitor.apart import answer

NEIGHBOUR, SIX, PORT = "198.18.1.9", "2001:db8::9", 40_000


def frame(packet: Packet) -> bytes:
    """On the wire."""
    return bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet)


def four(payload: Packet, src: str = NEIGHBOUR) -> bytes:
    """Over IPv4."""
    return frame(IP(src=src, dst="198.18.1.2") / payload)


@pytest.mark.parametrize(
    ("what", "direct", "through"),
    [
        (four(ICMP(type=0, id=PORT)), True, True),
        (four(ICMP(type=0, id=7)), False, False),
        (four(ICMP(type=3, code=13)), False, False),
        (four(TCP(sport=443, dport=PORT, flags="SA")), True, True),
        (four(TCP(sport=80, dport=PORT, flags="SA")), True, False),
        (four(TCP(sport=443, dport=PORT, flags="RA")), True, False),
        (four(TCP(sport=443, dport=7, flags="SA")), False, False),
        (four(TCP(sport=443, dport=PORT, flags="S")), False, False),
        (four(TCP(sport=443, dport=PORT, flags="SA"), src="198.18.1.10"), False, False),
    ],
)
def test_what_is_an_answer(what: bytes, direct: bool, through: bool) -> None:
    """An echo, a connection; a refusal only where nobody else could have sent it; port 80 is the gateway's page."""
    assert (answer(what, NEIGHBOUR, PORT, through=False), answer(what, NEIGHBOUR, PORT, through=True)) == (direct, through)


def test_over_ipv6() -> None:
    """The same."""
    echo = frame(IPv6(src=SIX, dst="2001:db8::2") / ICMPv6EchoReply(id=PORT))
    refused = frame(IPv6(src=SIX, dst="2001:db8::2") / TCP(sport=22, dport=PORT, flags="RA"))
    assert [answer(each, SIX, PORT, through) for each in (echo, refused) for through in (False, True)] == [True, True, True, False]


@given(some.binary(max_size=120), some.booleans())
def test_strangers_bytes_raise_nothing(data: bytes, through: bool) -> None:
    """As a frame, and behind a head that is right."""
    for address, whole in ((NEIGHBOUR, four(ICMP())), (SIX, frame(IPv6(src=SIX)))):
        assert not answer(data, address, PORT, through)
        answer(whole[:34] + data, address, PORT, through)
