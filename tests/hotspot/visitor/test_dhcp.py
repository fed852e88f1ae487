"""DHCP messages as they are made and read; what servers and strangers send may be anything."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from hotspot.visitor import dhcp

MAC, SERVER, NUMBER = "02:00:00:00:00:0a", "02:00:00:00:00:01", 0x01020304
URL = "https://portal.hall.example/api/captive"


def reply(*options: object, number: int = NUMBER) -> bytes:
    """A server's offer."""
    packet = (
        Ether(src=SERVER, dst=MAC)
        / IP(src="198.18.0.1", dst="198.18.1.7")
        / UDP(sport=67, dport=68)
        / BOOTP(op=2, xid=number, yiaddr="198.18.1.7")
        / DHCP(options=[("message-type", "offer"), *options, "end"])
    )
    return bytes(packet)


def test_an_offer_is_read() -> None:
    """Address, network, options 3, 6 and 114, and who sent it."""
    told = dhcp.read(
        reply(
            ("server_id", "198.18.0.1"),
            ("subnet_mask", "255.255.240.0"),
            ("router", "198.18.0.1"),
            ("name_server", "198.18.0.1", "198.18.0.2"),
            (114, URL.encode()),
        ),
        NUMBER,
    )
    assert told is not None
    assert (told.kind, told.address, told.server, told.server_mac, str(told.network)) == (
        *(dhcp.OFFER, "198.18.1.7", "198.18.0.1", SERVER),
        "198.18.0.0/20",
    )
    assert (told.addresses(dhcp.ROUTER), told.portal) == (("198.18.0.1",), URL)


def test_what_is_not_told_is_empty() -> None:
    """No router, no name server, no portal, no mask: the network is the address alone."""
    told = dhcp.read(reply(), NUMBER)
    assert told is not None
    assert (told.addresses(dhcp.ROUTER), told.addresses(dhcp.DNS), told.portal, str(told.network)) == ((), (), "", "198.18.1.7/32")


def test_an_option_in_parts_is_one() -> None:
    """RFC 3396."""
    told = dhcp.read(reply((114, URL[:10].encode()), (114, URL[10:].encode())), NUMBER)
    assert told is not None
    assert told.portal == URL


def test_somebody_elses_answer_is_none() -> None:
    """Another number, and what the client itself sends."""
    assert dhcp.read(reply(number=7), NUMBER) is None
    assert dhcp.read(dhcp.request("discover", MAC, NUMBER), NUMBER) is None


def test_a_request_asks_for_what_phones_ask_for() -> None:
    """Options 3, 6 and 114 among them; the client's own MAC is in frame and message."""
    frame = dhcp.request("request", MAC, NUMBER, requested_addr="198.18.1.7", server_id="198.18.0.1")
    packet = Ether(frame)
    options: dict[str, Any] = dict(option for option in packet[DHCP].options if isinstance(option, tuple))
    assert (packet.src, packet.dst, packet[BOOTP].chaddr[:6].hex(":")) == (MAC, "ff:ff:ff:ff:ff:ff", MAC)
    assert {3, 6, 114} <= set(options["param_req_list"])
    assert (options["message-type"], options["requested_addr"], options["server_id"]) == (3, "198.18.1.7", "198.18.0.1")


def test_the_address_is_given_back() -> None:
    """To the server that gave it."""
    told = dhcp.read(reply(("server_id", "198.18.0.1")), NUMBER)
    assert told is not None
    packet = Ether(dhcp.release(MAC, told))
    assert (packet.dst, packet[IP].dst, packet[BOOTP].ciaddr) == (SERVER, "198.18.0.1", "198.18.1.7")


@given(some.binary(max_size=400))
def test_strangers_bytes_raise_nothing(options: bytes) -> None:
    """Whatever stands where options should be, and whatever comes as a frame."""
    frame = reply()
    whole = frame[: frame.index(b"\x63\x82\x53\x63") + 4] + options
    told = dhcp.read(whole, NUMBER)
    if told is not None:
        assert told.network.prefixlen in range(33)
        assert isinstance(told.portal, str)
    assert dhcp.read(options, NUMBER) is None


@pytest.mark.parametrize("mask", [b"\0\0\0\0", b"\xff\0\xff\0", b"\x01"])
def test_a_mask_that_is_none(mask: bytes) -> None:
    """It does not end the visit."""
    told = dhcp.Told(2, "198.18.1.7", "198.18.0.1", SERVER, {dhcp.MASK: mask})
    assert told.network.prefixlen in (0, 8, 32)
