"""Devices that do not exist say nothing but DHCP; a power cut brings hundreds that do exist."""

import pytest

from tests.hotspot.guard import packets as at
from tests.hotspot.guard.scene import Scene

THIEF = at.mac(66)


def test_devices_that_do_not_exist() -> None:
    """Each is found out when it has said nothing for a while."""
    scene = Scene()
    for number in range(1_000, 1_300):
        scene.hear(at.dhcp(at.mac(number), 1), every=0.1)
    scene.wait(15)
    assert scene.kinds == ["dhcp-starvation"]


def test_one_device_asks_in_other_names() -> None:
    """At once: no patience is needed."""
    scene = Scene()
    scene.ports[THIEF] = "port3"
    scene.hear(*(at.dhcp(THIEF, 1, client=at.mac(number)) for number in range(1_000, 1_032)))
    assert scene.places == [("dhcp-starvation", "port3")]


def test_a_small_pool_is_taken_sooner() -> None:
    """Of 40 addresses 20 are many."""
    scene = Scene(pool=40)
    for number in range(1_000, 1_020):
        scene.hear(at.dhcp(at.mac(number), 1), every=0.5)
    scene.wait(15)
    assert scene.kinds == ["dhcp-starvation"]


def test_everybody_comes_back_after_a_power_cut() -> None:
    """And the guard, which was off as well, knows none of them."""
    scene = Scene()
    for number in range(1, 900):
        scene.join(number)
    scene.wait(30)
    assert scene.kinds == []


def test_the_dhcp_server_is_away() -> None:
    """All ask in vain, again and again, but say something in IPv6 as well."""
    scene = Scene()
    for _ in range(10):
        for number in range(1, 500):
            scene.hear(at.router_wanted(at.mac(number)), at.dhcp(at.mac(number), 1))
        scene.wait(20)
    assert scene.kinds == []


def test_renewals_take_nothing() -> None:
    """The guard has just been started: many renew the address that they have, and say nothing else for a while."""
    scene = Scene()
    for number in range(1, 900):
        scene.hear(at.dhcp(at.mac(number), 3, own=at.guest(number)), every=0.2)
    scene.wait(30)
    assert scene.kinds == []


def test_a_repeater_asks_for_those_behind_it() -> None:
    """A few clients with another MAC in the message than on the frame."""
    scene = Scene()
    scene.hear(*(at.dhcp(THIEF, 1, client=at.mac(number)) for number in range(1_000, 1_020)))
    scene.wait(30)
    assert scene.kinds == []


def test_two_devices_ask_in_other_names_by_turns() -> None:
    """Each is counted for itself."""
    scene = Scene()
    other = at.mac(67)
    scene.hear(*(at.dhcp((THIEF, other)[number % 2], 1, client=at.mac(number)) for number in range(1_000, 1_064)))
    assert scene.kinds == ["dhcp-starvation"]


def test_a_relay() -> None:
    """Nobody among guests needs one; the few for whom it asks are no attack yet."""
    scene = Scene()
    scene.ports[THIEF] = "port3"
    scene.hear(*(at.dhcp(THIEF, 1, client=at.mac(number), relay=at.GATEWAY4) for number in range(2_000, 2_040)))
    scene.wait(30)
    assert scene.places == [("dhcp-relay", "port3")]


@pytest.mark.parametrize("own_face", [False, True], ids=["one relay", "each its own"])
def test_all_addresses_are_taken_by_way_of_a_relay(own_face: bool) -> None:
    """With a relay's address in the message it is the same attack, whoever sends it."""
    scene = Scene()
    for number in range(2_000, 2_300):
        scene.hear(at.dhcp(at.mac(number) if own_face else THIEF, 1, client=at.mac(number), relay=at.GATEWAY4), every=0.1)
    scene.wait(15)
    assert "dhcp-starvation" in scene.kinds


def test_invented_devices_that_say_they_renew() -> None:
    """A question for an offer with an address of its own is no renewal; and once the guard has heard all leases being given, it knows who
    has one."""
    scene = Scene()
    for number in range(1_000, 1_300):
        scene.hear(at.dhcp(at.mac(number), 1, own=at.guest(number)), every=0.1)
    scene.wait(15)
    assert scene.kinds == ["dhcp-starvation"]
    scene = Scene()
    scene.wait(3_700)
    for number in range(1_000, 1_300):
        scene.hear(at.dhcp(at.mac(number), 3, own=at.guest(number)), every=0.1)
    scene.wait(15)
    assert scene.kinds == ["dhcp-starvation"]


