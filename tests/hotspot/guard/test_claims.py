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
    """A loop, or a clone of the gateway itself; a question that an access point reflected once is none."""
    scene = Scene()
    scene.hear(*[at.arp(at.GATEWAY, at.GATEWAY4, at.guest(1))] * 2, every=1)
    assert scene.kinds == []
    scene.hear(at.arp(at.GATEWAY, at.GATEWAY4, at.guest(1)))
    assert scene.places == [("gateway-mac", "?")]


@pytest.mark.parametrize(
    ("frame", "kinds"),
    [
        (at.arp(at.GATEWAY, at.GATEWAY4, at.guest(1), op=2), ["gateway-mac"]),
        (at.neighbour(at.GATEWAY, at.GATEWAY6), ["gateway-mac"]),
        (at.arp(at.GATEWAY, at.GATEWAY4, at.guest(1), claimed=THIEF, op=2), ["gateway-address", "gateway-mac"]),
        (at.arp(at.GATEWAY, at.GATEWAY4, at.guest(1), claimed=THIEF), ["gateway-address"]),
        (at.neighbour(at.GATEWAY, at.GATEWAY6, THIEF), ["gateway-address", "gateway-mac"]),
    ],
    ids=["ARP answer", "ND answer", "ARP answer for another", "ARP question for another", "ND for another"],
)
def test_claims_behind_the_gateways_own_mac(frame: bytes, kinds: list[str]) -> None:
    """One is enough: the gateway's own answers come back in loops only, and what names another device was never its."""
    scene = Scene()
    scene.hear(frame)
    assert scene.kinds == kinds


def test_a_lease_is_spoofed_behind_the_gateways_own_mac() -> None:
    """It hides nobody."""
    scene = Scene()
    scene.join(1)
    scene.hear(*[at.arp(at.GATEWAY, at.guest(1), at.GATEWAY4, claimed=THIEF)] * 3)
    assert "address-spoofed" in scene.kinds


@pytest.mark.parametrize(
    ("kind", "how"),
    [(7, {"own": at.guest(1)}), (4, {"wanted": at.guest(1)}), (4, {"own": at.guest(1)})],
    ids=["release", "decline", "decline elsewhere"],
)
def test_nobody_gives_back_what_is_anothers(kind: int, how: dict[str, bytes]) -> None:
    """A thief who says in the victim's name that the lease is over is found all the same."""
    scene = Scene()
    scene.join(1)
    scene.hear(at.dhcp(THIEF, kind, client=ONE, **how))  # type: ignore[arg-type]
    scene.hear(*[at.arp(THIEF, at.guest(1), at.GATEWAY4)] * 3, every=1)
    assert scene.kinds == ["address-spoofed"]


@pytest.mark.parametrize(("kind", "how"), [(7, {"own": at.guest(1)}), (4, {"wanted": at.guest(1)})], ids=["release", "decline"])
def test_who_goes_on_using_an_address_has_not_given_it_back(kind: int, how: dict[str, bytes]) -> None:
    """Even the sender's MAC was forged: the victim's next word takes it back. Without one it is over."""
    scene = Scene()
    scene.join(1)
    scene.hear(at.dhcp(ONE, kind, **how))  # type: ignore[arg-type]
    scene.hear(*[at.arp(THIEF, at.guest(1), at.GATEWAY4)] * 5, every=1)
    assert scene.kinds == []
    scene.hear(at.arp(ONE, at.guest(1), at.GATEWAY4))
    scene.hear(*[at.arp(THIEF, at.guest(1), at.GATEWAY4)] * 3, every=1)
    assert scene.kinds == ["address-spoofed"]


REPEATER = at.mac(55)


def _behind_repeater(scene: Scene, number: int) -> None:
    """A phone joins behind a repeater, which speaks for it with its own MAC."""
    client, own = at.mac(number), at.guest(number)
    scene.hear(at.dhcp(REPEATER, 1, client=client), at.dhcp(REPEATER, 3, client=client, server=at.GATEWAY4))
    scene.lease(client, own)
    scene.hear(at.arp(REPEATER, own, own), at.arp(REPEATER, own, at.GATEWAY4))


def test_a_repeater_is_no_spoofer() -> None:
    """It claims addresses that were leased to others, who are never heard themselves: a notice that says what it is or may be. One of them
    comes nearer to an access point, speaks itself, and goes back."""
    scene = Scene()
    scene.ports[REPEATER] = "port3"
    for number in range(1, 20):
        _behind_repeater(scene, number)
    for _ in range(20):
        scene.hear(*(at.arp(REPEATER, at.guest(number), at.GATEWAY4) for number in range(1, 20)), every=1)
    scene.join(5)
    scene.wait(20)
    _behind_repeater(scene, 5)
    scene.hear(*[at.arp(REPEATER, at.guest(5), at.GATEWAY4)] * 10, every=2)
    assert scene.places == [("repeater", "port3")]


@pytest.mark.parametrize("by_bridge", [False, True], ids=["heard by the guard", "heard by the bridge"])
def test_a_spoofer_who_says_that_it_is_a_repeater(by_bridge: bool) -> None:
    """It asks for others, as a repeater does; but its victim is heard itself meanwhile."""
    scene = Scene()
    scene.join(1)
    scene.hear(at.dhcp(THIEF, 1, client=at.mac(99)))
    for _ in range(5):
        scene.hear(at.arp(THIEF, at.guest(1), at.GATEWAY4), every=2)
        if by_bridge:
            scene.heard[ONE] = scene.now - 0.5
        else:
            scene.hear(at.arp(ONE, at.guest(1), at.GATEWAY4))
        scene.wait(2)
    assert "address-spoofed" in scene.kinds


def test_addresses_that_a_device_no_longer_uses() -> None:
    """IPv6 gives a new one each day: after weeks the newest is remembered as the first was, and those of an hour ago are not."""
    scene = Scene()
    for number in range(100):
        scene.hear(at.neighbour(ONE, at.guest6(number)))
        scene.now += 1800.0
        scene.wait(1)
    remembered = [scene.watch._claims.bindings.get(at.guest6(number)) is not None for number in (0, 97, 99)]
    assert remembered == [False, False, True]
