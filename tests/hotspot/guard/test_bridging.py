"""Another network among the guests: by its routers, its switches, its computers."""

from collections.abc import Callable

import pytest

from tests.hotspot.guard import packets as at
from tests.hotspot.guard.scene import Scene

SWITCH, OTHER, THIRD = at.mac(70), at.mac(71), at.mac(72)


def office(number: int, net: int = 20) -> bytes:
    """Address of a computer in the town hall."""
    return bytes((10, 1, net, number))


@pytest.mark.parametrize(
    "frame",
    [at.ipv4(OTHER, 112), at.ipv4(OTHER, 89), at.udp4(OTHER, office(1), bytes((224, 0, 0, 2)), (1985, 1985), b"")],
    ids=["VRRP", "OSPF", "HSRP"],
)
def test_routers_talk(frame: bytes) -> None:
    """No phone says this."""
    scene = Scene()
    scene.ports[OTHER] = "port3"
    scene.hear(frame, frame, every=3)
    assert scene.places == [("lan-bridged", "port3")]


@pytest.mark.parametrize("bpdu", [at.bpdu, at.cisco_bpdu], ids=["IEEE", "Cisco"])
def test_two_trees(bpdu: Callable[[bytes, bytes], bytes]) -> None:
    """The joint was there before the guard: two roots by turns."""
    scene = Scene()
    scene.hear(*[bpdu(SWITCH, SWITCH), bpdu(OTHER, OTHER)] * 5, every=1)
    assert scene.kinds == ["lan-bridged"]


@pytest.mark.parametrize("cisco", [False, True])
def test_one_switch_with_a_tree_for_each_vlan(cisco: bool) -> None:
    """Its priority has the VLAN in it, and Cisco's own trees are apart from IEEE's: one of several switches may lead each."""
    scene = Scene()
    other = at.cisco_bpdu(OTHER, OTHER, 0x8014) if cisco else at.bpdu(SWITCH, SWITCH, 0x8014)
    scene.hear(*[at.bpdu(SWITCH, SWITCH, 0x8001), other] * 100, every=1)
    assert scene.kinds == []


def test_another_tree_comes() -> None:
    """And the hall's own switches give way to it: a better switch was built in, or another network is joined. After a day it is the
    hall's."""
    scene = Scene()
    scene.ports[SWITCH] = "port1"
    scene.hear(*[at.bpdu(THIRD, OTHER)] * 400, every=2)
    scene.hear(*[at.bpdu(SWITCH, SWITCH)] * 4, every=2)
    assert scene.places == [("tree-changed", "port1")]
    scene.hear(*[at.bpdu(SWITCH, SWITCH)] * (86_400 // 10), every=10)
    assert scene.kinds == ["tree-changed"]
    scene.hear(*[at.bpdu(SWITCH, SWITCH)] * 200, every=2)
    assert scene.kinds == []


def test_the_root_dies() -> None:
    """Another of the hall's switches, of which the guard had not heard, leads until the root is back: where two trees join, the better one
    leads, so this is none. Later it is known."""
    scene = Scene()
    scene.hear(*[at.bpdu(OTHER, SWITCH)] * 400, every=2)
    for root in (THIRD, SWITCH, THIRD):
        scene.hear(*[at.bpdu(OTHER, root)] * 100, every=2)
    assert scene.kinds == []


def test_a_switch_falls_out_again_and_again() -> None:
    """A loose plug: the tree changes every few seconds, one root after the other."""
    scene = Scene()
    for root in (SWITCH, OTHER) * 10:
        scene.hear(*[at.bpdu(OTHER, root)] * 4, every=2)
    assert scene.kinds == []


def test_the_halls_own_switches() -> None:
    """One is root, the other takes over when it is away, and it comes back."""
    scene = Scene()
    scene.hear(*[at.bpdu(OTHER, SWITCH)] * 100, every=2)
    for root in (OTHER, SWITCH) * 3:
        scene.hear(*[at.bpdu(OTHER, root)] * 300, every=2)
    assert scene.kinds == []


@pytest.mark.parametrize("kind", ["ARP", "NetBIOS"])
def test_computers_of_an_office(kind: str) -> None:
    """Four that stay in a network that is not the hall's."""

    def says(number: int) -> bytes:
        if kind == "ARP":
            return at.arp(at.mac(number), office(number), office(1))
        return at.udp4(at.mac(number), office(number), office(255), (138, 138), b"")

    scene = Scene()
    for _ in range(3):
        scene.hear(*(says(number) for number in range(100, 104)), every=4)
    assert scene.kinds == ["lan-bridged"]
    (found,) = scene.watch.findings(scene.now, 1_800_000_000)
    assert found.values["sign"] == f"{kind} 10.1.20.0/24"


def test_phones_with_addresses_from_home() -> None:
    """Hundreds from the same kind of router at home ask about it, then for an address here; three have a fixed address and never do."""
    scene = Scene()
    for number in range(1, 400):
        mac, home = at.mac(number), bytes((192, 168, 178, number % 250 + 2))
        scene.hear(*[at.arp(mac, home, bytes((192, 168, 178, 1)))] * 2, at.arp(mac, at.NOBODY4, home))
        scene.join(number)
        fixed = at.mac(900 + number % 3)
        scene.hear(at.arp(fixed, bytes((192, 168, 178, 200 + number % 3)), bytes((192, 168, 178, 1))), every=1)
        scene.hear(at.arp(fixed, bytes((169, 254, 3, number % 200)), bytes((169, 254, 3, 1))))
    assert scene.kinds == []
