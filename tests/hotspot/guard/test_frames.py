"""What frames say: what scapy makes is read as it was meant, and no bytes make the reader stumble."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hotspot.guard.frames import Advertisement, Arp, Broadcast, Dhcp, Dhcp6, Heard, Neighbour, Routing, Tree, said
from tests.hotspot.guard import packets as at

ONE, TWO = at.mac(1), at.mac(2)
SOME = [
    at.arp(ONE, at.guest(1), at.GATEWAY4),
    at.dhcp(ONE, 3, server=at.GATEWAY4, name=b"phone"),
    at.dhcp(TWO, 5, client=ONE, reply=True, given=at.guest(1), server=at.GATEWAY4),
    at.solicitation(ONE, at.guest6(1), at.GATEWAY6),
    at.neighbour(ONE, at.guest6(1)),
    at.router(ONE),
    at.router(ONE, first=60, extension=bytes((0, 0)) + bytes(6) + b""),
    at.dhcp6(ONE, 2, b"\0\3\0\1" + ONE),
    at.bpdu(ONE, TWO),
    at.cisco_bpdu(ONE, TWO),
]


def test_arp() -> None:
    """Who says it by Ethernet, who by ARP, and about what."""
    assert said(at.arp(ONE, at.guest(1), at.GATEWAY4, claimed=TWO)) == Arp(ONE, TWO, at.guest(1), at.GATEWAY4)


def test_hardware_that_hosts_take_for_ethernet() -> None:
    """ARP's type 6 (IEEE 802) counts for hosts like 1; a DHCP server asks for no type at all."""
    assert said(at.arp(ONE, at.guest(1), at.GATEWAY4, hardware=6)) == Arp(ONE, ONE, at.guest(1), at.GATEWAY4)
    for hardware in (6, 7):
        assert said(at.dhcp(ONE, 3, hardware=hardware)) == said(at.dhcp(ONE, 3))


def test_dhcp() -> None:
    """A client's request and a server's answer."""
    asked = said(at.dhcp(ONE, 3, server=at.GATEWAY4, name=b"phone", transaction=9))
    assert asked == Dhcp(
        ONE, False, 3, 9, ONE, False, bytes(4), bytes(4), at.GATEWAY4, 0, (bytes((1, 3, 6, 114)), b"android-dhcp-14", b"phone")
    )
    answer = said(at.dhcp(TWO, 5, client=ONE, reply=True, given=at.guest(1), server=at.GATEWAY4, seconds=90))
    assert answer == Dhcp(TWO, True, 5, 7, ONE, False, bytes(4), at.guest(1), at.GATEWAY4, 90)


def test_neighbours() -> None:
    """A claim by question, a claim by answer, and a look whether an address is free."""
    assert said(at.solicitation(ONE, at.guest6(1), at.GATEWAY6)) == Neighbour(ONE, at.guest6(1), ONE)
    assert said(at.neighbour(ONE, at.guest6(1), claimed=TWO)) == Neighbour(ONE, at.guest6(1), TWO, answer=True)
    assert said(at.solicitation(ONE, at.NOBODY6, at.guest6(1))) == Neighbour(ONE, at.guest6(1), b"")
    assert said(at.router_wanted(ONE)) == Heard(ONE)


@pytest.mark.parametrize(
    ("first", "extension"),
    [
        (58, b""),
        (0, bytes((58, 0)) + bytes(6)),
        (60, bytes((58, 1)) + bytes(14)),
        (60, bytes((0, 0)) + bytes(6) + bytes((58, 0)) + bytes(6)),
        (44, bytes((58, 0, 0, 1)) + bytes(4)),
        (44, bytes((60, 0, 0, 1)) + bytes(4) + bytes((58, 0)) + bytes(6)),
    ],
    ids=["plain", "hop by hop", "destination", "two", "fragment", "fragment and destination"],
)
def test_advertisements_do_not_hide_behind_extensions(first: int, extension: bytes) -> None:
    """RFC 7113: what fools a switch's RA guard does not fool this one."""
    assert said(at.router(ONE, first=first, extension=extension)) == Advertisement(ONE)


def test_what_hides_deeper_than_is_read() -> None:
    """Eight extension headers are followed; who puts more there is an advertisement's sender as well, for nobody else does."""
    for number in (8, 9, 20):
        assert said(at.router(ONE, first=60, extension=at.extensions(number))) == Advertisement(ONE)


def test_nothing_hides_behind_llc() -> None:
    """An access point makes an ordinary frame of it on the air; tags may be before and behind."""
    assert said(at.snapped(at.router(ONE))) == Advertisement(ONE)
    assert said(at.snapped(at.tagged(at.router(ONE)))) == Advertisement(ONE)
    assert said(at.tagged(at.snapped(at.arp(ONE, at.guest(1), at.GATEWAY4)))) == Arp(ONE, ONE, at.guest(1), at.GATEWAY4)


