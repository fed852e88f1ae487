"""Router advertisements as they are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scapy.layers.inet6 import (
    ICMPv6ND_RA,
    ICMPv6NDOptCaptivePortal,
    ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptRDNSS,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
)
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from hotspot.visitor.place import eui64, fresh_mac, link_local
from hotspot.visitor.routers import Advertised, advertised

MAC, ROUTER = "02:00:00:00:00:01", "fe80::1"
URL = "https://portal.hall.example/api/captive"


def frame(*options: Packet, hops: int = 255, lifetime: int = 1_800) -> bytes:
    """An advertisement with these options."""
    packet = Ether(src=MAC, dst="33:33:00:00:00:01") / IPv6(src=ROUTER, dst="ff02::1", hlim=hops) / ICMPv6ND_RA(routerlifetime=lifetime)
    for option in options:
        packet = packet / option
    return bytes(packet)


def test_everything_that_a_phone_reads() -> None:
    """Prefix, name servers, portal; other options are passed over."""
    told = advertised(
        frame(
            ICMPv6NDOptSrcLLAddr(lladdr=MAC),
            ICMPv6NDOptPrefixInfo(prefix="2001:db8:1::", prefixlen=64, A=1),
            ICMPv6NDOptRDNSS(dns=["2001:db8:1::1", "2001:db8:1::2"]),
            ICMPv6NDOptCaptivePortal(URI=URL),
        )
    )
    assert told == Advertised(ROUTER, MAC, 1_800, "2001:db8:1::/64", ("2001:db8:1::1", "2001:db8:1::2"), URL)


def test_a_prefix_without_addresses_is_none() -> None:
    """Without the flag for SLAAC."""
    told = advertised(frame(ICMPv6NDOptPrefixInfo(prefix="2001:db8:1::", prefixlen=64, A=0)))
    assert told == Advertised(ROUTER, MAC, 1_800)


def test_one_that_was_forwarded_is_none() -> None:
    """RFC 4861 §6.1.2: the hop limit is 255."""
    assert advertised(frame(hops=254)) is None


@pytest.mark.parametrize(
    "tail", [b"\x03\x00" + bytes(6), b"\x03\x04" + bytes(6), b"\x19\x02" + bytes(14), b"\x25\x01\xff\xfe\xfd\xfc\xfb\xfa"]
)
def test_options_that_are_none(tail: bytes) -> None:
    """Too short, too long, without end, not ASCII: no error."""
    whole = bytearray(frame())
    whole[18:20] = (int.from_bytes(whole[18:20]) + len(tail)).to_bytes(2)
    told = advertised(bytes(whole) + tail)
    assert told is None or told.router == ROUTER


@given(some.binary(max_size=200))
def test_strangers_bytes_raise_nothing(data: bytes) -> None:
    """As a frame, and as what follows the head of an advertisement."""
    advertised(data)
    whole = bytearray(frame())
    whole[18:20] = (int.from_bytes(whole[18:20]) + len(data)).to_bytes(2)
    advertised(bytes(whole) + data)


def test_addresses_of_a_mac() -> None:
    """As the kernel makes them; a fresh MAC is nobody's and no group's."""
    assert (eui64("02:00:00:00:00:0a"), link_local("02:00:00:00:00:0a")) == ("0000:00ff:fe00:000a", "fe80::0000:00ff:fe00:000a")
    macs = {fresh_mac() for _ in range(100)}
    assert len(macs) == 100
    assert {int(mac[:2], 16) & 3 for mac in macs} == {2}
