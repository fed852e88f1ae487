"""Claims for addresses of the gateway and of other clients; what happens in every hall is none."""

import pytest

from tests.hotspot.guard import packets as at
from tests.hotspot.guard.scene import Scene

ONE, TWO, THIEF = at.mac(1), at.mac(2), at.mac(66)


@pytest.mark.parametrize(
    "frames",
    [
        [at.arp(THIEF, at.GATEWAY4, at.GATEWAY4)],
        [at.arp(THIEF, at.GATEWAY4, at.guest(1), op=2)],
        [at.arp(THIEF, at.NOBODY4, at.GATEWAY4)] * 3,
        [at.neighbour(THIEF, at.GATEWAY6)],
        [at.solicitation(THIEF, at.NOBODY6, at.GATEWAY6)],
        [at.solicitation(THIEF, at.GATEWAY6, at.guest6(1))],
    ],
    ids=["announcement", "answer", "probes", "ND answer", "DAD", "ND question"],
)
def test_the_gateways_address(frames: list[bytes]) -> None:
    """Whoever says that it is theirs, or is about to."""
    scene = Scene()
    scene.join(1)
    scene.hear(*frames)
    assert scene.kinds == ["gateway-address"]


def test_one_probe_for_the_gateway_is_no_danger() -> None:
    """Some systems ask so whether the gateway is there."""
    scene = Scene()
    for number in range(1, 9):
        scene.hear(at.arp(at.mac(number), at.NOBODY4, at.GATEWAY4))
    assert scene.kinds == []


def test_a_leased_address_claimed_by_another() -> None:
    """A spoofer repeats itself; a phone that brings the same address from elsewhere does not."""
    scene = Scene()
    scene.join(1)
    scene.hear(*[at.arp(THIEF, at.guest(1), at.GATEWAY4)] * 2, every=1)
    assert scene.kinds == []
    scene.hear(at.arp(THIEF, at.guest(1), at.GATEWAY4, op=2))
    assert scene.kinds == ["address-spoofed"]


def test_an_address_is_given_to_another() -> None:
    """The lease has ended, or the client has another MAC now and the server knows it by its identifier."""
    scene = Scene()
    scene.join(1)
    scene.lease(TWO, at.guest(1))
    scene.hear(*[at.arp(TWO, at.guest(1), at.GATEWAY4)] * 5, every=5)
    scene.hear(at.dhcp(TWO, 7, own=at.guest(1)))
    scene.hear(*[at.arp(at.mac(3), at.guest(1), at.GATEWAY4)] * 5, every=5)
    assert scene.kinds == []


def test_leases_that_were_missed_are_not_held_against_anybody() -> None:
    """The gateway's answers were dropped once: another may have the address since."""
    scene = Scene()
    scene.join(1)
    scene.watch.lost(own=True, now=scene.now)
    scene.hear(*[at.arp(TWO, at.guest(1), at.GATEWAY4)] * 5, every=5)
    assert scene.kinds == ["guard-overrun"]


@pytest.mark.parametrize("version", [4, 6])
def test_an_address_that_goes_to_and_fro(version: int) -> None:
    """Without a lease nobody knows whose it is, but two say so by turns."""

    def claim(mac: bytes) -> bytes:
        return at.arp(mac, at.guest(9), at.GATEWAY4) if version == 4 else at.neighbour(mac, at.guest6(9))

    scene = Scene()
    scene.hear(*[claim(ONE), claim(THIEF)] * 2, every=1)
    assert scene.kinds == []
    scene.hear(claim(ONE), claim(THIEF), every=1)
    assert scene.kinds == ["address-spoofed"]


def test_an_ipv6_address_goes_over_for_good() -> None:
    """A phone comes back with another MAC and the same address: it says so as often as it likes."""
    scene = Scene()
    scene.hear(*[at.neighbour(ONE, at.guest6(1))] * 5, every=1)
    scene.hear(*[at.neighbour(TWO, at.guest6(1))] * 50, every=1)
    assert scene.kinds == []


def test_privacy_addresses_are_many_and_one_device_cannot_fill_the_table() -> None:
    """A device that claims addresses without end is followed for its first ones only."""
    scene = Scene()
    scene.hear(*(at.neighbour(ONE, at.guest6(number)) for number in range(9_000)))
    assert len(scene.watch._claims.bindings) <= 32
    assert scene.kinds == []


def test_the_gateways_own_mac_from_outside() -> None:
    """A loop, or a clone of the gateway itself."""
    scene = Scene()
    scene.hear(*[at.arp(at.GATEWAY, at.GATEWAY4, at.guest(1))] * 3, every=1)
    assert scene.kinds == ["gateway-mac"]