def test_redirects() -> None:
    """Whoever is followed leads hosts elsewhere as a router does."""
    assert said(at.redirect(ONE)) == Advertisement(ONE)


def test_nothing_hides_behind_tags() -> None:
    """Hosts that ignore VLAN tags read on behind them; who puts hundreds there is not followed."""
    assert said(at.tagged(at.tagged(at.router(ONE)), 0x88A8)) == Advertisement(ONE)
    frame = at.router(ONE)
    for _ in range(200):
        frame = at.tagged(frame)
    assert said(frame) is None


def test_what_a_client_declines() -> None:
    """The address is in an option, not in the head."""
    declined = said(at.dhcp(ONE, 4, wanted=at.guest(1)))
    assert isinstance(declined, Dhcp)
    assert (declined.own, declined.wanted) == (bytes(4), at.guest(1))


def test_others() -> None:
    """DHCPv6, routers, switches, office computers."""
    assert said(at.dhcp6(ONE, 2, b"\0\3\0\1" + ONE)) == Dhcp6(ONE, 2, b"\0\3\0\1" + ONE)
    assert said(at.ipv4(ONE, 112)) == Routing(ONE, "VRRP")
    assert said(at.udp4(ONE, bytes((10, 1, 1, 1)), bytes((224, 0, 0, 2)), (1985, 1985), b"")) == Routing(ONE, "HSRP")
    assert said(at.udp4(ONE, bytes((10, 1, 1, 1)), bytes((10, 1, 1, 255)), (138, 138), b"")) == Broadcast(ONE, bytes((10, 1, 1, 1)))
    assert said(at.bpdu(ONE, TWO, 0x8014)) == Tree(ONE, b"\x80\x14" + TWO, b"\x80\x14" + ONE)
    assert said(at.cisco_bpdu(ONE, TWO, 0x8014)) == Tree(ONE, b"\x80\x14" + TWO, b"\x80\x14" + ONE, 20)


@pytest.mark.parametrize(
    "frame",
    [
        at.udp4(ONE, at.guest(1), at.guest(2), (5353, 5353), b"mdns"),
        at.ipv6(ONE, at.guest6(1), at.guest6(2), 6, bytes(20)),
        at.ethernet(ONE, 0x0806, b"\0\x0f\x08\0\6\4" + bytes(22)),
        at.udp4(ONE, at.guest(1), bytes((192, 0, 2, 1)), (40000, 1985), b"game", at.GATEWAY),
        at.ipv4(ONE, 112, bytes((192, 0, 2, 1)), at.GATEWAY),
        at.ipv6(ONE, at.guest6(1), at.guest6(2), 89, bytes(20), at.GATEWAY),
        at.ipv6(ONE, at.guest6(1), at.guest6(2), 44, bytes((58, 0, 1, 0)) + bytes(30)),
        b"",
    ],
    ids=[
        "mDNS",
        "TCP",
        "ARP of other hardware",
        "HSRP's port in the Internet",
        "VRRP to one",
        "OSPF to one",
        "a later fragment",
        "nothing",
    ],
)
def test_the_rest_says_nothing(frame: bytes) -> None:
    """What the guard does not know."""
    assert said(frame) is None


@settings(max_examples=400)
@given(
    st.binary(max_size=400) | st.sampled_from(SOME),
    st.lists(st.tuples(st.integers(0, 399), st.integers(0, 255)), max_size=4),
    st.integers(0, 400),
)
@example(b"", [], 0)
def test_no_bytes_make_it_stumble(frame: bytes, changes: list[tuple[int, int]], length: int) -> None:
    """Any bytes, and true frames that are cut or bent, are read or passed over."""
    bent = bytearray(frame)
    for place, value in changes:
        if place < len(bent):
            bent[place] = value
    said(bytes(bent[:length]))
    said(bytes(bent))


@settings(max_examples=200)
@given(st.sampled_from((0x0806, 0x0800, 0x86DD, 0x0026)), st.sampled_from((0, 17, 44, 58, 60)), st.binary(min_size=40, max_size=120))
def test_no_headers_make_it_stumble(kind: int, header: int, payload: bytes) -> None:
    """The same with headers that lead deeper."""
    bent = bytearray(payload)
    if kind == 0x86DD:
        bent[6] = header
    elif kind == 0x0800:
        bent[0], bent[9] = 0x40 | bent[0] & 15, header
    said(at.ethernet(ONE, kind, bytes(bent)))


def test_lengths_that_lead_past_the_end() -> None:
    """Options that say that they are longer than the frame."""
    frame = at.dhcp(ONE, 1)
    for cut in range(len(frame)):
        said(frame[:cut])
    found = said(frame[:-1] + bytes((12, 255)) + b"x")
    assert isinstance(found, Dhcp)
    assert found.fingerprint[2] == b"x"