def test_those_who_have_a_lease_renew_it() -> None:
    """Hundreds, hours after the guard's start, and say nothing else."""
    scene = Scene()
    scene.wait(3_700)
    for number in range(1, 400):
        scene.join(number)
    scene.wait(1_200)
    for number in range(1, 400):
        scene.hear(at.dhcp(at.mac(number), 3, own=at.guest(number)))
    scene.wait(30)
    assert scene.kinds == []


def test_access_points_that_answer_for_their_phones() -> None:
    """With proxy ARP the guard hears nothing but DHCP of them; the bridge hears them use the Internet. Who is silent there too is a
    ghost."""
    scene = Scene()
    for number in range(1, 400):
        scene.hear(at.dhcp(at.mac(number), 1), at.dhcp(at.mac(number), 3, server=at.GATEWAY4))
        scene.heard[at.mac(number)] = scene.now + 4
        scene.wait(0.1)
    scene.wait(30)
    assert scene.kinds == []
    for number in range(1_000, 1_300):
        scene.hear(at.dhcp(at.mac(number), 1))
        scene.heard[at.mac(number)] = scene.now
        scene.wait(0.1)
    scene.wait(15)
    assert scene.kinds == ["dhcp-starvation"]


def test_an_answer_that_is_a_while_in_coming() -> None:
    """Without a bridge to ask, what an access point answers the gateway for a phone counts, also when it comes late."""
    scene = Scene()
    for number in range(1, 222):
        scene.hear(at.dhcp(at.mac(number), 1))
    scene.wait(12)
    scene.hear(*(at.arp(at.mac(number), at.guest(number), at.GATEWAY4, op=2) for number in range(1, 222)))
    scene.hear(*(at.dhcp(at.mac(number), 1) for number in range(500, 600)))
    scene.wait(15)
    assert scene.kinds == []


def test_one_device_by_many_names() -> None:
    """One MAC, each time with another client identifier: the pool empties, and nobody is invented. A few it may have."""
    scene = Scene()
    mac = scene.join(1)
    for number in range(2, 10):
        assert scene.kinds == []
        scene.hear(at.dhcp(mac, 3, server=at.GATEWAY4), every=1)
        scene.lease(mac, at.guest(number))
    assert scene.kinds == ["dhcp-starvation"]


@pytest.mark.parametrize("given_back", [True, False], ids=["given back", "ended"])
def test_one_device_has_one_address_after_the_other(given_back: bool) -> None:
    """What was given back or has ended is free again."""
    scene = Scene()
    mac = scene.join(1)
    for number in range(2, 30):
        if given_back:
            scene.hear(at.dhcp(mac, 7, own=at.guest(number - 1)))
        scene.hear(at.dhcp(mac, 3, server=at.GATEWAY4))
        scene.lease(mac, at.guest(number))
        scene.wait(1 if given_back else 1900)
    assert scene.kinds == []


def test_invented_devices_of_other_hardware() -> None:
    """The server gives them addresses all the same."""
    scene = Scene()
    for number in range(1_000, 1_300):
        scene.hear(at.dhcp(at.mac(number), 1, hardware=6), every=0.1)
    scene.wait(15)
    assert scene.kinds == ["dhcp-starvation"]


@pytest.mark.parametrize(("many", "kinds"), [(74, []), (75, ["dhcp-starvation"])])
def test_nearly_all_addresses_are_given_at_once(many: int, kinds: list[str]) -> None:
    """Invented devices that say something besides, too."""
    scene = Scene(pool=100)
    for number in range(1, many + 1):
        scene.join(number)
    assert scene.kinds == kinds


def test_a_restart_of_the_guard_while_all_are_there() -> None:
    """They renew what it has not heard being given: nothing is taken."""
    scene = Scene(pool=100)
    for number in range(1, 100):
        mac, own = at.mac(number), at.guest(number)
        scene.hear(at.dhcp(mac, 3, own=own), at.arp(mac, own, at.GATEWAY4))
        answer = at.dhcp(at.GATEWAY, 5, client=mac, reply=True, own=own, given=own, server=at.GATEWAY4)
        scene.watch.outgoing(answer, scene.now)
    scene.wait(15)
    assert scene.kinds == []
